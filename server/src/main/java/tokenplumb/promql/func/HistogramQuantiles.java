package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

/// Quantiles and fractions of native histograms: observations are taken to be spread evenly over a
/// bucket with custom bounds and the zero bucket, and evenly on a logarithmic scale over others.
/// Buckets have ordinals here, ascending: the negative ones, the zero bucket, the positive ones.
final class HistogramQuantiles {
    private final Histogram h;
    private final int negatives;
    private final int buckets;

    private HistogramQuantiles(Histogram h) {
        this.h = h;
        this.negatives = h.negativeCounts().length;
        this.buckets = negatives + 1 + h.positiveCounts().length;
    }

    private double count(int ordinal) {
        if (ordinal < negatives) {
            return h.negativeCounts()[negatives - 1 - ordinal];
        }
        return ordinal == negatives ? h.zeroCount() : h.positiveCounts()[ordinal - negatives - 1];
    }

    private boolean isThere(int ordinal) {
        return ordinal != negatives || h.zeroCount() > 0;
    }

    private double lower(int ordinal) {
        if (ordinal < negatives) {
            return -h.bound(h.negative().index(negatives - 1 - ordinal));
        }
        if (ordinal == negatives) {
            return -h.zeroThreshold();
        }
        double lower = h.bound(h.positive().index(ordinal - negatives - 1) - 1);
        return lower > 0 && lower < h.zeroThreshold() ? h.zeroThreshold() : lower;
    }

    private double upper(int ordinal) {
        if (ordinal < negatives) {
            double upper = -h.bound(h.negative().index(negatives - 1 - ordinal) - 1);
            return upper > -h.zeroThreshold() ? -h.zeroThreshold() : upper;
        }
        return ordinal == negatives
                ? h.zeroThreshold()
                : h.bound(h.positive().index(ordinal - negatives - 1));
    }

    private boolean hasOnlyPositive() {
        return negatives == 0 && h.positiveCounts().length > 0;
    }

    private boolean hasOnlyNegative() {
        return negatives > 0 && h.positiveCounts().length == 0;
    }

    static double quantile(double q, Histogram h, Remarks remarks) {
        if (q < 0) {
            return Double.NEGATIVE_INFINITY;
        }
        if (q > 1) {
            return Double.POSITIVE_INFINITY;
        }
        if (h.count() == 0 || Double.isNaN(q)) {
            return Double.NaN;
        }
        return new HistogramQuantiles(h).quantile(q, remarks);
    }

    private double quantile(double q, Remarks remarks) {
        boolean hasNaN = Double.isNaN(h.sum());
        boolean upwards = hasNaN || q < 0.5;
        double rank = (upwards ? q : 1 - q) * h.count();
        double seen = 0;
        int last = -1;
        int at = upwards ? 0 : buckets - 1;
        for (; at >= 0 && at < buckets; at += upwards ? 1 : -1) {
            if (isThere(at)) {
                last = at;
                seen += count(at);
                if (count(at) != 0 && seen >= rank) {
                    break;
                }
            }
        }
        double lower = last < 0 ? 0 : lower(last);
        double upper = last < 0 ? 0 : upper(last);
        double count = last < 0 ? 0 : count(last);
        if (h.hasCustomBounds()) {
            if (lower == Double.NEGATIVE_INFINITY) {
                if (upper <= 0) {
                    return upper;
                }
                lower = 0;
            } else if (upper == Double.POSITIVE_INFINITY) {
                return lower;
            }
        } else if (lower < 0 && upper > 0) {
            lower = hasOnlyPositive() ? 0 : lower;
            upper = hasOnlyNegative() ? 0 : upper;
        }
        seen = seen > h.count() ? h.count() : seen;
        if (seen < rank) {
            if (hasNaN) {
                remarks.note(Remark.NAN_RESULT);
                return Double.NaN;
            }
            return upper;
        }
        rank = upwards ? rank - (seen - count) : seen - rank;
        if (hasNaN) {
            // As Prometheus 3.14: it then interpolates in the last bucket it has looked at.
            for (int next = at + 1; next < buckets; next++) {
                if (isThere(next)) {
                    seen += count(next);
                    lower = lower(next);
                    upper = upper(next);
                    count = count(next);
                }
            }
            if (seen < h.count()) {
                remarks.note(Remark.NAN_SKEW);
            }
        }
        return within(lower, upper, rank / count);
    }

