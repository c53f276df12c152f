package tokenplumb.storage;

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

    /// Makes the batch durable as the store's sync policy says, and visible. On failure nothing is
    /// visible.
    void commit() throws IOException;

    /// Forgets whatever [#commit] has not kept.
    @Override
    void close();
}
