package tokenplumb.app;

import tokenplumb.storage.Storage;

import java.io.IOException;

/// What runs beside a platform and lives as long: the demo's fleet, or the temporary folder of
/// `watch`. Closed last.
public sealed interface Companion extends AutoCloseable permits Demo, Watching {
    /// Called once the store is open and before the first scrape.
    default void beforeScraping(Storage storage) throws IOException {}

    @Override
    void close();
}
