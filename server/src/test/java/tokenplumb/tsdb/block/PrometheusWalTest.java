package tokenplumb.tsdb.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.bytes.Snappy;
import tokenplumb.disk.Disk;
import tokenplumb.disk.RealDisk;
import tokenplumb.json.Json;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.kit.Seeds;
import tokenplumb.kit.SeriesLine;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;
import tokenplumb.signal.StaleMarker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

class PrometheusWalTest {
    private static final long T0 = 1_700_000_000_000L;

    /// What a replay gave, as text.
    private static final class Heard implements PrometheusWal.Sink {
        final List<String> lines = new ArrayList<>();
        final List<String> damage = new ArrayList<>();
        final List<Labels> series = new ArrayList<>();

        static Heard of(Disk disk) throws IOException {
            var heard = new Heard();
            PrometheusWal.replay(disk, heard);
            return heard;
        }

        @Override
        public long series(Labels labels) {
            series.add(labels);
            return 1000 + series.size() - 1;
        }

        private void hear(long handle, Object... what) {
            lines.add(series.get((int) handle - 1000) + " " + Arrays.toString(what));
        }

        @Override
        public void sample(long handle, long timeMillis, double value) {
            hear(handle, timeMillis, Long.toHexString(Double.doubleToRawLongBits(value)));
        }

        @Override
        public void histogram(long handle, long timeMillis, Histogram histogram) {
            hear(handle, timeMillis, histogram.hint(), RandomSeries.said(histogram));
        }

        @Override
        public void exemplar(long handle, Exemplar exemplar) {
            hear(handle, exemplar);
        }

        @Override
        public void metadata(long handle, Metadata metadata) {
            hear(handle, metadata);
        }

        @Override
        public void deleted(long handle, long from, long to) {
            hear(handle, "deleted", from, to);
        }

        @Override
        public void damaged(String file, long offset, String what) {
            damage.add(file + " at " + offset + ": " + what);
        }
    }

    private static void put(Disk disk, String name, byte... bytes) throws IOException {
        try (var file = disk.append(name)) {
            file.append(bytes, 0, bytes.length);
        }
    }

    // --- the golden bytes

    @Test
    void readsTheGoldenSegment() throws IOException {
        var disk = new MemoryDisk();
        var hex =
                "0100314776b7ed010000000000000001"
                        + "02085f5f6e616d655f5f0177016901310000000000000002"
                        + "02085f5f6e616d655f5f017701690132"
                        + "01003d601a0784020000000000000001"
                        + "0000018bcfe5680000003ff80000000000000202"
                        + "400400000000000000b0ea01400c00000000000002b2ea014012000000000000";
        var bytes = Arrays.copyOf(HexFormat.of().parseHex(hex), WalFile.PAGE);
        put(disk, "wal/00000000", bytes);
        assertThat(PrometheusWal.isThere(disk)).isTrue();
        var heard = Heard.of(disk);
        assertThat(heard.damage).isEmpty();
        assertThat(heard.lines)
                .containsExactly(
                        "w{i=\"1\"} [1700000000000, 3ff8000000000000]",
                        "w{i=\"2\"} [1700000000001, 4004000000000000]",
                        "w{i=\"1\"} [1700000015000, 400c000000000000]",
                        "w{i=\"2\"} [1700000015001, 4012000000000000]");
    }

    // --- every type of record

    /// Writes records as Prometheus does, in fragments and pages.
    private static final class Segment {
        final Buffer bytes = new Buffer();
        final List<Integer> ends = new ArrayList<>(); // of each record

        void add(Buffer record, int flags) {
            byte[] content = Arrays.copyOf(record.array(), record.size());
            int at = 0;
            boolean isFirst = true;
            do {
                int room = WalFile.PAGE - bytes.size() % WalFile.PAGE;
                if (room < WalFile.HEADER + (content.length == 0 ? 0 : 1)) {
                    for (int i = 0; i < room; i++) {
                        bytes.putByte(0);
                    }
                    continue;
                }
                int length = Math.min(room - WalFile.HEADER, content.length - at);
                boolean isLast = at + length == content.length;
                int type = isFirst ? isLast ? 1 : 2 : isLast ? 4 : 3;
                bytes.putByte(type | flags);
                bytes.putShort(length);
                bytes.putInt(Crc32c.of(content, at, length));
                bytes.put(content, at, length);
                at += length;
                isFirst = false;
            } while (at < content.length);
            ends.add(bytes.size());
        }

