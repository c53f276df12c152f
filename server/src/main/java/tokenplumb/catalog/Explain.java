package tokenplumb.catalog;

import tokenplumb.signal.Matcher;
import tokenplumb.storage.Storage;

import java.util.List;

/// Says what the names in a query resolve to, and why a result is empty. Thread-safe.
public final class Explain {
    private final Storage raw;
    private final Catalog catalog;

    /// Over the raw store, not the views.
    public Explain(Storage raw, Catalog catalog) {
        this.raw = raw;
        this.catalog = catalog;
    }

    /// Explains one selector of a query (its matchers, the metric's name among them) over a time
    /// range in milliseconds.
    public Explanation selector(List<Matcher> matchers, long from, long to) {
        try (var querier = raw.querier()) {
            return new Inquiry(querier, catalog, matchers, from, to).explain();
        }
    }
}
