package tokenplumb.promql.func;

/// Least squares over a window, summed with compensation.
final class Regression {
    private Regression() {}

    static double slope(Window w) {
        if (w.size() < 2) {
            return RangeFunction.ABSENT;
        }
        return line(w, w.times[w.from], true);
    }

    /// `predict_linear`; `first` is how many seconds ahead.
    static double predict(Window w) {
        if (w.size() < 2) {
            return RangeFunction.ABSENT;
        }
        double slope = line(w, w.now, true);
        return slope * w.first + line(w, w.now, false);
    }

    /// The slope, or else the intercept at `origin`.
    private static double line(Window w, long origin, boolean slopeWanted) {
        var sumX = new Sum();
        var sumY = new Sum();
        var sumXY = new Sum();
        var sumX2 = new Sum();
        double firstY = w.values[w.from];
        boolean constant = true;
        for (int i = w.from; i < w.to; i++) {
            double y = w.values[i];
            if (y != firstY && i > w.from) {
                constant = false;
            }
            double x = (w.times[i] - origin) / 1e3;
            sumX.add(x);
            sumY.add(y);
            sumXY.add(x * y);
            sumX2.add(x * x);
        }
        if (constant) {
            if (Double.isInfinite(firstY)) {
                return Double.NaN;
            }
            return slopeWanted ? 0 : firstY;
        }
        double n = w.size();
        double x = sumX.value();
        double y = sumY.value();
        double slope = (sumXY.value() - x * y / n) / (sumX2.value() - x * x / n);
        return slopeWanted ? slope : y / n - slope * x / n;
    }
}
