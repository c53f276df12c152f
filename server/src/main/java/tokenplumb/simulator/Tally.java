package tokenplumb.simulator;

/// A histogram as the Python client keeps it: one count for each bucket, and the sum.
final class Tally {
    private final double[] bounds;
    private final long[] counts; // the last one: above all bounds
    private double sum;
    private long count;

    Tally(double... bounds) {
        this.bounds = bounds;
        this.counts = new long[bounds.length + 1];
    }

    void observe(double value) {
        observe(value, 1);
    }

    /// The same value several times.
    void observe(double value, long times) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        counts[bucket] += times;
        count += times;
        sum += value * times;
    }

    double[] bounds() {
        return bounds;
    }

    /// Observations up to and including the bound of this bucket.
    long cumulative(int bucket) {
        long below = 0;
        for (int i = 0; i <= bucket; i++) {
            below += counts[i];
        }
        return below;
    }

    long count() {
        return count;
    }

    double sum() {
        return sum;
    }
}
