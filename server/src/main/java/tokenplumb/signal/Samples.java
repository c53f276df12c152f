package tokenplumb.signal;

import java.util.Arrays;

/// A column of samples in time order: times in milliseconds since the epoch, and their values. Made
/// to be reused: [#clear] keeps the arrays. Not thread-safe.
public final class Samples {
    private long[] times = new long[64];
    private double[] values = new double[64];
    private int size;

    public int size() {
        return size;
    }

    public long time(int i) {
        return times[i];
    }

    public double value(int i) {
        return values[i];
    }

    /// The backing array; the first [#size] entries are valid until the next [#add].
    public long[] times() {
        return times;
    }

    /// The backing array; the first [#size] entries are valid until the next [#add].
    public double[] values() {
        return values;
    }

    public void add(long timeMillis, double value) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        times[size] = timeMillis;
        values[size++] = value;
    }

    public void clear() {
        size = 0;
    }

    /// Index of the first sample at or after `timeMillis`, or [#size].
    public int indexAtOrAfter(long timeMillis) {
        int i = Arrays.binarySearch(times, 0, size, timeMillis);
        return i < 0 ? -i - 1 : i;
    }
}
