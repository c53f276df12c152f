package tokenplumb.promql.exec;

import tokenplumb.promql.func.RateColumn;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.storage.FoldedSeries;

import java.util.Arrays;

/// Reads the folded histograms of a range selector under `rate`, `increase` or `delta`: what
/// [Windows] reads, for all buckets at once. A histogram is decoded once, its windows are laid out
/// once, and a step's buckets, which stand side by side, are worked out in one loop.
final class FoldedWindows implements SeriesSource.FoldedReader {
    private final Run run;
    private final Windows.Application a;
    private final RateColumn column;
    private final FoldedSamples samples = new FoldedSamples();
    private final int[] from;
    private final int[] to;
    private long[] laidOut = {}; // the times that from and to are about
    private int laidOutSize = -1;
    private long windowed; // samples in all windows
    private double[] values = {};

    FoldedWindows(Run run, Windows.Application application) {
        this.run = run;
        this.a = application;
        this.column = RateColumn.named(a.name()).orElseThrow();
        this.from = new int[a.steps().count()];
        this.to = new int[a.steps().count()];
    }

    /// Whether it can read for an application.
    static boolean canRead(Windows.Application application) {
        return application.before() == 0
                && application.after() == 0
                && RateColumn.named(application.name()).isPresent();
    }

    @Override
    public void read(FoldedSeries series, Sink sink) {
        int buckets = series.layout().size();
        samples.reset(buckets);
        series.read(a.ends().start() - a.range() + 1, a.ends().last(), samples);
        samples.dropStale();
        if (samples.size() == 0) {
            return;
        }
        int needed = a.steps().count() * buckets;
        long held = (long) samples.size() * buckets + needed;
        run.budget.hold(held);
        if (values.length != needed) {
            values = new double[needed];
        }
        int present = fill(buckets);
        run.budget.release(held);
        if (present == 0) {
            return;
        }
        a.observer().accept(series.labels());
        boolean drops = a.dropsName();
        var labels = drops && !a.delayedNames() ? Names.drop(series.labels()) : series.labels();
        if (sink.takeFolded(new FoldedColumn(labels, series.layout(), values, drops))) {
            values = new double[0];
        }
    }

    private int fill(int buckets) {
        if (samples.hasWeights() || !isLaidOut()) {
            layOut();
        }
        run.budget.see(windowed * buckets);
        return column.fill(samples.counts(), buckets, samples.size(), values);
    }

    private boolean isLaidOut() {
        return samples.size() == laidOutSize
                && Arrays.equals(samples.times(), 0, laidOutSize, laidOut, 0, laidOutSize);
    }

    private void layOut() {
        int size = samples.size();
        if (laidOut.length < size) {
            laidOut = new long[size * 2];
        }
        System.arraycopy(samples.times(), 0, laidOut, 0, size);
        laidOutSize = samples.hasWeights() ? -1 : size; // not to be taken for a layout without
        windowed = Windows.layOut(a, laidOut, size, from, to);
        column.layOut(
                laidOut, samples.weights(), from, to, a.ends().start(), a.ends().step(), a.range());
    }
}
