package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;

class AdmissionTest {
    private static final Labels TARGET = Labels.of("job", "j", "user_id", "of the target");

    private final RecordingStorage storage = new RecordingStorage();
    private SeriesCache cache = cache("");

    private static SeriesCache cache(String rails) {
        var text = "scrape_configs: [{job_name: j, guard_rails: {" + rails + "}}]";
        var job = ScrapeJobTest.read(text).getFirst();
        return new SeriesCache(job, new SampleLabels(job, TARGET), new Scratch.Pool());
    }

    private void round(String body, long time) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        cache.begin();
        try (var batch = storage.batch()) {
            cache.read(bytes, bytes.length, Format.TEXT, batch, time);
            cache.markVanished(batch, time);
            batch.commit();
        }
        cache.keep();
    }

    @Test
    void labelsThatNameARequestAreDroppedHoweverTheyAreSpelled() throws IOException {
        round(
                """
                a{request_id="1"} 1
                b{X_Request_ID="1",m="x"} 1
                c{traceId="1",session_id="2"} 1
                d{exported_conversation_id="1"} 1
                e{request_idle="1",tenant="t"} 1
                """,
                1000);
        assertThat(storage.all().keySet())
                .allMatch(labels -> labels.get("user_id").equals("of the target"))
                .extracting(labels -> labels.without("user_id").without("job").toString())
                .containsExactlyInAnyOrder(
                        "a", "b{m=\"x\"}", "c", "d", "e{request_idle=\"1\", tenant=\"t\"}");
        assertThat(cache.droppedLabels())
                .isEqualTo(
                        Map.of(
                                "request_id",
                                2L,
                                "trace_id",
                                1L,
                                "session_id",
                                1L,
                                "conversation_id",
                                1L));
        assertThat(cache.warnings())
                .containsExactly(
                        "labels dropped, as their values never end: conversation_id, request_id,"
                                + " session_id, trace_id; guard_rails.forbidden_labels says which");
        round("a{request_id=\"1\"} 2\n", 2000);
        assertThat(cache.droppedLabels()).isEmpty();
        assertThat(cache.warnings()).hasSize(1);
    }

    @Test
    void theFirstLineCountsWhereDroppingMakesThemTheSame() throws IOException {
        round("a{request_id=\"1\"} 5\na{request_id=\"2\"} 6\n", 1000);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 5.0));
        assertThat(cache.duplicates()).isEqualTo(1);
    }

    @Test
    void aJobSaysWhichLabelsAreForbiddenOrThatNoneIs() throws IOException {
        cache = cache("forbidden_labels: [tenant]");
        round("a{request_id=\"1\",tenant=\"t\"} 1\n", 1000);
        assertThat(storage.all().keySet().iterator().next().get("request_id")).isEqualTo("1");
        assertThat(storage.all().keySet().iterator().next().has("tenant")).isFalse();
        cache = cache("forbidden_labels: []");
        round("b{request_id=\"1\",tenant=\"t\"} 1\n", 2000);
        assertThat(cache.warnings()).isEmpty();
    }

    @Test
    void knownSeriesGoOnWhenATargetHasTooMany() throws IOException {
        cache = cache("max_series: 3");
        round("a{p=\"1\"} 1\na{p=\"2\"} 1\nb 1\n", 1000);
        assertThat(cache.warnings()).isEmpty();
        round("a{p=\"3\"} 1\na{p=\"4\"} 1\na{p=\"1\"} 2\na{p=\"2\"} 2\nb 2\n", 2000);
        assertThat(storage.all())
                .hasSize(3)
                .allSatisfy((l, samples) -> assertThat(samples).hasSize(2));
        assertThat(cache.capped()).isEqualTo(2);
        assertThat(cache.kept()).isEqualTo(5);
        assertThat(cache.refused()).isZero();
        assertThat(cache.warnings().getFirst())
                .startsWith("2 samples refused, as the target would have more than 3 series")
                .contains("label p exploded: 2 values in 2 refused series, such as of a");
        round("a{p=\"1\"} 3\na{p=\"2\"} 3\nb 3\n", 3000);
        assertThat(cache.warnings()).isEmpty();
    }

    @Test
    void seriesThatComeAndGoAreLimitedByTheHour() throws IOException {
        cache = cache("max_series: 60"); // one a minute, once 60 have come
        for (int i = 0; i < 100; i++) {
            round("a{p=\"%d\"} 1\n".formatted(i), 1000 + i * 1000L);
        }
        assertThat(storage.all()).hasSizeBetween(60, 62);
        round("a{p=\"later\"} 1\n", 3_600_000);
        assertThat(cache.capped()).isZero();
    }

    /// A million new series a minute: what they cost is bounded in the store, in memory and in
    /// time.
    @Test
    void aTargetGoneMadIsPassedOver() throws IOException {
        cache = cache("max_series: 1000");
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long cpu = 0;
        int lines = 100_000;
        for (int i = 0; i < 8; i++) {
            var body = new StringBuilder("# TYPE a counter\ngood 1\n");
            for (int line = 0; line < lines; line++) {
                body.append("a{path=\"/x/").append(i * lines + line).append("\"} 1\n");
            }
            long before = threads.getCurrentThreadCpuTime();
            round(body.toString(), 1000 + i * 15_000L);
            cpu = threads.getCurrentThreadCpuTime() - before;
        }
        assertThat(storage.lookups).isLessThan(1100);
        assertThat(storage.of("good")).hasSize(8);
        assertThat(cache.scraped()).isEqualTo(lines + 1);
        assertThat(cache.kept()).isEqualTo(lines + 1);
        assertThat(cache.lines()).isLessThan(12_100);
        assertThat(cpu / lines).as("nanoseconds for a refused line").isLessThan(20_000);
        assertThat(cache.warnings().getFirst()).contains("label path exploded");
    }
}