        byte[] array() {
            return Arrays.copyOf(bytes.array(), bytes.size());
        }
    }

    private static Buffer record(int type) {
        var record = new Buffer();
        record.putByte(type);
        return record;
    }

    private static Buffer series(long reference, Labels labels) {
        var record = record(1);
        record.putLong(reference);
        putLabels(record, labels);
        return record;
    }

    private static void putLabels(Buffer record, Labels labels) {
        record.putUvarint(labels.size());
        labels.toMap()
                .forEach((name, value) -> {
                    record.putText(name);
                    record.putText(value);
                });
    }

    private static void putDouble(Buffer record, double value) {
        record.putLong(Double.doubleToRawLongBits(value));
    }

    private static Buffer samples(long reference, long time, double... values) {
        var record = record(2);
        record.putLong(reference);
        record.putLong(time);
        for (int i = 0; i < values.length; i++) {
            record.putVarint(0);
            record.putVarint(i * 15_000L);
            putDouble(record, values[i]);
        }
        return record;
    }

    /// Buckets 2 to 3 and 5 with 1, 4 and 2; schema 1.
    private static void putHistogram(Buffer record, boolean isInteger, double sum, int schema) {
        record.putByte(2);
        record.putVarint(schema);
        putDouble(record, 0x1p-128);
        if (isInteger) {
            record.putUvarint(3);
            record.putUvarint(10);
        } else {
            putDouble(record, 3);
            putDouble(record, 10);
        }
        putDouble(record, sum);
        record.putUvarint(2);
        record.putVarint(2);
        record.putUvarint(2);
        record.putVarint(1);
        record.putUvarint(1);
        record.putUvarint(0);
        record.putUvarint(3);
        for (int count : new int[] {1, isInteger ? 3 : 4, isInteger ? -2 : 2}) {
            if (isInteger) {
                record.putVarint(count);
            } else {
                putDouble(record, count);
            }
        }
        record.putUvarint(0);
        if (schema == Histogram.CUSTOM_BOUNDS) {
            record.putUvarint(6);
            for (int i = 0; i < 6; i++) {
                putDouble(record, i * 0.5);
            }
        }
    }

    private static String histogramSaid(boolean isInteger, double sum, int schema) {
        double[] bounds =
                schema == Histogram.CUSTOM_BOUNDS
                        ? new double[] {0, 0.5, 1, 1.5, 2, 2.5}
                        : new double[0];
        return RandomSeries.said(
                new Histogram(
                        isInteger,
                        Histogram.Reset.NOT_RESET,
                        schema,
                        0x1p-128,
                        3,
                        10,
                        sum,
                        new Histogram.Spans(new int[] {2, 1}, new int[] {2, 1}),
                        new double[] {1, 4, 2},
                        Histogram.Spans.NONE,
                        new double[0],
                        bounds));
    }

