package tokenplumb.catalog;

import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Changes;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;

import java.util.List;
import java.util.Optional;

/// The store as everybody who asks sees it: raw series as they are, canonical names answered out of
/// raw series when asked, and other spellings and older or newer names of known metrics understood.
/// Nothing is stored twice. Writes pass through. Thread-safe.
///
/// A name the catalog does not know costs one look-up more than without views. Patterns of names
/// and selectors without a name see raw series; canonical ones are added only where a pattern
/// matches them and none of the raw names behind them, so that no sample ever comes twice.
public final class Views implements Storage {
    private final Storage raw;
    private final Catalog catalog;

    public Views(Storage raw, Catalog catalog) {
        this.raw = raw;
        this.catalog = catalog;
    }

    @Override
    public Batch batch() {
        return raw.batch();
    }

    @Override
    public List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> selectors) {
        return new ViewExemplars(raw, catalog).find(from, to, selectors);
    }

    @Override
    public Optional<Changes> changes() {
        return raw.changes();
    }

    @Override
    public Querier querier() {
        return new ViewQuerier(raw.querier(), catalog);
    }
}
