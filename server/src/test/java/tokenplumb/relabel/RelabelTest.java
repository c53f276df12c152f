package tokenplumb.relabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.config.Config;
import tokenplumb.config.ConfigError;
import tokenplumb.json.Json;
import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Prometheus' own relabeling cases, transcribed as data.
final class RelabelTest {
    @TestFactory
    List<DynamicTest> rewritesAsPrometheus() throws IOException {
        var tests = new ArrayList<DynamicTest>();
        for (var item : cases("relabel/relabel-cases.json")) {
            tests.add(
                    DynamicTest.dynamicTest(
                            "case " + tests.size(),
                            () -> {
                                var relabel = read(item.get("relabel_configs"), "utf8");
                                var output = relabel.apply(labels(item.get("input")));
                                if (item.get("output") == null) {
                                    assertThat(output).isEmpty();
                                } else {
                                    assertThat(output).contains(labels(item.get("output")));
                                }
                            }));
        }
        assertThat(tests).isNotEmpty();
        return tests;
    }

    @TestFactory
    List<DynamicTest> refusesWhatPrometheusRefuses() throws IOException {
        var tests = new ArrayList<DynamicTest>();
        for (var item : cases("relabel/validate-cases.json")) {
            var config =
                    new java.util.LinkedHashMap<Object, Object>((Map<?, ?>) item.get("config"));
            var scheme = String.valueOf(config.remove("name_validation"));
            if (!config.containsKey("action")) {
                config.put("action", "");
            }
            tests.add(
                    DynamicTest.dynamicTest(
                            config.toString(),
                            () -> {
                                if (item.get("error") == null) {
                                    assertThat(read(List.of(config), scheme).isEmpty()).isFalse();
                                } else {
                                    assertThatThrownBy(() -> read(List.of(config), scheme))
                                            .isInstanceOf(ConfigError.class)
                                            .hasMessageContaining(item.get("error").toString());
                                }
                            }));
        }
        assertThat(tests).isNotEmpty();
        return tests;
    }

    private static List<Map<?, ?>> cases(String file) throws IOException {
        var document =
                (Map<?, ?>) Json.read(Files.readAllBytes(Shared.path("conformance/" + file)));
        var cases = new ArrayList<Map<?, ?>>();
        for (var item : (List<?>) document.get("cases")) {
            cases.add((Map<?, ?>) item);
        }
        return cases;
    }

    private static Labels labels(Object map) {
        var builder = Labels.builder();
        ((Map<?, ?>) map).forEach((name, value) -> builder.set(name.toString(), value.toString()));
        return builder.build();
    }

    /// The steps as YAML, which JSON is.
    private static Relabel read(Object steps, String scheme) {
        var json =
                new String(
                        Json.bytes(out -> {
                            out.startObject().name("steps");
                            write(out, steps);
                            out.endObject();
                        }),
                        StandardCharsets.UTF_8);
        return Config.read(
                "case.yml",
                json,
                root ->
                        Relabel.read(
                                root,
                                "steps",
                                scheme.equals("legacy")
                                        ? Relabel.NameScheme.LEGACY
                                        : Relabel.NameScheme.UTF8));
    }

    private static void write(tokenplumb.json.JsonWriter out, Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                out.startObject();
                map.forEach((name, item) -> {
                    out.name(name.toString());
                    write(out, item);
                });
                out.endObject();
            }
            case List<?> list -> {
                out.startArray();
                list.forEach(item -> write(out, item));
                out.endArray();
            }
            case Number number -> out.value(number.longValue());
            default -> out.value(value.toString());
        }
    }
}
