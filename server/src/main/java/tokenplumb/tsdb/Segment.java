package tokenplumb.tsdb;

import java.io.IOException;

/// Full chunks in one file: still being filled, or sealed with an index.
sealed interface Segment permits OpenSegment, SealedSegment {
    String name();

    long bytes();

    /// The earliest sample, [Long#MAX_VALUE] when there is none.
    long minTime();

    /// The latest sample, [Long#MIN_VALUE] when there is none.
    long maxTime();

    /// Copies a series' chunks that touch the range, in time order. A damaged chunk is left out and
    /// told to `damage`.
    void collect(long reference, long from, long to, Found into, Damage damage);

    void close() throws IOException;

    /// Hears of chunks that cannot be read.
    interface Damage {
        void chunk(String file, long offset, String what);
    }
}
