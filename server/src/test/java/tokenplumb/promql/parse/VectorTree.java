package tokenplumb.promql.parse;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.DurationExpr;
import tokenplumb.promql.Expr.Span;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A tree in the shape of `promql-parser/parse-cases.json`, which is that of Prometheus' own nodes.
final class VectorTree {
    private VectorTree() {}

    static Map<String, Object> of(Expr expr) {
        var map = new HashMap<String, Object>();
        switch (expr) {
            case Expr.NumberLiteral number -> {
                map.put("node", "NumberLiteral");
                map.put("Val", value(number.value()));
                map.put("Duration", number.duration());
                map.put("PosRange", span(number.span()));
            }
            case Expr.TextLiteral text -> {
                map.put("node", "StringLiteral");
                map.put("Val", text.value());
                map.put("PosRange", span(text.span()));
            }
            case Expr.Selector selector -> selector(map, selector);
            case Expr.Range range -> {
                map.put("node", "MatrixSelector");
                map.put("VectorSelector", of(range.selector()));
                duration(map, "Range", range.range());
                map.put("EndPos", (long) range.span().end());
            }
            case Expr.Subquery subquery -> {
                map.put("node", "SubqueryExpr");
                map.put("Expr", of(subquery.expr()));
                duration(map, "Range", subquery.range());
                duration(map, "Step", subquery.step());
                shift(map, subquery.shift());
                map.put("EndPos", (long) subquery.span().end());
            }
            case Expr.Call call -> {
                map.put("node", "Call");
                map.put("Func", call.function().name());
                map.put("Args", call.arguments().stream().map(VectorTree::of).toList());
                map.put("PosRange", span(call.span()));
            }
            case Expr.Aggregation aggregation -> {
                map.put("node", "AggregateExpr");
                map.put("Op", aggregation.op().name());
                map.put("Expr", of(aggregation.expr()));
                aggregation.parameter().ifPresent(parameter -> map.put("Param", of(parameter)));
                map.put("Grouping", aggregation.labels());
                map.put("Without", aggregation.without());
                map.put("PosRange", span(aggregation.span()));
            }
            case Expr.Binary binary -> {
                map.put("node", "BinaryExpr");
                map.put("Op", binary.op().text());
                map.put("LHS", of(binary.left()));
                map.put("RHS", of(binary.right()));
                map.put("ReturnBool", binary.returnBool());
                map.put("VectorMatching", matching(binary.matching()));
            }
            case Expr.Unary unary -> {
                map.put("node", "UnaryExpr");
                map.put("Op", unary.negative() ? "-" : "+");
                map.put("Expr", of(unary.expr()));
                map.put("StartPos", (long) unary.span().start());
            }
            case Expr.Parens parens -> {
                map.put("node", "ParenExpr");
                map.put("Expr", of(parens.expr()));
                map.put("PosRange", span(parens.span()));
            }
        }
        return map;
    }

    private static Object value(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        return Double.isNaN(value) ? "NaN" : (Object) value;
    }

    private static List<Object> span(Span span) {
        return List.of((long) span.start(), (long) span.end());
    }

    private static void selector(Map<String, Object> map, Expr.Selector selector) {
        map.put("node", "VectorSelector");
        map.put("Name", selector.name());
        map.put("PosRange", span(selector.span()));
        var matchers = new ArrayList<Object>();
        for (var matcher : selector.matchers()) {
            matchers.add(
                    Map.of(
                            "op", matcher.type().symbol(),
                            "name", matcher.name(),
                            "value", matcher.value()));
        }
        map.put("LabelMatchers", matchers);
        map.put("Anchored", selector.smoothing() == Expr.Smoothing.ANCHORED);
        map.put("Smoothed", selector.smoothing() == Expr.Smoothing.SMOOTHED);
        shift(map, selector.shift());
    }

    private static void shift(Map<String, Object> map, Expr.Shift shift) {
        duration(map, "OriginalOffset", shift.offset());
        shift.at().ifPresent(at -> map.put("Timestamp", at));
        shift.edge().ifPresent(edge -> map.put("StartOrEnd", edge.name()));
    }

    private static void duration(Map<String, Object> map, String key, Expr.Duration duration) {
        map.put(key, duration.millis() * 1_000_000);
        duration.expression().ifPresent(expr -> map.put(key + "Expr", duration(expr)));
    }

    private static Map<String, Object> duration(DurationExpr expr) {
        var map = new HashMap<String, Object>();
        map.put("node", "DurationExpr");
        switch (expr) {
            case DurationExpr.Literal literal -> {
                map.put("node", "NumberLiteral");
                map.put("Val", literal.seconds());
                map.put("Duration", literal.duration());
                map.put("PosRange", span(literal.span()));
            }
            case DurationExpr.Step step -> map.put("Op", "STEP");
            case DurationExpr.QueryRange range -> map.put("Op", "RANGE");
            case DurationExpr.Negative negative -> {
                map.put("Op", "-");
                map.put("RHS", duration(negative.operand()));
            }
            case DurationExpr.Parens parens -> {
                if (parens.inner() instanceof DurationExpr.Literal) {
                    map.put("Op", "+");
                    map.put("RHS", duration(parens.inner()));
                } else {
                    map.putAll(duration(parens.inner()));
                }
                map.put("Wrapped", true);
            }
            case DurationExpr.Arithmetic arithmetic -> {
                map.put("Op", arithmetic.op().text().toUpperCase(Locale.ROOT));
                map.put("LHS", duration(arithmetic.left()));
                map.put("RHS", duration(arithmetic.right()));
            }
        }
        return map;
    }

    private static Map<String, Object> matching(Expr.Matching matching) {
        var map = new HashMap<String, Object>();
        map.put("node", "VectorMatching");
        map.put(
                "Card",
                switch (matching.cardinality()) {
                    case ONE_TO_ONE -> "CardOneToOne";
                    case MANY_TO_ONE -> "CardManyToOne";
                    case ONE_TO_MANY -> "CardOneToMany";
                    case MANY_TO_MANY -> "CardManyToMany";
                });
        map.put("MatchingLabels", matching.labels());
        map.put("On", matching.on());
        map.put("Include", matching.include());
        return map;
    }
}
