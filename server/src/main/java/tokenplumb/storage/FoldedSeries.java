package tokenplumb.storage;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;

/// All the buckets of one classic histogram, which a [Querier] found kept as one: what
/// `x_bucket{…}` without a condition on `le` selects. Readable until that querier is closed.
public interface FoldedSeries {
    /// The labels that its buckets share: `x_bucket` as `__name__`, and no `le`.
    Labels labels();

    /// Which buckets, `+Inf` last.
    BucketLayout layout();

    /// Appends the samples from `from` to `to` (milliseconds, both included) in time order, stale
    /// ones among them; `into` has been reset to the layout's buckets.
    void read(long from, long to, FoldedSamples into);

    /// One of the buckets as a series of its own, labelled with its `le`.
    Series bucket(int bucket);
}
