package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

import java.util.Arrays;

/// Whether a counter of native histograms has been reset between two samples: where its hint does
/// not say so, any count that has fallen betrays it, and so does a finer resolution or a narrower
/// zero bucket, which come with a restart only.
final class CounterResets {
    private CounterResets() {}

    static boolean isBetween(Histogram previous, Histogram current) {
        switch (current.hint()) {
            case RESET -> {
                return true;
            }
            case NOT_RESET -> {
                return false;
            }
            case UNKNOWN, GAUGE -> {}
        }
        if (current.count() < previous.count() || current.schema() > previous.schema()) {
            return true;
        }
        if (current.hasCustomBounds() != previous.hasCustomBounds()) {
            return true;
        }
        if (current.hasCustomBounds()) {
            return HistogramTally.areSame(previous.bounds(), current.bounds())
                    ? hasFallen(previous, current)
                    : hasFallenInCommon(previous, current);
        }
        if (current.zeroThreshold() < previous.zeroThreshold()) {
            return true;
        }
        if (current.schema() == previous.schema()
                && current.zeroThreshold() == previous.zeroThreshold()) {
            return current.zeroCount() < previous.zeroCount() || hasFallen(previous, current);
        }
        var wider = HistogramTally.of(previous);
        if (current.zeroThreshold() > previous.zeroThreshold()) {
            wider.widenZeroBucket(current.zeroThreshold());
            if (wider.zeroThreshold() != current.zeroThreshold()) {
                return true;
            }
        }
        wider.reduce(current.schema());
        return current.zeroCount() < wider.zeroCount()
                || hasFallen(wider.histogram(1, current.hint()), current);
    }

    private static boolean hasFallen(Histogram previous, Histogram current) {
        return hasFallen(BucketRow.positive(previous), BucketRow.positive(current))
                || hasFallen(BucketRow.negative(previous), BucketRow.negative(current));
    }

    private static boolean hasFallen(BucketRow previous, BucketRow current) {
        if (previous.spans().equals(current.spans())) {
            boolean fallen = false;
            for (int i = 0; i < previous.counts().length; i++) {
                fallen |= current.counts()[i] < previous.counts()[i];
            }
            return fallen;
        }
        var before = previous.spans().indexes();
        var now = current.spans().indexes();
        int at = 0;
        for (int i = 0; i < before.length; i++) {
            while (at < now.length && now[at] < before[i]) {
                at++;
            }
            boolean isThere = at < now.length && now[at] == before[i];
            double count = previous.counts()[i];
            if (isThere ? current.counts()[at] < count : count != 0) {
                return true;
            }
        }
        return false;
    }

    /// With different bounds: between those that both have.
    private static boolean hasFallenInCommon(Histogram previous, Histogram current) {
        var common = HistogramTally.common(previous.bounds(), current.bounds());
        var before = totals(previous, common);
        var now = totals(current, common);
        for (int i = 0; i < before.length; i++) {
            if (now[i] < before[i]) {
                return true;
            }
        }
        return false;
    }

    private static double[] totals(Histogram h, double[] bounds) {
        var totals = new double[bounds.length + 1];
        var indexes = h.positive().indexes();
        for (int i = 0; i < indexes.length; i++) {
            int at = Arrays.binarySearch(bounds, h.bound(indexes[i]));
            totals[at < 0 ? -at - 1 : at] += h.positiveCounts()[i];
        }
        return totals;
    }
}
