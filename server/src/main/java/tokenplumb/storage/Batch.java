package tokenplumb.storage;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.io.IOException;

/// Writes that become visible together: [#commit] makes all of them visible, [#close] alone forgets
/// them. Used by one thread.
public interface Batch extends AutoCloseable {
    /// What became of one sample.
    enum Outcome {
        APPENDED,
        /// Same time, other value than the newest sample of its series: dropped.
        DUPLICATE,
        /// Older than the newest sample of its series: dropped.
        OUT_OF_ORDER,
        /// Older than the store's window accepts at all: dropped.
        TOO_OLD,
        /// The reference is not (or no longer) known: ask [#series] again and repeat.
        UNKNOWN_SERIES
    }

    /// The reference of a series, made if need be; 0 when a series limit refuses it. References
    /// stay valid beyond this batch until an append answers [Outcome#UNKNOWN_SERIES].
    long series(Labels labels);

    /// Buffers one sample; `timeMillis` since the epoch.
    Outcome append(long series, long timeMillis, double value);

    /// The reference of a classic histogram kept as one series: `family` are its labels with the
    /// family's name (`x`, not `x_bucket`) and without `le`. 0 when it cannot be kept so, by this
    /// storage or for a limit; the caller then appends its members one by one.
    default long folded(Labels family, BucketLayout layout) {
        return 0;
    }

    /// Buffers one sample of a [#folded] histogram: the cumulative count of each bucket of its
    /// layout from `counts[at]` on, `+Inf` (the count of all) last, each a whole number up to 2^53.
    /// A stale marker as `sum` ends it, and needs no counts.
    default Outcome append(long folded, long timeMillis, long[] counts, int at, double sum) {
        return Outcome.UNKNOWN_SERIES;
    }

    /// Buffers one native histogram of a plain series.
    default Outcome append(long series, long timeMillis, Histogram histogram) {
        return Outcome.UNKNOWN_SERIES;
    }

    /// Buffers an exemplar of a plain series, or (`bucket` from 0 on) of a bucket of a folded one.
    /// One that is older than the newest of its series, or there already, is dropped silently.
    default void exemplar(long series, int bucket, Exemplar exemplar) {}

    /// Makes the batch durable as the store's sync policy says, and visible. On failure nothing is
    /// visible.
    void commit() throws IOException;

    /// Forgets whatever [#commit] has not kept.
    @Override
    void close();
}