    @Test
    void readsEveryTypeOfRecord() throws IOException {
        var segment = new Segment();
        var a = Labels.of(Labels.NAME, "a", "x", "ünï");
        segment.add(series(7, a), 0);
        segment.add(series(9, a), 0); // the same series by another reference
        segment.add(samples(9, T0, 1.5, StaleMarker.VALUE), 0);
        var deleted = record(3);
        deleted.putLong(7);
        deleted.putVarint(-5);
        deleted.putVarint(T0);
        segment.add(deleted, 0);
        var exemplar = record(4);
        exemplar.putLong(7);
        exemplar.putLong(T0);
        exemplar.putVarint(2);
        exemplar.putVarint(-3);
        putDouble(exemplar, 0.25);
        putLabels(exemplar, Labels.of("trace_id", "abc"));
        segment.add(exemplar, 0);
        segment.add(record(5), 0);
        var metadata = record(6);
        metadata.putUvarint(9);
        metadata.putByte(3);
        metadata.putUvarint(2);
        metadata.putText("UNIT");
        metadata.putText("seconds");
        metadata.putText("HELP");
        metadata.putText("How long.");
        segment.add(metadata, 0);
        for (int type = 7; type <= 10; type++) {
            boolean isInteger = type == 7 || type == 9;
            var histograms = record(type);
            histograms.putLong(7);
            histograms.putLong(T0);
            histograms.putVarint(0);
            histograms.putVarint(type);
            putHistogram(histograms, isInteger, 7.5, type < 9 ? 1 : Histogram.CUSTOM_BOUNDS);
            segment.add(histograms, 0);
        }
        var samples2 = record(11);
        samples2.putVarint(7);
        samples2.putVarint(T0 + 11);
        samples2.putVarint(T0 - 1000);
        putDouble(samples2, 1);
        for (int marker = 0; marker < 3; marker++) {
            samples2.putVarint(marker == 0 ? 2 : 0);
            samples2.putVarint(marker + 1);
            samples2.putByte(marker);
            if (marker == 2) {
                samples2.putVarint(55);
            }
            putDouble(samples2, 2 + marker);
        }
        segment.add(samples2, 0);
        for (int type = 12; type <= 13; type++) {
            var histograms = record(type);
            histograms.putVarint(7);
            histograms.putVarint(T0 + type);
            histograms.putVarint(0);
            putHistogram(histograms, type == 12, 1, 1);
            histograms.putVarint(2);
            histograms.putVarint(100);
            histograms.putByte(1);
            putHistogram(histograms, type == 12, StaleMarker.VALUE, 1);
            segment.add(histograms, 0);
        }
        segment.add(record(77), 0);
        segment.add(samples(12345, T0, 1, 2), 0);

        var disk = new MemoryDisk();
        put(disk, "wal/00000000", segment.array());
        var heard = Heard.of(disk);
        assertThat(heard.series).containsExactly(a);
        assertThat(heard.lines.stream().map(line -> line.substring(a.toString().length() + 1)))
                .containsExactly(
                        "[1700000000000, 3ff8000000000000]",
                        "[1700000015000, 7ff0000000000002]",
                        "[deleted, -5, 1700000000000]",
                        "[Exemplar[labels={trace_id=\"abc\"}, value=0.25,"
                                + " timeMillis=1699999999997]]",
                        "[Metadata[type=HISTOGRAM, help=How long., unit=seconds]]",
                        "[1700000000007, NOT_RESET, " + histogramSaid(true, 7.5, 1) + "]",
                        "[1700000000008, NOT_RESET, " + histogramSaid(false, 7.5, 1) + "]",
                        "[1700000000009, NOT_RESET, " + histogramSaid(true, 7.5, -53) + "]",
                        "[1700000000010, NOT_RESET, " + histogramSaid(false, 7.5, -53) + "]",
                        "[1700000000011, 3ff0000000000000]",
                        "[1700000000012, 4000000000000000]",
                        "[1700000000013, 4008000000000000]",
                        "[1700000000014, 4010000000000000]",
                        "[1700000000012, NOT_RESET, " + histogramSaid(true, 1, 1) + "]",
                        "[1700000000112, UNKNOWN, stale]",
                        "[1700000000013, NOT_RESET, " + histogramSaid(false, 1, 1) + "]",
                        "[1700000000113, UNKNOWN, stale]");
        assertThat(heard.damage)
                .containsExactly(
                        "wal at 0: 2 samples are of series whose labels are nowhere",
                        "wal at 0: 1 records are of an unknown type");
    }

    // --- checkpoints, pages, damage

    @Test
    void beginsWithTheNewestCheckpointAndMissesMissingSegments() throws IOException {
        var disk = new MemoryDisk();
        var a = Labels.of(Labels.NAME, "a");
        for (var file : List.of("wal/checkpoint.00000001/00000000", "wal/00000001")) {
            var old = new Segment();
            old.add(series(1, Labels.of(Labels.NAME, "old")), 0);
            old.add(samples(1, T0, 1), 0);
            put(disk, file, old.array());
        }
        var checkpoint = new Segment();
        checkpoint.add(series(1, a), 0);
        checkpoint.add(samples(1, T0, 1), 0);
        put(disk, "wal/checkpoint.00000002/00000000", checkpoint.array());
        put(disk, "wal/checkpoint.00000005.tmp/00000000", (byte) 1);
        var segment = new Segment();
        segment.add(samples(1, T0 + 60_000, 2), 0);
        put(disk, "wal/00000003", segment.array());
        put(disk, "wal/00000006", segment.array());
        var heard = Heard.of(disk);
        assertThat(heard.series).containsExactly(a);
        assertThat(heard.lines)
                .containsExactly(
                        "a [1700000000000, 3ff0000000000000]",
                        "a [1700000060000, 4000000000000000]",
                        "a [1700000060000, 4000000000000000]");
        assertThat(heard.damage).containsExactly("wal/00000006 at 0: segments 4 to 5 are missing");
    }

