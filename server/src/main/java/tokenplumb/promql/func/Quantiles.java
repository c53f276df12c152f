package tokenplumb.promql.func;

import java.util.Arrays;

/// The quantile of plain values, interpolated between the two nearest.
public final class Quantiles {
    private Quantiles() {}

    /// Of the first `count` values, which are sorted in place. NaN counts as less than anything.
    public static double of(double q, double[] values, int count) {
        if (count == 0 || Double.isNaN(q)) {
            return Double.NaN;
        }
        if (q < 0) {
            return Double.NEGATIVE_INFINITY;
        }
        if (q > 1) {
            return Double.POSITIVE_INFINITY;
        }
        Arrays.sort(values, 0, count);
        int nans = 0; // which Arrays.sort has put last
        while (nans < count && Double.isNaN(values[count - 1 - nans])) {
            nans++;
        }
        double rank = q * (count - 1);
        int lower = (int) Math.max(0, Math.floor(rank));
        int upper = Math.min(count - 1, lower + 1);
        double weight = rank - Math.floor(rank);
        return at(values, lower, nans) * (1 - weight) + at(values, upper, nans) * weight;
    }

    private static double at(double[] values, int i, int nans) {
        return i < nans ? Double.NaN : values[i - nans];
    }
}
