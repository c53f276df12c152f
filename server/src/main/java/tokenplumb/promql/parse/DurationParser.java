package tokenplumb.promql.parse;

import tokenplumb.promql.Expr.Duration;
import tokenplumb.promql.Expr.DurationExpr;
import tokenplumb.promql.Expr.DurationOp;
import tokenplumb.promql.Expr.Span;
import tokenplumb.promql.parse.Lexeme.Kind;

import java.util.ArrayList;
import java.util.Optional;

/// Reads the durations of ranges, steps and offsets, among them arithmetic over durations.
final class DurationParser {
    private static final int SUM = 1;
    private static final int PRODUCT = 2;
    private static final int POWER = 3;
    private static final int MAX_DEPTH = 500;

    private final PromqlParser words;
    private String context;
    private String expected;
    private int depth;

    DurationParser(PromqlParser words) {
        this.words = words;
    }

    /// What follows `[`.
    Duration range() {
        context = "subquery or range selector";
        expected = "number, duration, step(), or range()";
        return positive(expression(SUM));
    }

    /// What follows the colon of a subquery.
    Duration step() {
        context = "subquery selector";
        expected = "number, duration, step(), range(), or \"]\"";
        return positive(expression(SUM));
    }

    /// What follows `offset`. Without parentheses it ends after one operand: `foo offset 5m ^ 2` is
    /// `(foo offset 5m) ^ 2`.
    Duration offset() {
        context = "offset";
        expected = "number, duration, step(), or range()";
        return duration(offsetExpression());
    }

    private DurationExpr offsetExpression() {
        var first = words.peek();
        if (first.kind() == Kind.LEFT_PAREN) {
            return operators(parens(), SUM);
        }
        if (!isSign(first.kind())) {
            return operand();
        }
        words.take();
        var second = words.peek().kind();
        if (isSign(second)) {
            return operators(signed(first, expression(POWER)), SUM);
        }
        if (second == Kind.LEFT_PAREN) {
            words.take();
            nest();
            var inner = expression(SUM);
            expect(Kind.RIGHT_PAREN);
            depth--;
            var wrapped =
                    inner instanceof DurationExpr.Parens
                            ? inner
                            : new DurationExpr.Parens(inner, inner.span());
            return signed(first, wrapped);
        }
        return signed(first, operand());
    }

    private DurationExpr expression(int least) {
        nest();
        var expr = operators(signedOperand(), least);
        depth--;
        return expr;
    }

    private DurationExpr signedOperand() {
        var signs = new ArrayList<Lexeme>();
        while (isSign(words.peek().kind())) {
            signs.add(words.take());
            nest();
        }
        depth -= signs.size();
        if (signs.isEmpty()) {
            return operand();
        }
        var expr = expression(POWER);
        for (var sign : signs.reversed()) {
            expr = signed(sign, expr);
        }
        return expr;
    }

    private static boolean isSign(Kind kind) {
        return kind == Kind.ADD || kind == Kind.SUB;
    }

    private DurationExpr signed(Lexeme sign, DurationExpr operand) {
        var span = new Span(words.byteAt(sign.start()), operand.span().end());
        if (operand instanceof DurationExpr.Literal literal) {
            double seconds = sign.kind() == Kind.SUB ? -literal.seconds() : literal.seconds();
            return inRange(new DurationExpr.Literal(seconds, literal.duration(), span));
        }
        return sign.kind() == Kind.SUB ? new DurationExpr.Negative(operand, span) : operand;
    }

    private DurationExpr operators(DurationExpr first, int least) {
        var left = first;
        int chain = 0;
        while (true) {
            var op = operator(words.peek().kind());
            if (op == null || precedence(op) < least) {
                return left;
            }
            if (++chain > MAX_DEPTH) {
                throw tooDeep();
            }
            var sign = words.take();
            var right = expression(op == DurationOp.POW ? POWER : precedence(op) + 1);
            enabled(left.span());
            boolean zero = right instanceof DurationExpr.Literal literal && literal.seconds() == 0;
            if (zero && op == DurationOp.DIV) {
                throw new Mistake(sign.start(), "division by zero");
            }
            if (zero && op == DurationOp.MOD) {
                throw new Mistake(sign.start(), "modulo by zero");
            }
            var span = new Span(left.span().start(), right.span().end());
            left = new DurationExpr.Arithmetic(op, left, right, span);
        }
    }

