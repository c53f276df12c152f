package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.Window;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

import java.util.function.Consumer;

/// Reads a range selector under a range function: leads a window along each series and writes down
/// what the function says at every step.
final class Windows implements SeriesSource.Reader {
    /// A range function applied to a range; immutable, shared by all readers of the call. `ends`
    /// are the windows' ends in data time, `parameters` the scalar arguments by step. `observer`
    /// hears, for each series with a result, its labels.
    record Application(
            RangeFunction function,
            Steps steps,
            Steps ends,
            long range,
            long before,
            long after,
            double[][] parameters,
            boolean[] seen,
            boolean dropsName,
            boolean delayedNames,
            Consumer<Labels> observer) {}

    private final Run run;
    private final Application a;
    private final Window window = new Window();
    private final Samples samples = new Samples();
    private final Samples clean = new Samples();
    private double[] values;

    Windows(Run run, Application application) {
        this.run = run;
        this.a = application;
    }

    @Override
    public void read(Series series, Sink sink) {
        samples.clear();
        series.read(a.ends.start() - a.range - a.before + 1, a.ends.last() + a.after, samples);
        slide(series.labels(), samples, false, sink);
    }

    /// Over samples that are at hand, in time order.
    void slide(Labels labels, Samples given, boolean nameless, Sink sink) {
        if (given.size() == 0) {
            return;
        }
        var kept = given;
        if (SeriesSource.hasStale(given)) {
            clean.clear();
            SeriesSource.dropStale(given, clean);
            kept = clean;
        }
        if (values == null) {
            values = new double[a.steps.count()];
        }
        run.budget.hold(kept.size());
        boolean any = fill(kept);
        run.budget.release(kept.size());
        if (!any) {
            return;
        }
        a.observer.accept(labels);
        boolean drops = a.dropsName || nameless;
        if (sink.take(drops && !a.delayedNames ? Names.drop(labels) : labels, values, drops)) {
            values = null;
        }
    }

    private boolean fill(Samples kept) {
        window.times = kept.times();
        window.values = kept.values();
        window.from = 0;
        window.to = 0;
        int size = kept.size();
        long windowed = 0;
        boolean any = false;
        for (int i = 0; i < a.steps.count(); i++) {
            long end = a.ends.time(i);
            long start = end - a.range;
            while (window.to < size && window.times[window.to] <= end + a.after) {
                window.to++;
            }
            while (window.from < window.to && window.times[window.from] <= start - a.before) {
                window.from++;
            }
            windowed += window.to - window.from;
            double value = RangeFunction.ABSENT;
            if (window.from < window.to) {
                window.start = start;
                window.end = end;
                window.now = a.steps.time(i);
                if (a.parameters.length > 0) {
                    window.first = a.parameters[0][i];
                    window.second = a.parameters[a.parameters.length - 1][i];
                    a.seen[i] = true;
                }
                value = a.function.at(window);
                any |= !Column.isAbsent(value);
            }
            values[i] = value;
        }
        run.budget.see(windowed);
        return any;
    }
}
