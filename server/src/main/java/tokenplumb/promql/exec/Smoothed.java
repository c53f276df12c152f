package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.Histograms;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.Remark;
import tokenplumb.promql.func.Remarks;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

import java.util.Optional;

/// Reads an instant selector with the modifier `smoothed`: the value on the line between the
/// samples around each step, both at most the lookback away, or the one before when there is none
/// after.
final class Smoothed implements SeriesSource.Reader {
    private final Run run;
    private final Steps looked;
    private final Samples raw = new Samples();
    private final Samples samples = new Samples();
    private final Expr.Span where;
    private final Remarks remarks = new Remarks();

    /// What it remarks of native histograms is about `where`.
    Smoothed(Run run, Steps looked, Expr.Span where) {
        this.run = run;
        this.looked = looked;
        this.where = where;
    }

    @Override
    public void read(Series series, Sink sink) {
        long lookback = run.question.lookback();
        raw.clear();
        samples.clear();
        series.read(looked.start() - lookback + 1, looked.last() + lookback, raw);
        SeriesSource.dropStale(raw, samples);
        if (samples.hasHistograms()) {
            readMixed(series, lookback, sink);
            return;
        }
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

    private void readMixed(Series series, long lookback, Sink sink) {
        var metric = series.labels().metricName();
        var values = Column.absent(looked.count());
        var histograms = new Histogram[looked.count()];
        remarks.clear();
        for (int i = 0; i < values.length; i++) {
            long time = looked.time(i);
            int from = samples.indexAtOrAfter(time - lookback + 1);
            int to = samples.indexAtOrAfter(time + lookback + 1);
            int found = 0;
            for (int j = from; j < to; j++) {
                found += samples.isHistogram(j) ? 1 : 0;
            }
            if (found == 0) {
                values[i] = at(time, lookback);
            } else if (found < to - from) {
                run.annotations.mixedTypes(metric, where);
            } else {
                histograms[i] = histogramAt(time, from, to).orElse(null);
            }
        }
        run.annotations.remark(remarks, metric, "aggregation", where);
        if (Column.hasAny(values, histograms)) {
            run.budget.see(values.length + Column.weight(histograms));
            sink.take(series.labels(), values, histograms, false);
        }
    }

    /// Of samples `from` to `to`, all of them histograms.
    private Optional<Histogram> histogramAt(long time, int from, int to) {
        int after = samples.indexAtOrAfter(time);
        if (after < to && samples.time(after) == time) {
            return Optional.of(samples.histogram(after));
        }
        if (after == from) {
            return Optional.empty();
        }
        var before = samples.histogram(after - 1);
        return after == to
                ? Optional.of(before.withHint(Histogram.Reset.UNKNOWN))
                : between(before, samples.histogram(after), share(after, time));
    }

    /// How far a time is on the way from the sample before `after` to it.
    private double share(int after, long time) {
        long start = samples.time(after - 1);
        return (double) (time - start) / (samples.time(after) - start);
    }

    /// A counter that has been reset has risen from zero.
    private Optional<Histogram> between(Histogram a, Histogram b, double share) {
        boolean gauges = a.hint() == Histogram.Reset.GAUGE && b.hint() == Histogram.Reset.GAUGE;
        if (!gauges && Histograms.isReset(a, b)) {
            return Optional.of(Histograms.multiply(b, share));
        }
        var noticed = new Remarks();
        var result =
                Histograms.subtract(b, a, noticed)
                        .flatMap(change ->
                                Histograms.add(Histograms.multiply(change, share), a, noticed));
        for (var remark : noticed.all()) {
            if (remark != Remark.CONFLICTING_RESETS) {
                remarks.note(remark);
            }
        }
        return result;
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
