package tokenplumb.promql.exec;

import tokenplumb.promql.Expr.Operator;
import tokenplumb.promql.func.MathFunction;
import tokenplumb.promql.func.RangeFunction;

/// What a binary operator makes of two numbers.
final class Operation {
    private Operation() {}

    /// Of two scalars: comparisons answer 1 or 0.
    static double ofScalars(Operator op, double left, double right) {
        return op.isComparison() ? holds(op, left, right) ? 1 : 0 : arithmetic(op, left, right);
    }

    /// Of two elements: comparisons answer 1 or 0 when `bool`, else `kept` or absence.
    static double ofElements(Operator op, double left, double right, boolean bool, double kept) {
        if (!op.isComparison()) {
            return arithmetic(op, left, right);
        }
        boolean holds = holds(op, left, right);
        if (bool) {
            return holds ? 1 : 0;
        }
        return holds ? kept : RangeFunction.ABSENT;
    }

    private static double arithmetic(Operator op, double left, double right) {
        return switch (op) {
            case ADD -> left + right;
            case SUB -> left - right;
            case MUL -> left * right;
            case DIV -> left / right;
            case MOD -> left % right;
            case POW -> MathFunction.power(left, right);
            case ATAN2 -> Math.atan2(left, right);
            default -> throw new IllegalStateException("bug: no arithmetic operator: " + op);
        };
    }

    private static boolean holds(Operator op, double left, double right) {
        return switch (op) {
            case EQUAL -> left == right;
            case NOT_EQUAL -> left != right;
            case GREATER -> left > right;
            case LESS -> left < right;
            case GREATER_OR_EQUAL -> left >= right;
            case LESS_OR_EQUAL -> left <= right;
            default -> throw new IllegalStateException("bug: no comparison: " + op);
        };
    }

    /// Whether the result is no longer the metric that the operands were.
    static boolean changesMeaning(Operator op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MOD, POW, ATAN2 -> true;
            default -> false;
        };
    }

    static boolean trims(Operator op) {
        return op == Operator.TRIM_LOWER || op == Operator.TRIM_UPPER;
    }
}
