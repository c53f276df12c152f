package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Series;

import java.util.Arrays;

/// Reads an instant selector: at each step the newest sample that is not older than the lookback
/// and not a stale marker.
final class Instants implements SeriesSource.Reader {
    private static final int NONE = -1;

    private final Run run;
    private final Steps looked; // data times, shifted already
    private final boolean timesWanted;
    private final Samples samples = new Samples();
    private final int[] newest; // index of the sample that each step sees
    private long[] laidOut = {}; // the times that newest is about
    private int laidOutSize = -1;
    private double[] values;
    private Histogram[] histograms = Column.NO_HISTOGRAMS; // of this series
    private long weight; // of what the steps of this series see

    /// `timesWanted` answers the samples' times in seconds instead of their values.
    Instants(Run run, Steps looked, boolean timesWanted) {
        this.run = run;
        this.looked = looked;
        this.timesWanted = timesWanted;
        this.newest = new int[looked.count()];
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
        run.budget.see(weight);
        if (present > 0 && sink.take(series.labels(), values, histograms, false)) {
            values = null;
        }
    }

    private int fill(long lookback) {
        int size = samples.size();
        if (size != laidOutSize || !Arrays.equals(samples.times(), 0, size, laidOut, 0, size)) {
            layOut(lookback);
        }
        int present = fillFloats();
        weight = present;
        histograms = Column.NO_HISTOGRAMS;
        if (samples.hasHistograms() && !timesWanted) {
            takeHistograms();
        }
        return present;
    }

    private int fillFloats() {
        var raw = samples.values();
        int present = 0;
        for (int i = 0; i < newest.length; i++) {
            int index = newest[i];
            if (index < 0 || StaleMarker.is(raw[index])) {
                values[i] = RangeFunction.ABSENT;
            } else {
                values[i] = timesWanted ? laidOut[index] / 1000.0 : raw[index];
                present++;
            }
        }
        return present;
    }

    /// Puts histograms where the values so far are only their stand-ins.
    private void takeHistograms() {
        for (int i = 0; i < newest.length; i++) {
            int index = newest[i];
            if (index < 0 || !samples.isHistogram(index) || Column.isAbsent(values[i])) {
                continue;
            }
            if (histograms.length == 0) {
                histograms = new Histogram[newest.length];
            }
            histograms[i] = samples.histogram(index);
            values[i] = RangeFunction.ABSENT;
            weight += Column.weight(histograms[i]);
        }
    }

    /// Works out which sample each step sees; seldom done, for series that were scraped together
    /// have the same times.
    private void layOut(long lookback) {
        int size = samples.size();
        if (laidOut.length < size) {
            laidOut = new long[size * 2];
        }
        System.arraycopy(samples.times(), 0, laidOut, 0, size);
        laidOutSize = size;
        int next = 0; // the first sample after the step
        for (int i = 0; i < newest.length; i++) {
            long time = looked.time(i);
            while (next < size && laidOut[next] <= time) {
                next++;
            }
            newest[i] = next > 0 && laidOut[next - 1] > time - lookback ? next - 1 : NONE;
        }
    }
}
