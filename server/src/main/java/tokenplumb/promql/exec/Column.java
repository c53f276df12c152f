package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.Arrays;

/// One series of a node's value: labels, and a value or [RangeFunction#ABSENT] for each step. Where
/// a step holds a native histogram, it stands in `histograms` and the value is absent; columns
/// without any have [#NO_HISTOGRAMS]. Once it is handed over, nobody writes to its arrays any more.
/// `nameless` says, under delayed name removal, that the metric's name goes away at the end.
final class Column {
    /// Of a column that holds floats only.
    static final Histogram[] NO_HISTOGRAMS = {};

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

    boolean has(int step) {
        return !isAbsent(values[step]) || hasHistogram(step);
    }

    boolean hasHistograms() {
        return histograms.length > 0;
    }

    boolean hasHistogram(int step) {
        return histograms.length > 0 && histograms[step] != null;
    }

    Column with(Labels other) {
        return new Column(other, values, histograms, nameless);
    }
}
