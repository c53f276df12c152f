package tokenplumb.tsdb.kept;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

/// One series as it is kept: plain (floats and native histograms), or a classic histogram folded
/// into one. Readable until the [KeptQuerier] it is from is closed.
public interface KeptSeries extends Series {
    /// Of a folded histogram: the family's name as `__name__`, and no `le`.
    @Override
    Labels labels();

    /// The buckets of a folded histogram, [BucketLayout#NONE] of a plain series.
    BucketLayout layout();

    /// Appends a plain series' samples from `from` to `to` (milliseconds, both included) in time
    /// order, stale markers among them.
    @Override
    void read(long from, long to, Samples into);

    /// As [#read], of a folded histogram; `into` has been reset to its layout's buckets.
    void read(long from, long to, FoldedSamples into);
}
