package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.http.Fetch;
import tokenplumb.json.Json;
import tokenplumb.kit.Shared;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Every exposition vector served to a whole loop: what is stored, and what `up` says.
class ScrapeConformanceTest {
    /// A target that answers with one body, or fails.
    private record Answer(String contentType, byte[] body) implements Fetch {
        @Override
        public Response fetch(Request request) {
            var headers =
                    contentType.isEmpty()
                            ? Map.<String, String>of()
                            : Map.of("content-type", contentType);
            return new Response(200, headers, body, body.length);
        }

        @Override
        public void close() {}
    }

    private final RecordingStorage storage = new RecordingStorage();

    private ScrapeLoop loop(Fetch fetch, String rest) {
        var job = ScrapeJobTest.read("scrape_configs: [{job_name: j" + rest + "}]").getFirst();
        var discovered = ScrapeTarget.discovered(job, Labels.of("__address__", "host:1"));
        return new ScrapeLoop(
                new ScrapeLoop.Surroundings(
                        storage,
                        fetch,
                        InstantSource.system(),
                        new ScrapeMeters(new Meters()),
                        names -> "",
                        new Scratch.Pool(),
                        new Families.Shared(),
                        new HashSet<>()),
                new ScrapeLoop.Plan(
                        job,
                        ScrapeTarget.of(job, discovered).orElseThrow(),
                        discovered,
                        () -> 0,
                        () -> ""));
    }

    private static Object json(String file) throws IOException {
        return Json.read(Files.readAllBytes(Shared.path("conformance/exposition/" + file)));
    }

    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> extraCases() throws IOException {
        var cases = (List<Map<String, Object>>) json("extra/cases.json");
        return cases.stream()
                .filter(c -> c.get("up") != null)
                .map(c ->
                        dynamicTest(
                                (String) c.get("name"),
                                () -> new ScrapeConformanceTest().check(c)));
    }

    @SuppressWarnings("unchecked")
    private void check(Map<String, Object> c) throws InterruptedException {
        var body = ((String) c.get("input")).getBytes(StandardCharsets.UTF_8);
        var loop = loop(new Answer((String) c.get("content_type"), body), "");
        loop.scrapeAt(1000);
        assertThat(storage.last("up"))
                .as(loop.status().error())
                .isEqualTo(((Number) c.get("up")).doubleValue());
        if (c.get("series") == null) {
            assertThat(loop.status().error()).isNotEmpty();
            assertThat(stored()).isEmpty();
            return;
        }
        var expected = new TreeSet<Labels>();
        for (var series : (List<Map<String, Object>>) c.get("series")) {
            expected.add(
                    Labels.of((Map<String, String>) series.get("labels")).toBuilder()
                            .set("job", "j")
                            .set("instance", "host:1")
                            .build());
        }
        assertThat(stored()).isEqualTo(expected);
    }

    /// What the target has sent; our own reports left out.
    private Set<Labels> stored() {
        var stored = new TreeSet<>(storage.all().keySet());
        stored.removeIf(labels ->
                labels.metricName().equals("up") || labels.metricName().startsWith("scrape_"));
        return stored;
    }

    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> vectors() throws IOException {
        var index = (List<Map<String, Object>>) json("index.json");
        return index.stream()
                .filter(c -> !((String) c.get("case")).startsWith("protobuf/"))
                .map(c ->
                        dynamicTest(
                                (String) c.get("case"),
                                () -> new ScrapeConformanceTest().checkVector(c)));
    }

    private void checkVector(Map<String, Object> c) throws IOException, InterruptedException {
        var vector = (Map<?, ?>) json((String) c.get("case"));
        var file = Shared.path("conformance/exposition/" + c.get("input"));
        var body = Files.readAllBytes(file);
        var loop = loop(new Answer((String) vector.get("content_type"), body), "");
        loop.scrapeAt(1000);
        boolean good = vector.get("error") == null;
        assertThat(storage.last("up")).as(loop.status().error()).isEqualTo(good ? 1.0 : 0.0);
        assertThat(loop.status().error().isEmpty()).isEqualTo(good);
        if (!good) {
            assertThat(stored()).isEmpty();
        }
    }

    @Test
    void aTargetThatSendsNoContentTypeIsReadAsTheFallbackSays() throws InterruptedException {
        var body = "a 1\n".getBytes(StandardCharsets.UTF_8);
        var loop = loop(new Answer("", body), ", fallback_scrape_protocol: PrometheusText0.0.4");
        loop.scrapeAt(1000);
        assertThat(storage.last("a")).isEqualTo(1.0);
    }

    @Test
    void anEmptyBodyIsGoodAndEndsWhatWasThere() throws InterruptedException {
        loop(new Answer("text/plain", "a 1\n".getBytes(StandardCharsets.UTF_8)), "").scrapeAt(500);
        var answers = new byte[][] {"a 1\n".getBytes(StandardCharsets.UTF_8), {}};
        var at = new int[1];
        Fetch fetch =
                new Fetch() {
                    @Override
                    public Response fetch(Request request) {
                        return new Answer("text/plain", answers[at[0]++]).fetch(request);
                    }

                    @Override
                    public void close() {}
                };
        var loop = loop(fetch, "");
        loop.scrapeAt(1000);
        loop.scrapeAt(2000);
        assertThat(storage.last("a")).isEqualTo("stale");
        assertThat(storage.last("up")).isEqualTo(1.0);
    }

    @Test
    void aStoreThatFailsCostsTheRoundAndSaysSo() throws InterruptedException {
        var loop = loop(new Answer("text/plain", "a 1\n".getBytes(StandardCharsets.UTF_8)), "");
        loop.scrapeAt(1000);
        storage.failsToCommit = true;
        loop.scrapeAt(2000);
        assertThat(loop.status().health()).isEqualTo(Health.DOWN);
        assertThat(loop.status().error()).contains("disk full");
        storage.failsToCommit = false;
        loop.scrapeAt(3000);
        assertThat(loop.status().health()).isEqualTo(Health.UP);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0, 3000L, 1.0));
        assertThat(storage.of("up")).isEqualTo(Map.of(1000L, 1.0, 3000L, 1.0));
    }

    @Test
    void aBugOfOursEndsARoundAndNotTheLoop() throws InterruptedException {
        var storageThatBreaks = storage;
        Fetch fetch =
                new Fetch() {
                    @Override
                    public Response fetch(Request request) {
                        throw new IllegalStateException("bug: on purpose");
                    }

                    @Override
                    public void close() {}
                };
        var loop = loop(fetch, "");
        loop.scrapeAt(1000);
        assertThat(loop.status().error()).isEqualTo("bug: on purpose");
        assertThat(storageThatBreaks.last("up")).isEqualTo(0.0);
    }
}
