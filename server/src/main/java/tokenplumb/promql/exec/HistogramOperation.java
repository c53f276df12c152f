package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Operator;
import tokenplumb.promql.func.Histograms;
import tokenplumb.promql.func.Remark;
import tokenplumb.promql.func.Remarks;
import tokenplumb.signal.Histogram;

import java.util.Optional;

/// What a binary operator makes of two elements of which at least one is a native histogram, or
/// which it does not take although both are floats. Thread-safe.
final class HistogramOperation {
    /// `value` where it is a comparison's answer under `bool`, else a histogram or nothing. `told`
    /// is to be said of it, if anything is; a `failed` one is as if the elements had not met.
    record Outcome(
            double value, Optional<Histogram> histogram, boolean failed, Optional<Runnable> told) {
        void tell() {
            told.ifPresent(Runnable::run);
        }
    }

    private final Run run;
    private final Operator op;
    private final boolean bool;
    private final Expr.Span where;

    HistogramOperation(Run run, Expr.Binary binary) {
        this.run = run;
        this.op = binary.op();
        this.bool = binary.returnBool();
        this.where = binary.span();
    }

    Outcome of(Histogram left, Histogram right) {
        return switch (op) {
            case ADD, SUB -> sum(left, right);
            case EQUAL -> compared(left, Histograms.same(left, right));
            case NOT_EQUAL -> compared(left, !Histograms.same(left, right));
            default -> incompatible("histogram", "histogram");
        };
    }

    private Outcome sum(Histogram left, Histogram right) {
        var remarks = new Remarks();
        var result =
                op == Operator.ADD
                        ? Histograms.add(left, right, remarks)
                        : Histograms.subtract(left, right, remarks);
        var told = Optional.<Runnable>empty();
        if (result.isEmpty()) {
            told = Optional.of(() -> run.annotations.incompatibleBuckets(op, where));
        } else if (!remarks.isEmpty()) {
            var operation = op == Operator.ADD ? "addition" : "subtraction";
            told = Optional.of(() -> run.annotations.remark(remarks, "", operation, where));
        }
        boolean failed = result.isEmpty() || remarks.has(Remark.CONFLICTING_RESETS);
        return new Outcome(0, result, failed, told);
    }

    private Outcome compared(Histogram left, boolean holds) {
        return bool
                ? new Outcome(holds ? 1 : 0, Optional.empty(), false, Optional.empty())
                : new Outcome(
                        0, holds ? Optional.of(left) : Optional.empty(), false, Optional.empty());
    }

    Outcome of(Histogram left, double right) {
        return switch (op) {
            case MUL -> histogram(Histograms.multiply(left, right));
            case DIV -> histogram(Histograms.divide(left, right));
            case TRIM_UPPER -> histogram(Histograms.trimAbove(left, right));
            case TRIM_LOWER -> histogram(Histograms.trimBelow(left, right));
            default -> incompatible("histogram", "float");
        };
    }

    Outcome of(double left, Histogram right) {
        return op == Operator.MUL
                ? histogram(Histograms.multiply(right, left))
                : incompatible("float", "histogram");
    }

    Outcome ofFloats() {
        return incompatible("float", "float");
    }

    private static Outcome histogram(Histogram result) {
        return new Outcome(0, Optional.of(result), false, Optional.empty());
    }

    private Outcome incompatible(String left, String right) {
        return new Outcome(
                0,
                Optional.empty(),
                true,
                Optional.of(() -> run.annotations.incompatible(left, op, right, where)));
    }
}
