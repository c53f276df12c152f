package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;

import java.util.Optional;

/// A sum or a mean of native histograms, with compensation for what rounding loses. Not
/// thread-safe.
public final class HistogramSum {
    private final boolean isMean;
    private HistogramTally tally = new HistogramTally();
    private double count;
    private boolean running; // the tally is a mean already, since the sum would have overflowed
    private boolean isVoid;
    private boolean sawReset;
    private boolean sawNoReset;
    private final Remarks hints = new Remarks(); // conflicts are noted once, in the result

    private HistogramSum(boolean isMean) {
        this.isMean = isMean;
    }

    /// For `sum`.
    public static HistogramSum ofSum() {
        return new HistogramSum(false);
    }

    /// For `avg`; a running mean from where the sum would overflow.
    public static HistogramSum ofMean() {
        return new HistogramSum(true);
    }

    /// May note [Remark#RECONCILED_BY_AGGREGATION], and [Remark#MIXED_SCHEMAS] when the histogram
    /// cannot be added: there is no result then, whatever else is added.
    public void add(Histogram h, Remarks remarks) {
        if (isVoid) {
            return;
        }
        sawReset |= h.hint() == Reset.RESET;
        sawNoReset |= h.hint() == Reset.NOT_RESET;
        count++;
        if (count == 1) {
            tally.set(h, true);
            return;
        }
        if (!tally.takes(h)) {
            remarks.note(Remark.MIXED_SCHEMAS);
            isVoid = true;
            return;
        }
        hints.clear();
        if (isMean && !running && mayOverflow(h)) {
            running = true;
            tally.scale(1 / (count - 1));
        }
        if (running) {
            tally.scale((count - 1) / count);
        }
        tally.add(h, running ? 1 / count : 1, hints, Remark.RECONCILED_BY_AGGREGATION);
        if (hints.has(Remark.RECONCILED_BY_AGGREGATION)) {
            remarks.note(Remark.RECONCILED_BY_AGGREGATION);
        }
    }

    /// Tried on a copy, but only where numbers are that large.
    private boolean mayOverflow(Histogram h) {
        if (tally.largest() + largest(h) < Double.MAX_VALUE / 4096) {
            return false;
        }
        var trial = tally.copy();
        trial.add(h, 1, hints, Remark.RECONCILED_BY_AGGREGATION);
        return trial.isInfinite();
    }

    private static double largest(Histogram h) {
        double largest = Math.max(h.zeroCount(), Math.max(Math.abs(h.count()), Math.abs(h.sum())));
        for (double bucket : h.positiveCounts()) {
            largest = Math.max(largest, Math.abs(bucket));
        }
        for (double bucket : h.negativeCounts()) {
            largest = Math.max(largest, Math.abs(bucket));
        }
        return largest;
    }

    /// Takes over what another one has summed, which must not be used afterwards; remarks as for
    /// [#add].
    public void merge(HistogramSum other, Remarks remarks) {
        if (isVoid || other.count == 0) {
            return;
        }
        if (count == 0 || other.isVoid) {
            take(other);
            return;
        }
        if (tally.hasCustomBounds() != other.tally.hasCustomBounds()) {
            remarks.note(Remark.MIXED_SCHEMAS);
            isVoid = true;
            return;
        }
        sawReset |= other.sawReset;
        sawNoReset |= other.sawNoReset;
        double all = count + other.count;
        if (isMean && (running || other.running || wouldOverflow(other))) {
            tally.scale(running ? count / all : 1 / all);
            other.tally.scale(other.running ? other.count / all : 1 / all);
            running = true;
        }
        count = all;
        tally.merge(other.tally, remarks, Remark.RECONCILED_BY_AGGREGATION);
    }

    private boolean wouldOverflow(HistogramSum other) {
        var trial = tally.copy();
        trial.merge(other.tally.copy(), hints, Remark.RECONCILED_BY_AGGREGATION);
        return trial.isInfinite();
    }

    private void take(HistogramSum other) {
        tally = other.tally;
        count = other.count;
        running = other.running;
        isVoid = other.isVoid;
        sawReset |= other.sawReset;
        sawNoReset |= other.sawNoReset;
    }

    /// Whether nothing has been added.
    public boolean isEmpty() {
        return count == 0;
    }

    /// The sum or mean, without empty buckets; empty when nothing has been added, or what cannot be
    /// added. May note [Remark#CONFLICTING_RESETS].
    public Optional<Histogram> result(Remarks remarks) {
        if (count == 0 || isVoid) {
            return Optional.empty();
        }
        if (sawReset && sawNoReset) {
            remarks.note(Remark.CONFLICTING_RESETS);
        }
        return Optional.of(tally.histogram(isMean && !running ? 1 / count : 1, tally.hint()));
    }

    /// How many numbers it keeps.
    public int weight() {
        return tally.weight();
    }
}
