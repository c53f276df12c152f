package tokenplumb.signal;

import java.util.Arrays;

/// A native histogram sample: exponential buckets (schema −4 to 8), or buckets with bounds of their
/// own ([#CUSTOM_BOUNDS]). Immutable; the arrays belong to it and are never changed.
///
/// Counts are absolute, one for each bucket the spans name, in order. Integer histograms hold whole
/// numbers up to 2^53.
///
/// @param isInteger counts are whole, as kept in Prometheus' integer chunks; else a float histogram
/// @param hint what is known about a counter reset before this sample
/// @param schema exponential: bucket i ends at 2^(i·2^−schema), inclusive
/// @param zeroThreshold width of the zero bucket, either side
/// @param sum of observations; a stale marker's value says "this series has ended here"
/// @param bounds upper bounds, ascending, without +Inf; empty unless the schema is [#CUSTOM_BOUNDS]
public record Histogram(
        boolean isInteger,
        Reset hint,
        int schema,
        double zeroThreshold,
        double zeroCount,
        double count,
        double sum,
        Spans positive,
        double[] positiveCounts,
        Spans negative,
        double[] negativeCounts,
        double[] bounds) {
    /// The schema of buckets with bounds of their own.
    public static final int CUSTOM_BOUNDS = -53;

    /// The series has ended.
    public static final Histogram STALE =
            new Histogram(
                    true,
                    Reset.UNKNOWN,
                    0,
                    0,
                    0,
                    0,
                    StaleMarker.VALUE,
                    Spans.NONE,
                    new double[0],
                    Spans.NONE,
                    new double[0],
                    new double[0]);

    /// What is known about a counter reset between a sample and the one before.
    public enum Reset {
        UNKNOWN,
        RESET,
        NOT_RESET,
        /// Not a counter at all.
        GAUGE
    }

    /// Runs of buckets that are there: `offsets[0]` is the first bucket's index, later offsets are
    /// gaps after the run before; `lengths` are the runs' lengths.
    public record Spans(int[] offsets, int[] lengths) {
        public static final Spans NONE = new Spans(new int[0], new int[0]);

        public int size() {
            return offsets.length;
        }

        /// The index of the bucket that is the `ordinal`-th one, from 0.
        public int index(int ordinal) {
            int first = 0;
            int left = ordinal;
            for (int run = 0; run < offsets.length; run++) {
                first += offsets[run];
                if (left < lengths[run]) {
                    return first + left;
                }
                first += lengths[run];
                left -= lengths[run];
            }
            throw new IndexOutOfBoundsException(ordinal);
        }

        /// The indexes of all buckets, ascending.
        public int[] indexes() {
            var indexes = new int[buckets()];
            int size = 0;
            int index = 0;
            for (int run = 0; run < offsets.length; run++) {
                index += offsets[run];
                for (int i = 0; i < lengths[run]; i++) {
                    indexes[size++] = index++;
                }
            }
            return indexes;
        }

        /// Buckets in all runs.
        public int buckets() {
            int sum = 0;
            for (int length : lengths) {
                sum += length;
            }
            return sum;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Spans spans
                    && Arrays.equals(offsets, spans.offsets)
                    && Arrays.equals(lengths, spans.lengths);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(offsets) + Arrays.hashCode(lengths);
        }

        @Override
        public String toString() {
            return Arrays.toString(offsets) + "+" + Arrays.toString(lengths);
        }
    }

    public boolean isStale() {
        return StaleMarker.is(sum);
    }

    public boolean hasCustomBounds() {
        return schema == CUSTOM_BOUNDS;
    }

    /// Takes one bucket. Of its bounds either may be infinite.
    @FunctionalInterface
    public interface BucketVisitor<E extends Exception> {
        void bucket(
                double lower,
                double upper,
                boolean includesLower,
                boolean includesUpper,
                double count)
                throws E;
    }

    /// Goes through all buckets that are there, empty ones among them (but not an empty zero
    /// bucket), in ascending order. Where they overlap the zero bucket, they begin behind it.
    public <E extends Exception> void forEachBucket(BucketVisitor<E> visitor) throws E {
        var indexes = negative.indexes();
        for (int i = indexes.length - 1; i >= 0; i--) {
            double upper = -bound(indexes[i] - 1);
            double end = upper > -zeroThreshold ? -zeroThreshold : upper;
            visitor.bucket(-bound(indexes[i]), end, true, false, negativeCounts[i]);
        }
        if (zeroCount > 0) {
            visitor.bucket(-zeroThreshold, zeroThreshold, true, true, zeroCount);
        }
        indexes = positive.indexes();
        for (int i = 0; i < indexes.length; i++) {
            double lower = bound(indexes[i] - 1);
            double start = lower > 0 && lower < zeroThreshold ? zeroThreshold : lower;
            boolean lowest = hasCustomBounds() && indexes[i] == 0;
            visitor.bucket(start, bound(indexes[i]), lowest, true, positiveCounts[i]);
        }
    }

    /// The upper bound of the positive bucket of this index; the lower one of the next.
    public double bound(int index) {
        if (!hasCustomBounds()) {
            return ExponentialBounds.upper(schema, index);
        }
        if (index < 0) {
            return Double.NEGATIVE_INFINITY;
        }
        return index < bounds.length ? bounds[index] : Double.POSITIVE_INFINITY;
    }

    /// The upper bound of an exponential bucket.
    public static double bound(int schema, int index) {
        return ExponentialBounds.upper(schema, index);
    }

    public Histogram withHint(Reset other) {
        return new Histogram(
                isInteger,
                other,
                schema,
                zeroThreshold,
                zeroCount,
                count,
                sum,
                positive,
                positiveCounts,
                negative,
                negativeCounts,
                bounds);
    }

    /// Equal to the last bit of every number, the hint among them.
    @Override
    public boolean equals(Object other) {
        return other instanceof Histogram h
                && isInteger == h.isInteger
                && hint == h.hint
                && schema == h.schema
                && same(zeroThreshold, h.zeroThreshold)
                && same(zeroCount, h.zeroCount)
                && same(count, h.count)
                && same(sum, h.sum)
                && positive.equals(h.positive)
                && negative.equals(h.negative)
                && same(positiveCounts, h.positiveCounts)
                && same(negativeCounts, h.negativeCounts)
                && same(bounds, h.bounds);
    }

    private static boolean same(double a, double b) {
        return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
    }

    private static boolean same(double[] a, double[] b) {
        if (a.length != b.length) {
            return false;
        }
        for (int i = 0; i < a.length; i++) {
            if (!same(a[i], b[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return Double.hashCode(count) * 31 + Double.hashCode(sum);
    }
}
