package tokenplumb.promql.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.json.Json;
import tokenplumb.kit.Seeds;
import tokenplumb.kit.Shared;
import tokenplumb.promql.QueryError;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Prometheus' own parser vectors, and everything real that must parse.
class PromqlParserTest {
    private static final PromqlParser.Options AS_THE_VECTORS =
            new PromqlParser.Options(true, true, true, false);

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> cases(String file) throws IOException {
        var bytes = Files.readAllBytes(Shared.path("conformance/" + file));
        var document = (Map<String, Object>) Json.read(bytes);
        return (List<Map<String, Object>>) document.get("cases");
    }

    static String errorOf(String query, PromqlParser.Options options) {
        try {
            PromqlParser.parse(query, options);
            return "";
        } catch (QueryError e) {
            return e.getMessage();
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void refusesWhatPrometheusRefusesInTheSameWordsAtTheSamePlace() throws IOException {
        int refused = 0;
        var wrong = new ArrayList<String>();
        for (var vector : cases("promql-parser/parse-cases.json")) {
            var input = (String) vector.get("input");
            var error = errorOf(input, AS_THE_VECTORS);
            if ((Boolean) vector.get("ok")) {
                if (!error.isEmpty()) {
                    wrong.add(input + "\n  must parse, but: " + error);
                }
                continue;
            }
            refused++;
            var first = ((List<Map<String, Object>>) vector.get("errors")).getFirst();
            var message = ((String) first.get("error")).replace("%f", ""); // a slip in the vectors
            var want = position(input, (Long) first.get("start")) + ": parse error: " + message;
            if (!error.startsWith(want)) {
                wrong.add(input + "\n  want " + want + "\n  got  " + error);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).isGreaterThan(90);
    }

    private static String position(String input, long byteOffset) {
        if (input.isEmpty()) {
            return "unknown position";
        }
        var before =
                new String(
                        input.getBytes(StandardCharsets.UTF_8),
                        0,
                        (int) byteOffset,
                        StandardCharsets.UTF_8);
        long line = before.lines().count() + (before.endsWith("\n") || before.isEmpty() ? 1 : 0);
        return line + ":" + (byteOffset - before.lastIndexOf('\n'));
    }

    @Test
    @SuppressWarnings("unchecked")
    void buildsPrometheusTree() throws IOException {
        var wrong = new ArrayList<String>();
        int checked = 0;
        for (var vector : cases("promql-parser/parse-cases.json")) {
            if (!(Boolean) vector.get("ok") || !(vector.get("ast") instanceof Map<?, ?> ast)) {
                continue;
            }
            var input = (String) vector.get("input");
            var tree = VectorTree.of(PromqlParser.parse(input, AS_THE_VECTORS));
            compare(input, "", (Map<String, Object>) ast, tree, wrong);
            checked++;
        }
        assertThat(wrong).isEmpty();
        assertThat(checked).isGreaterThan(130);
    }

    private static void compare(
            String input, String path, Object want, Object got, List<String> wrong) {
        switch (want) {
            case Map<?, ?> map when got instanceof Map<?, ?> other ->
                    map.forEach((key, value) -> {
                        boolean place = key.equals("StartPos") || key.equals("EndPos");
                        if (!place || other.containsKey(key)) {
                            compare(input, path + "/" + key, value, other.get(key), wrong);
                        }
                    });
            case List<?> list when got instanceof List<?> other && list.size() == other.size() -> {
                for (int i = 0; i < list.size(); i++) {
                    compare(input, path + "/" + i, list.get(i), other.get(i), wrong);
                }
            }
            case Number number when got instanceof Number other -> {
                if (number.doubleValue() != other.doubleValue()) {
                    wrong.add(input + " " + path + ": want " + want + ", got " + got);
                }
            }
            case String text when text.contains("\udcff") -> {} // bytes that a String cannot hold
            case null, default -> {
                if (!Objects.equals(want, got)) {
                    wrong.add(input + " " + path + ": want " + want + ", got " + got);
                }
            }
        }
    }

    @Test
    void printsOnOneLineAsPrometheus() throws IOException {
        var wrong = new ArrayList<String>();
        for (var vector : cases("promql-parser/print-cases.json")) {
            var got = PromqlPrinter.print(PromqlParser.parse((String) vector.get("in")));
            if (!got.equals(vector.get("out"))) {
                wrong.add(vector.get("in") + "\n want " + vector.get("out") + "\n got  " + got);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void breaksLinesAsPrometheus() throws IOException {
        var wrong = new ArrayList<String>();
        for (var vector : cases("promql-parser/prettify-cases.json")) {
            int width = ((Long) vector.get("width")).intValue();
            var expr = PromqlParser.parse((String) vector.get("in"));
            var got = PromqlPrinter.pretty(expr, width);
            if (!got.equals(vector.get("out"))) {
                wrong.add(vector.get("in") + "\n want " + vector.get("out") + "\n got  " + got);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void readsItsOwnPrintBackTheSame() throws IOException {
        for (var vector : cases("promql-parser/parse-cases.json")) {
            if (!(Boolean) vector.get("ok")) {
                continue;
            }
            var once = PromqlPrinter.print(PromqlParser.parse((String) vector.get("input")));
            assertThat(PromqlPrinter.print(PromqlParser.parse(once)))
                    .as((String) vector.get("input"))
                    .isEqualTo(once);
            var pretty = PromqlPrinter.pretty(PromqlParser.parse(once), 20);
            assertThat(PromqlPrinter.print(PromqlParser.parse(pretty))).isEqualTo(once);
        }
    }

    @Test
    void parsesEveryExpressionOfRealDashboardsAndRules() throws IOException {
        var wrong = new ArrayList<String>();
        int parsed = 0;
        for (var query : Corpus.expressions()) {
            var error = errorOf(query, PromqlParser.Options.ALL);
            if (error.isEmpty()) {
                parsed++;
                var expr = PromqlParser.parse(query);
                var printed = PromqlPrinter.print(expr);
                assertThat(PromqlPrinter.print(PromqlParser.parse(printed))).isEqualTo(printed);
                var pretty = PromqlPrinter.pretty(expr);
                assertThat(PromqlPrinter.print(PromqlParser.parse(pretty))).isEqualTo(printed);
                assertThat(PromqlTree.of(expr)).containsKey("type");
            } else {
                wrong.add(query + "\n  " + error);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(parsed).isGreaterThan(4000);
    }

    @Test
    void judgesDoubtfulExpressionsAsTheirNotesSay() throws IOException {
        for (var line : Corpus.lines("invalid.tsv")) {
            var query = Corpus.substituted(line.get("expr"));
            var error = errorOf(query, PromqlParser.Options.ALL);
            // Prometheus 3 syntax that promtool 2.42 did not know, and a false alarm of lezer's
            boolean quotedName = query.startsWith("{\"");
            boolean falseAlarm = line.get("accepted_by").equals("promtool-only:one");
            if (quotedName || falseAlarm) {
                assertThat(error).as(query).isEmpty();
            } else {
                var want = line.get("promtool_2.42").replace("could not parse expression: ", "");
                assertThat(error).as(query).isEqualTo(want);
            }
        }
    }

    @Test
    void survivesNastyQueries() throws IOException {
        var wrong = new ArrayList<String>();
        for (var nasty : cases("fuzz-corpus/nasty.json")) {
            var query = (String) nasty.get("query");
            var error = errorOf(query, AS_THE_VECTORS);
            var expect = (String) nasty.get("expect");
            boolean left =
                    query.contains("(a{1,100}){1,100}"); // re2j allows what Go's RE2 does not
            if (!left && !expect.equals("any") && error.isEmpty() != expect.equals("ok")) {
                wrong.add(expect + ": " + query + "\n  " + error);
            }
            if (error.isEmpty()) {
                var expr = PromqlParser.parse(query);
                assertThat(PromqlPrinter.print(expr)).isNotEmpty();
                assertThat(PromqlTree.of(expr)).isNotEmpty();
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void answersGarbageWithAQueryErrorAndNothingElse() throws IOException {
        var seeds = new ArrayList<>(Corpus.expressions());
        for (var nasty : cases("fuzz-corpus/nasty.json")) {
            seeds.add((String) nasty.get("query"));
        }
        seeds.removeIf(seed -> seed.length() > 2000);
        Seeds.forEach(
                20_000,
                random -> {
                    var text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
                    for (int i = random.nextInt(4); i >= 0 && !text.isEmpty(); i--) {
                        int at = random.nextInt(text.length());
                        switch (random.nextInt(3)) {
                            case 0 -> text.deleteCharAt(at);
                            case 1 ->
                                    text.insert(
                                            at,
                                            " ([{}])\"'`,:=~!<>@-^#\\\n5é"
                                                    .charAt(random.nextInt(25)));
                            default -> {
                                var other = seeds.get(random.nextInt(seeds.size()));
                                text.insert(at, other, 0, random.nextInt(other.length() + 1));
                            }
                        }
                    }
                    try {
                        var printed = PromqlPrinter.print(PromqlParser.parse(text.toString()));
                        assertThat(PromqlPrinter.print(PromqlParser.parse(printed)))
                                .isEqualTo(printed);
                    } catch (QueryError e) {
                        assertThat(e.getMessage()).contains(": parse error: ");
                    }
                });
    }

    @Test
    void refusesDeepNestingOnASmallStack() throws InterruptedException {
        var failures = new ArrayList<Throwable>();
        Runnable deep =
                () -> {
                    for (var opening :
                            List.of(
                                    "(", "abs(", "sum(", "2^", "2^-", "-(", "1+", "1+(", "foo[(",
                                    "-")) {
                        assertThatExceptionOfType(QueryError.class)
                                .as(opening)
                                .isThrownBy(() -> PromqlParser.parse(opening.repeat(100_000)));
                    }
                    PromqlParser.parse("(".repeat(1000) + "1" + ")".repeat(1000));
                    for (var chain : List.of("+1", "^1", "[1m:1m]")) {
                        var head = chain.startsWith("[") ? "foo" : "1";
                        int length = chain.startsWith("[") ? 1 : 2000;
                        var expr = PromqlParser.parse(head + chain.repeat(length));
                        PromqlTree.of(expr);
                        PromqlPrinter.print(expr);
                        PromqlPrinter.pretty(expr);
                    }
                };
        var thread = new Thread(null, deep, "small", 1 << 20);
        thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
        thread.start();
        thread.join();
        var light = Thread.ofVirtual().uncaughtExceptionHandler((t, e) -> failures.add(e));
        light.start(deep).join();
        assertThat(failures).isEmpty();
    }

    @Test
    void keepsExperimentalThingsBehindTheirFlags() {
        var stable = PromqlParser.Options.STABLE;
        assertThat(errorOf("mad_over_time(foo[5m])", stable))
                .isEqualTo("1:1: parse error: function \"mad_over_time\" is not enabled");
        assertThat(errorOf("limitk(1, foo)", stable))
                .isEqualTo(
                        "1:1: parse error: limitk() is experimental and must be enabled with"
                                + " --enable-feature=promql-experimental-functions");
        assertThat(errorOf("foo[5m+1m]", stable))
                .isEqualTo("1:5: parse error: experimental duration expression is not enabled");
        assertThat(errorOf("foo[5m] anchored", stable))
                .isEqualTo("1:1: parse error: anchored modifier is experimental and not enabled");
        assertThat(errorOf("foo + fill(0) bar", stable))
                .isEqualTo(
                        "1:1: parse error: binop fill modifiers are experimental and not enabled");
    }

    @Test
    void countsColumnsInBytesAndLinesFromOne() {
        assertThat(errorOf("{a=\"é\"} +\n  foo{b=\"日本\"} )", PromqlParser.Options.ALL))
                .isEqualTo("2:20: parse error: unexpected right parenthesis ')'");
    }

    @Test
    void namesTheContextOfASurprise() {
        var all = PromqlParser.Options.ALL;
        assertThat(errorOf("sum(foo bar)", all))
                .isEqualTo("1:9: parse error: unexpected identifier \"bar\" in aggregation");
        assertThat(errorOf("sum by (a)", all))
                .isEqualTo("1:11: parse error: unexpected end of input in aggregation");
        assertThat(errorOf("foo[5m 5m]", all))
                .isEqualTo(
                        "1:8: parse error: unexpected duration \"5m\" in subquery or range,"
                                + " expected \":\" or \"]\"");
    }

    @Test
    void readsALoneSelector() {
        assertThat(PromqlParser.parseSelector("up{job=~\"a|b\"}").toString())
                .isEqualTo("[job=~\"a|b\", __name__=\"up\"]");
        assertThat(PromqlParser.parseSelector("{}")).isEmpty();
        assertThatThrownBy(() -> PromqlParser.parseSelector("up + 1"))
                .isInstanceOf(QueryError.class)
                .hasMessage("1:4: parse error: unexpected <op:+>");
    }

    @Test
    void readsDurations() {
        assertThat(PromqlParser.parseDuration("1y2w3d4h5m6s7ms"))
                .isEqualTo(((((365L + 14 + 3) * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7);
        assertThat(PromqlParser.parseDuration("0")).isZero();
        assertThatThrownBy(() -> PromqlParser.parseDuration("5"))
                .hasMessage("not a valid duration string: \"5\"");
        assertThatThrownBy(() -> PromqlParser.parseDuration("300y"))
                .hasMessage("duration out of range");
    }
}
