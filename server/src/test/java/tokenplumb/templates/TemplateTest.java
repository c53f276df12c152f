package tokenplumb.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.util.List;
import java.util.Map;

class TemplateTest {
    private static final Map<String, Object> DATA =
            Map.of(
                    "Labels",
                    new TextMap(Map.of("job", "vllm", "pod", "a-0")),
                    "Value",
                    12.5,
                    "List",
                    List.of("x", "y", "z"),
                    "Empty",
                    List.of());

    private static String expand(String text) {
        return Template.parse("t", text, Map.of()).expand(DATA);
    }

    private static String errorOf(String text) {
        try {
            return "no error, but " + expand(text);
        } catch (TemplateError e) {
            return e.getMessage();
        }
    }

    @Test
    void branches() {
        assertThat(expand("{{if .List}}some{{else}}none{{end}}")).isEqualTo("some");
        assertThat(expand("{{if .Empty}}some{{else if gt .Value 10.0}}high{{else}}low{{end}}"))
                .isEqualTo("high");
        assertThat(expand("{{with .Labels.job}}{{.}}{{else}}-{{end}}")).isEqualTo("vllm");
        assertThat(expand("{{with .Empty}}a{{else with .Value}}{{.}}{{end}}")).isEqualTo("12.5");
    }

    @Test
    void loops() {
        assertThat(expand("{{range .List}}<{{.}}>{{end}}")).isEqualTo("<x><y><z>");
        assertThat(expand("{{range $i, $e := .List}}{{$i}}={{$e}} {{end}}"))
                .isEqualTo("0=x 1=y 2=z ");
        assertThat(expand("{{range $k, $v := .Labels}}{{$k}}:{{$v}};{{end}}"))
                .isEqualTo("job:vllm;pod:a-0;");
        assertThat(expand("{{range .Empty}}x{{else}}nothing{{end}}")).isEqualTo("nothing");
        assertThat(
                        expand(
                                "{{range .List}}{{if eq . \"y\"}}{{continue}}{{end}}"
                                        + "{{if eq . \"z\"}}{{break}}{{end}}{{.}}{{end}}"))
                .isEqualTo("x");
    }

    @Test
    void keepsVariablesInTheirScope() {
        assertThat(expand("{{$n := 1}}{{if true}}{{$n = 2}}{{$m := 3}}{{$m}}{{end}}{{$n}}"))
                .isEqualTo("32");
        assertThat(expand("{{range .List}}{{$.Value}} {{end}}")).isEqualTo("12.5 12.5 12.5 ");
        assertThat(errorOf("{{if true}}{{$m := 3}}{{end}}{{$m}}"))
                .isEqualTo("template: t:1: undefined variable \"$m\"");
    }

    @Test
    void definesAndInvokes() {
        assertThat(expand("{{define \"a\"}}[{{.}}]{{end}}{{template \"a\" .Value}}"))
                .isEqualTo("[12.5]");
        assertThat(expand("{{block \"b\" .Labels.pod}}({{.}}){{end}}")).isEqualTo("(a-0)");
        assertThat(errorOf("{{template \"missing\"}}")).contains("\"missing\" not defined");
        assertThat(errorOf("{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}"))
                .contains("exceeded maximum template depth");
    }

    @Test
    void trimsSpaceWhereAsked() {
        assertThat(expand("a \n {{- /* gone */ -}} \n b {{- .Value -}} c")).isEqualTo("ab12.5c");
    }

    @Test
    void printsNumbersAsGo() {
        assertThat(
                        expand(
                                "{{printf \"%.2f|%5d|%-4s|%q|%x|%+d|%08.3f|%e|%g|%t|%v\" 3.14159 42"
                                    + " \"ab\" \"q\\\"\" 255 7 2.5 12345.678 0.000001 true 1e21}}"))
                .isEqualTo(
                        "3.14|   42|ab  |\"q\\\"\"|ff|+7|0002.500|1.234568e+04|1e-06|true|1e+21");
        assertThat(expand("{{printf \"%d %s\" 1.5}}")).isEqualTo("%!d(float64=1.5) %!s(MISSING)");
        assertThat(expand("{{printf \"%%\" 1}}")).isEqualTo("%%!(EXTRA int=1)");
        assertThat(expand("{{100000.0}} {{1000000.0}} {{1e6}} {{0.00001}} {{1234567.0}}"))
                .isEqualTo("100000 1e+06 1e+06 1e-05 1.234567e+06");
        assertThat(expand("{{print 1 2 \"a\" 3}}")).isEqualTo("1 2a3");
    }