    private double within(double lower, double upper, double share) {
        if (h.hasCustomBounds() || lower <= 0 && upper >= 0) {
            return lower + (upper - lower) * share;
        }
        double logLower = log2(Math.abs(lower));
        double logUpper = log2(Math.abs(upper));
        return lower > 0
                ? Math.pow(2, logLower + (logUpper - logLower) * share)
                : -Math.pow(2, logUpper + (logLower - logUpper) * (1 - share));
    }

    private static double log2(double value) {
        int exponent = Math.getExponent(value);
        return value == Math.scalb(1.0, exponent) ? exponent : Math.log(value) / Math.log(2);
    }

    /// The share of a bucket's observations that are at most `value`, which lies in it.
    static double share(double value, double lower, double upper, boolean linear) {
        if (linear) {
            return (value - lower) / (upper - lower);
        }
        double logLower = log2(Math.abs(lower));
        double logUpper = log2(Math.abs(upper));
        double log = log2(Math.abs(value));
        return value > 0
                ? (log - logLower) / (logUpper - logLower)
                : 1 - (log - logUpper) / (logLower - logUpper);
    }

    static double fraction(double lower, double upper, Histogram h, Remarks remarks) {
        if (h.count() == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
            return Double.NaN;
        }
        if (lower >= upper) {
            return 0;
        }
        var buckets = new HistogramQuantiles(h);
        double all = h.count();
        if (Double.isNaN(h.sum())) {
            double seen = buckets.seen();
            if (seen < all) {
                remarks.note(Remark.NAN_EXCLUDED);
            }
            all = seen;
        }
        return (Math.min(buckets.rank(upper, all), all) - Math.min(buckets.rank(lower, all), all))
                / h.count();
    }

    private double seen() {
        double seen = 0;
        for (int i = 0; i < buckets; i++) {
            seen += isThere(i) ? count(i) : 0;
        }
        return seen;
    }

    /// How many observations are at most `value`; `all` where it lies behind all buckets.
    private double rank(double value, double all) {
        double rank = 0;
        for (int i = 0; i < buckets; i++) {
            if (!isThere(i)) {
                continue;
            }
            double lower = lower(i);
            double upper = upper(i);
            boolean aroundZero = lower <= 0 && upper >= 0;
            if (aroundZero) {
                lower = hasOnlyPositive() ? 0 : lower;
                upper = hasOnlyNegative() ? 0 : upper;
            }
            if (lower >= value) {
                return rank;
            }
            if (upper > value) {
                if (lower == Double.NEGATIVE_INFINITY && (h.hasCustomBounds() || aroundZero)) {
                    return count(i);
                }
                boolean linear = h.hasCustomBounds() || aroundZero;
                return rank + count(i) * share(value, lower, upper, linear);
            }
            rank += count(i);
        }
        return all;
    }

    static double variance(Histogram h) {
        double mean = h.sum() / h.count();
        var variance = new Sum();
        var buckets = new HistogramQuantiles(h);
        for (int i = 0; i < buckets.buckets; i++) {
            if (buckets.isThere(i) && buckets.count(i) != 0) {
                double delta = middle(h, buckets.lower(i), buckets.upper(i)) - mean;
                variance.add(buckets.count(i) * delta * delta);
            }
        }
        return variance.value() / h.count();
    }

    private static double middle(Histogram h, double lower, double upper) {
        if (h.hasCustomBounds()) {
            return (upper + lower) / 2;
        }
        if (lower <= 0 && upper >= 0) {
            return 0;
        }
        double mean = Math.sqrt(upper * lower);
        return upper < 0 ? -mean : mean;
    }
}
