package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Arithmetic and statistics of native histograms. Whole-number histograms are taken for what they
/// count; results are float histograms, without empty buckets.
public final class Histograms {
    private Histograms() {}

    /// `a + b`; empty, and [Remark#MIXED_SCHEMAS], where they cannot be added. May note
    /// [Remark#CONFLICTING_RESETS] and [Remark#RECONCILED_BY_ADDITION].
    public static Optional<Histogram> add(Histogram a, Histogram b, Remarks remarks) {
        return combine(a, b, 1, remarks, Remark.RECONCILED_BY_ADDITION)
                .map(tally -> tally.histogram(1, tally.hint()));
    }

    /// `a - b`, a gauge; remarks as for [#add].
    public static Optional<Histogram> subtract(Histogram a, Histogram b, Remarks remarks) {
        return combine(a, b, -1, remarks, Remark.RECONCILED_BY_SUBTRACTION)
                .map(tally -> tally.histogram(1, Reset.GAUGE));
    }

    private static Optional<HistogramTally> combine(
            Histogram a, Histogram b, double factor, Remarks remarks, Remark reconciled) {
        if (a.hasCustomBounds() != b.hasCustomBounds()) {
            remarks.note(Remark.MIXED_SCHEMAS);
            return Optional.empty();
        }
        var tally = HistogramTally.of(a);
        tally.add(b, factor, remarks, reconciled);
        return Optional.of(tally);
    }

    /// `h * factor`; by a negative one, a gauge.
    public static Histogram multiply(Histogram h, double factor) {
        return with(
                h,
                factor < 0 ? Reset.GAUGE : h.hint(),
                h.zeroCount() * factor,
                h.count() * factor,
                h.sum() * factor,
                BucketRow.positive(h).times(factor),
                BucketRow.negative(h).times(factor));
    }

    /// `h / divisor`; by a negative one, a gauge; by zero, one without buckets.
    public static Histogram divide(Histogram h, double divisor) {
        return with(
                h,
                divisor < 0 ? Reset.GAUGE : h.hint(),
                h.zeroCount() / divisor,
                h.count() / divisor,
                h.sum() / divisor,
                divisor == 0 ? BucketRow.NONE : BucketRow.positive(h).over(divisor),
                divisor == 0 ? BucketRow.NONE : BucketRow.negative(h).over(divisor));
    }

    private static Histogram with(
            Histogram h,
            Reset hint,
            double zeroCount,
            double count,
            double sum,
            BucketRow positive,
            BucketRow negative) {
        var above = positive.compacted();
        var below = negative.compacted();
        return new Histogram(
                false,
                hint,
                h.schema(),
                h.zeroThreshold(),
                zeroCount,
                count,
                sum,
                above.spans(),
                above.counts(),
                below.spans(),
                below.counts(),
                h.bounds());
    }

    /// Whether `==` holds: the same buckets with the same counts, bit by bit; hints do not matter.
    public static boolean same(Histogram a, Histogram b) {
        return a.schema() == b.schema()
                && same(a.count(), b.count())
                && same(a.sum(), b.sum())
                && a.zeroThreshold() == b.zeroThreshold()
                && same(a.zeroCount(), b.zeroCount())
                && (!a.hasCustomBounds() || Arrays.equals(a.bounds(), b.bounds()))
                && BucketRow.negative(a).same(BucketRow.negative(b))
                && BucketRow.positive(a).same(BucketRow.positive(b));
    }

    private static boolean same(double a, double b) {
        return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
    }

    /// `h </ bound`: without the observations above the bound, interpolated within a bucket.
    public static Histogram trimAbove(Histogram h, double bound) {
        return HistogramTrim.below(h, bound);
    }

    /// `h >/ bound`: without the observations below the bound, interpolated within a bucket.
    public static Histogram trimBelow(Histogram h, double bound) {
        return HistogramTrim.above(h, bound);
    }

    /// Whether a counter has been reset between two samples of it.
    public static boolean isReset(Histogram previous, Histogram current) {
        return CounterResets.isBetween(previous, current);
    }

    /// With fewer and wider buckets; `schema` is at most that of `h`, and both are exponential.
    public static Histogram reduced(Histogram h, int schema) {
        var tally = HistogramTally.of(h);
        tally.reduce(schema);
        return tally.histogram(1, h.hint());
    }

