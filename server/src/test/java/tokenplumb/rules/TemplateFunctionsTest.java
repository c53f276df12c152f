package tokenplumb.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.json.Json;
import tokenplumb.kit.Shared;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;
import tokenplumb.templates.Template;
import tokenplumb.templates.TemplateError;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Prometheus' own template vectors, in text mode.
class TemplateFunctionsTest {
    private static final URI EXTERNAL = URI.create("http://testhost:9090/path/prefix");

    @Test
    @SuppressWarnings("unchecked")
    void expandsAsPrometheus() throws IOException {
        var bytes = Files.readAllBytes(Shared.path("conformance/rules/template-cases.json"));
        var document = (Map<String, Object>) Json.read(bytes);
        var wrong = new ArrayList<String>();
        int checked = 0;
        for (var vector : (List<Map<String, Object>>) document.get("cases")) {
            boolean otherMode = vector.containsKey("html") && !vector.containsKey("error");
            if (otherMode || vector.containsKey("go_template_options") || isHistogram(vector)) {
                continue;
            }
            checked++;
            var want = vector.getOrDefault("output", vector.get("error"));
            var got = expand(vector);
            if (!got.equals(want)) {
                wrong.add(vector.get("text") + "\n  want " + want + "\n  got  " + got);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(checked).isGreaterThan(45);
    }

    private static boolean isHistogram(Map<String, Object> vector) {
        return vector.containsKey("note") && vector.get("note").toString().contains("histogram");
    }

    @SuppressWarnings("unchecked")
    private static String expand(Map<String, Object> vector) {
        var samples = new ArrayList<Value.Sample>();
        for (var sample :
                (List<Map<String, Object>>) vector.getOrDefault("query_result", List.of())) {
            samples.add(
                    new Value.Sample(
                            Labels.of((Map<String, String>) sample.get("labels")),
                            (Long) sample.get("t_ms"),
                            ((Number) sample.get("value")).doubleValue()));
        }
        var functions = TemplateFunctions.at(1353755652.0, EXTERNAL, query -> samples);
        Template template;
        try {
            template = Template.parse("test", (String) vector.get("text"), functions);
        } catch (TemplateError e) {
            return "error parsing template test: " + e.getMessage();
        }
        try {
            return template.expand(vector.get("input"));
        } catch (TemplateError e) {
            return "error executing template test: " + e.getMessage();
        }
    }

    @Test
    void writesDurationsAsGo() {
        assertThat(new GoDuration(5_400_000_000_000L).print()).isEqualTo("1h30m0s");
        assertThat(new GoDuration(1_500_000_000L).print()).isEqualTo("1.5s");
        assertThat(new GoDuration(20_000_000).print()).isEqualTo("20ms");
        assertThat(new GoDuration(-90_000_000_000L).print()).isEqualTo("-1m30s");
    }
}
