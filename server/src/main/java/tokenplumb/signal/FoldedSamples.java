package tokenplumb.signal;

import java.util.Arrays;

/// Samples of a classic histogram kept as one series, in time order: for each a time, the sum and
/// the cumulative count of every bucket, `+Inf` (which is the count of all) last. Weights are as in
/// [Samples]. Made to be reused. Not thread-safe.
public final class FoldedSamples {
    private static final double[] NO_WEIGHTS = {};

    private int buckets;
    private long[] times = new long[64];
    private double[] sums = new double[64];
    private long[] counts = new long[64 * 16]; // sample by sample
    private double[] weights; // null until one is not 1
    private int size;
    private int stale; // how many

    /// Empties it for a histogram of so many buckets.
    public void reset(int ofBuckets) {
        buckets = ofBuckets;
        size = 0;
        stale = 0;
        weights = null;
    }

    public int buckets() {
        return buckets;
    }

    public int size() {
        return size;
    }

    public long time(int i) {
        return times[i];
    }

    /// The sum; of a stale sample the stale marker.
    public double sum(int i) {
        return sums[i];
    }

    /// Observations in a bucket and all below.
    public long count(int i, int bucket) {
        return counts[i * buckets + bucket];
    }

    /// Whether every member of the histogram ends here.
    public boolean isStale(int i) {
        return StaleMarker.is(sums[i]);
    }

    /// Adds a sample whose cumulative counts stand in `from[at…]`; a stale one needs none.
    public void add(long timeMillis, double sum, long[] from, int at) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            sums = Arrays.copyOf(sums, size * 2);
            if (weights != null) {
                weights = Arrays.copyOf(weights, size * 2);
            }
        }
        int start = size * buckets;
        if (start + buckets > counts.length) {
            counts = Arrays.copyOf(counts, Math.max(counts.length * 2, start + buckets));
        }
        times[size] = timeMillis;
        sums[size] = sum;
        if (!StaleMarker.is(sum)) {
            System.arraycopy(from, at, counts, start, buckets);
        } else {
            Arrays.fill(counts, start, start + buckets, 0);
            stale++;
        }
        if (weights != null) {
            weights[size] = 1;
        }
        size++;
    }

    /// Sets the weight of the sample added last.
    public void weigh(double weight) {
        if (weights == null && weight != 1) {
            weights = new double[times.length];
            Arrays.fill(weights, 0, size, 1);
        }
        if (weights != null) {
            weights[size - 1] = weight;
        }
    }

    /// How many samples as they were measured this one stands for.
    public double weight(int i) {
        return weights == null ? 1 : weights[i];
    }

    /// Whether any sample's weight may be other than 1.
    public boolean hasWeights() {
        return weights != null;
    }

    /// Appends a sample of `other`, which has as many buckets.
    public void add(FoldedSamples other, int i) {
        add(other.times[i], other.sums[i], other.counts, i * other.buckets);
        weigh(other.weight(i));
    }

    /// Takes the samples from this one on away.
    public void truncate(int toSize) {
        for (int i = toSize; i < size; i++) {
            stale -= isStale(i) ? 1 : 0;
        }
        size = toSize;
    }

    /// Whether any sample is stale.
    public boolean hasStale() {
        return stale > 0;
    }

    /// Takes the stale samples out.
    public void dropStale() {
        if (stale == 0) {
            return;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (isStale(i)) {
                continue;
            }
            if (kept < i) {
                times[kept] = times[i];
                sums[kept] = sums[i];
                System.arraycopy(counts, i * buckets, counts, kept * buckets, buckets);
                if (weights != null) {
                    weights[kept] = weights[i];
                }
            }
            kept++;
        }
        size = kept;
        stale = 0;
    }

    /// The backing array; the first [#size] entries are valid until the next [#add].
    public long[] times() {
        return times;
    }

    /// The backing array, as [#times]; empty when all weights are 1.
    public double[] weights() {
        return weights == null ? NO_WEIGHTS : weights;
    }

    /// Appends one bucket's counts as samples of its own.
    public void copyBucket(int bucket, Samples into) {
        if (weights != null) {
            for (int i = 0; i < size; i++) {
                double value = isStale(i) ? StaleMarker.VALUE : (double) count(i, bucket);
                into.add(times[i], value, weights[i]);
            }
            return;
        }
        int at = into.addRoom(size);
        System.arraycopy(times, 0, into.times(), at, size);
        var values = into.values();
        for (int i = 0, count = bucket; i < size; i++, count += buckets) {
            values[at + i] = counts[count];
        }
        if (stale > 0) {
            for (int i = 0; i < size; i++) {
                values[at + i] = isStale(i) ? StaleMarker.VALUE : values[at + i];
            }
        }
    }

    /// Appends the sums as samples of their own.
    public void copySum(Samples into) {
        if (weights != null) {
            for (int i = 0; i < size; i++) {
                into.add(times[i], sums[i], weights[i]);
            }
            return;
        }
        int at = into.addRoom(size);
        System.arraycopy(times, 0, into.times(), at, size);
        System.arraycopy(sums, 0, into.values(), at, size);
    }

    /// All cumulative counts, sample by sample; valid until the next [#add].
    public long[] counts() {
        return counts;
    }

    /// Index of the first sample at or after `timeMillis`, or [#size].
    public int indexAtOrAfter(long timeMillis) {
        int i = Arrays.binarySearch(times, 0, size, timeMillis);
        return i < 0 ? -i - 1 : i;
    }
}
