package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;

import java.util.Arrays;
import java.util.Optional;

/// `rate`, `increase` and `delta` of native histograms, extrapolated as [Rates] says, the counts of
/// observations taken for the values. As windows overlap, each pair of samples is compared once
/// only.
final class HistogramRates implements HistogramFunction {
    private static final byte UNKNOWN = 0;
    private static final byte RISEN = 1;
    private static final byte RESET = 2;
    private static final double[] NONE = {};

    private final boolean counter;
    private final boolean perSecond;
    private final HistogramTally tally = new HistogramTally();
    private byte[] resets = {}; // by sample: against the one before

    HistogramRates(boolean counter, boolean perSecond) {
        this.counter = counter;
        this.perSecond = perSecond;
    }

    @Override
    public void begin() {
        Arrays.fill(resets, UNKNOWN);
    }

    @Override
    public Optional<Histogram> at(Window w, Remarks remarks) {
        if (w.size() < 2) {
            return Optional.empty();
        }
        if (resets.length < w.histograms.length) {
            resets = Arrays.copyOf(resets, w.histograms.length);
        }
        noteKinds(w, remarks);
        // A reset behind the first sample makes it a zero, laid out as the second.
        boolean startsAnew = counter && isReset(w, w.from + 1);
        var first = w.histograms[startsAnew ? w.from + 1 : w.from];
        if (isMixed(w, first)) {
            remarks.note(Remark.MIXED_SCHEMAS);
            return Optional.empty();
        }
        change(w, first, startsAnew, remarks);
        return Optional.of(tally.histogram(factor(w), Reset.GAUGE));
    }

    private void noteKinds(Window w, Remarks remarks) {
        boolean ends =
                w.histograms[w.from].hint() == Reset.GAUGE
                        && w.histograms[w.to - 1].hint() == Reset.GAUGE;
        if (!counter && !ends) {
            remarks.note(Remark.NOT_A_GAUGE);
        }
        for (int i = w.from; counter && i < w.to; i++) {
            if (w.histograms[i].hint() == Reset.GAUGE) {
                remarks.note(Remark.NOT_A_COUNTER);
                return;
            }
        }
    }

    private boolean isMixed(Window w, Histogram first) {
        boolean custom = first.hasCustomBounds();
        for (int i = counter ? w.from + 1 : w.to - 1; i < w.to; i++) {
            if (w.histograms[i].hasCustomBounds() != custom) {
                return true;
            }
        }
        return false;
    }

    private void change(Window w, Histogram first, boolean startsAnew, Remarks remarks) {
        var ignored = new Remarks(); // hints may well be in conflict here
        tally.set(w.histograms[w.to - 1], false);
        int lowest = first.schema();
        for (int i = w.from + 1; counter && i < w.to; i++) {
            lowest = Math.min(lowest, w.histograms[i].schema());
        }
        if (!tally.hasCustomBounds()) {
            tally.reduce(lowest);
        }
        tally.add(startsAnew ? zero(first) : first, -1, ignored, Remark.RECONCILED_BY_SUBTRACTION);
        for (int i = w.from + (startsAnew ? 2 : 1); counter && i < w.to; i++) {
            if (isReset(w, i)) {
                tally.add(w.histograms[i - 1], 1, ignored, Remark.RECONCILED_BY_ADDITION);
            }
        }
        for (var reconciled :
                new Remark[] {Remark.RECONCILED_BY_SUBTRACTION, Remark.RECONCILED_BY_ADDITION}) {
            if (ignored.has(reconciled)) {
                remarks.note(reconciled);
            }
        }
    }

    private static Histogram zero(Histogram like) {
        return new Histogram(
                false,
                Reset.UNKNOWN,
                like.schema(),
                0,
                0,
                0,
                0,
                Histogram.Spans.NONE,
                NONE,
                Histogram.Spans.NONE,
                NONE,
                like.bounds());
    }

    private boolean isReset(Window w, int i) {
        if (resets[i] == UNKNOWN) {
            boolean reset = CounterResets.isBetween(w.histograms[i - 1], w.histograms[i]);
            resets[i] = reset ? RESET : RISEN;
        }
        return resets[i] == RESET;
    }

    private double factor(Window w) {
        double toStart = (w.times[w.from] - w.start) / 1000.0;
        double toEnd = (w.end - w.times[w.to - 1]) / 1000.0;
        double sampled = (w.times[w.to - 1] - w.times[w.from]) / 1000.0;
        double average = sampled / Math.max(1, w.count() - 1);
        double threshold = average * 1.1;
        if (toStart >= threshold) {
            toStart = average / 2;
        }
        double first = w.histograms[w.from].count();
        if (counter && tally.count() > 0 && first >= 0) {
            toStart = Math.min(toStart, sampled * (first / tally.count()));
        }
        if (toEnd >= threshold) {
            toEnd = average / 2;
        }
        double factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled;
        return perSecond ? factor / w.seconds() : factor;
    }

    /// `irate` and `idelta`.
    static Optional<Histogram> instant(Window w, boolean counter, Remarks remarks) {
        if (w.size() < 2 || w.times[w.to - 1] == w.times[w.to - 2]) {
            return Optional.empty();
        }
        var before = w.histograms[w.to - 2];
        var last = w.histograms[w.to - 1];
        boolean anyGauge = before.hint() == Reset.GAUGE || last.hint() == Reset.GAUGE;
        boolean allGauges = before.hint() == Reset.GAUGE && last.hint() == Reset.GAUGE;
        if (counter && anyGauge) {
            remarks.note(Remark.NOT_A_COUNTER);
        }
        if (!counter && !allGauges) {
            remarks.note(Remark.NOT_A_GAUGE);
        }
        var change = Optional.of(Histograms.compacted(last));
        if (!counter || !CounterResets.isBetween(before, last)) {
            var ignored = new Remarks();
            change = Histograms.subtract(last, before, ignored);
            for (var kept : new Remark[] {Remark.RECONCILED_BY_SUBTRACTION, Remark.MIXED_SCHEMAS}) {
                if (ignored.has(kept)) {
                    remarks.note(kept);
                }
            }
        }
        double seconds = (w.times[w.to - 1] - w.times[w.to - 2]) / 1000.0;
        return change.map(h -> (counter ? Histograms.divide(h, seconds) : h))
                .map(h -> h.withHint(Reset.GAUGE));
    }

    static Optional<Histogram> total(Window w, HistogramSum sum, Remarks remarks) {
        var found = new Remarks();
        for (int i = w.from; i < w.to; i++) {
            sum.add(w.histograms[i], found);
        }
        var result = sum.result(found);
        found.all().forEach(remarks::note);
        return result;
    }
}
