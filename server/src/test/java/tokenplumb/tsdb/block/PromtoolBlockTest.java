package tokenplumb.tsdb.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.disk.RealDisk;
import tokenplumb.json.Json;
import tokenplumb.kit.Promtool;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.kit.Seeds;
import tokenplumb.kit.SeriesLine;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/// Blocks between this program and Debian's Prometheus, both ways. It does not know custom bounds
/// yet (2.42), so folded histograms and those with custom bounds stay out of what it is given.
class PromtoolBlockTest {
    private static final Pattern LINE = Pattern.compile("(\\{.*\\}) (\\S.*) (\\d+)");
    private static final BlockDamage NONE =
            (file, offset, what) -> {
                throw new AssertionError(file + " at " + offset + ": " + what);
            };

    @TempDir Path folder;

    private static String openMetrics() {
        return """
        # TYPE m counter
        m_total{a="x",b="y"} 1 1700000000.000
        m_total{a="x",b="y"} 2 1700000015.000
        m_total{a="x",b="y"} 2 1700000030.000
        m_total{a="x",b="y"} 5.5 1700000045.010
        m_total{a="x",b="y"} 7 1700000060.000
        # TYPE g gauge
        g{a="x"} 0.1 1700000000.000
        g{a="x"} -3 1700000015.000
        # EOF
        """;
    }

    private Path blockMadeByPromtool() throws IOException, InterruptedException {
        var text = Files.writeString(folder.resolve("series.om"), openMetrics());
        var data = folder.resolve("data");
        Promtool.run("tsdb", "create-blocks-from", "openmetrics", text, data);
        try (var blocks = Files.list(data)) {
            return blocks.filter(each -> Ulid.is(each.getFileName().toString()))
                    .findAny()
                    .orElseThrow();
        }
    }

    @Test
    void writesTheBytesPromtoolWrites() throws Exception {
        var block = blockMadeByPromtool();
        var golden = HexFormat.of().formatHex(Files.readAllBytes(block.resolve("chunks/000001")));
        assertThat(golden)
                .isEqualTo(
                        "85bd40dd010000001c01000280a0abfef9623fb999999999999a9875c1fffd8cccccccccccd0"
                            + "81d29ca71d01000580a0abfef9623ff00000000000009875c25fff2002b58977fd9280"
                            + "0f12f8b1");
        try (var disk = new RealDisk(folder.resolve("data"));
                var read = Block.open(disk, block.getFileName().toString(), NONE)) {
            assertThat(read.verify()).isEmpty();
            assertThat(read.meta().sources()).containsExactly(block.getFileName().toString());
            var meta = read.meta();
            var ulid = Ulid.next(RandomSeries.START, new Random(1));
            try (var writer =
                    new BlockWriter(
                            disk, "", BlockMeta.ofHead(ulid, meta.minTime(), meta.maxTime()))) {
                for (var all = read.inOrder(); all.hasNext(); ) {
                    var series = all.next();
                    writer.series(series.labels(), series.layout());
                    var samples = new Samples();
                    series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                    writer.append(samples);
                }
                var stats = writer.finish().stats();
                assertThat(stats.samples()).isEqualTo(meta.stats().samples());
                assertThat(stats.series()).isEqualTo(meta.stats().series());
                assertThat(stats.chunks()).isEqualTo(meta.stats().chunks());
            }
            assertThat(HexFormat.of().formatHex(disk.read(ulid + "/chunks/000001")))
                    .isEqualTo(golden);
            assertThat(disk.read(ulid + "/tombstones"))
                    .isEqualTo(Files.readAllBytes(block.resolve("tombstones")));
            // all up to the postings; 2.42 writes label indices behind the series, as nobody does
            // now
            assertThat(HexFormat.of().formatHex(disk.read(ulid + "/index")))
                    .startsWith(
                            HexFormat.of()
                                    .formatHex(Files.readAllBytes(block.resolve("index")))
                                    .substring(0, 2 * 0x68));
        }
    }

    @Test
    void promtoolReadsWhatWeWrite() {
        Seeds.forEach(
                4,
                random -> {
                    var data = Files.createDirectory(folder.resolve("data" + random.nextLong()));
                    Files.createDirectory(data.resolve("wal")); // or promtool does not start
                    var given = RandomSeries.list(random, 60, false, false);
                    var ulid = Ulid.next(RandomSeries.START, random);
                    try (var disk = new RealDisk(data)) {
                        BlockTest.write(
                                disk,
                                BlockMeta.ofHead(ulid, RandomSeries.START, RandomSeries.END),
                                given,
                                20 + random.nextInt(400),
                                1 + random.nextInt(200_000));
                    }
                    var dumped = dumped(Promtool.run("tsdb", "dump", data));
                    var expected = said(given);
                    expected.sort(null);
                    assertThat(dumped).hasSameSizeAs(expected);
                    for (int i = 0; i < dumped.size(); i++) {
                        assertThat(dumped.get(i)).isEqualTo(expected.get(i));
                    }
                    var analysis = Promtool.run("tsdb", "analyze", data, ulid);
                    assertThat(analysis).contains("Series: " + given.size());
                });
    }

