package tokenplumb.api;

import tokenplumb.promql.Expr;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// The selectors of a query, in the order they are written.
final class Selectors {
    private Selectors() {}

    /// Without recursion: operators may chain thousands deep.
    static List<Expr.Selector> of(Expr expr) {
        var found = new ArrayList<Expr.Selector>();
        var open = new ArrayDeque<Expr>();
        open.push(expr);
        while (!open.isEmpty()) {
            switch (open.pop()) {
                case Expr.Selector selector -> found.add(selector);
                case Expr.Range range -> found.add(range.selector());
                case Expr.Subquery subquery -> open.push(subquery.expr());
                case Expr.Unary unary -> open.push(unary.expr());
                case Expr.Parens parens -> open.push(parens.expr());
                case Expr.Binary binary -> {
                    open.push(binary.right());
                    open.push(binary.left());
                }
                case Expr.Call call -> call.arguments().reversed().forEach(open::push);
                case Expr.Aggregation aggregation -> {
                    open.push(aggregation.expr());
                    aggregation.parameter().ifPresent(open::push);
                }
                case Expr.NumberLiteral number -> {}
                case Expr.TextLiteral text -> {}
            }
        }
        return found;
    }
}
