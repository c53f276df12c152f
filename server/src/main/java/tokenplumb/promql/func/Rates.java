package tokenplumb.promql.func;

/// Change over a window, extrapolated to its bounds as Prometheus does, or between its last two
/// samples.
final class Rates {
    private Rates() {}

    /// `rate`, `increase` and `delta`. The samples rarely span the window exactly, so the change
    /// between the first and the last is stretched to the window's bounds; but no further than half
    /// the average distance where a bound is too far away to belong to the series, and for counters
    /// no further back than to where they would have been zero.
    static double extrapolated(Window w, boolean counter, boolean perSecond) {
        if (w.to - w.from < 2) {
            return RangeFunction.ABSENT;
        }
        double gaps = Math.max(1, w.count() - 1);
        double first = w.values[w.from];
        double change = w.values[w.to - 1] - first;
        if (counter) {
            change = withResets(w, change);
        }
        long firstTime = w.times[w.from];
        long lastTime = w.times[w.to - 1];
        double toStart = (firstTime - w.start) / 1000.0;
        double toEnd = (w.end - lastTime) / 1000.0;
        double sampled = (lastTime - firstTime) / 1000.0;
        double average = sampled / gaps;
        double threshold = average * 1.1;
        if (toStart >= threshold) {
            toStart = average / 2;
        }
        if (counter && change > 0 && first >= 0) {
            double toZero = sampled * (first / change);
            if (toZero < toStart) {
                toStart = toZero;
            }
        }
        if (toEnd >= threshold) {
            toEnd = average / 2;
        }
        double factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled;
        if (perSecond) {
            factor /= w.seconds();
        }
        return change * factor;
    }

    private static double withResets(Window w, double change) {
        var values = w.values;
        double result = change;
        double before = values[w.from];
        for (int i = w.from + 1; i < w.to; i++) {
            double now = values[i];
            if (now < before) {
                result += before;
            }
            before = now;
        }
        return result;
    }

    /// `irate` and `idelta`.
    static double instant(Window w, boolean counter) {
        if (w.size() < 2) {
            return RangeFunction.ABSENT;
        }
        long distance = w.times[w.to - 1] - w.times[w.to - 2];
        if (distance == 0) {
            return RangeFunction.ABSENT;
        }
        double last = w.values[w.to - 1];
        double before = w.values[w.to - 2];
        double change = counter && last < before ? last : last - before;
        return counter ? change / (distance / 1000.0) : change;
    }
}
