package tokenplumb.promql.func;

/// The cumulative buckets of one classic histogram at one moment, added in the order of their upper
/// bounds. Reused from step to step. Afterwards the `forced…` fields say whether and where counts
/// had to be raised because they fell from one bucket to the next.
public final class Buckets {
    /// Differences that small, relative to the counts, come from rounding and not from data.
    private static final double TOLERANCE = 1e-12;

    private static final double SMALLEST_NORMAL = Double.MIN_NORMAL;

    private final double[] bounds;
    private final double[] counts;
    private int size;

    public boolean forced;
    public double lowestForced;
    public double highestForced;
    public double largestDrop;

    /// For at most `capacity` buckets.
    public Buckets(int capacity) {
        bounds = new double[capacity];
        counts = new double[capacity];
    }

    public void clear() {
        size = 0;
        forced = false;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /// A bucket whose bound is not below that of the one before; equal bounds add up.
    public void add(double bound, double count) {
        if (size > 0 && bounds[size - 1] == bound) {
            counts[size - 1] += count;
            return;
        }
        bounds[size] = bound;
        counts[size++] = count;
    }

    /// All buckets at once instead: as many as there are `ofBounds`, which ascend strictly, their
    /// counts from `ofCounts[at]` on.
    public void set(double[] ofBounds, double[] ofCounts, int at) {
        size = ofBounds.length;
        System.arraycopy(ofBounds, 0, bounds, 0, size);
        System.arraycopy(ofCounts, at, counts, 0, size);
    }

    /// `histogram_quantile`: interpolated linearly within a bucket.
    public double quantile(double q) {
        if (Double.isNaN(q)) {
            return Double.NaN;
        }
        if (q < 0) {
            return Double.NEGATIVE_INFINITY;
        }
        if (q > 1) {
            return Double.POSITIVE_INFINITY;
        }
        if (bounds[size - 1] != Double.POSITIVE_INFINITY) {
            return Double.NaN;
        }
        forceMonotonic();
        if (size < 2) {
            return Double.NaN;
        }
        double observations = counts[size - 1];
        if (observations == 0) {
            return Double.NaN;
        }
        double rank = q * observations;
        int b = firstAtLeast(rank);
        if (b == size - 1) {
            return bounds[size - 2];
        }
        if (b == 0 && bounds[0] <= 0) {
            return bounds[0];
        }
        double start = 0;
        double count = counts[b];
        if (b > 0) {
            start = bounds[b - 1];
            count -= counts[b - 1];
            rank -= counts[b - 1];
        }
        return start + (bounds[b] - start) * (rank / count);
    }

    /// Index of the first bucket but the last whose count reaches `rank`, else of the last.
    private int firstAtLeast(double rank) {
        int low = 0;
        int high = size - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (counts[middle] >= rank) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void forceMonotonic() {
        forced = false;
        lowestForced = Double.POSITIVE_INFINITY;
        highestForced = Double.NEGATIVE_INFINITY;
        largestDrop = 0;
        double before = counts[0];
        for (int i = 1; i < size; i++) {
            double count = counts[i];
            if (count == before) {
                continue;
            }
            if (almostEqual(before, count)) {
                counts[i] = before;
            } else if (count < before) {
                counts[i] = before;
                forced = true;
                lowestForced = Math.min(lowestForced, bounds[i]);
                highestForced = Math.max(highestForced, bounds[i]);
                largestDrop = Math.max(largestDrop, before - count);
            } else {
                before = count;
            }
        }
    }

    private static boolean almostEqual(double a, double b) {
        if (Double.isNaN(a) && Double.isNaN(b)) {
            return true;
        }
        double sum = Math.abs(a) + Math.abs(b);
        double difference = Math.abs(a - b);
        if (a == 0 || b == 0 || sum < SMALLEST_NORMAL) {
            return difference < TOLERANCE * SMALLEST_NORMAL;
        }
        return difference / Math.min(sum, Double.MAX_VALUE) < TOLERANCE;
    }

    /// `histogram_fraction`: the share of observations between the two values.
    public double fraction(double lower, double upper) {
        if (bounds[size - 1] != Double.POSITIVE_INFINITY) {
            return Double.NaN;
        }
        double count = counts[size - 1];
        if (count == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
            return Double.NaN;
        }
        if (lower >= upper) {
            return 0;
        }
        return (rankOf(upper, count) - rankOf(lower, count)) / count;
    }

    /// How many observations are at most `value`, interpolated.
    private double rankOf(double value, double count) {
        double rank = 0;
        double lower = bounds[0] <= 0 ? Double.NEGATIVE_INFINITY : 0;
        for (int i = 0; i < size; i++) {
            double upper = bounds[i];
            if (lower >= value) {
                return Math.min(rank, count);
            }
            if (upper > value) {
                double inside =
                        lower == Double.NEGATIVE_INFINITY
                                ? counts[i]
                                : rank + (counts[i] - rank) * (value - lower) / (upper - lower);
                return inside > count ? count : inside;
            }
            rank = counts[i];
            lower = upper;
        }
        return count;
    }
}