    private static DurationOp operator(Kind kind) {
        return switch (kind) {
            case ADD -> DurationOp.ADD;
            case SUB -> DurationOp.SUB;
            case MUL -> DurationOp.MUL;
            case DIV -> DurationOp.DIV;
            case MOD -> DurationOp.MOD;
            case POW -> DurationOp.POW;
            default -> null;
        };
    }

    private static int precedence(DurationOp op) {
        return switch (op) {
            case ADD, SUB -> SUM;
            case MUL, DIV, MOD -> PRODUCT;
            case POW, MIN_OF, MAX_OF -> POWER;
        };
    }

    private DurationExpr operand() {
        var word = words.peek();
        return switch (word.kind()) {
            case NUMBER, DURATION -> {
                var number = words.numberLiteral();
                yield inRange(
                        new DurationExpr.Literal(number.value(), number.duration(), number.span()));
            }
            case STEP, RANGE -> {
                words.take();
                expect(Kind.LEFT_PAREN);
                expect(Kind.RIGHT_PAREN);
                var span = words.spanFrom(word.start());
                enabled(span);
                yield word.kind() == Kind.STEP
                        ? new DurationExpr.Step(span)
                        : new DurationExpr.QueryRange(span);
            }
            case MIN_OF, MAX_OF -> smallerOrLarger();
            case LEFT_PAREN -> parens();
            default -> throw unexpected();
        };
    }

    private DurationExpr smallerOrLarger() {
        var name = words.take();
        nest();
        expect(Kind.LEFT_PAREN);
        var left = expression(SUM);
        expect(Kind.COMMA);
        var right = expression(SUM);
        expect(Kind.RIGHT_PAREN);
        depth--;
        var span = words.spanFrom(name.start());
        enabled(span);
        var op = name.kind() == Kind.MIN_OF ? DurationOp.MIN_OF : DurationOp.MAX_OF;
        return new DurationExpr.Arithmetic(op, left, right, span);
    }

    private DurationExpr parens() {
        int start = words.take().start();
        nest();
        var inner = expression(SUM);
        expect(Kind.RIGHT_PAREN);
        depth--;
        enabled(inner.span());
        return inner instanceof DurationExpr.Parens
                ? inner
                : new DurationExpr.Parens(inner, words.spanFrom(start));
    }

    private void nest() {
        if (++depth > MAX_DEPTH) {
            throw tooDeep();
        }
    }

    private Mistake tooDeep() {
        return new Mistake(
                words.peek().start(),
                "duration nested more than %d levels deep; write it out".formatted(MAX_DEPTH));
    }

    private void enabled(Span span) {
        if (!words.options().durationExpressions()) {
            throw words.mistakeAt(span, "experimental duration expression is not enabled");
        }
    }

    private void expect(Kind kind) {
        if (!words.skip(kind)) {
            throw unexpected();
        }
    }

    private Mistake unexpected() {
        return words.unexpected(context, expected);
    }

    /// Prometheus keeps durations in 64-bit nanoseconds.
    private DurationExpr.Literal inRange(DurationExpr.Literal literal) {
        if (Math.abs(literal.seconds()) > 0x1p63 / 1e9) {
            throw words.mistakeAt(literal.span(), "duration out of range");
        }
        return literal;
    }

    private Duration positive(DurationExpr expr) {
        if (expr instanceof DurationExpr.Literal literal && !(literal.seconds() > 0)) {
            throw words.mistakeAt(literal.span(), "duration must be greater than 0");
        }
        return duration(expr);
    }

    private static Duration duration(DurationExpr expr) {
        if (expr instanceof DurationExpr.Literal literal) {
            long nanos = PromqlParser.roundHalfAway(literal.seconds() * 1e9);
            return Duration.of(nanos / 1_000_000);
        }
        return new Duration(0, Optional.of(expr));
    }
}