    /// As a float histogram without empty buckets.
    public static Histogram compacted(Histogram h) {
        return with(
                h,
                h.hint(),
                h.zeroCount(),
                h.count(),
                h.sum(),
                BucketRow.positive(h),
                BucketRow.negative(h));
    }

    /// `histogram_avg`.
    public static double average(Histogram h) {
        return h.sum() / h.count();
    }

    /// `histogram_stdvar`, as if all observations of a bucket were in its middle.
    public static double variance(Histogram h) {
        return HistogramQuantiles.variance(h);
    }

    /// `histogram_quantile`. May note [Remark#NAN_RESULT] and [Remark#NAN_SKEW].
    public static double quantile(double q, Histogram h, Remarks remarks) {
        return HistogramQuantiles.quantile(q, h, remarks);
    }

    /// `histogram_fraction`: the share of observations between two values. May note
    /// [Remark#NAN_EXCLUDED].
    public static double fraction(double lower, double upper, Histogram h, Remarks remarks) {
        return HistogramQuantiles.fraction(lower, upper, h, remarks);
    }

    /// As Prometheus prints it, in the label values of `count_values` among others: `{count:3,
    /// sum:4, [-0.001,0.001]:1, (0.5,1]:2}`.
    public static String text(Histogram h) {
        var parts = new ArrayList<String>();
        parts.add("count:" + GoNumber.shortest(h.count()));
        parts.add("sum:" + GoNumber.shortest(h.sum()));
        h.forEachBucket((lower, upper, includesLower, includesUpper, count) -> {
            if (count != 0) {
                parts.add(
                        (includesLower ? "[" : "(")
                                + GoNumber.shortest(lower)
                                + ","
                                + GoNumber.shortest(upper)
                                + (includesUpper ? "]" : ")")
                                + ":"
                                + GoNumber.shortest(count));
            }
        });
        return "{" + String.join(", ", parts) + "}";
    }

    /// As the language of Prometheus' tests writes it: `{{schema:3 count:3 buckets:[1 2]}}`.
    public static String literal(Histogram h) {
        var parts = new ArrayList<String>();
        if (h.schema() != 0) {
            parts.add("schema:" + h.schema());
        }
        addUnlessZero(parts, "count", h.count());
        addUnlessZero(parts, "sum", h.sum());
        addUnlessZero(parts, "z_bucket", h.zeroCount());
        addUnlessZero(parts, "z_bucket_w", h.zeroThreshold());
        if (h.hasCustomBounds()) {
            parts.add("custom_values:" + list(h.bounds()));
        }
        switch (h.hint()) {
            case UNKNOWN -> {}
            case RESET -> parts.add("counter_reset_hint:reset");
            case NOT_RESET -> parts.add("counter_reset_hint:not_reset");
            case GAUGE -> parts.add("counter_reset_hint:gauge");
        }
        addBuckets(parts, "", BucketRow.positive(h).compacted());
        addBuckets(parts, "n_", BucketRow.negative(h).compacted());
        return "{{" + String.join(" ", parts) + "}}";
    }

    private static void addUnlessZero(List<String> parts, String key, double value) {
        if (value != 0) {
            parts.add(key + ":" + GoNumber.shortest(value));
        }
    }

    /// Gaps are written as empty buckets.
    private static void addBuckets(List<String> parts, String prefix, BucketRow row) {
        var indexes = row.spans().indexes();
        if (indexes.length == 0) {
            return;
        }
        int first = indexes[0];
        if (first != 0) {
            parts.add(prefix + "offset:" + first);
        }
        var counts = new ArrayList<String>();
        for (int i = 0; i < indexes.length; i++) {
            while (first + counts.size() < indexes[i]) {
                counts.add("0");
            }
            counts.add(GoNumber.shortest(row.counts()[i]));
        }
        parts.add(prefix + "buckets:[" + String.join(" ", counts) + "]");
    }

    private static String list(double[] values) {
        return Arrays.stream(values)
                .mapToObj(GoNumber::shortest)
                .collect(Collectors.joining(" ", "[", "]"));
    }
}
