package tokenplumb.app;

import tokenplumb.scrape.ScrapeJob;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.List;

/// What runs beside a platform and lives as long: the demo's fleet, or the temporary folder of
/// `watch`. Closed last.
public sealed interface Companion extends AutoCloseable permits Demo, Watching {
    /// Called once the store is open and before the first scrape of these jobs.
    default void beforeScraping(Storage storage, List<ScrapeJob> jobs) throws IOException {}

    @Override
    void close();
}
