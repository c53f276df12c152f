package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.disk.RealDisk;
import tokenplumb.json.Json;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A real Prometheus scrapes itself; then we open its folder and answer what it answered.
class PrometheusImportTest {
    private static final int PORT = 19751;

    @TempDir Path folder;

    private Map<String, Map<Long, Double>> scrapedAndKilled(boolean kill) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/prometheus")));
        var config =
                """
                global: {scrape_interval: 200ms, scrape_timeout: 200ms}
                scrape_configs:
                  - job_name: itself
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                """
                        .formatted(PORT);
        var data = folder.resolve("data");
        try (var prometheus = RealPrometheus.serve(data, config, folder, PORT)) {
            Map<String, Map<Long, Double>> answer = Map.of();
            for (int i = 0; i < 40 && !isEnough(answer); i++) {
                long until = System.currentTimeMillis();
                Thread.sleep(500); // what was scraped until then is answered
                answer = seen(prometheus, until);
            }
            assertThat(answer.size()).isGreaterThan(300);
            if (kill) {
                prometheus.kill();
            }
            return answer;
        }
    }

    private static boolean isEnough(Map<String, Map<Long, Double>> answer) {
        return answer.values().stream().anyMatch(samples -> samples.size() >= 20);
    }

    private static Map<String, Map<Long, Double>> seen(RealPrometheus prometheus, long until)
            throws IOException {
        var query = URLEncoder.encode("{__name__=~\".+\"}[1m]", StandardCharsets.UTF_8);
        var answer =
                (Map<?, ?>)
                        Json.read(
                                prometheus
                                        .ask(
                                                "/api/v1/query?query=%s&time=%s"
                                                        .formatted(query, until / 1000.0))
                                        .body());
        var seen = new TreeMap<String, Map<Long, Double>>();
        for (var each : (List<?>) ((Map<?, ?>) answer.get("data")).get("result")) {
            var labels = new TreeMap<String, String>();
            ((Map<?, ?>) ((Map<?, ?>) each).get("metric"))
                    .forEach((name, value) -> labels.put((String) name, (String) value));
            var samples = new TreeMap<Long, Double>();
            for (var point : (List<?>) ((Map<?, ?>) each).get("values")) {
                var pair = (List<?>) point;
                samples.put(
                        Math.round(((Number) pair.get(0)).doubleValue() * 1000),
                        Double.parseDouble(((String) pair.get(1)).replace("Inf", "Infinity")));
            }
            seen.put(labels.toString(), samples);
        }
        return seen;
    }

    private Map<String, Map<Long, Double>> seenByUs() throws IOException {
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(100), 0);
        try (var disk = new RealDisk(folder.resolve("data"));
                var tsdb = new Tsdb(disk, options, InstantSource.system(), new Meters(), false);
                var querier = tsdb.querier()) {
            var seen = new TreeMap<String, Map<Long, Double>>();
            for (var series : querier.select(0, Long.MAX_VALUE, List.of())) {
                var samples = new Samples();
                series.read(0, Long.MAX_VALUE, samples);
                var byTime = new TreeMap<Long, Double>();
                for (int i = 0; i < samples.size(); i++) {
                    byTime.put(samples.time(i), samples.value(i));
                }
                seen.put(new TreeMap<>(series.labels().toMap()).toString(), byTime);
            }
            return seen;
        }
    }

    private void check(Map<String, Map<Long, Double>> expected) throws IOException {
        var found = seenByUs();
        assertThat(found.keySet()).containsAll(expected.keySet());
        expected.forEach((labels, samples) ->
                assertThat(found.get(labels)).as(labels).containsAllEntriesOf(samples));
        try (var files = Files.list(folder.resolve("data"))) {
            assertThat(files.map(each -> each.getFileName().toString()).toList())
                    .doesNotContain("wal", "chunks_head")
                    .anyMatch(name -> name.startsWith("prometheus-imported-"));
        }
        assertThat(seenByUs()).as("opened again").isEqualTo(found);
    }

    @Test
    void answersWhatAPrometheusThatWasStoppedAnswered() throws Exception {
        check(scrapedAndKilled(false));
    }

    @Test
    void answersWhatAPrometheusThatWasKilledAnswered() throws Exception {
        check(scrapedAndKilled(true));
    }
}
