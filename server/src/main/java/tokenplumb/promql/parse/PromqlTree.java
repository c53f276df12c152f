package tokenplumb.promql.parse;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.DurationExpr;
import tokenplumb.promql.Expr.ValueType;
import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A query's tree as plain maps and lists, in the shape of Prometheus' `/api/v1/parse_query`.
/// Leaves are strings, booleans, numbers and null.
public final class PromqlTree {
    private PromqlTree() {}

    public static Map<String, Object> of(Expr expr) {
        // operators chain thousands long: a path of their own keeps the stack shallow
        return expr instanceof Expr.Binary binary ? binary(binary) : single(expr);
    }

    private static Map<String, Object> single(Expr expr) {
        return switch (expr) {
            case Expr.NumberLiteral number ->
                    node("numberLiteral").with("val", GoText.plain(number.value())).done();
            case Expr.TextLiteral text -> node("stringLiteral").with("val", text.value()).done();
            case Expr.Selector selector -> selector(node("vectorSelector"), selector).done();
            case Expr.Range range ->
                    selector(node("matrixSelector"), range.selector())
                            .with("range", range.range().millis())
                            .with("rangeExpr", duration(range.range()))
                            .done();
            case Expr.Subquery subquery -> subquery(subquery);
            case Expr.Call call -> call(call);
            case Expr.Aggregation aggregation -> aggregation(aggregation);
            case Expr.Binary binary -> binary(binary);
            case Expr.Unary unary ->
                    node("unaryExpr")
                            .with("op", unary.negative() ? "-" : "+")
                            .with("expr", of(unary.expr()))
                            .done();
            case Expr.Parens parens -> node("parenExpr").with("expr", of(parens.expr())).done();
        };
    }

    /// The types as Prometheus' API names them.
    static String typeName(ValueType type) {
        return switch (type) {
            case SCALAR -> "scalar";
            case INSTANT_VECTOR -> "vector";
            case RANGE_VECTOR -> "matrix";
            case STRING -> "string";
        };
    }

    /// A map that is filled and then handed out.
    private record Node(Map<String, Object> entries) {
        Node with(String key, Object value) {
            entries.put(key, value);
            return this;
        }

        Map<String, Object> done() {
            return entries;
        }
    }

    private static Node node(String type) {
        return new Node(new TreeMap<>()).with("type", type);
    }

    private static Node selector(Node node, Expr.Selector selector) {
        return shift(node, selector.shift())
                .with("name", selector.name())
                .with("matchers", matchers(selector.matchers()))
                .with("anchored", selector.smoothing() == Expr.Smoothing.ANCHORED)
                .with("smoothed", selector.smoothing() == Expr.Smoothing.SMOOTHED);
    }

    private static Node shift(Node node, Expr.Shift shift) {
        return node.with("offset", shift.offset().millis())
                .with("offsetExpr", duration(shift.offset()))
                .with("timestamp", shift.at().orElse(null))
                .with(
                        "startOrEnd",
                        shift.edge()
                                .map(edge -> edge.name().toLowerCase(Locale.ROOT))
                                .orElse(null));
    }

    private static List<Object> matchers(List<Matcher> matchers) {
        var list = new ArrayList<Object>();
        for (var matcher : matchers) {
            var map = new TreeMap<String, Object>();
            map.put("name", matcher.name());
            map.put("value", matcher.value());
            map.put("type", matcher.type().symbol());
            list.add(map);
        }
        return list;
    }

    private static Map<String, Object> subquery(Expr.Subquery subquery) {
        return shift(node("subquery"), subquery.shift())
                .with("expr", of(subquery.expr()))
                .with("range", subquery.range().millis())
                .with("rangeExpr", duration(subquery.range()))
                .with("step", subquery.step().millis())
                .with("stepExpr", duration(subquery.step()))
                .done();
    }

    private static Map<String, Object> call(Expr.Call call) {
        var function = new TreeMap<String, Object>();
        function.put("name", call.function().name());
        function.put(
                "argTypes",
                call.function().arguments().stream().map(PromqlTree::typeName).toList());
        function.put("variadic", call.function().variadic());
        function.put("returnType", typeName(call.function().returns()));
        return node("call")
                .with("func", function)
                .with("args", call.arguments().stream().map(PromqlTree::of).toList())
                .done();
    }

    private static Map<String, Object> aggregation(Expr.Aggregation aggregation) {
        return node("aggregation")
                .with("op", aggregation.op().text())
                .with("expr", of(aggregation.expr()))
                .with("param", aggregation.parameter().map(PromqlTree::of).orElse(null))
                .with("grouping", aggregation.labels())
                .with("without", aggregation.without())
                .done();
    }

    private static Map<String, Object> binary(Expr.Binary binary) {
        boolean vectors =
                binary.left().type() == ValueType.INSTANT_VECTOR
                        && binary.right().type() == ValueType.INSTANT_VECTOR;
        return node("binaryExpr")
                .with("op", binary.op().text())
                .with("lhs", of(binary.left()))
                .with("rhs", of(binary.right()))
                .with("matching", vectors ? matching(binary.matching()) : null)
                .with("bool", binary.returnBool())
                .done();
    }

    private static Map<String, Object> matching(Expr.Matching matching) {
        var fill = new TreeMap<String, Object>();
        fill.put("lhs", matching.fillLeft().orElse(null));
        fill.put("rhs", matching.fillRight().orElse(null));
        var map = new TreeMap<String, Object>();
        map.put("card", matching.cardinality().text());
        map.put("labels", matching.labels());
        map.put("on", matching.on());
        map.put("include", matching.include());
        map.put("fillValues", fill);
        return map;
    }

    private static Map<String, Object> duration(Expr.Duration duration) {
        return duration.expression().map(expr -> duration(expr, false)).orElse(null);
    }

    private static Map<String, Object> duration(DurationExpr expr, boolean wrapped) {
        return switch (expr) {
            case DurationExpr.Parens parens when parens.inner() instanceof DurationExpr.Literal ->
                    operation("+", null, duration(parens.inner(), false), true);
            case DurationExpr.Parens parens -> duration(parens.inner(), true);
            case DurationExpr.Literal literal ->
                    node("numberLiteral")
                            .with("val", GoText.plain(literal.seconds()))
                            .with("duration", literal.duration())
                            .done();
            case DurationExpr.Step step -> operation("step", null, null, wrapped);
            case DurationExpr.QueryRange range -> operation("range", null, null, wrapped);
            case DurationExpr.Negative negative ->
                    operation("-", null, duration(negative.operand(), false), wrapped);
            case DurationExpr.Arithmetic arithmetic ->
                    operation(
                            arithmetic.op().text(),
                            duration(arithmetic.left(), false),
                            duration(arithmetic.right(), false),
                            wrapped);
        };
    }

    private static Map<String, Object> operation(
            String op, Map<String, Object> left, Map<String, Object> right, boolean wrapped) {
        return node("durationExpr")
                .with("op", op)
                .with("lhs", left)
                .with("rhs", right)
                .with("wrapped", wrapped)
                .done();
    }
}