    @Test
    void compares() {
        assertThat(
                        expand(
                                "{{eq 1 1}} {{eq \"a\" \"b\" \"a\"}} {{ne 1.5 2.5}} {{lt 1 2}} {{ge"
                                        + " 2 2}}"))
                .isEqualTo("true true true true true");
        assertThat(expand("{{and 1 0 2}} {{or 0 \"x\" 1}} {{not .Empty}} {{len .List}}"))
                .isEqualTo("0 x true 3");
        assertThat(errorOf("{{gt .Value 5}}"))
                .isEqualTo(
                        "template: t:1:2: executing \"t\" at <gt .Value 5>: error calling gt:"
                                + " incompatible types for comparison");
    }

    @Test
    void indexes() {
        assertThat(expand("{{index .List 1}} {{index .Labels \"job\"}} {{slice \"hello\" 1 3}}"))
                .isEqualTo("y vllm el");
    }

    @Test
    void refusesWhatGoRefusesInItsWords() {
        assertThat(errorOf("{{ .Value")).isEqualTo("template: t:1: unclosed action");
        assertThat(errorOf("a\nb {{ if .Value }}")).isEqualTo("template: t:2: unexpected EOF");
        assertThat(errorOf("{{ nope .Value }}"))
                .isEqualTo("template: t:1: function \"nope\" not defined");
        assertThat(errorOf("{{ end }}")).isEqualTo("template: t:1: unexpected {{end}}");
        assertThat(errorOf("{{ \"a }}")).isEqualTo("template: t:1: unterminated quoted string");
        assertThat(errorOf("{{}}")).isEqualTo("template: t:1: missing value for command");
        assertThat(errorOf("{{ .Value | \"x\" }}"))
                .isEqualTo("template: t:1: non executable command in pipeline stage 2");
    }

    @Test
    void isBounded() {
        assertThatThrownBy(
                        () -> expand("{{range 100000}}{{range 100000}}xxxxxxxxxxx{{end}}{{end}}"))
                .isInstanceOf(TemplateError.class)
                .hasMessageContaining("1 MiB");
        assertThatExceptionOfType(TemplateError.class)
                .isThrownBy(() -> expand("{{if true}}".repeat(5000) + "{{end}}".repeat(5000)));
        assertThatExceptionOfType(TemplateError.class)
                .isThrownBy(() -> expand("{{" + "(".repeat(5000) + "1" + ")".repeat(5000) + "}}"));
    }

    @Test
    void answersGarbageWithATemplateErrorAndNothingElse() {
        var pieces =
                List.of(
                        "{{",
                        "}}",
                        "if",
                        "else",
                        "end",
                        "range",
                        "with",
                        "define",
                        "template",
                        "block",
                        " ",
                        ".",
                        ".Labels",
                        "$x",
                        ":=",
                        "=",
                        "|",
                        "(",
                        ")",
                        "\"a\"",
                        "`b`",
                        "1",
                        "1.5",
                        "'c'",
                        "printf",
                        "index",
                        "eq",
                        "len",
                        ",",
                        "-",
                        "{{-",
                        "-}}",
                        "/*",
                        "*/",
                        "nil",
                        "true",
                        "é",
                        "\\",
                        "%d",
                        "break",
                        "continue",
                        "$");
        Seeds.forEach(
                20_000,
                random -> {
                    var text = new StringBuilder();
                    for (int i = random.nextInt(14); i >= 0; i--) {
                        text.append(pieces.get(random.nextInt(pieces.size())));
                    }
                    try {
                        expand(text.toString());
                    } catch (TemplateError e) {
                        assertThat(e.getMessage()).startsWith("template: t:");
                    }
                });
    }
}
