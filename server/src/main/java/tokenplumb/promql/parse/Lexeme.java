package tokenplumb.promql.parse;

import java.util.Locale;
import java.util.Map;

/// One word of a query. `start` and `end` are char indices into its text.
record Lexeme(Kind kind, String text, int start, int end) {
    /// Kinds of words, grouped as Prometheus' messages name them.
    enum Kind {
        END_OF_INPUT,
        IDENTIFIER,
        METRIC_IDENTIFIER,
        NUMBER,
        DURATION,
        STRING,
        COMMA,
        COLON,
        ASSIGN,
        LEFT_PAREN,
        RIGHT_PAREN,
        LEFT_BRACE,
        RIGHT_BRACE,
        LEFT_BRACKET,
        RIGHT_BRACKET,
        ADD,
        SUB,
        MUL,
        DIV,
        MOD,
        POW,
        ATAN2,
        EQUAL,
        NOT_EQUAL,
        GREATER,
        LESS,
        GREATER_OR_EQUAL,
        LESS_OR_EQUAL,
        TRIM_UPPER,
        TRIM_LOWER,
        EQUAL_REGEX,
        NOT_EQUAL_REGEX,
        AND,
        OR,
        UNLESS,
        AT,
        AGGREGATOR,
        BOOL,
        BY,
        WITHOUT,
        ON,
        IGNORING,
        GROUP_LEFT,
        GROUP_RIGHT,
        FILL,
        FILL_LEFT,
        FILL_RIGHT,
        OFFSET,
        ANCHORED,
        SMOOTHED,
        START,
        END,
        STEP,
        RANGE,
        MAX_OF,
        MIN_OF
    }

    private static final Map<String, Kind> KEYWORDS =
            Map.ofEntries(
                    Map.entry("and", Kind.AND),
                    Map.entry("or", Kind.OR),
                    Map.entry("unless", Kind.UNLESS),
                    Map.entry("atan2", Kind.ATAN2),
                    Map.entry("sum", Kind.AGGREGATOR),
                    Map.entry("avg", Kind.AGGREGATOR),
                    Map.entry("count", Kind.AGGREGATOR),
                    Map.entry("min", Kind.AGGREGATOR),
                    Map.entry("max", Kind.AGGREGATOR),
                    Map.entry("group", Kind.AGGREGATOR),
                    Map.entry("stddev", Kind.AGGREGATOR),
                    Map.entry("stdvar", Kind.AGGREGATOR),
                    Map.entry("topk", Kind.AGGREGATOR),
                    Map.entry("bottomk", Kind.AGGREGATOR),
                    Map.entry("count_values", Kind.AGGREGATOR),
                    Map.entry("quantile", Kind.AGGREGATOR),
                    Map.entry("limitk", Kind.AGGREGATOR),
                    Map.entry("limit_ratio", Kind.AGGREGATOR),
                    Map.entry("offset", Kind.OFFSET),
                    Map.entry("smoothed", Kind.SMOOTHED),
                    Map.entry("anchored", Kind.ANCHORED),
                    Map.entry("by", Kind.BY),
                    Map.entry("without", Kind.WITHOUT),
                    Map.entry("on", Kind.ON),
                    Map.entry("ignoring", Kind.IGNORING),
                    Map.entry("group_left", Kind.GROUP_LEFT),
                    Map.entry("group_right", Kind.GROUP_RIGHT),
                    Map.entry("fill", Kind.FILL),
                    Map.entry("fill_left", Kind.FILL_LEFT),
                    Map.entry("fill_right", Kind.FILL_RIGHT),
                    Map.entry("bool", Kind.BOOL),
                    Map.entry("start", Kind.START),
                    Map.entry("end", Kind.END),
                    Map.entry("step", Kind.STEP),
                    Map.entry("range", Kind.RANGE),
                    Map.entry("max_of", Kind.MAX_OF),
                    Map.entry("min_of", Kind.MIN_OF),
                    Map.entry("inf", Kind.NUMBER),
                    Map.entry("nan", Kind.NUMBER));

    /// The kind of a word made of letters, digits, `_` and `:`; keywords in any case.
    static Kind kindOf(String word) {
        var keyword = KEYWORDS.get(word.toLowerCase(Locale.ROOT));
        if (keyword != null) {
            return keyword;
        }
        return word.indexOf(':') < 0 ? Kind.IDENTIFIER : Kind.METRIC_IDENTIFIER;
    }

    /// Whether the word may stand alone as a metric's name outside braces.
    boolean canNameAMetric() {
        return switch (kind) {
            case IDENTIFIER,
                    METRIC_IDENTIFIER,
                    AGGREGATOR,
                    AND,
                    OR,
                    UNLESS,
                    BY,
                    WITHOUT,
                    FILL,
                    FILL_LEFT,
                    FILL_RIGHT,
                    OFFSET,
                    ANCHORED,
                    SMOOTHED,
                    START,
                    END,
                    STEP,
                    RANGE,
                    MAX_OF,
                    MIN_OF ->
                    true;
            default -> false;
        };
    }

    /// Whether the word may stand unquoted as a label in `by (…)` and its like.
    boolean canNameALabel() {
        return switch (kind) {
            case WITHOUT -> false;
            case BOOL, ON, IGNORING, GROUP_LEFT, GROUP_RIGHT, ATAN2 -> true;
            default -> canNameAMetric();
        };
    }

    /// As Prometheus' messages name the word after `unexpected`.
    String described() {
        return switch (kind) {
            case END_OF_INPUT -> "end of input";
            case IDENTIFIER -> "identifier " + GoText.quote(text);
            case METRIC_IDENTIFIER -> "metric identifier " + GoText.quote(text);
            case NUMBER -> "number " + shortened();
            case DURATION -> "duration " + shortened();
            case STRING -> "string " + shortened();
            case ADD,
                    SUB,
                    MUL,
                    DIV,
                    MOD,
                    POW,
                    ATAN2,
                    EQUAL,
                    NOT_EQUAL,
                    GREATER,
                    LESS,
                    GREATER_OR_EQUAL,
                    LESS_OR_EQUAL,
                    TRIM_UPPER,
                    TRIM_LOWER,
                    EQUAL_REGEX,
                    NOT_EQUAL_REGEX,
                    AND,
                    OR,
                    UNLESS,
                    AT ->
                    "<op:" + text + ">";
            case AGGREGATOR -> "<aggr:" + text + ">";
            case BOOL,
                    BY,
                    WITHOUT,
                    ON,
                    IGNORING,
                    GROUP_LEFT,
                    GROUP_RIGHT,
                    FILL,
                    FILL_LEFT,
                    FILL_RIGHT,
                    OFFSET,
                    ANCHORED,
                    SMOOTHED ->
                    "<" + text + ">";
            case COMMA,
                    COLON,
                    ASSIGN,
                    LEFT_PAREN,
                    RIGHT_PAREN,
                    LEFT_BRACE,
                    RIGHT_BRACE,
                    LEFT_BRACKET,
                    RIGHT_BRACKET,
                    START,
                    END,
                    STEP,
                    RANGE,
                    MAX_OF,
                    MIN_OF ->
                    shortened();
        };
    }

    private String shortened() {
        if (GoText.utf8Length(text) <= 10) {
            return GoText.quote(text);
        }
        int end = text.offsetByCodePoints(0, Math.min(10, text.codePointCount(0, text.length())));
        return GoText.quote(text.substring(0, end)) + "...";
    }
}