    /// Snappy's format, as bytes and copies at random.
    private static Buffer packed(Buffer plain, Random random) {
        var packed = new Buffer();
        packed.putUvarint(plain.size());
        byte[] bytes = plain.array();
        int at = 0;
        while (at < plain.size()) {
            int back = at == 0 ? 0 : 1 + random.nextInt(Math.min(at, 2000));
            int run = 0;
            while (at + run < plain.size()
                    && run < 64
                    && back > 0
                    && bytes[at + run] == bytes[at + run - back]) {
                run++;
            }
            if (run >= 4 && run < 12 && back < 2048) {
                packed.putByte(1 | (run - 4) << 2 | back >>> 8 << 5);
                packed.putByte(back);
            } else if (run > 0 && random.nextBoolean()) {
                packed.putByte(2 | (run - 1) << 2);
                packed.putByte(back);
                packed.putByte(back >>> 8);
            } else if (run > 0) {
                packed.putByte(3 | (run - 1) << 2);
                packed.putInt(Integer.reverseBytes(back));
            } else {
                run = Math.min(plain.size() - at, 1 + random.nextInt(300));
                if (run <= 60) {
                    packed.putByte((run - 1) << 2);
                } else if (run <= 256) {
                    packed.putByte(60 << 2);
                    packed.putByte(run - 1);
                } else {
                    packed.putByte(61 << 2);
                    packed.putByte(run - 1);
                    packed.putByte((run - 1) >>> 8);
                }
                packed.put(bytes, at, run);
            }
            at += run;
        }
        return packed;
    }

