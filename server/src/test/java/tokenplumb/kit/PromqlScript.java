package tokenplumb.kit;

import tokenplumb.promql.Answer;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Runs a script in Prometheus' test language (`load`, `eval`, `expect`, `clear`), as it is,
/// against a [MemoryStorage]; each `eval` is a case with an outcome of its own. Where the language
/// asks for it, an instant case is repeated as a range query, and with every selector pinned by
/// `@`.
public final class PromqlScript {
    /// One `eval`. The failure says what differs.
    public record Outcome(String id, String query, Optional<String> failure) {}

    private static final Pattern LOAD = Pattern.compile("load(_with_nhcb)?\\s+(\\S+)");
    private static final Pattern EVAL =
            Pattern.compile(
                    "eval(_fail|_warn|_info|_ordered)?\\s+(?:instant\\s+at\\s+(\\S+)|range\\s+from"
                            + "\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+))\\s+(.*)");
    private static final Pattern RANGE_VECTOR =
            Pattern.compile("expect range vector from (\\S+) to (\\S+) step (\\S+)");
    private static final Pattern EXPECT =
            Pattern.compile("expect (\\S+?)(?:\\s+(msg|regex):\\s*(.*))?");
    private static final Pattern QUERY_CONTEXT =
            Pattern.compile("\\b(start|end|step|range)\\s*\\(");
    private static final Pattern TIME_DEPENDENT =
            Pattern.compile(
                    "\\b(days_in_month|day_of_month|day_of_week|day_of_year|hour|minute|month|year|"
                            + "predict_linear|time|timestamp|start|end|range|step)\\s*\\(");
    private static final long MINUTE = 60_000;

    private final String name;
    private final List<String> lines;
    private final MemoryStorage storage = new MemoryStorage();
    private final Promql promql;
    private final List<Outcome> outcomes = new ArrayList<>();
    private int at;

    private PromqlScript(String name, String text, Promql.Options options) {
        this.name = name;
        this.lines = text.lines().map(String::strip).toList();
        this.promql = new Promql(storage, options);
    }

    public static List<Outcome> run(String name, String text, Promql.Options options) {
        var script = new PromqlScript(name, text, options);
        script.run();
        return script.outcomes;
    }

    private void run() {
        while (at < lines.size()) {
            var line = lines.get(at++);
            if (isEmpty(line)) {
                continue;
            }
            var word = line.toLowerCase(Locale.ROOT);
            if (word.startsWith("clear")) {
                storage.clear();
            } else if (word.startsWith("load")) {
                load(line, block());
            } else if (word.startsWith("eval")) {
                int number = at;
                eval(name + ":" + number, line, block());
            } else {
                throw new IllegalArgumentException(name + ":" + at + ": what is " + line + "?");
            }
        }
    }

    private static boolean isEmpty(String line) {
        return line.isEmpty() || line.startsWith("#");
    }

    private List<String> block() {
        var block = new ArrayList<String>();
        while (at < lines.size() && !isEmpty(lines.get(at))) {
            block.add(lines.get(at++));
        }
        return block;
    }

    private static long time(String duration) {
        return duration.equals("0") ? 0 : Promql.duration(duration);
    }

    private void load(String line, List<String> block) {
        var match = LOAD.matcher(line);
        if (!match.matches()) {
            throw new IllegalArgumentException(name + ":" + at + ": not a load: " + line);
        }
        long step = time(match.group(2));
        var latest = new HashMap<Labels, SeriesLine>();
        for (var each : block) {
            if (!each.split("\\s")[0].endsWith("@st")) { // start timestamps: not kept yet
                var series = SeriesLine.parse(each);
                latest.put(series.labels(), series);
            }
        }
        for (var series : latest.values()) {
            for (int i = 0; i < series.values().size(); i++) {
                var value = series.values().get(i);
                if (value != null && !SeriesLine.isHistogram(value)) {
                    storage.put(series.labels(), i * step, value);
                }
            }
        }
    }

