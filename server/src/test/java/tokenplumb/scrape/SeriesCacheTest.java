package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.exposition.Format;
import tokenplumb.kit.Seeds;
import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

class SeriesCacheTest {
    private static final Labels TARGET = Labels.of("job", "j", "instance", "i");
    private static final ScrapeJob JOB =
            ScrapeJobTest.read("scrape_configs: [{job_name: j}]").getFirst();

    private final RecordingStorage storage = new RecordingStorage();
    private SeriesCache cache = cache(JOB);

    private static SeriesCache cache(ScrapeJob job) {
        return new SeriesCache(job, new SampleLabels(job, TARGET), new Scratch.Pool());
    }

    private static ScrapeJob job(String rest) {
        return ScrapeJobTest.read("scrape_configs: [{job_name: j, " + rest + "}]").getFirst();
    }

    /// One good round, or a failed one with its markers, as the loop does it.
    private static void round(
            SeriesCache cache, RecordingStorage storage, byte[] body, Format format, long time)
            throws IOException {
        cache.begin();
        try (var batch = storage.batch()) {
            cache.read(body, body.length, format, batch, time);
            cache.markVanished(batch, time);
            batch.commit();
            cache.keep();
        } catch (IOException e) {
            cache.abandon();
            try (var batch = storage.batch()) {
                cache.markAll(batch, time);
                batch.commit();
            }
            cache.keepNoneAlive();
            throw e;
        }
    }

    private void round(String body, long time) throws IOException {
        round(cache, storage, body.getBytes(StandardCharsets.UTF_8), Format.TEXT, time);
    }

    private Map<Long, Object> series(String text) {
        return storage.of(text.replace("}", ", instance=\"i\", job=\"j\"}").replace("{, ", "{"));
    }

    @Test
    void knowsALineAgainWithoutAskingTheStore() throws IOException {
        var body = "# TYPE a counter\na{x=\"1\"} %d\na{x=\"2\"} %d\n# TYPE b gauge\nb %d\n";
        round(body.formatted(1, 2, 3), 1000);
        assertThat(storage.lookups).isEqualTo(3);
        assertThat(cache.added()).isEqualTo(3);
        round(body.formatted(10, 20, 30), 2000);
        assertThat(storage.lookups).isEqualTo(3);
        assertThat(cache.added()).isZero();
        assertThat(cache.scraped()).isEqualTo(3);
        assertThat(storage.of("b")).isEqualTo(Map.of(1000L, 3.0, 2000L, 30.0));
    }

    @Test
    void findsALineThatHasMovedAndOneThatIsNewAmongOldOnes() throws IOException {
        round("a 1\nb 2\nc 3\nd 4\n", 1000);
        round("new 9\nd 40\na 10\nc 30\nb 20\n", 2000);
        assertThat(storage.lookups).isEqualTo(5);
        assertThat(cache.added()).isEqualTo(1);
        round("new 9\nd 41\na 11\nc 31\nb 21\n", 3000);
        assertThat(storage.lookups).isEqualTo(5);
        assertThat(storage.of("d")).isEqualTo(Map.of(1000L, 4.0, 2000L, 40.0, 3000L, 41.0));
        assertThat(storage.of("b")).isEqualTo(Map.of(1000L, 2.0, 2000L, 20.0, 3000L, 21.0));
    }

    @Test
    void endsASeriesThatVanishesAndStartsItAgain() throws IOException {
        round("a 1\nb 2\n", 1000);
        round("a 1\n", 2000);
        round("a 1\n", 3000);
        round("a 1\nb 5\n", 4000);
        assertThat(storage.of("b")).isEqualTo(Map.of(1000L, 2.0, 2000L, "stale", 4000L, 5.0));
        assertThat(cache.added()).isEqualTo(1);
        assertThat(storage.of("a")).doesNotContainValue("stale");
    }

