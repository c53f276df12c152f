package tokenplumb.promql;

import tokenplumb.signal.Matcher;

import java.util.List;
import java.util.Optional;

/// A parsed query. Sealed: a new kind of node does not compile until every switch has met it.
/// Durations and times are milliseconds. `span` is where the node stands in the query's text.
public sealed interface Expr {
    Span span();

    /// What evaluating the node gives.
    ValueType type();

    /// Half-open range of UTF-8 byte offsets in the query.
    record Span(int start, int end) {}

    /// The four types of PromQL, named as Prometheus' messages name them.
    enum ValueType {
        SCALAR("scalar"),
        INSTANT_VECTOR("instant vector"),
        RANGE_VECTOR("range vector"),
        STRING("string");

        private final String text;

        ValueType(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    /// `@ start()` and `@ end()`.
    enum AtEdge {
        START,
        END
    }

    /// How a selector looks around its window: as always, or by one of Prometheus 3.14's modifiers.
    enum Smoothing {
        NONE,
        ANCHORED,
        SMOOTHED
    }

    /// A duration as written: a fixed number of milliseconds, or arithmetic (`5m + step()`), which
    /// is worked out when the query's step and range are known; `millis` is then 0.
    record Duration(long millis, Optional<DurationExpr> expression) {
        public static Duration of(long millis) {
            return new Duration(millis, Optional.empty());
        }
    }

    /// Arithmetic over durations, as Prometheus 3.14 allows it in ranges, steps and offsets. Values
    /// are seconds.
    sealed interface DurationExpr {
        Span span();

        /// A number of seconds; `duration` when it was written with units.
        record Literal(double seconds, boolean duration, Span span) implements DurationExpr {}

        /// `step()`: the query's step.
        record Step(Span span) implements DurationExpr {}

        /// `range()`: from the query's start to its end.
        record QueryRange(Span span) implements DurationExpr {}

        record Negative(DurationExpr operand, Span span) implements DurationExpr {}

        record Parens(DurationExpr inner, Span span) implements DurationExpr {}

        record Arithmetic(DurationOp op, DurationExpr left, DurationExpr right, Span span)
                implements DurationExpr {}
    }

    /// What [DurationExpr.Arithmetic] does with its two sides.
    enum DurationOp {
        ADD("+"),
        SUB("-"),
        MUL("*"),
        DIV("/"),
        MOD("%"),
        POW("^"),
        MIN_OF("min_of"),
        MAX_OF("max_of");

        private final String text;

        DurationOp(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    /// Where a selector's time is moved to. `offset` may be negative.
    record Shift(Duration offset, Optional<Long> at, Optional<AtEdge> edge) {
        public static final Shift NONE =
                new Shift(Duration.of(0), Optional.empty(), Optional.empty());
    }

    record NumberLiteral(double value, boolean duration, Span span) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.SCALAR;
        }
    }

    record TextLiteral(String value, Span span) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.STRING;
        }
    }

    /// `name{matchers} offset … @ …`. `name` may be empty; when it is not, `matchers` includes the
    /// matcher on `__name__` as its last.
    record Selector(
            String name, List<Matcher> matchers, Shift shift, Smoothing smoothing, Span span)
            implements Expr {
        public Selector {
            matchers = List.copyOf(matchers);
        }

        @Override
        public ValueType type() {
            return ValueType.INSTANT_VECTOR;
        }
    }

