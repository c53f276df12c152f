package tokenplumb.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.json.Json;
import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Every vector of `shared/conformance/exposition` that concerns the two text formats.
class ExpositionConformanceTest {
    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> vectors() throws IOException {
        var folder = Shared.path("conformance/exposition");
        var index =
                (List<Map<String, Object>>)
                        Json.read(Files.readAllBytes(folder.resolve("index.json")));
        return index.stream()
                .map(entry -> (String) entry.get("case"))
                .filter(name -> !name.startsWith("protobuf/") && !name.contains("/nhcb-"))
                .map(name -> dynamicTest(name, () -> check(name)));
    }

    @SuppressWarnings("unchecked")
    private static void check(String name) throws IOException {
        var folder = Shared.path("conformance/exposition");
        var vector = (Map<String, Object>) Json.read(Files.readAllBytes(folder.resolve(name)));
        var body = Files.readAllBytes(folder.resolve((String) vector.get("input")));
        var format = Format.ofContentType((String) vector.get("content_type")).orElseThrow();
        var options = (Map<String, Object>) vector.get("options");
        boolean skip = Boolean.TRUE.equals(options.get("skip_created_series"));
        var exposition = skip ? Exposition.withoutCreated() : new Exposition();
        List<Map<String, Object>> read;
        try {
            read = read(exposition, format, body);
        } catch (ExpositionException e) {
            assertThat(vector.get("error")).as("refused: " + e.getMessage()).isNotNull();
            assertThat(e.getMessage()).matches("(?s)line \\d+: .+, at \".*\"");
            return;
        }
        assertThat(vector.get("error")).as("accepted as " + read).isNull();
        if (!"error-only".equals(vector.get("check"))) {
            var expected = new ArrayList<Map<String, Object>>();
            for (var entry : (List<Map<String, Object>>) vector.get("entries")) {
                expected.add(plain(entry));
            }
            if (name.contains("created-")) { // these say nothing about values
                read.forEach(entry ->
                        entry.keySet()
                                .removeAll(
                                        List.of("labels", "value", "exemplars", "timestamp_ms")));
                expected.forEach(entry ->
                        entry.keySet()
                                .removeAll(
                                        List.of("labels", "value", "exemplars", "timestamp_ms")));
            }
            assertThat(read).isEqualTo(expected);
        }
    }

    private static Map<String, Object> plain(Map<String, Object> entry) {
        var plain = new TreeMap<String, Object>();
        entry.forEach((key, value) -> plain.put(key, String.valueOf(value)));
        if (entry.containsKey("labels")) {
            plain.put("labels", String.valueOf(new TreeMap<>((Map<?, ?>) entry.get("labels"))));
        }
        if (entry.containsKey("exemplars")) {
            plain.put("exemplars", String.valueOf(entry.get("exemplars")));
        }
        return plain;
    }

    private static List<Map<String, Object>> read(Exposition exposition, Format format, byte[] body)
            throws ExpositionException {
        exposition.reset(format, body, body.length);
        var entries = new ArrayList<Map<String, Object>>();
        while (true) {
            var entry = new TreeMap<String, Object>();
            switch (exposition.next()) {
                case END -> {
                    return entries;
                }
                case HELP -> {
                    entry.put("kind", "help");
                    entry.put("family", exposition.family());
                    entry.put("help", exposition.text());
                }
                case UNIT -> {
                    entry.put("kind", "unit");
                    entry.put("family", exposition.family());
                    entry.put("unit", exposition.text());
                }
                case TYPE -> {
                    entry.put("kind", "type");
                    entry.put("family", exposition.family());
                    entry.put("type", exposition.type().text());
                }
                case COMMENT -> {
                    entry.put("kind", "comment");
                    entry.put("text", exposition.text());
                }
                case SERIES -> {
                    entry.put("kind", "series");
                    entry.put("raw", exposition.series());
                    entry.put("labels", exposition.labels().toMap().toString());
                    entry.put("value", Numbers.text(exposition.value()));
                    entry.put(
                            "timestamp_ms",
                            exposition.hasTimestamp() ? exposition.timestamp() + "" : "null");
                    var start = exposition.start();
                    entry.put(
                            "start_timestamp_ms",
                            start.isPresent() ? start.getAsLong() + "" : "null");
                    entry.put("exemplars", exemplars(exposition));
                }
            }
            entries.add(entry);
        }
    }

    private static String exemplars(Exposition exposition) throws ExpositionException {
        return exposition
                .exemplar()
                .map(e ->
                        "[{labels=%s, value=%s, timestamp_ms=%s}]"
                                .formatted(
                                        e.labels().toMap(),
                                        Numbers.text(e.value()),
                                        e.timeMillis().isPresent()
                                                ? e.timeMillis().getAsLong()
                                                : "null"))
                .orElse("[]");
    }

    /// The cases that Prometheus 3.5.3 was asked about. What the scrape adds is judged in `scrape`.
    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> extraCases() throws IOException {
        var file = Shared.path("conformance/exposition/extra/cases.json");
        var cases = (List<Map<String, Object>>) Json.read(Files.readAllBytes(file));
        return cases.stream()
                .filter(c -> c.get("up") != null && !"".equals(c.get("content_type")))
                .filter(c -> !"job-label-clash".equals(c.get("name")))
                .map(c -> dynamicTest((String) c.get("name"), () -> checkExtra(c)));
    }

    @SuppressWarnings("unchecked")
    private static void checkExtra(Map<String, Object> c) {
        var body = ((String) c.get("input")).getBytes(StandardCharsets.UTF_8);
        var format = Format.ofContentType((String) c.get("content_type")).orElseThrow();
        boolean up = ((Number) c.get("up")).intValue() == 1;
        var found = new TreeMap<Labels, String>();
        try {
            var exposition = new Exposition();
            exposition.reset(format, body, body.length);
            Exposition.Entry entry;
            while ((entry = exposition.next()) != Exposition.Entry.END) {
                if (entry == Exposition.Entry.SERIES) {
                    found.putIfAbsent(exposition.labels(), Numbers.text(exposition.value()));
                }
            }
        } catch (ExpositionException e) {
            assertThat(up).as("refused: " + e.getMessage()).isFalse();
            return;
        }
        assertThat(up).as("accepted as " + found).isTrue();
        var expected = new TreeMap<Labels, String>();
        for (var series : (List<Map<String, Object>>) c.get("series")) {
            expected.put(
                    Labels.of((Map<String, String>) series.get("labels")),
                    Numbers.text(number((String) series.get("value"))));
        }
        assertThat(found).isEqualTo(expected);
    }

    private static double number(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return Numbers.rare(bytes, 0, bytes.length);
    }
}
