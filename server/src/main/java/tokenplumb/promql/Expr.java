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

    /// A duration as written: a plain number of milliseconds, or an expression over durations (`5m
    /// + step()`), which Prometheus calls a duration expression.
    record Duration(long millis, Optional<Expr> expression) {
        public static Duration of(long millis) {
            return new Duration(millis, Optional.empty());
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

    record Binary(
            Operator op, Expr left, Expr right, boolean returnBool, Matching matching, Span span)
            implements Expr {
        @Override
        public ValueType type() {
            return left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR
                    ? ValueType.SCALAR
                    : ValueType.INSTANT_VECTOR;
        }
    }

    /// `-expr` or `+expr`.
    record Unary(boolean negative, Expr expr, Span span) implements Expr {
        @Override
        public ValueType type() {
            return expr.type();
        }
    }

    record Parens(Expr expr, Span span) implements Expr {
        @Override
        public ValueType type() {
            return expr.type();
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
