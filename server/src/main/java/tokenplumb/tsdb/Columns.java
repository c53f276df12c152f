package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;

import java.util.Arrays;

/// The samples of a batch, reused from batch to batch so that a sample of a known series allocates
/// nothing. Not thread-safe.
final class Columns {
    private static final int KEPT = 1 << 15;

    long[] references = new long[64];
    long[] times = new long[64];
    long[] values = new long[64]; // raw bits
    int size;
    final Buffer frame = new Buffer(1024);

    void add(long reference, long time, long value) {
        if (size == references.length) {
            references = Arrays.copyOf(references, size * 2);
            times = Arrays.copyOf(times, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        references[size] = reference;
        times[size] = time;
        values[size++] = value;
    }

    /// Whether the arrays are small enough to be kept for the next batch.
    boolean isWorthKeeping() {
        return references.length <= KEPT && frame.capacity() <= KEPT * 16;
    }
}
