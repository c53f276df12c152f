package tokenplumb.promql.exec;

import tokenplumb.promql.func.HistogramFunction;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.Remarks;
import tokenplumb.promql.func.Window;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.util.Optional;

/// What range functions say of a series with native histograms in it: of windows that hold only
/// floats, only histograms, or both. One for each thread.
final class MixedWindows {
    /// How a function takes floats and histograms in one window.
    private enum Taste {
        /// All samples are of one type, or there is no value.
        ONE_TYPE,
        /// The last two are.
        ONE_TYPE_AT_END,
        /// Only the first sample counts, of either type.
        FIRST,
        LAST,
        /// The function itself copes with both.
        BOTH,
        /// Histograms are ignored.
        FLOATS;

        static Taste of(String function) {
            return switch (function) {
                case "rate", "increase", "delta", "sum_over_time", "avg_over_time" -> ONE_TYPE;
                case "irate", "idelta" -> ONE_TYPE_AT_END;
                case "first_over_time" -> FIRST;
                case "last_over_time" -> LAST;
                case "resets",
                        "changes",
                        "count_over_time",
                        "present_over_time",
                        "absent_over_time",
                        "ts_of_first_over_time",
                        "ts_of_last_over_time" ->
                        BOTH;
                default -> FLOATS;
            };
        }
    }

    private final Run run;
    private final Windows.Application a;
    private final Taste taste;
    private final Optional<HistogramFunction> function;
    private final Remarks remarks = new Remarks();
    private final Window window = new Window();
    private final Window floatWindow = new Window();
    private final Samples floats = new Samples();
    private Histogram[] stored = Column.NO_HISTOGRAMS; // by sample of the series at hand
    private int[] floatsBefore = {}; // by sample of the series
    private long[] weightBefore = {};
    private Histogram[] results = Column.NO_HISTOGRAMS; // by step
    private String metric = "";

    MixedWindows(Run run, Windows.Application application) {
        this.run = run;
        this.a = application;
        this.taste = Taste.of(application.name());
        this.function =
                switch (application.smoothing()) {
                    case NONE -> HistogramFunction.named(application.name());
                    case ANCHORED -> HistogramFunction.anchored(application.name());
                    case SMOOTHED -> HistogramFunction.smoothed(application.name());
                };
    }

    /// The histograms of the series that [#fill] was called for last.
    Histogram[] histograms() {
        return results;
    }

    /// Writes down what the function says at each step, whose window is `from[i]` (included) to
    /// `to[i]`. Answers whether anything is there.
    boolean fill(Labels labels, Samples series, int[] from, int[] to, double[] values) {
        metric = labels.metricName();
        results = Column.NO_HISTOGRAMS;
        remarks.clear();
        function.ifPresent(HistogramFunction::begin);
        layOut(series);
        boolean any = false;
        long seen = 0;
        for (int i = 0; i < from.length; i++) {
            values[i] = RangeFunction.ABSENT;
            if (from[i] == to[i]) {
                continue;
            }
            seen += to[i] - from[i] + weightBefore[to[i]] - weightBefore[from[i]];
            place(window, from[i], to[i], i);
            var histogram = Optional.<Histogram>empty();
            if (isOfHistograms()) {
                histogram = ofHistograms();
            } else {
                values[i] = ofFloats(i);
            }
            if (histogram.isPresent()) {
                if (results.length == 0) {
                    results = new Histogram[from.length];
                }
                results[i] = histogram.get();
            }
            any |= histogram.isPresent() || !Column.isAbsent(values[i]);
        }
        run.budget.see(seen);
        run.annotations.remark(remarks, metric, "aggregation", a.where());
        return any;
    }

    /// Whether the window at hand is a matter for the function of histograms.
    private boolean isOfHistograms() {
        int first = window.from;
        int last = window.to - 1;
        return switch (taste) {
            case ONE_TYPE -> floatsIn(first, window.to) == 0;
            case ONE_TYPE_AT_END -> floatsIn(Math.max(first, last - 1), window.to) == 0;
            case FIRST -> stored[first] != null;
            case LAST -> stored[last] != null;
            case BOTH, FLOATS -> false;
        };
    }

    private Optional<Histogram> ofHistograms() {
        return switch (taste) {
            case FIRST -> Optional.of(stored[window.from]);
            case LAST -> Optional.of(stored[window.to - 1]);
            default -> function.flatMap(f -> f.at(window, remarks));
        };
    }

    private double ofFloats(int step) {
        int first = window.from;
        int last = window.to - 1;
        return switch (taste) {
            case ONE_TYPE -> floatsIn(first, window.to) == window.size() ? value(step) : mixed();
            case ONE_TYPE_AT_END ->
                    first == last
                            ? RangeFunction.ABSENT
                            : floatsIn(last - 1, window.to) == 2 ? value(step) : mixed();
            case FIRST, LAST, BOTH -> value(step);
            case FLOATS -> ofFloatsAlone(step);
        };
    }

    private double mixed() {
        run.annotations.mixedTypes(metric, a.where());
        return RangeFunction.ABSENT;
    }

    private double value(int step) {
        if (a.parameters().length > 0) {
            a.seen()[step] = true;
        }
        return a.function().at(window);
    }

    private double ofFloatsAlone(int step) {
        int count = floatsIn(window.from, window.to);
        if (count == 0) {
            return RangeFunction.ABSENT;
        }
        if (count == window.size()) {
            return value(step);
        }
        run.annotations.ignoredHistograms(metric, a.where());
        place(floatWindow, floatsBefore[window.from], floatsBefore[window.to], step);
        if (a.parameters().length > 0) {
            a.seen()[step] = true;
        }
        return a.function().at(floatWindow);
    }

    private int floatsIn(int from, int to) {
        return floatsBefore[to] - floatsBefore[from];
    }

    private void place(Window at, int from, int to, int step) {
        at.from = from;
        at.to = to;
        at.end = a.ends().time(step);
        at.start = at.end - a.range();
        at.now = a.steps().time(step);
        if (a.parameters().length > 0) {
            at.first = a.parameters()[0][step];
            at.second = a.parameters()[a.parameters().length - 1][step];
        }
    }

    /// Makes the series the one that windows are about.
    private void layOut(Samples series) {
        int size = series.size();
        stored = new Histogram[size];
        if (floatsBefore.length <= size) {
            floatsBefore = new int[size * 2 + 1];
            weightBefore = new long[size * 2 + 1];
        }
        floats.clear();
        for (int i = 0; i < size; i++) {
            long weight = 0;
            if (series.isHistogram(i)) {
                stored[i] = series.histogram(i);
                weight = Column.weight(stored[i]);
            } else {
                floats.add(series.time(i), series.value(i), series.weight(i));
            }
            floatsBefore[i + 1] = floats.size();
            weightBefore[i + 1] = weightBefore[i] + weight;
        }
        window.times = series.times();
        window.values = series.values();
        window.weights = series.weights();
        window.histograms = stored;
        floatWindow.times = floats.times();
        floatWindow.values = floats.values();
        floatWindow.weights = floats.weights();
    }
}
