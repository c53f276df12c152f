package tokenplumb.promql.func;

/// Sums, means and variances over a window.
final class Averages {
    private Averages() {}

    static double sum(Window w) {
        double sum = 0;
        double lost = 0;
        for (int i = w.from; i < w.to; i++) {
            double value = w.weights.length == 0 ? w.values[i] : w.values[i] * w.weights[i];
            double next = sum + value;
            if (Double.isInfinite(next)) {
                lost = 0;
            } else if (Math.abs(sum) >= Math.abs(value)) {
                lost += (sum - next) + value;
            } else {
                lost += (value - next) + sum;
            }
            sum = next;
        }
        return Double.isInfinite(sum) ? sum : sum + lost;
    }

    static double mean(Window w) {
        if (w.weights.length > 0) {
            return sum(w) / w.count();
        }
        var mean = new RunningMean();
        for (int i = w.from; i < w.to; i++) {
            mean.add(w.values[i]);
        }
        return mean.value();
    }

    static double variance(Window w) {
        double count = 0;
        var mean = new Sum();
        var squares = new Sum();
        for (int i = w.from; i < w.to; i++) {
            count++;
            double value = w.values[i];
            double delta = value - mean.value();
            mean.add(delta / count);
            squares.add(delta * (value - mean.value()));
        }
        return squares.value() / count;
    }
}
