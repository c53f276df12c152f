package tokenplumb.signal;

import java.util.Arrays;
import java.util.Objects;

/// A column of samples in time order: times in milliseconds since the epoch, and their values. A
/// sample may be a native histogram; its value is then 0, or the stale marker when it is one. One
/// out of a downsampled tier may stand for many: its weight says for how many, and the value is
/// their mean, least or whatever was asked for. Made to be reused: [#clear] keeps the arrays. Not
/// thread-safe.
public final class Samples {
    private static final double[] NO_WEIGHTS = {};
    private static final Histogram[] NO_HISTOGRAMS = {};

    private long[] times = new long[64];
    private double[] values = new double[64];
    private Histogram[] histograms; // null until there is one
    private double[] weights; // null until one is not 1
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
            if (histograms != null) {
                histograms = Arrays.copyOf(histograms, size * 2);
            }
            if (weights != null) {
                weights = Arrays.copyOf(weights, size * 2);
            }
        }
        times[size] = timeMillis;
        if (weights != null) {
            weights[size] = 1;
        }
        values[size++] = value;
    }

    /// Adds a sample that stands for `weight` samples as they were measured; of weight 0, one that
    /// helps to tell a course but is none of them.
    public void add(long timeMillis, double value, double weight) {
        add(timeMillis, value);
        if (weights == null && weight != 1) {
            weights = new double[times.length];
            Arrays.fill(weights, 0, size, 1);
        }
        if (weights != null) {
            weights[size - 1] = weight;
        }
    }

    /// Makes room for so many more and counts them as added; times and values from the returned
    /// place on are for the caller to fill in.
    int addRoom(int count) {
        int at = size;
        room(count);
        added(count);
        return at;
    }

    /// Makes room for so many more without adding any: times and values from [#size] on are for the
    /// caller to fill in, who then says by [#added] how many there are.
    public void room(int count) {
        if (size + count <= times.length) {
            return;
        }
        int wanted = Math.max(size + count, times.length * 2);
        times = Arrays.copyOf(times, wanted);
        values = Arrays.copyOf(values, wanted);
        if (histograms != null) {
            histograms = Arrays.copyOf(histograms, wanted);
        }
        if (weights != null) {
            weights = Arrays.copyOf(weights, wanted);
        }
    }

    /// Adds so many samples that stand in the arrays already, of the [#room] made for them.
    public void added(int count) {
        if (weights != null) {
            Arrays.fill(weights, size, size + count, 1);
        }
        size += count;
    }

    /// Forgets all but the first ones.
    public void cut(int first) {
        if (histograms != null) {
            Arrays.fill(histograms, first, size, null);
        }
        size = first;
    }

    public void add(long timeMillis, Histogram histogram) {
        add(timeMillis, histogram.isStale() ? StaleMarker.VALUE : 0);
        if (histograms == null) {
            histograms = new Histogram[times.length];
        }
        histograms[size - 1] = histogram;
    }

    /// Whether any sample may be a histogram.
    public boolean hasHistograms() {
        return histograms != null;
    }

    public boolean isHistogram(int i) {
        return histograms != null && histograms[i] != null;
    }

    /// The histogram at `i`; only where [#isHistogram].
    public Histogram histogram(int i) {
        return Objects.requireNonNull(histograms[i], "bug: not a histogram");
    }

    /// The backing array, as [#values], null where a sample is a number; empty when there are no
    /// histograms.
    public Histogram[] histograms() {
        return histograms == null ? NO_HISTOGRAMS : histograms;
    }

    /// Whether any sample's weight may be other than 1.
    public boolean hasWeights() {
        return weights != null;
    }

    /// How many samples as they were measured this one stands for.
    public double weight(int i) {
        return weights == null ? 1 : weights[i];
    }

    /// The backing array, as [#values]; empty when all weights are 1.
    public double[] weights() {
        return weights == null ? NO_WEIGHTS : weights;
    }

    public void clear() {
        size = 0;
        histograms = null;
        weights = null;
    }

    /// Index of the first sample at or after `timeMillis`, or [#size].
    public int indexAtOrAfter(long timeMillis) {
        int i = Arrays.binarySearch(times, 0, size, timeMillis);
        return i < 0 ? -i - 1 : i;
    }
}
