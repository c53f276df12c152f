package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

/// What is left of a histogram on one side of a value: whole buckets, and a share of the one that
/// the value lies in, as if its observations were spread evenly (custom bounds, zero bucket) or
/// evenly on a logarithmic scale. The sum becomes an estimate, too.
final class HistogramTrim {
    private final Histogram h;
    private final double bound;
    private final boolean keepsBelow;
    private double count;
    private double sum;
    private boolean trimmed;
    private double kept; // of the bucket at hand, and in its middle
    private double middle;

    private HistogramTrim(Histogram h, double bound, boolean keepsBelow) {
        this.h = h;
        this.bound = bound;
        this.keepsBelow = keepsBelow;
    }

    static Histogram below(Histogram h, double bound) {
        return new HistogramTrim(h, bound, true).trim();
    }

    static Histogram above(Histogram h, double bound) {
        return new HistogramTrim(h, bound, false).trim();
    }

    private Histogram trim() {
        var positive = row(BucketRow.positive(h), true);
        var negative = row(BucketRow.negative(h), false);
        double zero = h.zeroCount();
        if (zero > 0) {
            trimZero(hasAny(h.negativeCounts()), hasAny(h.positiveCounts()));
            zero = kept;
            trimmed |= zero != h.zeroCount();
            count += kept;
            sum += middle * kept;
        }
        if (!trimmed) {
            return h;
        }
        var above = positive.compacted();
        var below = negative.compacted();
        return new Histogram(
                false,
                h.hint(),
                h.schema(),
                h.zeroThreshold(),
                zero,
                count,
                sum,
                above.spans(),
                above.counts(),
                below.spans(),
                below.counts(),
                h.bounds());
    }

    private static boolean hasAny(double[] counts) {
        for (double count : counts) {
            if (count != 0) {
                return true;
            }
        }
        return false;
    }

    private BucketRow row(BucketRow row, boolean isPositive) {
        var counts = row.counts().clone();
        var indexes = row.spans().indexes();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 0) {
                continue;
            }
            double inner = h.bound(indexes[i] - 1);
            double outer = h.bound(indexes[i]);
            bucket(isPositive ? inner : -outer, isPositive ? outer : -inner, counts[i], isPositive);
            trimmed |= kept != counts[i];
            counts[i] = kept;
            count += kept;
            sum += middle * kept;
        }
        return new BucketRow(row.spans(), counts);
    }

    private void bucket(double lower, double upper, double observations, boolean isPositive) {
        kept = 0;
        middle = 0;
        if (keepsBelow ? upper <= bound : lower >= bound) {
            kept = observations;
            middle = middle(lower, upper, isPositive);
        } else if (keepsBelow ? lower < bound : upper > bound) {
            if (Double.isInfinite(lower)) {
                endlessBelow(upper, observations);
            } else if (Double.isInfinite(upper)) {
                kept = keepsBelow ? 0 : observations;
                middle = keepsBelow ? 0 : bound;
            } else {
                double under = observations * shareBelow(lower, upper);
                kept = keepsBelow ? under : observations - under;
                middle =
                        keepsBelow
                                ? middle(lower, bound, isPositive)
                                : middle(bound, upper, isPositive);
            }
        }
    }

    /// Of a bucket without a lower bound: as if it began at zero when it ends above.
    private void endlessBelow(double upper, double observations) {
        boolean fromZero = upper > 0 && !Double.isInfinite(upper);
        if (keepsBelow && fromZero && bound > 0) {
            kept = observations * bound / upper;
            middle = bound / 2;
        } else if (keepsBelow && upper <= 0) {
            kept = observations;
            middle = bound;
        } else if (!keepsBelow && fromZero && bound >= 0) {
            kept = observations * (1 - bound / upper);
            middle = (bound + upper) / 2;
        }
    }

    private double shareBelow(double lower, double upper) {
        return HistogramQuantiles.share(bound, lower, upper, h.hasCustomBounds());
    }

    private double middle(double lower, double upper, boolean isPositive) {
        if (Double.isInfinite(lower)) {
            if (Double.isInfinite(upper)) {
                return 0;
            }
            return upper > 0 ? upper / 2 : upper;
        }
        if (Double.isInfinite(upper)) {
            return lower;
        }
        if (h.hasCustomBounds()) {
            return (lower + upper) / 2;
        }
        double mean = Math.sqrt(Math.abs(lower * upper));
        return isPositive ? mean : -mean;
    }

    private void trimZero(boolean hasNegative, boolean hasPositive) {
        double lower = hasPositive && !hasNegative ? 0 : -h.zeroThreshold();
        double upper = hasNegative && !hasPositive ? 0 : h.zeroThreshold();
        kept = 0;
        middle = 0;
        boolean isAll = keepsBelow ? bound > lower && bound >= upper : bound <= lower;
        boolean isNone = keepsBelow ? bound <= lower : bound > lower && bound >= upper;
        if (isAll) {
            kept = h.zeroCount();
            middle = (lower + upper) / 2;
        } else if (!isNone) {
            double from = keepsBelow ? lower : bound;
            double to = keepsBelow ? bound : upper;
            kept = h.zeroCount() * ((to - from) / (upper - lower));
            middle = (from + to) / 2;
        }
    }
}
