package tokenplumb.api;

import tokenplumb.promql.Expr;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// The selectors and aggregations of a query, in the order they are written.
final class Selectors {
    private Selectors() {}

    static List<Expr.Selector> of(Expr expr) {
        var selectors = new ArrayList<Expr.Selector>();
        walk(expr, selectors, new ArrayList<>());
        return selectors;
    }

    static List<Expr.Aggregation> aggregations(Expr expr) {
        var aggregations = new ArrayList<Expr.Aggregation>();
        walk(expr, new ArrayList<>(), aggregations);
        return aggregations;
    }

    /// Without recursion: operators may chain thousands deep.
    private static void walk(
            Expr expr, List<Expr.Selector> selectors, List<Expr.Aggregation> aggregations) {
        var open = new ArrayDeque<Expr>();
        open.push(expr);
        while (!open.isEmpty()) {
            switch (open.pop()) {
                case Expr.Selector selector -> selectors.add(selector);
                case Expr.Range range -> selectors.add(range.selector());
                case Expr.Subquery subquery -> open.push(subquery.expr());
                case Expr.Unary unary -> open.push(unary.expr());
                case Expr.Parens parens -> open.push(parens.expr());
                case Expr.Binary binary -> {
                    open.push(binary.right());
                    open.push(binary.left());
                }
                case Expr.Call call -> call.arguments().reversed().forEach(open::push);
                case Expr.Aggregation aggregation -> {
                    aggregations.add(aggregation);
                    open.push(aggregation.expr());
                    aggregation.parameter().ifPresent(open::push);
                }
                case Expr.NumberLiteral number -> {}
                case Expr.TextLiteral text -> {}
            }
        }
    }
}
