package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

/// What becomes of a metric's name, and of the type and unit that belong to it, when its values are
/// no longer that metric's.
final class Names {
    private Names() {}

    static boolean isMetadata(String label) {
        return label.equals(Labels.NAME) || label.equals("__type__") || label.equals("__unit__");
    }

    static Labels drop(Labels labels) {
        int metadata = 0;
        for (int i = 0; i < labels.size(); i++) {
            if (isMetadata(labels.name(i))) {
                metadata++;
            }
        }
        if (metadata == 0) {
            return labels;
        }
        var rest = new String[2 * (labels.size() - metadata)];
        int n = 0;
        for (int i = 0; i < labels.size(); i++) {
            if (!isMetadata(labels.name(i))) {
                rest[n++] = labels.name(i);
                rest[n++] = labels.value(i);
            }
        }
        return Labels.ofSorted(rest);
    }

    /// Whether all series of the expression certainly have one and the same name (or none), so that
    /// they cannot become the same series when it is dropped.
    static boolean areOne(Expr expr) {
        return switch (expr) {
            case Expr.Selector selector ->
                    selector.matchers().stream()
                            .anyMatch(m ->
                                    m.name().equals(Labels.NAME)
                                            && m.type() == Matcher.Type.EQUAL
                                            && !m.value().isEmpty());
            case Expr.Range range -> areOne(range.selector());
            case Expr.Subquery subquery -> areOne(subquery.expr());
            case Expr.Parens parens -> areOne(parens.expr());
            case Expr.Unary unary -> areOne(unary.expr());
            case Expr.Aggregation a ->
                    switch (a.op()) {
                        case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> areOne(a.expr());
                        default -> a.without() || !a.labels().contains(Labels.NAME);
                    };
            case Expr.Binary b -> !b.op().isSet() && !b.op().isComparison();
            case Expr.Call call ->
                    switch (call.function().name()) {
                        case "label_replace", "label_join", "info" -> false;
                        case "last_over_time", "first_over_time" ->
                                areOne(call.arguments().getFirst());
                        case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc" ->
                                areOne(call.arguments().getFirst());
                        default -> true;
                    };
            case Expr.NumberLiteral number -> true;
            case Expr.TextLiteral text -> true;
        };
    }
}