    /// `selector[range]`.
    record Range(Selector selector, Duration range, Span span) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.RANGE_VECTOR;
        }
    }

    /// `expr[range:step]`; a step of 0 means the default evaluation interval.
    record Subquery(Expr expr, Duration range, Duration step, Shift shift, Span span)
            implements Expr {
        @Override
        public ValueType type() {
            return ValueType.RANGE_VECTOR;
        }
    }

    record Call(Function function, List<Expr> arguments, Span span) implements Expr {
        public Call {
            arguments = List.copyOf(arguments);
        }

        @Override
        public ValueType type() {
            return function.returns();
        }
    }

    /// `op by (labels) (parameter, expr)`.
    record Aggregation(
            Aggregator op,
            Expr expr,
            Optional<Expr> parameter,
            List<String> labels,
            boolean without,
            Span span)
            implements Expr {
        public Aggregation {
            labels = List.copyOf(labels);
        }

        @Override
        public ValueType type() {
            return ValueType.INSTANT_VECTOR;
        }
    }

    /// `type` is worked out once, since operators chain thousands long.
    record Binary(
            Operator op,
            Expr left,
            Expr right,
            boolean returnBool,
            Matching matching,
            Span span,
            ValueType type)
            implements Expr {
        public Binary(
                Operator op,
                Expr left,
                Expr right,
                boolean returnBool,
                Matching matching,
                Span span) {
            this(op, left, right, returnBool, matching, span, typeOf(left, right));
        }

        private static ValueType typeOf(Expr left, Expr right) {
            return left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR
                    ? ValueType.SCALAR
                    : ValueType.INSTANT_VECTOR;
        }
    }

    /// `-expr` or `+expr`.
    record Unary(boolean negative, Expr expr, Span span, ValueType type) implements Expr {
        public Unary(boolean negative, Expr expr, Span span) {
            this(negative, expr, span, expr.type());
        }
    }

    record Parens(Expr expr, Span span, ValueType type) implements Expr {
        public Parens(Expr expr, Span span) {
            this(expr, span, expr.type());
        }
    }

    /// How the sides of a vector operation find each other. `fillLeft` and `fillRight` are the
    /// values of Prometheus 3.14's `fill` modifiers.
    record Matching(
            Cardinality cardinality,
            List<String> labels,
            boolean on,
            List<String> include,
            Optional<Double> fillLeft,
            Optional<Double> fillRight) {
        public static final Matching NONE =
                new Matching(
                        Cardinality.ONE_TO_ONE,
                        List.of(),
                        false,
                        List.of(),
                        Optional.empty(),
                        Optional.empty());

        public Matching {
            labels = List.copyOf(labels);
            include = List.copyOf(include);
        }
    }

    enum Cardinality {
        ONE_TO_ONE("one-to-one"),
        MANY_TO_ONE("many-to-one"),
        ONE_TO_MANY("one-to-many"),
        MANY_TO_MANY("many-to-many");

        private final String text;

        Cardinality(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    enum Aggregator {
        SUM,
        AVG,
        COUNT,
        MIN,
        MAX,
        GROUP,
        STDDEV,
        STDVAR,
        TOPK,
        BOTTOMK,
        COUNT_VALUES,
        QUANTILE,
        LIMITK,
        LIMIT_RATIO;

        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        /// Whether the aggregation takes a parameter before its expression.
        public boolean hasParameter() {
            return switch (this) {
                case TOPK, BOTTOMK, COUNT_VALUES, QUANTILE, LIMITK, LIMIT_RATIO -> true;
                case SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR -> false;
            };
        }

        public boolean isExperimental() {
            return this == LIMITK || this == LIMIT_RATIO;
        }
    }

    /// Binary operators; `TRIM_UPPER` and `TRIM_LOWER` cut histograms.
    enum Operator {
        ADD("+"),
        SUB("-"),
        MUL("*"),
        DIV("/"),
        MOD("%"),
        POW("^"),
        ATAN2("atan2"),
        EQUAL("=="),
        NOT_EQUAL("!="),
        GREATER(">"),
        LESS("<"),
        GREATER_OR_EQUAL(">="),
        LESS_OR_EQUAL("<="),
        TRIM_UPPER("</"),
        TRIM_LOWER(">/"),
        AND("and"),
        OR("or"),
        UNLESS("unless");

        private final String text;

        Operator(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        public boolean isComparison() {
            return switch (this) {
                case EQUAL, NOT_EQUAL, GREATER, LESS, GREATER_OR_EQUAL, LESS_OR_EQUAL -> true;
                default -> false;
            };
        }

        public boolean isSet() {
            return this == AND || this == OR || this == UNLESS;
        }
    }
}