    /// What a case expects, as far as it says so.
    private static final class Expectation {
        boolean ordered;
        boolean fails;
        Optional<Pattern> failure = Optional.empty();
        final Map<String, List<Pattern>> annotations = new HashMap<>();
        final Set<String> none = new HashSet<>();
        Optional<Double> scalar = Optional.empty();
        Optional<String> text = Optional.empty();
        long[] rangeVector = {};
        final List<SeriesLine> series = new ArrayList<>();
    }

    private void eval(String id, String line, List<String> block) {
        var match = EVAL.matcher(line);
        if (!match.matches()) {
            throw new IllegalArgumentException(id + ": not an eval: " + line);
        }
        var query = match.group(6);
        Optional<String> failure;
        try {
            var expected = expectation(block);
            var old = match.group(1) == null ? "" : match.group(1);
            switch (old) {
                case "_fail" -> expected.fails = true;
                case "_warn" -> expected.annotations.put("warn", List.of(Pattern.compile("")));
                case "_info" -> expected.annotations.put("info", List.of(Pattern.compile("")));
                case "_ordered" -> expected.ordered = true;
                default -> {}
            }
            failure =
                    match.group(2) != null
                            ? instant(query, time(match.group(2)), expected)
                            : range(
                                    query,
                                    time(match.group(3)),
                                    time(match.group(4)),
                                    time(match.group(5)),
                                    expected);
        } catch (RuntimeException broken) {
            failure = Optional.of("cannot be judged: " + broken);
        }
        outcomes.add(new Outcome(id, query, failure));
    }

    private static Expectation expectation(List<String> block) {
        var expected = new Expectation();
        for (var line : block) {
            var rangeVector = RANGE_VECTOR.matcher(line);
            if (rangeVector.matches()) {
                expected.rangeVector =
                        new long[] {
                            time(rangeVector.group(1)),
                            time(rangeVector.group(2)),
                            time(rangeVector.group(3))
                        };
            } else if (line.startsWith("expect string ")) {
                var literal = Promql.parse(line.substring("expect string ".length()));
                expected.text = Optional.of(((Expr.TextLiteral) literal).value());
            } else if (line.startsWith("expect ")) {
                expect(line, expected);
            } else if (line.startsWith("expected_fail_message ")) {
                expected.failure =
                        Optional.of(exactly(line.substring("expected_fail_message ".length())));
            } else if (line.startsWith("expected_fail_regexp ")) {
                expected.failure =
                        Optional.of(
                                Pattern.compile(line.substring("expected_fail_regexp ".length())));
            } else if (isNumber(line)) {
                expected.scalar = Optional.of(SeriesLine.number(line));
                break;
            } else {
                expected.series.add(SeriesLine.parse(line));
            }
        }
        return expected;
    }

    private static boolean isNumber(String line) {
        try {
            SeriesLine.number(line);
            return true;
        } catch (NumberFormatException notANumber) {
            return false;
        }
    }

    private static Pattern exactly(String text) {
        return Pattern.compile("^" + Pattern.quote(text) + "$");
    }

    private static void expect(String line, Expectation expected) {
        var match = EXPECT.matcher(line);
        if (!match.matches()) {
            throw new IllegalArgumentException("not understood: " + line);
        }
        var type = match.group(1);
        var pattern =
                match.group(2) == null
                        ? Pattern.compile("")
                        : match.group(2).equals("msg")
                                ? exactly(match.group(3))
                                : Pattern.compile(match.group(3));
        switch (type) {
            case "fail" -> {
                expected.fails = true;
                expected.failure = Optional.of(pattern);
            }
            case "warn", "info" ->
                    expected.annotations
                            .computeIfAbsent(type, key -> new ArrayList<>())
                            .add(pattern);
            case "no_warn", "no_info" -> expected.none.add(type.substring(3));
            case "ordered" -> expected.ordered = true;
            default -> throw new IllegalArgumentException("not understood: " + line);
        }
    }

