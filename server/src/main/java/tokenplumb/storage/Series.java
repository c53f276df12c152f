package tokenplumb.storage;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

/// One series found by a [Querier], readable until that querier is closed.
public interface Series {
    Labels labels();

    /// Appends to `into` the samples from `from` to `to` (milliseconds, both included) in time
    /// order, stale markers among them.
    void read(long from, long to, Samples into);
}
