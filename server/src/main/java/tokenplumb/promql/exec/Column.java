package tokenplumb.promql.exec;

import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Labels;

import java.util.Arrays;

/// One series of a node's value: labels, and a value or [RangeFunction#ABSENT] for each step. Once
/// it is handed over, nobody writes to its array any more. `nameless` says, under delayed name
/// removal, that the metric's name goes away at the end.
final class Column {
    private static final long ABSENT_BITS = Double.doubleToRawLongBits(RangeFunction.ABSENT);

    final Labels labels;
    final double[] values;
    final boolean nameless;

    Column(Labels labels, double[] values, boolean nameless) {
        this.labels = labels;
        this.values = values;
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
        return !isAbsent(values[step]);
    }

    Column with(Labels other) {
        return new Column(other, values, nameless);
    }
}
