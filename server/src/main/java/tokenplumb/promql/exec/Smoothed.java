package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

/// Reads an instant selector with the modifier `smoothed`: the value on the line between the
/// samples around each step, both at most the lookback away, or the one before when there is none
/// after.
final class Smoothed implements SeriesSource.Reader {
    private final Run run;
    private final Steps looked;
    private final Samples raw = new Samples();
    private final Samples samples = new Samples();

    Smoothed(Run run, Steps looked) {
        this.run = run;
        this.looked = looked;
    }

    @Override
    public void read(Series series, Sink sink) {
        long lookback = run.question.lookback();
        raw.clear();
        samples.clear();
        series.read(looked.start() - lookback + 1, looked.last() + lookback, raw);
        SeriesSource.dropStale(run, raw, samples);
        var values = new double[looked.count()];
        int present = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = at(looked.time(i), lookback);
            present += Column.isAbsent(values[i]) ? 0 : 1;
        }
        run.budget.see(present);
        if (present > 0) {
            sink.take(series.labels(), values, false);
        }
    }

    private double at(long time, long lookback) {
        int after = samples.indexAtOrAfter(time);
        if (after < samples.size() && samples.time(after) == time) {
            return samples.value(after);
        }
        int before = after - 1;
        if (before < 0 || samples.time(before) <= time - lookback) {
            return RangeFunction.ABSENT;
        }
        double left = samples.value(before);
        if (after == samples.size() || samples.time(after) > time + lookback) {
            return left;
        }
        double share = time - samples.time(before);
        double distance = samples.time(after) - samples.time(before);
        return left + (samples.value(after) - left) * share / distance;
    }
}
