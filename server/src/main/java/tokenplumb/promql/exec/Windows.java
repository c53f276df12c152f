package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Smoothing;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.RateColumn;
import tokenplumb.promql.func.Window;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/// Reads a range selector under a range function: leads a window along each series and writes down
/// what the function says at every step.
final class Windows implements SeriesSource.Reader {
    /// A range function applied to a range; immutable, shared by all readers of the call. `ends`
    /// are the windows' ends in data time, `parameters` the scalar arguments by step. `observer`
    /// hears, for each series with a float for a result, its labels. Remarks are about `where`.
    record Application(
            String name,
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
            Consumer<Labels> observer,
            Smoothing smoothing,
            Expr.Span where) {}

    private final Run run;
    private final Application a;
    private final Window window = new Window();
    private final Samples samples = new Samples();
    private final Samples clean = new Samples();
    private final Optional<RateColumn> column;
    private final int[] from;
    private final int[] to;
    private long[] laidOut = {}; // the times that from and to are about
    private int laidOutSize = -1;
    private long windowed; // samples in all windows
    private double[] values;
    private Optional<MixedWindows> mixed = Optional.empty(); // once there are histograms

    Windows(Run run, Application application) {
        this.run = run;
        this.a = application;
        this.column = a.before == 0 ? RateColumn.named(a.name) : Optional.empty();
        this.from = new int[a.steps.count()];
        this.to = new int[a.steps.count()];
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
        if (kept.hasHistograms()) {
            slideMixed(labels, kept, nameless, sink);
            return;
        }
        run.budget.hold(kept.size());
        boolean any = fill(kept);
        run.budget.release(kept.size());
        if (any) {
            a.observer.accept(labels);
            give(labels, Column.NO_HISTOGRAMS, nameless, sink);
        }
    }

    private void give(Labels labels, Histogram[] histograms, boolean nameless, Sink sink) {
        boolean drops = a.dropsName || nameless;
        var named = drops && !a.delayedNames ? Names.drop(labels) : labels;
        if (sink.take(named, values, histograms, drops)) {
            values = null;
        }
    }

    private void slideMixed(Labels labels, Samples kept, boolean nameless, Sink sink) {
        if (mixed.isEmpty()) {
            mixed = Optional.of(new MixedWindows(run, a));
        }
        long weight = Column.weight(kept);
        run.budget.hold(weight);
        layOut(kept);
        boolean any = mixed.get().fill(labels, kept, from, to, values);
        run.budget.release(weight);
        if (!any) {
            return;
        }
        if (Column.hasAny(values)) {
            a.observer.accept(labels);
        }
        give(labels, mixed.get().histograms(), nameless, sink);
    }

    private boolean fill(Samples kept) {
        if (kept.hasWeights() || !isLaidOut(kept)) {
            layOut(kept);
        }
        run.budget.see(windowed);
        return column.isPresent()
                ? column.get().fill(kept.values(), kept.size(), values) > 0
                : fillStepByStep(kept);
    }

    private boolean fillStepByStep(Samples kept) {
        window.times = kept.times();
        window.values = kept.values();
        window.weights = kept.weights();
        boolean any = false;
        for (int i = 0; i < from.length; i++) {
            double value = RangeFunction.ABSENT;
            if (from[i] < to[i]) {
                window.from = from[i];
                window.to = to[i];
                window.end = a.ends.time(i);
                window.start = window.end - a.range;
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
        return any;
    }

    private boolean isLaidOut(Samples kept) {
        return kept.size() == laidOutSize
                && Arrays.equals(kept.times(), 0, laidOutSize, laidOut, 0, laidOutSize);
    }

    /// Works out which samples each step's window holds. Series that were scraped together have the
    /// same times, so that this is seldom done.
    private void layOut(Samples kept) {
        int size = kept.size();
        if (laidOut.length < size) {
            laidOut = new long[size * 2];
        }
        System.arraycopy(kept.times(), 0, laidOut, 0, size);
        laidOutSize = kept.hasWeights() ? -1 : size; // not to be taken for a layout without
        windowed = layOut(a, laidOut, size, from, to);
        if (column.isPresent()) {
            column.get()
                    .layOut(
                            laidOut,
                            kept.weights(),
                            from,
                            to,
                            a.ends.start(),
                            a.ends.step(),
                            a.range);
        }
    }

    /// Works out which of the samples at `times` each step's window holds: from `from[i]` to
    /// `to[i]` (exclusive). Answers how many are in all windows together.
    static long layOut(Application a, long[] times, int size, int[] from, int[] to) {
        long windowed = 0;
        int first = 0;
        int next = 0;
        for (int i = 0; i < from.length; i++) {
            long end = a.ends.time(i) + a.after;
            long start = a.ends.time(i) - a.range - a.before;
            while (next < size && times[next] <= end) {
                next++;
            }
            while (first < next && times[first] <= start) {
                first++;
            }
            from[i] = first;
            to[i] = next;
            windowed += next - first;
        }
        return windowed;
    }
}