    private static Segment manySamples(Random random, List<String> expected) {
        var segment = new Segment();
        segment.add(series(1, Labels.of(Labels.NAME, "a")), 0);
        long time = T0;
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
            var values = new double[1 + random.nextInt(random.nextInt(8) == 0 ? 5000 : 40)];
            for (int v = 0; v < values.length; v++) {
                values[v] = random.nextInt(3);
                expected.add(
                        "a [%d, %s]"
                                .formatted(
                                        time + v * 15_000L,
                                        Long.toHexString(Double.doubleToRawLongBits(values[v]))));
            }
            var record = samples(1, time, values);
            if (random.nextBoolean()) {
                segment.add(packed(record, random), 8);
            } else {
                segment.add(record, 0);
            }
            time += values.length * 15_000L;
        }
        return segment;
    }

    @Test
    void readsRecordsInPiecesAndPacked() {
        Seeds.forEach(
                40,
                random -> {
                    var expected = new ArrayList<String>();
                    var segment = manySamples(random, expected);
                    var disk = new MemoryDisk();
                    put(disk, "wal/00000000", segment.array());
                    var heard = Heard.of(disk);
                    assertThat(heard.damage).isEmpty();
                    assertThat(heard.lines).isEqualTo(expected);
                });
    }

    @Test
    void aFlippedByteCostsWhatItHits() {
        Seeds.forEach(
                60,
                random -> {
                    var expected = new ArrayList<String>();
                    var segment = manySamples(random, expected);
                    var bytes = segment.array();
                    int first = segment.ends.getFirst(); // that of the series
                    if (first == bytes.length) {
                        return;
                    }
                    int at = first + random.nextInt(bytes.length - first);
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    var disk = new MemoryDisk();
                    put(disk, "wal/00000000", bytes);
                    var heard = Heard.of(disk);
                    assertThat(new HashSet<>(expected).containsAll(heard.lines)).isTrue();
                    boolean isHarmless = heard.lines.equals(expected);
                    assertThat(heard.damage.isEmpty()).isEqualTo(isHarmless);
                });
    }

    @Test
    void aCutFileCostsItsLastRecord() {
        Seeds.forEach(
                40,
                random -> {
                    var expected = new ArrayList<String>();
                    var segment = manySamples(random, expected);
                    int last = segment.ends.size() - 1;
                    int from = segment.ends.get(last - 1);
                    int cut = from + random.nextInt(segment.ends.get(last) - from);
                    var disk = new MemoryDisk();
                    put(disk, "wal/00000000", Arrays.copyOf(segment.array(), cut));
                    var heard = Heard.of(disk);
                    assertThat(heard.lines).isEqualTo(expected.subList(0, heard.lines.size()));
                    var whole = new MemoryDisk();
                    put(whole, "wal/00000000", Arrays.copyOf(segment.array(), from));
                    assertThat(heard.lines).isEqualTo(Heard.of(whole).lines);
                });
    }

    @Test
    void saysWhatIsPackedWithZstd() throws IOException {
        var segment = new Segment();
        segment.add(samples(1, T0, 1), 16);
        var disk = new MemoryDisk();
        put(disk, "wal/00000000", segment.array());
        assertThat(Heard.of(disk).damage)
                .singleElement()
                .asString()
                .contains("1 records are packed with zstd");
    }

    @Test
    void refusesASnappyBombBeforeMakingRoom() {
        var bomb = new Buffer();
        bomb.putUvarint(1L << 32);
        bomb.putByte(0);
        assertThatThrownBy(() -> Snappy.unpack(bomb.array(), 0, bomb.size(), new Buffer()))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("4294967296 bytes cannot come out of");
    }

    // --- a real Prometheus

    @TempDir Path folder;

    @Test
    void readsWhatARealPrometheusLeftWhenItWasKilled() throws Exception {
        var data = Files.createDirectory(folder.resolve("data"));
        var asked = new TreeMap<String, Set<String>>();
        long now;
        try (var prometheus =
                RealPrometheus.serve(
                        data,
                        """
                        global:
                          scrape_interval: 40ms
                          scrape_timeout: 40ms
                        scrape_configs:
                          - job_name: self
                            static_configs: [{targets: ["127.0.0.1:19610"]}]
                        """,
                        folder,
                        19_610)) {
            awaitSamples(prometheus, 150); // 120 fill a chunk, which then goes to chunks_head
            now = System.currentTimeMillis();
            var answer =
                    prometheus.ask(
                            "/api/v1/query?query=%7Bjob%3D%22self%22%7D%5B5m%5D&time="
                                    + now / 1000.0);
            collect(Json.read(answer.body()), asked);
            prometheus.kill();
        }
        try (var disk = new RealDisk(data)) {
            assertThat(disk.list("chunks_head")).isNotEmpty();
            var heard = Heard.of(disk);
            assertThat(heard.damage).isEmpty();
            var lines = new TreeSet<>(heard.lines);
            assertThat(lines).as("no sample twice").hasSameSizeAs(heard.lines);
            assertThat(asked).hasSizeGreaterThan(300);
            for (var series : asked.entrySet()) {
                assertThat(lines.containsAll(series.getValue())).as(series.getKey()).isTrue();
            }
        }
    }

    private static void awaitSamples(RealPrometheus prometheus, int count) throws Exception {
        for (int i = 0; i < 90; i++) {
            Thread.sleep(1000);
            var answer =
                    prometheus.ask(
                            "/api/v1/query?query=count_over_time(up%5B5m%5D)%20%3E%20" + count);
            if (new String(answer.body(), StandardCharsets.UTF_8).contains("instance")) {
                return;
            }
        }
        Assumptions.abort("this machine is too slow for " + count + " scrapes in 90 s");
    }

    private static void collect(Object answer, Map<String, Set<String>> into) {
        var result = (List<?>) ((Map<?, ?>) ((Map<?, ?>) answer).get("data")).get("result");
        for (var each : result) {
            var series = (Map<?, ?>) each;
            var labels = Labels.builder();
            ((Map<?, ?>) series.get("metric"))
                    .forEach((name, value) -> labels.set((String) name, (String) value));
            var name = labels.build().toString();
            var lines = into.computeIfAbsent(name, key -> new TreeSet<>());
            for (var point : (List<?>) series.get("values")) {
                var pair = (List<?>) point;
                double value = SeriesLine.number((String) pair.get(1));
                if (!Double.isNaN(value)) {
                    lines.add(
                            "%s [%d, %s]"
                                    .formatted(
                                            name,
                                            Math.round(((Number) pair.get(0)).doubleValue() * 1000),
                                            Long.toHexString(Double.doubleToRawLongBits(value))));
                }
            }
        }
    }

    @Test
    void knowsWhenThereIsNothing() throws IOException {
        var disk = new MemoryDisk();
        put(disk, "wal/notes", "x".getBytes(StandardCharsets.UTF_8));
        assertThat(PrometheusWal.isThere(disk)).isFalse();
        assertThat(Heard.of(disk).lines).isEmpty();
        var ours = "TPWAL".getBytes(StandardCharsets.UTF_8);
        put(disk, "wal/00000001", ours); // of an older version of ours
        assertThat(PrometheusWal.isThere(disk)).isFalse();
    }
}
