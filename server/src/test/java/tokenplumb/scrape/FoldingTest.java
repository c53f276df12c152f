package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.exposition.Format;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

class FoldingTest {
    private static final Labels TARGET = Labels.of("job", "j", "instance", "i");

    private final RecordingStorage folded = new RecordingStorage();
    private final RecordingStorage plain = new RecordingStorage();
    private ScrapeJob job = job("");
    private SeriesCache folding = cache(job);
    private SeriesCache single = cache(job);

    FoldingTest() {
        folded.folds = true;
    }

    private static ScrapeJob job(String rest) {
        return ScrapeJobTest.read("scrape_configs: [{job_name: j" + rest + "}]").getFirst();
    }

    private static SeriesCache cache(ScrapeJob job) {
        return new SeriesCache(job, new SampleLabels(job, TARGET), new Scratch.Pool());
    }

    private void use(ScrapeJob other) {
        job = other;
        folding = new SeriesCache(job, new SampleLabels(job, TARGET), folding);
        single = new SeriesCache(job, new SampleLabels(job, TARGET), single);
    }

    /// A round into both storages, which must show the same and count the same.
    private void round(String body, Format format, long time) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var outcome = outcome(folding, folded, bytes, format, time);
        assertThat(outcome).isEqualTo(outcome(single, plain, bytes, format, time));
        assertThat(shown(folded)).as("at %d after%n%s", time, body).isEqualTo(shown(plain));
        assertThat(counted(folding)).as("at %d of%n%s", time, body).isEqualTo(counted(single));
        assertThat(folded.exemplars).isEqualTo(plain.exemplars);
    }

    private void round(String body, long time) {
        round(body, Format.TEXT, time);
    }

    /// Without markers where nothing was alive any more: they say nothing.
    private static Map<Labels, Map<Long, Object>> shown(RecordingStorage storage) {
        var all = new TreeMap<Labels, Map<Long, Object>>();
        storage.all()
                .forEach((labels, samples) -> {
                    var kept = new TreeMap<Long, Object>();
                    samples.forEach((time, value) -> {
                        boolean endsSomething =
                                !kept.isEmpty() && !kept.lastEntry().getValue().equals("stale");
                        if (!value.equals("stale") || endsSomething) {
                            kept.put(time, value);
                        }
                    });
                    all.put(labels, kept);
                });
        return all;
    }

    private static List<Long> counted(SeriesCache cache) {
        return List.of(
                cache.scraped(),
                cache.kept(),
                cache.added(),
                cache.refused(),
                cache.duplicates(),
                cache.outOfOrder(),
                cache.tooOld());
    }

    private static String outcome(
            SeriesCache cache, RecordingStorage storage, byte[] body, Format format, long time) {
        cache.begin();
        try (var batch = storage.batch()) {
            cache.read(body, body.length, format, batch, time);
            cache.markVanished(batch, time);
            batch.commit();
            cache.keep();
            return "good";
        } catch (IOException e) {
            cache.abandon();
            try (var batch = storage.batch()) {
                cache.markAll(batch, time);
                batch.commit();
            } catch (IOException ofDisk) {
                throw new AssertionError(ofDisk);
            }
            cache.keepNoneAlive();
            return e.getMessage();
        }
    }

    private static String histogram(String name, String labels, int... counts) {
        var bounds = List.of("0.5", "1", "2.5", "10", "100");
        var comma = labels.isEmpty() ? "" : labels + ",";
        var braces = labels.isEmpty() ? "" : "{" + labels + "}";
        var out = new StringBuilder("# TYPE " + name + " histogram\n");
        for (int i = 0; i < counts.length; i++) {
            out.append(
                    "%s_bucket{%sle=\"%s\"} %d\n".formatted(name, comma, bounds.get(i), counts[i]));
        }
        int all = counts[counts.length - 1];
        return out.append("%s_bucket{%sle=\"+Inf\"} %d\n".formatted(name, comma, all))
                .append(
                        "%s_count%s %d\n%s_sum%s %s\n"
                                .formatted(name, braces, all, name, braces, all * 0.7))
                .toString();
    }

    @Test
    void aHistogramIsOneSeriesAndItsMembersAreAsBefore() {
        round(histogram("h", "m=\"a\"", 1, 2, 3) + "g 5\n", 1000);
        round(histogram("h", "m=\"a\"", 4, 5, 6) + "g 6\n", 2000);
        assertThat(folded.lookups).isEqualTo(1);
        assertThat(folded.foldedAppends).isEqualTo(2);
        assertThat(folding.scraped()).isEqualTo(7);
        assertThat(folding.added()).isZero();
        assertThat(folded.of("h_bucket{instance=\"i\", job=\"j\", le=\"1.0\", m=\"a\"}"))
                .isEqualTo(Map.of(1000L, 2.0, 2000L, 5.0));
    }

    @Test
    void whatIsNotARisingWholeCountGoesOutOneByOneForItsRoundOnly() {
        round(histogram("h", "", 1, 2, 3), 1000);
        round(histogram("h", "", 4, 3, 5), 2000);
        round(histogram("h", "", 4, 5, 6), 3000);
        round(histogram("h", "", 4, 5, 6).replace("} 5", "} 5.5"), 4000);
        round(histogram("h", "", 4, 5, 6).replace("_count 6", "_count 7"), 5000);
        round(histogram("h", "", 4, 5, 6).replace("} 4", "} NaN"), 6000);
        round(histogram("h", "", 4, 5, 6).replace("} 4", "} -0"), 7000);
        round(histogram("h", "", 4, 5, 6).replaceAll("h_sum.*", "h_sum NaN"), 8000);
        assertThat(folded.foldedAppends).isEqualTo(5); // 1000, its end, 3000, its end, 8000
        round("", 9000);
    }

    @Test
    void countsUpTo2To53Fold() {
        round(histogram("h", "", 1, 2, 3).replaceAll(" 3\n", " 9007199254740992\n"), 1000);
        assertThat(folded.foldedAppends).isEqualTo(1);
        round(histogram("h", "", 1, 2, 3).replaceAll(" 3\n", " 9007199254740994\n"), 2000);
        assertThat(folded.lookups).isEqualTo(6);
    }

    @Test
    void aBucketThatIsGoneOrNewMakesAnotherFoldedSeriesARoundLater() {
        round(histogram("h", "", 1, 2, 3), 1000);
        round(histogram("h", "", 1, 2), 2000);
        round(histogram("h", "", 1, 2), 3000);
        round(histogram("h", "", 1, 3), 4000);
        int lookups = folded.lookups;
        assertThat(lookups).isEqualTo(5);
        round(histogram("h", "", 1, 3, 4, 5), 5000);
        round(histogram("h", "", 1, 3, 4, 6), 6000);
        round(histogram("h", "", 1, 3, 4, 6), 7000);
        assertThat(folded.lookups).isEqualTo(lookups + 2);
        round("g 1\n", 8000);
        round(histogram("h", "", 1, 3, 4, 6), 9000);
        assertThat(folded.lookups).isEqualTo(lookups + 3);
    }

    @Test
    void aHistogramThatBecomesCompleteFolds() {
        var whole = histogram("h", "", 1, 2, 3);
        round(whole.replaceAll("h_sum.*\n", ""), 1000);
        assertThat(folded.foldedAppends).isZero();
        round(whole, 2000);
        round(whole, 3000);
        assertThat(folded.foldedAppends).isEqualTo(1);
        int lookups = folded.lookups;
        round(whole, 4000);
        assertThat(folded.lookups).isEqualTo(lookups);
        assertThat(folded.foldedAppends).isEqualTo(2);
    }

    @Test
    void linesInAnyOrderTwoHistogramsOfOneFamilyInterleavedAndALineTwice() {
        var lines = new ArrayList<String>();
        lines.addAll(histogram("h", "m=\"a\"", 1, 2, 3).lines().skip(1).toList());
        lines.addAll(histogram("h", "m=\"b\"", 4, 5, 6).lines().skip(1).toList());
        Collections.shuffle(lines, new Random(7));
        lines.add("h_count{m=\"a\"} 9");
        lines.add("h_bucket{le=\"1\",m=\"a\",} 9");
        var body = "# TYPE h histogram\n" + String.join("\n", lines) + "\n";
        round(body, 1000);
        round(body, 2000);
        assertThat(folding.duplicates()).isEqualTo(2);
        assertThat(folded.lookups).isZero();
        assertThat(folded.foldedAppends).isEqualTo(4);
        round(body + "h_bucket{ le=\"0.5\",m=\"b\"} 1\n", 3000);
        assertThat(folding.duplicates()).isEqualTo(3);
        assertThat(folded.lookups).isZero();
    }

    @Test
    void itsOwnTimeFoldsWhenAllMembersShareIt() {
        var body = histogram("h", "", 1, 2, 3).replaceAll("(?m)^(h_.*)$", "$1 %d");
        round(body.replace("%d", "500"), 1000);
        round(body.replace("%d", "600"), 2000);
        assertThat(folded.foldedAppends).isEqualTo(2);
        round(body.replaceFirst("%d", "700").replace("%d", "701"), 3000);
        assertThat(folded.foldedAppends).isEqualTo(2);
        round(body.replaceFirst(" %d", "").replace("%d", "800"), 4000);
        round(body.replaceAll(" %d\n$", "").replace("%d", "900"), 5000);
        round(body.replace(" %d", ""), 6000);
        round("g 1\n", 7000);
        round(body.replace("%d", "7500"), 8000);
        round(body.replace("%d", "7400"), 9000);
        assertThat(folding.outOfOrder()).isEqualTo(6);
        use(job(", track_timestamps_staleness: true"));
        round(body.replace("%d", "9500"), 10_000);
        round("g 1\n", 11_000);
        use(job(", honor_timestamps: false"));
        round(body.replace("%d", "10500"), 12_000);
    }

    @Test
    void relabelingDecidesWhatAHistogramIs() {
        use(job(", metric_relabel_configs: [{action: labeldrop, regex: le}]"));
        round(histogram("h", "", 1, 2, 3), 1000);
        assertThat(folded.foldedAppends).isZero();
        use(
                job(
                        ", metric_relabel_configs: [{source_labels: [__name__], regex: h_(.*),"
                                + " target_label: __name__, replacement: x_$1}, {source_labels:"
                                + " [le], regex: '1.0', target_label: le, replacement: '1.25'}]"));
        round(histogram("h", "", 1, 2, 3), 2000);
        assertThat(folded.foldedAppends).isEqualTo(1);
        assertThat(folded.of("x_bucket{instance=\"i\", job=\"j\", le=\"1.25\"}"))
                .containsEntry(2000L, 2.0);
        use(
                job(
                        ", metric_relabel_configs: [{source_labels: [le], regex: '1.0', action:"
                                + " drop}]"));
        round(histogram("h", "", 1, 2, 3), 3000);
        assertThat(folding.kept()).isEqualTo(5);
        round(histogram("h", "", 1, 2, 4), 4000);
    }

    @Test
    void whatIsNoHistogramByItsTypeIsLeftAlone() {
        round(histogram("h", "", 1, 2, 3).replace(" histogram", " gauge"), 1000);
        round(histogram("h", "", 1, 2, 3).replace("# TYPE h histogram\n", ""), 2000);
        assertThat(folded.foldedAppends).isZero();
        var om = histogram("h", "", 1, 2, 3) + "h_created 5.5\n# EOF\n";
        round(om.replace(" histogram", " gaugehistogram"), Format.OPENMETRICS, 3000);
        assertThat(folded.foldedAppends).isZero();
        round(om, Format.OPENMETRICS, 4000);
        round(om, Format.OPENMETRICS, 5000);
        assertThat(folded.foldedAppends).isEqualTo(1);
        assertThat(folded.of("h_created")).hasSize(3);
    }

    @Test
    void aStoreThatForgetsOrRefusesGetsWhatItTakes() {
        round(histogram("h", "", 1, 2, 3), 1000);
        folded.forgetReferences();
        plain.forgetReferences();
        round(histogram("h", "", 2, 3, 4), 2000);
        assertThat(folded.foldedAppends).isEqualTo(2);
        folded.forgetReferences();
        plain.forgetReferences();
        folded.folds = false;
        // its last folded sample is not ended, as the store says it has forgotten the series
        round(histogram("h", "", 2, 3, 4), 3000);
        round(histogram("h", "", 2, 3, 4), 4000);
        assertThat(folded.lookups).isEqualTo(6);
        assertThat(folded.foldedAppends).isEqualTo(2);
    }

    @Test
    void aFailedRoundLeavesNothingBehind() {
        round(histogram("h", "", 1, 2, 3) + "!", 1000);
        round(histogram("h", "", 1, 2, 3), 2000);
        round(histogram("h", "", 1, 2, 3) + histogram("i", "", 1, 2) + "!", 3000);
        round(histogram("h", "", 1, 2, 3) + histogram("i", "", 1, 2), 4000);
        round(histogram("h", "", 3, 2, 3) + histogram("i", "", 1, 2) + "!", 5000);
        round(histogram("h", "", 3, 2, 3) + histogram("i", "", 1, 2), 6000);
        round(histogram("i", "", 1, 2) + histogram("h", "", 3, 4, 5), 7000);
    }

    @Test
    void exemplarsStayWithTheirBuckets() {
        var body =
                """
                # TYPE h histogram
                h_bucket{le="1.0"} 1 # {trace_id="a"} 0.5 0.9
                h_bucket{le="+Inf"} %d # {trace_id="b"} 7
                h_count 2
                h_sum 7.5
                # TYPE c counter
                c_total 5 # {trace_id="c"} 1.0
                # EOF
                """;
        round(body.formatted(2), Format.OPENMETRICS, 1000);
        assertThat(folded.foldedAppends).isEqualTo(1);
        assertThat(folded.exemplars.values())
                .containsExactlyInAnyOrder(
                        List.of(new Exemplar(Labels.of("trace_id", "a"), 0.5, 900)),
                        List.of(new Exemplar(Labels.of("trace_id", "b"), 7, 1000)),
                        List.of(new Exemplar(Labels.of("trace_id", "c"), 1, 1000)));
        round(body.formatted(0), Format.OPENMETRICS, 2000);
        round(body.formatted(2), Format.OPENMETRICS, 3000);
    }

    /// Takes everything, folds, and keeps nothing.
    private static final class Sink implements Batch {
        private long series;

        @Override
        public long series(Labels labels) {
            return ++series;
        }

        @Override
        public long folded(Labels family, BucketLayout layout) {
            return ++series;
        }

        @Override
        public Outcome append(long reference, long time, double value) {
            return Outcome.APPENDED;
        }

        @Override
        public Outcome append(long folded, long time, long[] counts, int at, double sum) {
            return Outcome.APPENDED;
        }

        @Override
        public void commit() {}

        @Override
        public void close() {}
    }

    @Test
    void aKnownSampleAllocatesNothing() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            text.append("# HELP h").append(i).append(" what it is\n");
            text.append(histogram("h" + i, "m=\"a\"", 1, 2, 3))
                    .append("g")
                    .append(i)
                    .append(" 1\n");
        }
        var body = text.toString().getBytes(StandardCharsets.UTF_8);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        var sink = new Sink();
        for (int i = 1; i < 20; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            folding.begin();
            folding.read(body, body.length, Format.TEXT, sink, i * 1000L);
            folding.markVanished(sink, i * 1000L);
            folding.keep();
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            least = i < 3 ? least : Math.min(least, allocated);
        }
        assertThat(folding.scraped()).isEqualTo(1400);
        assertThat(sink.series).isEqualTo(400);
        assertThat(least).as("bytes a round").isLessThan(500);
    }

    /// Whatever is done for each of many histograms must not be done for all of them each time.
    @Test
    void manyHistogramsAtOnceCostEachTheSame() throws IOException {
        for (var end : List.of("\n", " 500\n")) {
            for (var type : List.of("histogram", "summary")) {
                var text = new StringBuilder("# TYPE h " + type + "\n");
                for (int i = 0; i < 40_000; i++) {
                    var label = "m=\"" + i + "\"";
                    text.append("h_bucket{le=\"+Inf\",").append(label).append("} 1").append(end);
                    text.append("h_count{").append(label).append("} 1").append(end);
                    text.append("h_sum{").append(label).append("} 1").append(end);
                }
                var body = text.toString().getBytes(StandardCharsets.UTF_8);
                var cache = cache(job(", guard_rails: {max_series: 0}"));
                var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
                long before = threads.getCurrentThreadCpuTime();
                for (int i = 1; i <= 2; i++) {
                    cache.begin();
                    cache.read(body, body.length, Format.TEXT, new Sink(), i * 1000L);
                    cache.keep();
                }
                assertThat(cache.scraped()).isEqualTo(120_000);
                assertThat(threads.getCurrentThreadCpuTime() - before)
                        .as("nanoseconds of %s", type)
                        .isLessThan(8_000_000_000L);
            }
        }
    }

    @Test
    void limitsCountLines() {
        use(job(", sample_limit: 6"));
        round(histogram("h", "", 1, 2, 3), 1000);
        round(histogram("h", "", 1, 2, 3) + "g 1\n", 2000);
        assertThat(folding.kept()).isEqualTo(7);
        round(histogram("h", "", 1, 2, 3), 3000);
    }

    /// Whatever families there are and whatever happens to them, it is as if nothing were folded.
    /// (No series is said twice here: which of two lines counts may depend on what is remembered.)
    @Test
    void theSameSamplesAsUnfoldedForAnyHistory() {
        var seen = new int[1];
        Seeds.forEach(
                600,
                random -> {
                    var test = new FoldingTest();
                    if (random.nextInt(5) == 0) {
                        test.use(test.job(random));
                    }
                    var lines = new ArrayList<>(lines(random));
                    for (long time = 1000; time < 12_000; time += 1000) {
                        var body = String.join("", lines);
                        var text = random.nextInt(20) > 0;
                        for (int i = 0; i < 9; i++) { // what is older than a fold would differ
                            long at = time - 100L * i;
                            var own = text ? Long.toString(at) : Double.toString(at / 1e3);
                            body = body.replace("@" + i, own);
                        }
                        test.round(
                                text ? body : body + "# EOF\n",
                                text ? Format.TEXT : Format.OPENMETRICS,
                                time);
                        if (random.nextInt(10) == 0) {
                            test.use(test.job(random));
                        }
                        mutate(lines, random);
                    }
                    seen[0] += test.folded.foldedAppends;
                });
        assertThat(seen[0]).isPositive();
    }

    private ScrapeJob job(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> job(", honor_timestamps: false");
            case 1 -> job(", honor_labels: true");
            case 2 -> job(", label_limit: 4");
            case 3 ->
                    job(
                            ", metric_relabel_configs: [{source_labels: [le], regex: '2.5', action:"
                                    + " drop}]");
            case 4 -> job(", sample_limit: 30");
            default -> job("");
        };
    }

    private static List<String> lines(Random random) {
        var lines = new ArrayList<String>();
        int families = 1 + random.nextInt(4);
        for (int family = 0; family < families; family++) {
            lines.add(
                    "# TYPE f%d %s\n"
                            .formatted(family, random.nextInt(6) > 0 ? "histogram" : "gauge"));
            int sets = 1 + random.nextInt(2);
            var own = new ArrayList<String>();
            for (int set = 0; set < sets; set++) {
                own.addAll(members(random, family, set));
            }
            if (random.nextInt(3) == 0) {
                Collections.shuffle(own, random);
            }
            lines.addAll(own);
        }
        return lines;
    }

    private static List<String> members(Random random, int family, int set) {
        var lines = new ArrayList<String>();
        int count = 0;
        for (var le : List.of("0.5", "1", "2.5", "+Inf")) {
            if (random.nextInt(12) > 0) {
                count += random.nextInt(3);
                lines.add("f%d_bucket{le=\"%s\",m=\"%d\"} %d\n".formatted(family, le, set, count));
            }
        }
        lines.add("f%d_count{m=\"%d\"} %d\n".formatted(family, set, count));
        lines.add("f%d_sum{m=\"%d\"} %s\n".formatted(family, set, count * 0.3));
        return lines;
    }

    private static void mutate(List<String> lines, Random random) {
        if (random.nextInt(3) > 0) { // everything counts on
            int more = random.nextInt(3);
            for (int i = 0; i < lines.size(); i++) {
                var line = lines.get(i);
                if (!line.startsWith("#") && line.matches("(?s)\\S+ \\d+[ \n].*")) {
                    var parts = line.split("(?<=\\})", 2);
                    int value = Integer.parseInt(parts[1].strip().split(" ")[0]);
                    var rest = parts[1].strip().replaceFirst("^\\d+", "");
                    lines.set(i, parts[0] + " " + (value + more) + rest + "\n");
                }
            }
        }
        int changes = random.nextInt(3);
        for (int change = 0; change < changes && !lines.isEmpty(); change++) {
            int at = random.nextInt(lines.size());
            var line = lines.get(at);
            boolean isSample = !line.startsWith("#");
            switch (random.nextInt(12)) {
                case 0 -> lines.remove(at);
                case 1 -> lines.addAll(members(random, random.nextInt(5), random.nextInt(1 << 20)));
                case 2 -> Collections.swap(lines, at, random.nextInt(lines.size()));
                case 3 -> lines.set(at, isSample ? line.replaceFirst(" .*", " 0.25") : line);
                case 4 -> lines.set(at, isSample ? line.replaceFirst(" .*", " NaN") : line);
                case 5 -> lines.set(at, isSample ? line.replaceFirst(" .*", " 0") : line);
                case 6 ->
                        lines.set(at, line.replaceFirst("\\{le=(\"[^\"]*\"),(.*)}", "{$2,le=$1}"));
                case 7 -> lines.add(at, "# a remark\n");
                case 8 -> {
                    int age = random.nextInt(9);
                    for (int i = 0; i < lines.size(); i++) {
                        if (!lines.get(i).startsWith("#") && random.nextInt(20) > 0) {
                            lines.set(i, stamped(lines.get(i), age));
                        }
                    }
                }
                case 9 -> lines.replaceAll(l -> l.startsWith("#") ? l : stamped(l, -1));
                case 10 -> lines.replaceAll(l -> l.replace(" histogram", " gauge"));
                default -> lines.replaceAll(l -> l.replace(" gauge", " histogram"));
            }
        }
    }

    private static String stamped(String line, int age) {
        return line.replaceFirst("( \\S+)( @\\d)?\n", age < 0 ? "$1\n" : "$1 @" + age + "\n");
    }
}
