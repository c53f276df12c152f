package tokenplumb.promql.parse;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Cardinality;
import tokenplumb.promql.Expr.Span;
import tokenplumb.promql.Expr.ValueType;
import tokenplumb.signal.Labels;

import java.util.List;
import java.util.Optional;

/// The checks that need types: each looks at one node whose children have been checked before.
final class Types {
    /// A mistake at a byte offset; `skipsSpace` when it really starts at the next word.
    record Found(int at, boolean skipsSpace, String message) {}

    private Types() {}

    private static Optional<Found> found(Span span, String message) {
        return Optional.of(new Found(span.start(), false, message));
    }

    static Optional<Found> mistakeIn(Expr.Unary unary) {
        var type = unary.expr().type();
        if (type == ValueType.SCALAR || type == ValueType.INSTANT_VECTOR) {
            return Optional.empty();
        }
        return found(
                unary.span(),
                "unary expression only allowed on expressions of type scalar or instant vector,"
                        + " got \""
                        + type.text()
                        + '"');
    }

    static Optional<Found> mistakeIn(Expr.Subquery subquery) {
        var type = subquery.expr().type();
        if (type == ValueType.INSTANT_VECTOR) {
            return Optional.empty();
        }
        return found(
                subquery.span(),
                "subquery is only allowed on instant vector, got %s instead"
                        .formatted(PromqlTree.typeName(type)));
    }

    static Optional<Found> mistakeIn(Expr.Selector selector) {
        var matchers = selector.matchers();
        if (selector.name().isEmpty()) {
            return matchers.stream().anyMatch(matcher -> !matcher.matchesEmpty())
                    ? Optional.empty()
                    : found(
                            selector.span(),
                            "vector selector must contain at least one non-empty matcher");
        }
        for (var matcher : matchers.subList(0, matchers.size() - 1)) {
            if (matcher.name().equals(Labels.NAME)) {
                return found(
                        selector.span(),
                        "metric name must not be set twice: %s or %s"
                                .formatted(
                                        GoText.quote(selector.name()),
                                        GoText.quote(matcher.value())));
            }
        }
        return Optional.empty();
    }

    static Optional<Found> mistakeIn(Expr.Binary binary) {
        var op = binary.op();
        var left = binary.left().type();
        var right = binary.right().type();
        var matching = binary.matching();
        if (binary.returnBool() && !op.isComparison()) {
            return atOperator(binary, "bool modifier can only be used on comparison operators");
        }
        if (op.isComparison()
                && !binary.returnBool()
                && left == ValueType.SCALAR
                && right == ValueType.SCALAR) {
            return atOperator(binary, "comparisons between scalars must use BOOL modifier");
        }
        if (matching.on()) {
            for (var label : matching.labels()) {
                if (matching.include().contains(label)) {
                    return atOperator(
                            binary,
                            "label %s must not occur in ON and GROUP clause at once"
                                    .formatted(GoText.quote(label)));
                }
            }
        }
        for (var side : List.of(binary.left(), binary.right())) {
            if (side.type() != ValueType.SCALAR && side.type() != ValueType.INSTANT_VECTOR) {
                return found(
                        side.span(),
                        "binary expression must contain only scalar and instant vector types");
            }
        }
        return left == ValueType.INSTANT_VECTOR && right == ValueType.INSTANT_VECTOR
                ? betweenVectors(binary)
                : withScalar(binary);
    }

    private static Optional<Found> atOperator(Expr.Binary binary, String message) {
        return Optional.of(new Found(binary.left().span().end(), true, message));
    }

    private static boolean fills(Expr.Matching matching) {
        return matching.fillLeft().isPresent() || matching.fillRight().isPresent();
    }

    private static Optional<Found> withScalar(Expr.Binary binary) {
        if (!binary.matching().labels().isEmpty()) {
            return found(binary.span(), "vector matching only allowed between instant vectors");
        }
        if (fills(binary.matching())) {
            return found(
                    binary.span(),
                    "filling in missing series only allowed between instant vectors");
        }
        if (binary.op().isSet()) {
            return found(
                    binary.span(),
                    "set operator \"%s\" not allowed in binary scalar expression"
                            .formatted(binary.op().text()));
        }
        return Optional.empty();
    }

