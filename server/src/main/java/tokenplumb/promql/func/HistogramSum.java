package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

import java.util.Optional;

/// A sum or a mean of native histograms, with compensation for what rounding loses. Not
/// thread-safe.
public final class HistogramSum {
    private HistogramSum() {}

    /// For `sum`.
    public static HistogramSum ofSum() {
        return toCome();
    }

    /// For `avg`; a running mean from where the sum would overflow.
    public static HistogramSum ofMean() {
        return toCome();
    }

    /// May note [Remark#RECONCILED_BY_AGGREGATION], and [Remark#MIXED_SCHEMAS] when the histogram
    /// cannot be added: there is no result then, whatever else is added.
    public void add(Histogram h, Remarks remarks) {
        HistogramSum.<Void>toCome();
    }

    /// Takes over what another one has summed, which must not be used afterwards; remarks as for
    /// [#add].
    public void merge(HistogramSum other, Remarks remarks) {
        HistogramSum.<Void>toCome();
    }

    /// Whether nothing has been added.
    public boolean isEmpty() {
        return HistogramSum.<Boolean>toCome();
    }

    /// The sum or mean, without empty buckets; empty when nothing has been added, or what cannot be
    /// added. May note [Remark#CONFLICTING_RESETS].
    public Optional<Histogram> result(Remarks remarks) {
        return toCome();
    }

    /// How many numbers it keeps.
    public int weight() {
        return HistogramSum.<Integer>toCome();
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T toCome() {
        return Optional.<T>empty().orElseThrow(UnsupportedOperationException::new);
    }
}
