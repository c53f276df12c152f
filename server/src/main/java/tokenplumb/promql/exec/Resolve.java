package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.func.MathFunction;

import java.util.Optional;

/// Replaces what depends on the query's own times by numbers: duration expressions, `@ start()` and
/// `@ end()`, and the functions `start`, `end`, `step` and `range`. Takes parentheses off
/// arguments, as Prometheus does, so that annotations point at what is inside.
final class Resolve {
    private final Question question;

    Resolve(Question question) {
        this.question = question;
    }

    Expr resolve(Expr expr) {
        return switch (expr) {
            case Expr.NumberLiteral number -> number;
            case Expr.TextLiteral text -> text;
            case Expr.Selector selector -> selector(selector);
            case Expr.Range range ->
                    new Expr.Range(
                            selector(range.selector()),
                            duration(range.range(), false),
                            range.span());
            case Expr.Subquery subquery ->
                    new Expr.Subquery(
                            resolve(subquery.expr()),
                            duration(subquery.range(), false),
                            duration(subquery.step(), false),
                            shift(subquery.shift()),
                            subquery.span());
            case Expr.Call call -> call(call);
            case Expr.Aggregation aggregation ->
                    new Expr.Aggregation(
                            aggregation.op(),
                            bare(resolve(aggregation.expr())),
                            aggregation.parameter().map(p -> bare(resolve(p))),
                            aggregation.labels(),
                            aggregation.without(),
                            aggregation.span());
            case Expr.Binary binary ->
                    new Expr.Binary(
                            binary.op(),
                            resolve(binary.left()),
                            resolve(binary.right()),
                            binary.returnBool(),
                            binary.matching(),
                            binary.span());
            case Expr.Unary unary ->
                    new Expr.Unary(unary.negative(), resolve(unary.expr()), unary.span());
            case Expr.Parens parens -> new Expr.Parens(resolve(parens.expr()), parens.span());
        };
    }

    private Expr call(Expr.Call call) {
        return switch (call.function().name()) {
            case "start" -> number(question.start() / 1000.0, call);
            case "end" -> number(question.end() / 1000.0, call);
            case "range" -> number((question.end() - question.start()) / 1000.0, call);
            case "step" ->
                    number(question.start() == question.end() ? 0 : question.step() / 1000.0, call);
            default ->
                    new Expr.Call(
                            call.function(),
                            call.arguments().stream().map(a -> bare(resolve(a))).toList(),
                            call.span());
        };
    }

    private static Expr number(double value, Expr.Call call) {
        return new Expr.NumberLiteral(value, false, call.span());
    }

    private static Expr bare(Expr expr) {
        var inner = expr;
        while (inner instanceof Expr.Parens parens) {
            inner = parens.expr();
        }
        return inner;
    }

    private Expr.Selector selector(Expr.Selector selector) {
        return new Expr.Selector(
                selector.name(),
                selector.matchers(),
                shift(selector.shift()),
                selector.smoothing(),
                selector.span());
    }

    private Expr.Shift shift(Expr.Shift shift) {
        var edge = shift.edge();
        Optional<Long> at =
                edge.isEmpty()
                        ? shift.at()
                        : Optional.of(
                                edge.get() == Expr.AtEdge.START
                                        ? question.start()
                                        : question.end());
        return new Expr.Shift(duration(shift.offset(), true), at, Optional.empty());
    }

    private Expr.Duration duration(Expr.Duration duration, boolean mayBeNegative) {
        if (duration.expression().isEmpty()) {
            return duration;
        }
        var expr = duration.expression().get();
        double seconds = seconds(expr);
        if (Double.isNaN(seconds) || Double.isInfinite(seconds)) {
            throw mistake(expr, "duration is NaN or infinite");
        }
        if (seconds <= 0 && !mayBeNegative) {
            throw mistake(expr, "duration must be greater than 0");
        }
        if (Math.abs(seconds) > Long.MAX_VALUE / 1e9) {
            throw mistake(expr, "duration is out of range");
        }
        return Expr.Duration.of((long) (seconds * 1000));
    }

    private double seconds(Expr.DurationExpr expr) {
        return switch (expr) {
            case Expr.DurationExpr.Literal literal -> literal.seconds();
            case Expr.DurationExpr.Step step -> question.step() / 1000.0;
            case Expr.DurationExpr.QueryRange range -> (question.end() - question.start()) / 1000.0;
            case Expr.DurationExpr.Negative negative -> -seconds(negative.operand());
            case Expr.DurationExpr.Parens parens -> seconds(parens.inner());
            case Expr.DurationExpr.Arithmetic arithmetic -> arithmetic(arithmetic);
        };
    }

    private double arithmetic(Expr.DurationExpr.Arithmetic a) {
        double left = seconds(a.left());
        double right = seconds(a.right());
        return switch (a.op()) {
            case ADD -> left + right;
            case SUB -> left - right;
            case MUL -> left * right;
            case DIV -> {
                if (right == 0) {
                    throw mistake(a, "division by zero");
                }
                yield left / right;
            }
            case MOD -> {
                if (right == 0) {
                    throw mistake(a, "modulo by zero");
                }
                yield left % right;
            }
            case POW -> MathFunction.power(left, right);
            case MIN_OF -> MathFunction.smaller(left, right);
            case MAX_OF -> MathFunction.larger(left, right);
        };
    }

    private static QueryError mistake(Expr.DurationExpr expr, String what) {
        return Run.mistake(expr.span().start() + ":" + expr.span().end() + ": " + what);
    }
}
