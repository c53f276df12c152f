package tokenplumb.promql.func;

import tokenplumb.signal.StaleMarker;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// A function of the samples in a window, such as `rate`. Answers [#ABSENT] where it has no value.
@FunctionalInterface
public interface RangeFunction {
    /// The mark of "no value here" in a column: the bits of the stale marker, which no calculation
    /// can produce.
    double ABSENT = StaleMarker.VALUE;

    /// Called only with windows that hold at least one sample.
    double at(Window window);

    /// The function of this name over ordinary (neither anchored nor smoothed) windows.
    static Optional<RangeFunction> named(String name) {
        return Optional.ofNullable(Named.ALL.get(name));
    }

    /// All of them.
    final class Named {
        private static final Map<String, RangeFunction> ALL =
                Map.ofEntries(
                        Map.entry("rate", w -> Rates.extrapolated(w, true, true)),
                        Map.entry("increase", w -> Rates.extrapolated(w, true, false)),
                        Map.entry("delta", w -> Rates.extrapolated(w, false, false)),
                        Map.entry("irate", w -> Rates.instant(w, true)),
                        Map.entry("idelta", w -> Rates.instant(w, false)),
                        Map.entry("deriv", w -> Regression.slope(w)),
                        Map.entry("predict_linear", w -> Regression.predict(w)),
                        Map.entry("double_exponential_smoothing", Named::smooth),
                        Map.entry("changes", Named::changes),
                        Map.entry("resets", Named::resets),
                        Map.entry("avg_over_time", Averages::mean),
                        Map.entry("sum_over_time", Averages::sum),
                        Map.entry("stdvar_over_time", Averages::variance),
                        Map.entry("stddev_over_time", w -> Math.sqrt(Averages.variance(w))),
                        Map.entry("count_over_time", Window::count),
                        Map.entry("present_over_time", w -> 1),
                        Map.entry("absent_over_time", w -> 1),
                        Map.entry("first_over_time", w -> w.values[w.from]),
                        Map.entry("last_over_time", w -> w.values[w.to - 1]),
                        Map.entry("ts_of_first_over_time", w -> w.times[w.from] / 1000.0),
                        Map.entry("ts_of_last_over_time", w -> w.times[w.to - 1] / 1000.0),
                        Map.entry("max_over_time", w -> w.values[largest(w, false)]),
                        Map.entry("min_over_time", w -> w.values[smallest(w, false)]),
                        Map.entry("ts_of_max_over_time", w -> w.times[largest(w, true)] / 1000.0),
                        Map.entry("ts_of_min_over_time", w -> w.times[smallest(w, true)] / 1000.0),
                        Map.entry("quantile_over_time", Named::quantile),
                        Map.entry("mad_over_time", Named::medianDeviation));

        private Named() {}

        /// Index of the largest value; NaN gives way to anything. The last of several equal ones if
        /// `last`.
        private static int largest(Window w, boolean last) {
            int best = w.from;
            for (int i = w.from; i < w.to; i++) {
                double v = w.values[i];
                double b = w.values[best];
                if (v > b || last && v == b || Double.isNaN(b)) {
                    best = i;
                }
            }
            return best;
        }

        private static int smallest(Window w, boolean last) {
            int best = w.from;
            for (int i = w.from; i < w.to; i++) {
                double v = w.values[i];
                double b = w.values[best];
                if (v < b || last && v == b || Double.isNaN(b)) {
                    best = i;
                }
            }
            return best;
        }

        private static double changes(Window w) {
            int changes = 0;
            for (int i = w.from + 1; i < w.to; i++) {
                double before = w.values[i - 1];
                double now = w.values[i];
                if (w.hasHistogram(i) || w.hasHistogram(i - 1)) {
                    boolean isSame =
                            w.hasHistogram(i)
                                    && w.hasHistogram(i - 1)
                                    && Histograms.same(w.histograms[i], w.histograms[i - 1]);
                    changes += isSame ? 0 : 1;
                    continue;
                }
                if (now != before && !(Double.isNaN(now) && Double.isNaN(before))) {
                    changes++;
                }
            }
            return changes;
        }

        private static double resets(Window w) {
            int resets = 0;
            for (int i = w.from + 1; i < w.to; i++) {
                boolean mixed = w.hasHistogram(i) != w.hasHistogram(i - 1);
                boolean reset =
                        w.hasHistogram(i) && !mixed
                                ? CounterResets.isBetween(w.histograms[i - 1], w.histograms[i])
                                : w.values[i] < w.values[i - 1];
                resets += mixed || reset ? 1 : 0;
            }
            return resets;
        }

        private static double quantile(Window w) {
            return Quantiles.of(w.first, Arrays.copyOfRange(w.values, w.from, w.to), w.size());
        }

        private static double medianDeviation(Window w) {
            var values = Arrays.copyOfRange(w.values, w.from, w.to);
            for (double value : values) {
                if (Double.isNaN(value)) {
                    return Double.NaN;
                }
            }
            double median = Quantiles.of(0.5, values, values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.abs(values[i] - median);
            }
            return Quantiles.of(0.5, values, values.length);
        }

        /// Double exponential smoothing; `first` is the smoothing factor, `second` the trend
        /// factor.
        private static double smooth(Window w) {
            if (w.size() < 2) {
                return ABSENT;
            }
            double level = w.values[w.from];
            double before = 0;
            double trend = w.values[w.from + 1] - level;
            for (int i = w.from + 1; i < w.to; i++) {
                if (i > w.from + 1) {
                    trend = w.second * (level - before) + (1 - w.second) * trend;
                }
                double next = w.first * w.values[i] + (1 - w.first) * (level + trend);
                before = level;
                level = next;
            }
            return level;
        }
    }
}
