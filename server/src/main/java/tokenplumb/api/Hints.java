package tokenplumb.api;

import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Hint;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Promql;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// What the catalog has to say about the names and labels in a query: dead ones, misspelt ones,
/// labels that such a metric never carries. Told with the answer, as infos.
final class Hints {
    private static final int MOST = 10;

    private Hints() {}

    /// Each hint once, at most ten.
    static List<String> of(String query, Catalog catalog) {
        var expr = Promql.parse(query);
        var hints = new LinkedHashSet<Hint>();
        for (var selector : Selectors.of(expr)) {
            hints.addAll(catalog.hints(selector.matchers()));
        }
        for (var aggregation : Selectors.aggregations(expr)) {
            if (!aggregation.without() && !aggregation.labels().isEmpty()) {
                for (var selector : Selectors.of(aggregation.expr())) {
                    hints.addAll(catalog.hints(name(selector), aggregation.labels()));
                }
            }
        }
        return hints.stream().map(Hint::text).distinct().limit(MOST).toList();
    }

    private static String name(Expr.Selector selector) {
        return selector.matchers().stream()
                .filter(matcher -> matcher.name().equals(Labels.NAME))
                .filter(matcher -> matcher.type() == Matcher.Type.EQUAL)
                .map(Matcher::value)
                .findFirst()
                .orElse("");
    }

    static List<String> joined(List<String> infos, List<String> hints) {
        var all = new ArrayList<>(infos);
        all.addAll(hints);
        return all;
    }
}
