package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.storage.FoldedSeries;

import java.util.Arrays;

/// Reads an instant selector's folded histograms: what [Instants] reads, for all buckets at once.
final class FoldedInstants implements SeriesSource.FoldedReader {
    private final Run run;
    private final Steps looked; // data times, shifted already
    private final FoldedSamples samples = new FoldedSamples();
    private double[] values = {};

    FoldedInstants(Run run, Steps looked) {
        this.run = run;
        this.looked = looked;
    }

    @Override
    public void read(FoldedSeries series, Sink sink) {
        int buckets = series.layout().size();
        long lookback = run.question.lookback();
        samples.reset(buckets);
        series.read(looked.start() - lookback + 1, looked.last(), samples);
        if (samples.size() == 0) {
            return;
        }
        if (values.length != looked.count() * buckets) {
            values = new double[looked.count() * buckets];
        }
        int present = fill(lookback, buckets);
        run.budget.see((long) present * buckets);
        if (present > 0
                && sink.takeFolded(
                        new FoldedColumn(series.labels(), series.layout(), values, false))) {
            values = new double[0];
        }
    }

    /// Answers how many steps have a value.
    private int fill(long lookback, int buckets) {
        var counts = samples.counts();
        int present = 0;
        int next = 0; // the first sample after the step
        for (int i = 0, at = 0; i < looked.count(); i++, at += buckets) {
            long time = looked.time(i);
            while (next < samples.size() && samples.time(next) <= time) {
                next++;
            }
            if (next == 0
                    || samples.time(next - 1) <= time - lookback
                    || samples.isStale(next - 1)) {
                Arrays.fill(values, at, at + buckets, RangeFunction.ABSENT);
                continue;
            }
            int from = (next - 1) * buckets;
            for (int bucket = 0; bucket < buckets; bucket++) {
                values[at + bucket] = counts[from + bucket];
            }
            present++;
        }
        return present;
    }
}