    private static Optional<Found> betweenVectors(Expr.Binary binary) {
        if (!binary.op().isSet()) {
            return Optional.empty();
        }
        if (binary.matching().cardinality() != Cardinality.MANY_TO_MANY) {
            return found(
                    binary.span(),
                    "no grouping allowed for \"%s\" operation".formatted(binary.op().text()));
        }
        return fills(binary.matching())
                ? found(binary.span(), "filling in missing series not allowed for set operators")
                : Optional.empty();
    }

    /// `inside` holds the first mistake within each argument, or null; null is also the answer when
    /// all is well.
    static Mistake mistakeIn(Expr.Call call, List<Mistake> inside, PromqlParser parser) {
        var own = wrongCount(call).or(() -> wrongInfo(call));
        if (own.isPresent()) {
            return parser.mistakeAt(own.get());
        }
        var wanted = call.function().arguments();
        boolean info = call.function().name().equals("info");
        for (int i = 0; i < call.arguments().size(); i++) {
            var argument = call.arguments().get(i);
            boolean mayMatchAll = info && i == 1; // wrongInfo has seen that it is a bare selector
            if (inside.get(i) != null && !mayMatchAll) {
                return inside.get(i);
            }
            var type = wanted.get(Math.min(i, wanted.size() - 1));
            if (argument.type() != type) {
                return parser.mistakeAt(
                        argument.span(),
                        "expected type %s in call to function %s, got %s"
                                .formatted(
                                        type.text(),
                                        GoText.quote(call.function().name()),
                                        argument.type().text()));
            }
        }
        return null;
    }

    private static Optional<Found> wrongCount(Expr.Call call) {
        var function = call.function();
        int wanted = function.arguments().size();
        int given = call.arguments().size();
        if (function.variadic() == 0) {
            return given == wanted ? Optional.empty() : wrongCount(call, "", wanted);
        }
        int least = wanted - 1;
        if (given < least) {
            return wrongCount(call, "at least ", least);
        }
        int most = least + function.variadic();
        boolean tooMany = function.variadic() > 0 && given > most;
        return tooMany ? wrongCount(call, "at most ", most) : Optional.empty();
    }

    private static Optional<Found> wrongCount(Expr.Call call, String bound, int wanted) {
        return found(
                call.span(),
                "expected %s%d argument(s) in call to %s, got %d"
                        .formatted(
                                bound,
                                wanted,
                                GoText.quote(call.function().name()),
                                call.arguments().size()));
    }

    private static Optional<Found> wrongInfo(Expr.Call call) {
        if (!call.function().name().equals("info") || call.arguments().size() < 2) {
            return Optional.empty();
        }
        var argument = call.arguments().get(1);
        if (argument.type() != ValueType.INSTANT_VECTOR) {
            return found(
                    call.span(),
                    "expected type instant vector in call to function \"info\", got "
                            + argument.type().text());
        }
        if (!(argument instanceof Expr.Selector selector)) {
            return found(argument.span(), "expected label selectors only");
        }
        return selector.name().isEmpty()
                ? Optional.empty()
                : found(
                        argument.span(),
                        "expected label selectors only, got vector selector instead");
    }

    /// The mistakes within the parts are null where there are none; so is the answer.
    static Mistake mistakeIn(
            Expr.Aggregation aggregation,
            Mistake inExpr,
            Mistake inParameter,
            PromqlParser parser) {
        if (inExpr != null) {
            return inExpr;
        }
        var type = aggregation.expr().type();
        if (type != ValueType.INSTANT_VECTOR) {
            return parser.mistakeAt(
                    aggregation.expr().span(),
                    "expected type instant vector in aggregation expression, got " + type.text());
        }
        if (inParameter != null || aggregation.parameter().isEmpty()) {
            return inParameter;
        }
        var parameter = aggregation.parameter().get();
        var wanted =
                aggregation.op() == Expr.Aggregator.COUNT_VALUES
                        ? ValueType.STRING
                        : ValueType.SCALAR;
        return parameter.type() == wanted
                ? null
                : parser.mistakeAt(
                        parameter.span(),
                        "expected type %s in aggregation parameter, got %s"
                                .formatted(wanted.text(), parameter.type().text()));
    }
}
