package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

import java.util.Optional;

/// Arithmetic and statistics of native histograms. Whole-number histograms are taken for what they
/// count; results are float histograms, without empty buckets.
public final class Histograms {
    private Histograms() {}

    /// `a + b`; empty, and [Remark#MIXED_SCHEMAS], where they cannot be added. May note
    /// [Remark#CONFLICTING_RESETS] and [Remark#RECONCILED_BY_ADDITION].
    public static Optional<Histogram> add(Histogram a, Histogram b, Remarks remarks) {
        return toCome();
    }

    /// `a - b`, a gauge; remarks as for [#add].
    public static Optional<Histogram> subtract(Histogram a, Histogram b, Remarks remarks) {
        return toCome();
    }

    /// `h * factor`; by a negative one, a gauge.
    public static Histogram multiply(Histogram h, double factor) {
        return toCome();
    }

    /// `h / divisor`; by a negative one, a gauge; by zero, one without buckets.
    public static Histogram divide(Histogram h, double divisor) {
        return toCome();
    }

    /// Whether `==` holds: the same buckets with the same counts, bit by bit; hints do not matter.
    public static boolean same(Histogram a, Histogram b) {
        return Histograms.<Boolean>toCome();
    }

    /// `h </ bound`: without the observations above the bound, interpolated within a bucket.
    public static Histogram trimAbove(Histogram h, double bound) {
        return toCome();
    }

    /// `h >/ bound`: without the observations below the bound, interpolated within a bucket.
    public static Histogram trimBelow(Histogram h, double bound) {
        return toCome();
    }

    /// Whether a counter has been reset between two samples of it.
    public static boolean isReset(Histogram previous, Histogram current) {
        return Histograms.<Boolean>toCome();
    }

    /// With fewer and wider buckets; `schema` is at most that of `h`, and both are exponential.
    public static Histogram reduced(Histogram h, int schema) {
        return toCome();
    }

    /// As a float histogram without empty buckets.
    public static Histogram compacted(Histogram h) {
        return toCome();
    }

    /// `histogram_avg`.
    public static double average(Histogram h) {
        return h.sum() / h.count();
    }

    /// `histogram_stdvar`, as if all observations of a bucket were in its middle.
    public static double variance(Histogram h) {
        return Histograms.<Double>toCome();
    }

    /// `histogram_quantile`. May note [Remark#NAN_RESULT] and [Remark#NAN_SKEW].
    public static double quantile(double q, Histogram h, Remarks remarks) {
        return Histograms.<Double>toCome();
    }

    /// `histogram_fraction`: the share of observations between two values. May note
    /// [Remark#NAN_EXCLUDED].
    public static double fraction(double lower, double upper, Histogram h, Remarks remarks) {
        return Histograms.<Double>toCome();
    }

    /// As Prometheus prints it, in the label values of `count_values` among others: `{count:3,
    /// sum:4, [-0.001,0.001]:1, (0.5,1]:2}`.
    public static String text(Histogram h) {
        return toCome();
    }

    /// As the language of Prometheus' tests writes it: `{{schema:3 count:3 buckets:[1 2]}}`.
    public static String literal(Histogram h) {
        return toCome();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T toCome() {
        return Optional.<T>empty().orElseThrow(UnsupportedOperationException::new);
    }
}