    @Test
    void endsEverythingWhenARoundFailsAndKeepsNothingOfIt() throws IOException {
        round("a 1\nb 2\n", 1000);
        assertThatThrownBy(() -> round("a 1\nnew 1\nb !\n", 2000))
                .hasMessage("line 3: not a number: \"!\", at \"b !\"");
        assertThat(cache.scraped()).isEqualTo(2);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0, 2000L, "stale"));
        assertThat(storage.of("new")).isEmpty();
        assertThatThrownBy(() -> round("a !", 3000)).isInstanceOf(IOException.class);
        assertThat(storage.of("a")).hasSize(2);
        round("a 1\nb 2\n", 4000);
        assertThat(cache.added()).isZero();
        assertThat(storage.of("b")).containsEntry(4000L, 2.0).hasSize(3);
    }

    @Test
    void samplesWithATimeOfTheirOwnKeepItAndNeverGoStale() throws IOException {
        round("a 1 500\nb 1\n", 1000);
        round("b 1\n", 2000);
        assertThat(storage.of("a")).isEqualTo(Map.of(500L, 1.0));
        cache = cache(job("honor_timestamps: false"));
        round("c 1 500\n", 3000);
        assertThat(storage.of("c")).isEqualTo(Map.of(3000L, 1.0));
        cache = cache(job("track_timestamps_staleness: true"));
        round("d 1 3500\n", 4000);
        round("b 1\n", 5000);
        assertThat(storage.of("d")).isEqualTo(Map.of(3500L, 1.0, 5000L, "stale"));
    }

    @Test
    void asksAgainWhenTheStoreHasForgotten() throws IOException {
        round("a 1\nb{x=\"1\"} 2\n", 1000);
        storage.forgetReferences();
        round("a 3\nb{x=\"1\"} 4\n", 2000);
        round("a 5\nb{x=\"1\"} 6\n", 3000);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0, 2000L, 3.0, 3000L, 5.0));
        assertThat(storage.of("b")).hasSize(3);
        assertThat(storage.lookups).isEqualTo(4);
    }

    @Test
    void aSeriesLimitOfTheStoreCostsOnlyTheSeriesBeyondIt() throws IOException {
        storage.mostSeries = 1;
        round("a 1\nb 2\n", 1000);
        assertThat(cache.refused()).isEqualTo(1);
        assertThat(cache.kept()).isEqualTo(2);
        storage.mostSeries = 2;
        round("a 1\nb 3\n", 2000);
        assertThat(storage.of("a")).hasSize(2);
        assertThat(storage.of("b")).isEqualTo(Map.of(2000L, 3.0));
    }

    @Test
    void theFirstOfTwoLinesOfOneSeriesCounts() throws IOException {
        round("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n", 1000);
        assertThat(cache.duplicates()).isEqualTo(1);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0));
        round("a{x=\"1\",y=\"2\"} 3\na{y=\"2\",x=\"1\"} 4\n", 2000);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0, 2000L, 3.0));
        round("a{y=\"2\",x=\"1\"} 5\n", 3000);
        assertThat(storage.of("a")).containsEntry(3000L, 5.0);
    }

    @Test
    void aFailedCommitLosesOnlyItsRound() throws IOException {
        round("a 1\n", 1000);
        storage.failsToCommit = true;
        cache.begin();
        try (var batch = storage.batch()) {
            var body = "a 2\nb 1\n".getBytes(StandardCharsets.UTF_8);
            cache.read(body, body.length, Format.TEXT, batch, 2000);
            assertThatThrownBy(batch::commit).hasMessage("disk full");
        }
        cache.abandon();
        storage.failsToCommit = false;
        round("a 3\nb 2\n", 3000);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, 1.0, 3000L, 3.0));
        assertThat(storage.of("b")).isEqualTo(Map.of(3000L, 2.0));
    }

    @Test
    void honorsLabelsOrMovesThemAside() throws IOException {
        round("a{job=\"mine\",exported_job=\"theirs\"} 1\n", 1000);
        assertThat(storage.all())
                .containsKey(
                        Labels.of(
                                "__name__",
                                "a",
                                "job",
                                "j",
                                "instance",
                                "i",
                                "exported_job",
                                "theirs",
                                "exported_exported_job",
                                "mine"));
        cache = cache(job("honor_labels: true"));
        round("b{job=\"mine\",instance=\"\"} 1\n", 2000);
        assertThat(storage.all()).containsKey(Labels.of("__name__", "b", "job", "mine"));
    }

    @Test
    void relabelsMetricsAndNeverLooksAtADroppedLineAgain() throws IOException {
        cache =
                cache(
                        job(
                                "metric_relabel_configs: [{source_labels: [__name__], regex: b,"
                                        + " action: drop}, {target_label: site, replacement: x}]"));
        round("a 1\nb 1\n", 1000);
        round("a 1\nb 1\n", 2000);
        assertThat(storage.lookups).isEqualTo(1);
        assertThat(cache.scraped()).isEqualTo(2);
        assertThat(cache.kept()).isEqualTo(1);
        assertThat(storage.all().keySet())
                .containsExactly(
                        Labels.of("__name__", "a", "job", "j", "instance", "i", "site", "x"));
    }

    @Test
    void limitsFailTheWholeRoundButCountIt() throws IOException {
        cache = cache(job("sample_limit: 2"));
        round("a 1\nb 1\n", 1000);
        assertThatThrownBy(() -> round("a 1\nb 1\nc 1\nd 1\n", 2000))
                .hasMessage("sample limit exceeded");
        assertThat(cache.scraped()).isEqualTo(4);
        assertThat(cache.kept()).isEqualTo(4);
        assertThat(storage.of("a")).containsEntry(2000L, "stale");
        cache = cache(job("label_limit: 3"));
        round("e 1\n", 3000);
        assertThatThrownBy(() -> round("e{x=\"1\"} 1\n", 4000))
                .hasMessage("label_limit exceeded (metric: e, number of labels: 4, limit: 3)");
        cache = cache(job("label_value_length_limit: 3"));
        assertThatThrownBy(() -> round("f{x=\"äö\"} 1\n", 5000))
                .hasMessageContaining(
                        "label_value_length_limit exceeded (metric: f, label name: x, value:"
                                + " \"äö\", length: 4, limit: 3)");
        cache = cache(job("label_name_length_limit: 8"));
        assertThatThrownBy(() -> round("g{long_name=\"1\"} 1\n", 6000))
                .hasMessageContaining("label_name_length_limit exceeded");
    }

    @Test
    void aKnownBeginningIsNotEnoughToBeTheSameLine() throws IOException {
        round("a-1\nb 1\nc{x=\"1\"}2\n", 1000);
        round("a 5\nb  3\nc{x=\"1\"} 4\n", 2000);
        assertThat(storage.of("a")).isEqualTo(Map.of(1000L, -1.0, 2000L, 5.0));
        assertThat(storage.of("b")).isEqualTo(Map.of(1000L, 1.0, 2000L, 3.0));
        assertThat(storage.of("c")).isEqualTo(Map.of(1000L, 2.0, 2000L, 4.0));
        assertThatThrownBy(() -> round("a5\n", 3000)).hasMessageContaining("expected a value");
    }

    @Test
    void theTypeInForceDecidesHowABoundIsSpelled() throws IOException {
        round("# TYPE h gauge\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n", 1000);
        round("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 2\n", 2000);
        assertThat(series("h_bucket{le=\"1\"}")).isEmpty();
        assertThat(storage.all().keySet().stream().map(labels -> labels.get("le")))
                .containsExactlyInAnyOrder("1", "2", "1.0", "2.0");
        assertThat(storage.all().values())
                .containsOnly(Map.of(1000L, 1.0, 2000L, "stale"), Map.of(2000L, 2.0));
    }

    /// Whatever happens to a body from scrape to scrape, what is remembered changes nothing.
    @Test
    void theSameSamplesAsWithoutAMemoryForAnyMutation() {
        Seeds.forEach(
                400,
                random -> {
                    var remembering = cache(JOB);
                    var remembered = new RecordingStorage();
                    var forgetting = cache(JOB);
                    var fresh = new RecordingStorage();
                    var lines = new ArrayList<>(lines(random));
                    boolean forgets = random.nextBoolean(); // then a vanished one has no marker
                    for (long time = 1000; time < 9000; time += 1000) {
                        var body = String.join("", lines).getBytes(StandardCharsets.UTF_8);
                        var format = random.nextInt(20) == 0 ? Format.OPENMETRICS : Format.TEXT;
                        if (forgets && random.nextInt(3) == 0) {
                            remembered.forgetReferences();
                        }
                        var outcome = outcome(remembering, remembered, body, format, time);
                        // the same alive series, but no line is known
                        forgetting =
                                new SeriesCache(JOB, new SampleLabels(JOB, TARGET), forgetting);
                        assertThat(outcome)
                                .isEqualTo(outcome(forgetting, fresh, body, format, time));
                        assertThat(shown(remembered, forgets)).isEqualTo(shown(fresh, forgets));
                        assertThat(remembering.kept()).isEqualTo(forgetting.kept());
                        mutate(lines, random);
                    }
                });
    }

    private static Map<Labels, Map<Long, Object>> shown(
            RecordingStorage storage, boolean withoutMarkers) {
        var all = storage.all();
        if (withoutMarkers) {
            all.values().forEach(samples -> samples.values().removeIf("stale"::equals));
        }
        return all;
    }

    private static String outcome(
            SeriesCache cache, RecordingStorage storage, byte[] body, Format format, long time) {
        try {
            round(cache, storage, body, format, time);
            return "good";
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    private static List<String> lines(Random random) {
        var lines = new ArrayList<String>();
        int families = 1 + random.nextInt(6);
        for (int family = 0; family < families; family++) {
            lines.add("# HELP f" + family + " help " + random.nextInt(3) + "\n");
            lines.add("# TYPE f" + family + (random.nextBoolean() ? " histogram\n" : " gauge\n"));
            int series = random.nextInt(8);
            for (int i = 0; i < series; i++) {
                lines.add(line(random, family));
            }
        }
        return lines;
    }

    private static String line(Random random, int family) {
        var labels =
                switch (random.nextInt(5)) {
                    case 0 -> "";
                    case 1 -> "{le=\"" + random.nextInt(4) + "\"}";
                    case 2 -> "{x=\"a\nb\",y=\"" + random.nextInt(3) + "\"}";
                    case 3 -> "{y=\"1\", x=\"" + random.nextInt(3) + "\",}";
                    default -> "{x=\"" + random.nextInt(5) + "\",y=\"\"}";
                };
        var end =
                switch (random.nextInt(8)) {
                    case 0 -> " " + (500 + random.nextInt(9000));
                    case 1 -> "\r";
                    default -> "";
                };
        return "f"
                + family
                + labels
                + " ".repeat(1 + random.nextInt(2))
                + value(random)
                + end
                + "\n";
    }

    private static String value(Random random) {
        return random.nextInt(4) == 0 ? "NaN" : Integer.toString(random.nextInt(1000));
    }

    private static void mutate(List<String> lines, Random random) {
        for (int i = 0; i < lines.size(); i++) { // new values everywhere
            var line = lines.get(i);
            if (!line.startsWith("#") && random.nextInt(4) > 0) {
                lines.set(i, line.replaceFirst(" (\\d+|NaN)(?=[ \\r\\n])", " " + value(random)));
            }
        }
        int changes = random.nextInt(4);
        for (int change = 0; change < changes && !lines.isEmpty(); change++) {
            int at = random.nextInt(lines.size());
            switch (random.nextInt(7)) {
                case 0 -> lines.remove(at);
                case 1 -> lines.add(at, line(random, random.nextInt(6)));
                case 2 -> Collections.swap(lines, at, random.nextInt(lines.size()));
                case 3 ->
                        lines.add(
                                at,
                                "# TYPE f0 "
                                        + (random.nextBoolean() ? "summary" : "histogram")
                                        + "\n");
                case 4 -> lines.add(at, lines.get(random.nextInt(lines.size())));
                case 5 -> lines.add(at, "# a remark\n\n");
                default -> {
                    if (random.nextInt(3) == 0) {
                        lines.set(at, lines.get(at).replace(' ', '!'));
                    }
                }
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> realExpositionsTwiceAndShuffled() throws IOException {
        try (var all = Files.walk(Shared.path("data/expositions"))) {
            return all.filter(file -> file.toString().endsWith(".prom")).sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> twice(file)));
        }
    }

    private static void twice(Path file) throws IOException {
        var body = Files.readAllBytes(file);
        var storage = new RecordingStorage();
        var cache = cache(job("honor_timestamps: false"));
        round(cache, storage, body, Format.TEXT, 1000);
        int lookups = storage.lookups;
        long kept = cache.kept() - cache.duplicates();
        round(cache, storage, body, Format.TEXT, 2000);
        assertThat(storage.lookups).isEqualTo(lookups);
        var lines = new ArrayList<>(new String(body, StandardCharsets.UTF_8).lines().toList());
        lines.removeIf(line -> line.startsWith("#") && !line.startsWith("# TYPE"));
        Collections.rotate(lines, 7);
        var rotated = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
        round(cache, storage, rotated, Format.TEXT, 3000);
        assertThat(
                        storage.all().values().stream()
                                .filter(samples -> samples.containsKey(2000L))
                                .count())
                .isEqualTo(kept);
    }
}
