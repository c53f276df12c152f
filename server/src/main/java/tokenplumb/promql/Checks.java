package tokenplumb.promql;

import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Refuses queries that are too large to be worth evaluating: by their text, their depth, their
/// regular expressions and their steps.
final class Checks {
    private Checks() {}

    static void text(String query, Limits limits) {
        if (query.length() > limits.text()) {
            throw refusal(
                    String.format(
                            Locale.ROOT,
                            "the query is %d characters long, more than the %d that"
                                + " --query.max-text allows; put parts of it into recording rules,"
                                + " or raise that limit",
                            query.length(),
                            limits.text()));
        }
    }

    static void steps(long start, long end, long step, Limits limits) {
        long span = end - start;
        if (end >= start && (span < 0 || span / step >= limits.steps() + 1L)) {
            throw refusal(
                    String.format(
                            Locale.ROOT,
                            "exceeded maximum resolution of %,d points per timeseries. Try"
                                    + " decreasing the query resolution (?step=XX), or raise"
                                    + " --query.max-steps",
                            limits.steps()));
        }
    }

    /// Walks the expression without recursion, whatever its depth.
    static void expression(Expr expr, Limits limits) {
        var level = List.of(expr);
        for (int depth = 1; !level.isEmpty(); depth++) {
            if (depth > limits.depth()) {
                throw refusal(
                        String.format(
                                Locale.ROOT,
                                "the query is nested more than %d deep, as --query.max-depth allows"
                                        + " at most; put parts of it into recording rules, or raise"
                                        + " that limit (to %d at most)",
                                limits.depth(),
                                Limits.DEEPEST));
            }
            var below = new ArrayList<Expr>();
            for (var each : level) {
                add(each, below, limits);
            }
            level = below;
        }
    }

    private static void add(Expr expr, List<Expr> below, Limits limits) {
        switch (expr) {
            case Expr.Selector selector -> matchers(selector, limits);
            case Expr.Range range -> matchers(range.selector(), limits);
            case Expr.Subquery subquery -> below.add(subquery.expr());
            case Expr.Call call -> {
                if (call.function().name().equals("label_replace")
                        && call.arguments().getLast() instanceof Expr.TextLiteral regex) {
                    regex(regex.value(), limits);
                }
                below.addAll(call.arguments());
            }
            case Expr.Aggregation aggregation -> {
                below.add(aggregation.expr());
                aggregation.parameter().ifPresent(below::add);
            }
            case Expr.Binary binary -> {
                below.add(binary.left());
                below.add(binary.right());
            }
            case Expr.Unary unary -> below.add(unary.expr());
            case Expr.Parens parens -> below.add(parens.expr());
            case Expr.NumberLiteral number -> {}
            case Expr.TextLiteral text -> {}
        }
    }

    private static void matchers(Expr.Selector selector, Limits limits) {
        for (var matcher : selector.matchers()) {
            if (matcher.type() == Matcher.Type.REGEX || matcher.type() == Matcher.Type.NOT_REGEX) {
                regex(matcher.value(), limits);
            }
        }
    }

    private static void regex(String regex, Limits limits) {
        if (regex.length() > limits.regex()) {
            throw refusal(
                    String.format(
                            Locale.ROOT,
                            "a regular expression of %d characters is longer than the %d that"
                                + " --query.max-regex allows; match on fewer values, or raise that"
                                + " limit",
                            regex.length(),
                            limits.regex()));
        }
    }

    private static QueryError refusal(String message) {
        return new QueryError(QueryError.Kind.BAD_DATA, message);
    }
}