    @Test
    void prometheusAnswersOurNativeHistograms() throws Exception {
        var random = new Random(7);
        var given = new ArrayList<RandomSeries.Given>();
        for (int i = 0; i < 12; i++) {
            given.add(
                    RandomSeries.natives(
                            random, Labels.of(Labels.NAME, "native", "n", "" + (10 + i)), false));
        }
        var data = Files.createDirectory(folder.resolve("data"));
        try (var disk = new RealDisk(data)) {
            var meta =
                    BlockMeta.ofHead(
                            Ulid.next(RandomSeries.START, random),
                            RandomSeries.START,
                            RandomSeries.END);
            BlockTest.write(disk, meta, given, 60, 1 << 20);
        }
        Files.delete(data.resolve("lock"));
        try (var prometheus =
                RealPrometheus.serve(
                        data,
                        "scrape_configs: []\n",
                        folder,
                        19_600,
                        "--enable-feature=native-histograms")) {
            for (var each : given) {
                var query = "native{n=\"" + each.labels().get("n") + "\"}[3h]";
                var answer =
                        prometheus.ask(
                                "/api/v1/query?time=%d&query=%s"
                                        .formatted(
                                                RandomSeries.END / 1000,
                                                URLEncoder.encode(query, StandardCharsets.UTF_8)));
                assertThat(answered(Json.read(answer.body())))
                        .isEqualTo(
                                said(List.of(each)).stream()
                                        .filter(line -> !line.endsWith("stale"))
                                        .map(line -> line.substring(line.indexOf('}') + 2))
                                        .toList());
            }
        }
    }

    /// Time, count, sum and counts of buckets of each histogram.
    private static List<String> answered(Object answer) {
        var lines = new ArrayList<String>();
        var result = (List<?>) ((Map<?, ?>) ((Map<?, ?>) answer).get("data")).get("result");
        for (var series : result) {
            for (var point : (List<?>) ((Map<?, ?>) series).get("histograms")) {
                var pair = (List<?>) point;
                var histogram = (Map<?, ?>) pair.get(1);
                var buckets = new ArrayList<String>();
                if (histogram.get("buckets") instanceof List<?> list) {
                    for (var bucket : list) {
                        buckets.add(number(decimal(((List<?>) bucket).get(3))));
                    }
                }
                lines.add(
                        "%d %s %s %s"
                                .formatted(
                                        Math.round(((Number) pair.get(0)).doubleValue() * 1000),
                                        number(decimal(histogram.get("count"))),
                                        number(decimal(histogram.get("sum"))),
                                        buckets));
            }
        }
        return lines;
    }

    private static double decimal(Object text) {
        return SeriesLine.number(String.valueOf(text));
    }

    /// Sample by sample: labels, time, value.
    private static List<String> dumped(String dump) {
        var lines = new ArrayList<String>();
        for (var line : dump.split("\n")) {
            var match = LINE.matcher(line);
            assertThat(match.matches()).as(line).isTrue();
            lines.add(
                    "%s %s %s"
                            .formatted(
                                    match.group(1),
                                    match.group(3),
                                    number(SeriesLine.number(match.group(2)))));
        }
        lines.sort(null);
        return lines;
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "NaN" : Double.toString(value);
    }

    private static List<String> said(List<? extends KeptSeries> given) {
        var lines = new ArrayList<String>();
        for (var series : given) {
            var samples = new Samples();
            series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
            for (int i = 0; i < samples.size(); i++) {
                lines.add(
                        "%s %d %s"
                                .formatted(
                                        braced(series.labels()),
                                        samples.time(i),
                                        samples.isHistogram(i)
                                                ? said(samples.histogram(i))
                                                : number(samples.value(i))));
            }
        }
        return lines;
    }

    private static String said(Histogram histogram) {
        if (histogram.isStale()) {
            return "stale";
        }
        var buckets = new ArrayList<String>();
        for (int i = histogram.negativeCounts().length - 1; i >= 0; i--) {
            add(histogram.negativeCounts()[i], buckets);
        }
        add(histogram.zeroCount(), buckets);
        for (double count : histogram.positiveCounts()) {
            add(count, buckets);
        }
        return "%s %s %s".formatted(number(histogram.count()), number(histogram.sum()), buckets);
    }

    private static void add(double count, List<String> buckets) {
        if (count != 0) {
            buckets.add(number(count));
        }
    }

    private static String braced(Labels labels) {
        var pairs = new ArrayList<String>();
        labels.toMap().forEach((name, value) -> pairs.add(name + "=" + Labels.quote(value)));
        return "{" + String.join(", ", pairs) + "}";
    }
}
