package tokenplumb.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.nio.charset.StandardCharsets;

class ExpositionTest {
    private static Exposition of(Format format, String text) {
        var body = text.getBytes(StandardCharsets.UTF_8);
        var exposition = new Exposition();
        exposition.reset(format, body, body.length);
        return exposition;
    }

    private static void readAll(Exposition exposition) throws ExpositionException {
        Exposition.Entry entry;
        while ((entry = exposition.next()) != Exposition.Entry.END) {
            if (entry == Exposition.Entry.SERIES) {
                assertThat(exposition.labels().metricName()).isEqualTo(exposition.name());
            }
        }
    }

    @Test
    void readsLinesThatEndAsOnWindows() throws ExpositionException {
        var exposition =
                of(Format.TEXT, "# TYPE a gauge\r\n# HELP a b\r\na 1\r\n\r\nb 2 3\r\nc 4\r");
        assertThat(exposition.next()).isEqualTo(Exposition.Entry.TYPE);
        assertThat(exposition.type()).isEqualTo(Metadata.Type.GAUGE);
        assertThat(exposition.next()).isEqualTo(Exposition.Entry.HELP);
        assertThat(exposition.text()).isEqualTo("b");
        exposition.next();
        assertThat(exposition.value()).isEqualTo(1);
        exposition.next();
        assertThat(exposition.timestamp()).isEqualTo(3);
        exposition.next();
        assertThat(exposition.value()).isEqualTo(4);
        assertThat(exposition.next()).isEqualTo(Exposition.Entry.END);
    }

    @Test
    void saysWhichLineIsWrongAndWhere() {
        assertThatThrownBy(() -> readAll(of(Format.TEXT, "a 1\n# a remark\nb{x=\"1\" 2\n")))
                .hasMessage("line 3: expected a label name, at \"b{x=\\\"1\\\" 2\"");
        assertThatThrownBy(() -> readAll(of(Format.TEXT, "a 1 soon\n")))
                .hasMessage(
                        "line 1: expected a timestamp in whole milliseconds or the end of the"
                                + " line, at \"a 1 soon\"");
        assertThatThrownBy(() -> readAll(of(Format.OPENMETRICS, "a 1\n")))
                .hasMessage("line 2: the exposition does not end with # EOF, at \"\"");
        assertThatThrownBy(() -> readAll(of(Format.TEXT, "<html>\n<body>")))
                .hasMessage("line 1: expected a metric's name, { or #, at \"<html>\"");
    }

    @Test
    void aSignedNanIsForTheTextFormatOnly() throws ExpositionException {
        readAll(of(Format.TEXT, "a -nan(ind)\n"));
        readAll(of(Format.OPENMETRICS, "a NaN\n# EOF\n"));
        assertThatThrownBy(() -> readAll(of(Format.OPENMETRICS, "a -nan\n# EOF\n")))
                .hasMessageContaining("line 1: not a number as OpenMetrics writes it");
    }

    @Test
    void refusesALabelGivenTwice() {
        assertThatThrownBy(() -> readAll(of(Format.TEXT, "a{x=\"1\",x=\"2\"} 1\n")))
                .hasMessageContaining("label \"x\" is given twice");
    }

    @Test
    void noBytesWhateverBreakTheParser() {
        var pieces =
                new String[] {
                    "a",
                    "{",
                    "}",
                    "\"",
                    "\\",
                    ",",
                    "=",
                    " ",
                    "\n",
                    "# HELP ",
                    "# TYPE ",
                    "counter",
                    "1",
                    "e",
                    ".",
                    "-",
                    "+Inf",
                    "#",
                    "# EOF",
                    "\t",
                    "\r",
                    "\0",
                    "é",
                    "le=\"1\"",
                    "{\"b\""
                };
        Seeds.forEach(
                20_000,
                random -> {
                    var text = new StringBuilder();
                    int count = random.nextInt(30);
                    for (int i = 0; i < count; i++) {
                        text.append(pieces[random.nextInt(pieces.length)]);
                    }
                    var format = random.nextBoolean() ? Format.TEXT : Format.OPENMETRICS;
                    try {
                        readAll(of(format, text.toString()));
                    } catch (ExpositionException refused) {
                        assertThat(refused.getMessage()).startsWith("line ");
                        assertThat(refused.line()).isPositive();
                    }
                });
    }

    @Test
    void readsBackWhatIsWritten() throws ExpositionException {
        var writer =
                new ExpositionWriter()
                        .family("a_total", Metadata.Type.COUNTER, "How \\ many\nof them.")
                        .sample(Labels.of("__name__", "a_total", "x", "a\"b\\c\nd"), 0.1)
                        .sample(Labels.of("__name__", "a_total"), 1e21, 1234)
                        .family("with.dots", Metadata.Type.UNKNOWN, "")
                        .sample(Labels.of("__name__", "with.dots", "b.c", "ü"), Double.NaN)
                        .sample(Labels.of("__name__", "inf"), Double.NEGATIVE_INFINITY);
        assertThat(writer.toString())
                .isEqualTo(
                        """
                        # HELP a_total How \\\\ many\\nof them.
                        # TYPE a_total counter
                        a_total{x="a\\"b\\\\c\\nd"} 0.1
                        a_total 1e+21 1234
                        # TYPE "with.dots" untyped
                        {"with.dots","b.c"="ü"} NaN
                        inf -Inf
                        """);
        var exposition = new Exposition();
        var body = writer.bytes();
        exposition.reset(Format.TEXT, body, body.length);
        assertThat(exposition.next()).isEqualTo(Exposition.Entry.HELP);
        assertThat(exposition.text()).isEqualTo("How \\ many\nof them.");
        exposition.next();
        exposition.next();
        assertThat(exposition.labels().get("x")).isEqualTo("a\"b\\c\nd");
        exposition.next();
        assertThat(exposition.timestamp()).isEqualTo(1234);
        exposition.next();
        assertThat(exposition.family()).isEqualTo("with.dots");
        exposition.next();
        assertThat(exposition.labels()).isEqualTo(Labels.of("__name__", "with.dots", "b.c", "ü"));
    }
}
