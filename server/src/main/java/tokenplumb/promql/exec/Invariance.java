package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;

import java.util.Set;

/// Whether an expression has the same value at every step, because all its selectors are pinned by
/// `@`. Such a one is evaluated once.
final class Invariance {
    private static final Set<String> TIME_DEPENDENT =
            Set.of(
                    "days_in_month",
                    "day_of_month",
                    "day_of_week",
                    "day_of_year",
                    "hour",
                    "minute",
                    "month",
                    "year",
                    "predict_linear",
                    "time",
                    "timestamp");

    private Invariance() {}

    static boolean holds(Expr expr) {
        return switch (expr) {
            case Expr.NumberLiteral number -> true;
            case Expr.TextLiteral text -> true;
            case Expr.Selector selector -> selector.shift().at().isPresent();
            case Expr.Range range -> range.selector().shift().at().isPresent();
            case Expr.Subquery subquery -> subquery.shift().at().isPresent();
            case Expr.Call call -> holds(call);
            case Expr.Aggregation a ->
                    holds(a.expr()) && a.parameter().map(Invariance::holds).orElse(true);
            case Expr.Binary binary -> holds(binary.left()) && holds(binary.right());
            case Expr.Unary unary -> holds(unary.expr());
            case Expr.Parens parens -> holds(parens.expr());
        };
    }

    private static boolean holds(Expr.Call call) {
        var name = call.function().name();
        if (TIME_DEPENDENT.contains(name)) {
            return name.equals("timestamp")
                    && call.arguments().getFirst() instanceof Expr.Selector selector
                    && holds(selector);
        }
        return call.arguments().stream().allMatch(Invariance::holds);
    }
}