    private Optional<String> instant(String query, long time, Expectation expected) {
        long when = expected.rangeVector.length > 0 ? expected.rangeVector[1] : time;
        Answer answer;
        try {
            answer = promql.instant(Promql.Request.of(query), when);
        } catch (QueryError error) {
            return judgeError(error, expected);
        } catch (RuntimeException | StackOverflowError bug) {
            return Optional.of("broken: " + trace(bug));
        }
        if (expected.fails) {
            return Optional.of("did not fail");
        }
        return first(
                () -> judgeAnnotations(answer, expected),
                () -> judgeValue(answer.value(), when, expected),
                () -> sameAsRange(query, time, answer.value(), expected),
                () -> sameWherePinned(query, time, expected));
    }

    private static String trace(Throwable bug) {
        var stack = bug.getStackTrace();
        return bug + (stack.length > 0 ? " at " + stack[0] : "");
    }

    @FunctionalInterface
    private interface Check {
        Optional<String> failure();
    }

    private static Optional<String> first(Check... checks) {
        for (var check : checks) {
            var failure = check.failure();
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> judgeError(QueryError error, Expectation expected) {
        if (!expected.fails) {
            return Optional.of("failed: " + error.getMessage());
        }
        if (expected.failure.isPresent()
                && !expected.failure.get().matcher(error.getMessage()).find()) {
            return Optional.of(
                    "failed otherwise: %s, not %s"
                            .formatted(error.getMessage(), expected.failure.get()));
        }
        return Optional.empty();
    }

    private static Optional<String> judgeAnnotations(Answer answer, Expectation expected) {
        var all = Map.of("warn", answer.warnings(), "info", answer.infos());
        for (var kind : List.of("warn", "info")) {
            var said = all.get(kind);
            if (expected.none.contains(kind) && !said.isEmpty()) {
                return Optional.of("unexpected " + kind + " " + said);
            }
            var patterns = expected.annotations.getOrDefault(kind, List.of());
            for (var pattern : patterns) {
                if (said.stream().noneMatch(text -> pattern.matcher(text).find())) {
                    return Optional.of("no " + kind + " " + pattern + " in " + said);
                }
            }
            for (var text : said) {
                if (!patterns.isEmpty()
                        && patterns.stream().noneMatch(p -> p.matcher(text).find())) {
                    return Optional.of("unexpected " + kind + " " + text);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> judgeValue(Value value, long time, Expectation expected) {
        if (expected.text.isPresent()) {
            return value instanceof Value.Text text && text.value().equals(expected.text.get())
                    ? Optional.empty()
                    : Optional.of("is " + value + ", not the string " + expected.text.get());
        }
        if (expected.scalar.isPresent()) {
            return value instanceof Value.Scalar scalar
                            && almostEqual(scalar.value(), expected.scalar.get())
                    ? Optional.empty()
                    : Optional.of("is " + value + ", not " + expected.scalar.get());
        }
        return switch (value) {
            case Value.Vector vector -> judgeVector(vector, time, expected);
            case Value.Matrix matrix ->
                    expected.rangeVector.length == 0
                            ? Optional.of("is a matrix: " + shown(matrix))
                            : judgeMatrix(
                                    matrix,
                                    expected.rangeVector[0],
                                    expected.rangeVector[2],
                                    expected);
            case Value.Scalar scalar -> Optional.of("is a scalar: " + scalar);
            case Value.Text text -> Optional.of("is a string: " + text);
        };
    }

    private static Optional<String> judgeVector(
            Value.Vector vector, long time, Expectation expected) {
        var found = new HashMap<Labels, Value.Sample>();
        for (var sample : vector.samples()) {
            if (sample.time() != time) {
                return Optional.of("a sample is of time " + sample.time());
            }
            if (found.put(sample.labels(), sample) != null) {
                return Optional.of("contains twice " + sample.labels());
            }
        }
        for (int i = 0; i < expected.series.size(); i++) {
            var line = expected.series.get(i);
            if (line.hasHistograms()) {
                return Optional.of("a native histogram is expected");
            }
            var sample = found.remove(line.labels());
            if (sample == null) {
                return Optional.of("lacks " + line + "; has " + shown(vector));
            }
            if (!almostEqual(sample.value(), line.values().getFirst())) {
                return Optional.of(
                        "%s is %s, not %s"
                                .formatted(
                                        line.labels(), sample.value(), line.values().getFirst()));
            }
            if (expected.ordered && !vector.samples().get(i).labels().equals(line.labels())) {
                return Optional.of("another order: " + shown(vector));
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of("has too much: " + found.keySet());
    }

    private static String shown(Value.Vector vector) {
        return vector.samples().stream().map(s -> s.labels() + " " + s.value()).toList().toString();
    }

    private static String shown(Value.Matrix matrix) {
        return matrix.columns().stream().map(c -> c.labels().toString()).toList().toString();
    }

    private Optional<String> range(
            String query, long start, long end, long step, Expectation expected) {
        Answer answer;
        try {
            answer = promql.range(Promql.Request.of(query), start, end, step);
        } catch (QueryError error) {
            return judgeError(error, expected);
        } catch (RuntimeException | StackOverflowError bug) {
            return Optional.of("broken: " + trace(bug));
        }
        if (expected.fails) {
            return Optional.of("did not fail");
        }
        return first(
                () -> judgeAnnotations(answer, expected),
                () ->
                        answer.value() instanceof Value.Matrix matrix
                                ? judgeMatrix(matrix, start, step, expected)
                                : Optional.of("is no matrix"));
    }

    private static Optional<String> judgeMatrix(
            Value.Matrix matrix, long start, long step, Expectation expected) {
        var found = new HashMap<Labels, Value.Column>();
        Value.Column before = null;
        for (var column : matrix.columns()) {
            if (before != null && before.labels().compareTo(column.labels()) >= 0) {
                return Optional.of("not sorted by labels: " + shown(matrix));
            }
            found.put(column.labels(), column);
            before = column;
        }
        for (var line : expected.series) {
            if (line.hasHistograms()) {
                return Optional.of("a native histogram is expected");
            }
            var column = found.remove(line.labels());
            if (column == null) {
                return Optional.of("lacks " + line.labels() + "; has " + shown(matrix));
            }
            var failure = judgeColumn(column, line, start, step);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of("has too much: " + found.keySet());
    }

    private static Optional<String> judgeColumn(
            Value.Column column, SeriesLine line, long start, long step) {
        int next = 0;
        var samples = column.samples();
        for (int i = 0; i < line.values().size(); i++) {
            var value = line.values().get(i);
            long time = start + i * step;
            boolean present = next < samples.size() && samples.time(next) == time;
            if (present != (value != null)) {
                return Optional.of(
                        "%s at %d ms: %s, expected %s"
                                .formatted(
                                        line.labels(),
                                        time,
                                        present ? samples.value(next) : "nothing",
                                        value));
            }
            if (present && !almostEqual(samples.value(next), value)) {
                return Optional.of(
                        "%s at %d ms is %s, not %s"
                                .formatted(line.labels(), time, samples.value(next), value));
            }
            next += present ? 1 : 0;
        }
        return next == samples.size()
                ? Optional.empty()
                : Optional.of(line.labels() + " has more samples than expected");
    }

    /// An instant query must be what a range query says at that time.
    private Optional<String> sameAsRange(
            String query, long time, Value value, Expectation expected) {
        if (expected.ordered
                || expected.text.isPresent()
                || expected.rangeVector.length > 0
                || QUERY_CONTEXT.matcher(query).find()) {
            return Optional.empty();
        }
        Answer answer;
        try {
            answer = promql.range(Promql.Request.of(query), time - MINUTE, time + MINUTE, MINUTE);
        } catch (RuntimeException bug) {
            return Optional.of("as a range query: " + trace(bug));
        }
        var samples = new ArrayList<Value.Sample>();
        for (var column : ((Value.Matrix) answer.value()).columns()) {
            int i = column.samples().indexAtOrAfter(time);
            if (i < column.samples().size() && column.samples().time(i) == time) {
                samples.add(new Value.Sample(column.labels(), time, column.samples().value(i)));
            }
        }
        if (value instanceof Value.Scalar scalar) {
            return samples.size() == 1 && almostEqual(samples.getFirst().value(), scalar.value())
                    ? Optional.empty()
                    : Optional.of("as a range query: " + samples);
        }
        return judgeVector(new Value.Vector(samples), time, expected)
                .map(failure -> "as a range query: " + failure);
    }

    /// With every selector pinned to the time of the case, the time of asking must not matter.
    private Optional<String> sameWherePinned(String query, long time, Expectation expected) {
        if (expected.text.isPresent()
                || expected.rangeVector.length > 0
                || TIME_DEPENDENT.matcher(query).find()) {
            return Optional.empty();
        }
        var pinned = Promql.print(new Pin(time).pin(Promql.parse(query)));
        long[] moments =
                time == 0
                        ? new long[] {-1000, 0, 1000}
                        : new long[] {-10 * time, 0, time / 5, time, 10 * time};
        for (long moment : moments) {
            try {
                var answer = promql.instant(Promql.Request.of(pinned), moment);
                var failure = judgeValue(answer.value(), moment, expected);
                if (failure.isPresent()) {
                    return failure.map(f -> "as %s at %d ms: %s".formatted(pinned, moment, f));
                }
            } catch (RuntimeException bug) {
                return Optional.of("as %s at %d ms: %s".formatted(pinned, moment, trace(bug)));
            }
        }
        return Optional.empty();
    }

    /// Gives `@ time` to every selector and subquery that has none.
    private record Pin(long time) {
        Expr pin(Expr expr) {
            return switch (expr) {
                case Expr.NumberLiteral number -> number;
                case Expr.TextLiteral text -> text;
                case Expr.Selector selector -> selector(selector);
                case Expr.Range range ->
                        new Expr.Range(selector(range.selector()), range.range(), range.span());
                case Expr.Subquery s ->
                        new Expr.Subquery(
                                s.expr(), s.range(), s.step(), shift(s.shift()), s.span());
                case Expr.Call call ->
                        new Expr.Call(
                                call.function(),
                                call.arguments().stream().map(this::pin).toList(),
                                call.span());
                case Expr.Aggregation a ->
                        new Expr.Aggregation(
                                a.op(),
                                pin(a.expr()),
                                a.parameter().map(this::pin),
                                a.labels(),
                                a.without(),
                                a.span());
                case Expr.Binary b ->
                        new Expr.Binary(
                                b.op(),
                                pin(b.left()),
                                pin(b.right()),
                                b.returnBool(),
                                b.matching(),
                                b.span());
                case Expr.Unary unary ->
                        new Expr.Unary(unary.negative(), pin(unary.expr()), unary.span());
                case Expr.Parens parens -> new Expr.Parens(pin(parens.expr()), parens.span());
            };
        }

        private Expr.Selector selector(Expr.Selector s) {
            return new Expr.Selector(
                    s.name(), s.matchers(), shift(s.shift()), s.smoothing(), s.span());
        }

        private Expr.Shift shift(Expr.Shift shift) {
            return shift.at().isPresent() || shift.edge().isPresent()
                    ? shift
                    : new Expr.Shift(shift.offset(), Optional.of(time), Optional.empty());
        }
    }

    /// As Prometheus' own runner compares: relative to the sum, one in a million.
    static boolean almostEqual(double a, double b) {
        if (Double.isNaN(a) && Double.isNaN(b) || a == b) {
            return true;
        }
        double sum = Math.abs(a) + Math.abs(b);
        double difference = Math.abs(a - b);
        if (a == 0 || b == 0 || sum < Double.MIN_NORMAL) {
            return difference < 1e-6 * Double.MIN_NORMAL;
        }
        return difference / Math.min(sum, Double.MAX_VALUE) < 1e-6;
    }
}
