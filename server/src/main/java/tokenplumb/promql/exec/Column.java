package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// One series of a node's value: labels, and a value or [RangeFunction#ABSENT] for each step. Where
/// a step holds a native histogram, it stands in `histograms` and the value is absent; columns
/// without any have [#NO_HISTOGRAMS]. Once it is handed over, nobody writes to its arrays any more.
/// `nameless` says, under delayed name removal, that the metric's name goes away at the end.
final class Column {
    /// Of a column that holds floats only.
    static final Histogram[] NO_HISTOGRAMS = {};

    /// What a histogram takes without its buckets.
    private static final long BARE_BYTES = 176;

    private static final long ABSENT_BITS = Double.doubleToRawLongBits(RangeFunction.ABSENT);

    final Labels labels;
    final double[] values;
    final Histogram[] histograms; // by step, null where there is none; or NO_HISTOGRAMS
    final boolean nameless;

    Column(Labels labels, double[] values, boolean nameless) {
        this(labels, values, NO_HISTOGRAMS, nameless);
    }

    Column(Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
        this.labels = labels;
        this.values = values;
        this.histograms = histograms;
        this.nameless = nameless;
    }

    static boolean isAbsent(double value) {
        return Double.doubleToRawLongBits(value) == ABSENT_BITS;
    }

    static double[] absent(int steps) {
        var values = new double[steps];
        Arrays.fill(values, RangeFunction.ABSENT);
        return values;
    }

    static boolean hasAny(double[] values) {
        for (double value : values) {
            if (!isAbsent(value)) {
                return true;
            }
        }
        return false;
    }

    static boolean hasAny(double[] values, Histogram[] histograms) {
        return hasAny(values) || hasAny(histograms);
    }

    static boolean hasAny(Histogram[] histograms) {
        for (var histogram : histograms) {
            if (histogram != null) {
                return true;
            }
        }
        return false;
    }

    /// Of both, which nowhere stand at the same step.
    static Histogram[] joined(Histogram[] a, Histogram[] b) {
        if (a.length == 0 || b.length == 0) {
            return a.length == 0 ? b : a;
        }
        var both = a.clone();
        for (int i = 0; i < b.length; i++) {
            if (b[i] != null) {
                both[i] = b[i];
            }
        }
        return both;
    }

    /// How many samples' worth of memory a histogram takes, as Prometheus counts it: 16 bytes each.
    static long weight(Histogram h) {
        int runs = h.positive().size() + h.negative().size();
        int numbers = h.positiveCounts().length + h.negativeCounts().length + h.bounds().length;
        return (BARE_BYTES + Double.BYTES * ((long) runs + numbers)) / 16;
    }

    static long weight(Histogram[] histograms) {
        long weight = 0;
        for (var histogram : histograms) {
            if (histogram != null) {
                weight += weight(histogram);
            }
        }
        return weight;
    }

    static long weight(Samples samples) {
        long weight = samples.size();
        if (samples.hasHistograms()) {
            for (int i = 0; i < samples.size(); i++) {
                weight += samples.isHistogram(i) ? weight(samples.histogram(i)) : 0;
            }
        }
        return weight;
    }

    static long weight(List<Column> columns) {
        long weight = 0;
        for (var column : columns) {
            weight += column.weight();
        }
        return weight;
    }

    /// How many samples' worth of memory it takes.
    long weight() {
        return values.length + weight(histograms);
    }

    boolean has(int step) {
        return !isAbsent(values[step]) || hasHistogram(step);
    }

    boolean hasHistograms() {
        return histograms.length > 0;
    }

    boolean hasHistogram(int step) {
        return histograms.length > 0 && histograms[step] != null;
    }

    /// Appends what stands at the step, if anything does.
    void addTo(Samples samples, int step, long time) {
        if (!isAbsent(values[step])) {
            samples.add(time, values[step]);
        } else if (hasHistogram(step)) {
            samples.add(time, histograms[step]);
        }
    }

    /// What it has at the steps where `mask` is `wanted`, if anything.
    Optional<Column> only(boolean[] mask, boolean wanted) {
        var left = values.clone();
        var leftHistograms = hasHistograms() ? histograms.clone() : histograms;
        for (int i = 0; i < left.length; i++) {
            if (mask[i] != wanted) {
                left[i] = RangeFunction.ABSENT;
            }
        }
        for (int i = 0; i < leftHistograms.length; i++) {
            if (mask[i] != wanted) {
                leftHistograms[i] = null;
            }
        }
        return hasAny(left, leftHistograms)
                ? Optional.of(new Column(labels, left, leftHistograms, nameless))
                : Optional.empty();
    }

    Column with(Labels other) {
        return new Column(other, values, histograms, nameless);
    }
}
