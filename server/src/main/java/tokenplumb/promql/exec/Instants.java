package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Series;

/// Reads an instant selector: at each step the newest sample that is not older than the lookback
/// and not a stale marker.
final class Instants implements SeriesSource.Reader {
    private final Run run;
    private final Steps looked; // data times, shifted already
    private final boolean timesWanted;
    private final Samples samples = new Samples();
    private double[] values;

    /// `timesWanted` answers the samples' times in seconds instead of their values.
    Instants(Run run, Steps looked, boolean timesWanted) {
        this.run = run;
        this.looked = looked;
        this.timesWanted = timesWanted;
    }

    @Override
    public void read(Series series, Sink sink) {
        samples.clear();
        long lookback = run.question.lookback();
        series.read(looked.start() - lookback + 1, looked.last(), samples);
        if (samples.size() == 0) {
            return;
        }
        if (values == null) {
            values = new double[looked.count()];
        }
        int present = fill(lookback);
        run.budget.see(present);
        if (present > 0 && sink.take(series.labels(), values, false)) {
            values = null;
        }
    }

    private int fill(long lookback) {
        var times = samples.times();
        var raw = samples.values();
        int size = samples.size();
        int next = 0; // the first sample after the step
        int present = 0;
        for (int i = 0; i < looked.count(); i++) {
            long time = looked.time(i);
            while (next < size && times[next] <= time) {
                next++;
            }
            int newest = next - 1;
            if (newest < 0 || times[newest] <= time - lookback || StaleMarker.is(raw[newest])) {
                values[i] = RangeFunction.ABSENT;
            } else {
                values[i] = timesWanted ? times[newest] / 1000.0 : raw[newest];
                present++;
            }
        }
        return present;
    }
}
