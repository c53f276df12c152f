package tokenplumb.tsdb.dense;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.Golden;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.Ulid;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

class DenseBlockTest {
    private static final String ULID = Ulid.next(1_790_000_000_000L, new Random(1));
    private static final String FOLDER = "dense/" + ULID;

    private static final List<Matcher.Type> TYPES = List.of(Matcher.Type.values());

    private final List<String> told = new ArrayList<>();

    private static BlockMeta write(Disk disk, List<RandomSeries.One> series) throws IOException {
        try (var writer =
                new DenseWriter(
                        disk,
                        "dense",
                        BlockMeta.ofHead(ULID, RandomSeries.START, RandomSeries.END))) {
            RandomSeries.write(series, writer);
            return writer.finish();
        }
    }

    private DenseBlock open(Disk disk) throws IOException {
        return DenseBlock.open(
                disk, FOLDER, (file, offset, what) -> told.add(file + " " + offset + " " + what));
    }

    private static Samples plain(KeptSeries series, long from, long to) {
        var samples = new Samples();
        series.read(from, to, samples);
        return samples;
    }

    private static FoldedSamples folded(KeptSeries series, long from, long to) {
        var samples = new FoldedSamples();
        samples.reset(series.layout().size());
        series.read(from, to, samples);
        return samples;
    }

    private static void same(KeptSeries actual, RandomSeries.One expected, long from, long to) {
        assertThat(actual.labels()).isEqualTo(expected.labels());
        assertThat(actual.layout()).isEqualTo(expected.layout());
        if (expected.layout().isNone()) {
            RandomSeries.same(plain(actual, from, to), expected.plain(), from, to);
        } else {
            RandomSeries.same(folded(actual, from, to), expected.folded(), from, to);
        }
    }

    private void same(DenseBlock block, List<RandomSeries.One> series) {
        var all = block.inOrder();
        assertThat(told).isEmpty();
        for (var expected : series) {
            same(all.next(), expected, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        assertThat(all.hasNext()).isFalse();
    }

    @Test
    void everythingComesBackToTheLastBitAndInOrder() {
        Seeds.forEach(
                20,
                random -> {
                    var disk = new MemoryDisk();
                    var series = RandomSeries.of(random, 50);
                    var meta = write(disk, series);
                    try (var block = open(disk)) {
                        same(block, series);
                        assertThat(block.verify()).isEmpty();
                        assertThat(block.meta()).isEqualTo(meta);
                        assertThat(meta.stats().series()).isEqualTo(series.size());
                        assertThat(meta.stats().samples())
                                .isEqualTo(series.stream().mapToLong(RandomSeries.One::size).sum());
                    }
                    assertThat(told).isEmpty();
                });
    }

    @Test
    void anyRangeGivesJustItsSamples() {
        Seeds.forEach(
                20,
                random -> {
                    var disk = new MemoryDisk();
                    var series = RandomSeries.of(random, 20);
                    write(disk, series);
                    try (var block = open(disk)) {
                        var all = block.inOrder();
                        for (var expected : series) {
                            var actual = all.next();
                            for (int i = 0; i < 5; i++) {
                                long from = RandomSeries.START + random.nextInt(7 * 3_600_000);
                                same(actual, expected, from, from + random.nextInt(7_200_000));
                                long at = expected.time(random.nextInt(expected.size()));
                                same(actual, expected, at, at);
                            }
                        }
                    }
                });
    }

    @Test
    void selectorsFindWhatLookingAtEachSeriesFinds() {
        Seeds.forEach(
                12,
                random -> {
                    var disk = new MemoryDisk();
                    var series = RandomSeries.of(random, 100);
                    write(disk, series);
                    try (var block = open(disk);
                            var querier = block.kept()) {
                        for (int i = 0; i < 20; i++) {
                            var matchers = matchers(random);
                            var expected =
                                    series.stream()
                                            .filter(each -> each.layout().isNone())
                                            .map(RandomSeries.One::labels)
                                            .filter(each ->
                                                    matchers.stream()
                                                            .allMatch(m -> m.matches(each)))
                                            .collect(Collectors.toSet());
                            assertThat(labels(querier.plain(0, Long.MAX_VALUE, matchers)))
                                    .isEqualTo(expected);
                            assertThat(querier.labelNames(0, Long.MAX_VALUE, matchers))
                                    .containsExactlyInAnyOrderElementsOf(names(expected));
                            for (var label : List.of("job", Labels.NAME, "absent")) {
                                assertThat(querier.labelValues(label, 0, Long.MAX_VALUE, matchers))
                                        .containsExactlyInAnyOrderElementsOf(
                                                values(expected, label));
                            }
                            var others =
                                    matchers.stream()
                                            .filter(each -> !each.name().equals(Labels.NAME))
                                            .toList();
                            var folded =
                                    series.stream()
                                            .filter(each -> !each.layout().isNone())
                                            .map(RandomSeries.One::labels)
                                            .filter(each -> each.metricName().equals("m1"))
                                            .filter(each ->
                                                    others.stream().allMatch(m -> m.matches(each)))
                                            .collect(Collectors.toSet());
                            assertThat(
                                            labels(
                                                    querier.folded(
                                                            0,
                                                            Long.MAX_VALUE,
                                                            Optional.of(Set.of("m1")),
                                                            others)))
                                    .isEqualTo(folded);
                        }
                        var allFolded =
                                series.stream()
                                        .filter(each -> !each.layout().isNone())
                                        .map(RandomSeries.One::labels)
                                        .collect(Collectors.toSet());
                        assertThat(querier.foldedLabelNames(0, Long.MAX_VALUE))
                                .containsExactlyInAnyOrderElementsOf(names(allFolded));
                        assertThat(querier.foldedLabelValues("job", 0, Long.MAX_VALUE))
                                .containsExactlyInAnyOrderElementsOf(values(allFolded, "job"));
                        assertThat(querier.plain(0, RandomSeries.START - 86_400_000L, List.of()))
                                .isEmpty();
                    }
                });
    }

    private static Set<Labels> labels(List<KeptSeries> of) {
        assertThat(of).doesNotHaveDuplicates();
        return of.stream().map(KeptSeries::labels).collect(Collectors.toSet());
    }

    private static Set<String> names(Set<Labels> of) {
        return of.stream()
                .flatMap(each -> each.toMap().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> values(Set<Labels> of, String label) {
        return of.stream()
                .map(each -> each.get(label))
                .filter(each -> !each.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Matcher> matchers(Random random) {
        var matchers = new ArrayList<Matcher>();
        for (int i = random.nextInt(4); i > 0; i--) {
            var type = TYPES.get(random.nextInt(4));
            boolean isRegex = type == Matcher.Type.REGEX || type == Matcher.Type.NOT_REGEX;
            var label =
                    List.of(Labels.NAME, "job", "UUID", "größe", "absent").get(random.nextInt(5));
            var values =
                    isRegex
                            ? List.of("a.|b1", ".*", ".+", "m[0-3]", "node-.*", "")
                            : List.of("a1", "m1", "m2", "node-0", "", "absent");
            matchers.add(Matcher.of(type, label, values.get(random.nextInt(values.size()))));
        }
        return matchers;
    }

    @Test
    void aCopyIsTheSameBlock() throws IOException {
        var disk = new MemoryDisk();
        var series = RandomSeries.of(new Random(7), 80);
        write(disk, series);
        var other = Ulid.next(1, new Random(2));
        try (var block = open(disk);
                var writer =
                        new DenseWriter(
                                disk,
                                "",
                                BlockMeta.ofHead(other, RandomSeries.START, RandomSeries.END))) {
            block.copyTo(writer);
            writer.finish();
        }
        assertThat(disk.read(other + "/index")).isEqualTo(disk.read(FOLDER + "/index"));
        assertThat(disk.read(other + "/data")).isEqualTo(disk.read(FOLDER + "/data"));
    }

    @Test
    void seriesOfOneTargetShareTheirTimes() throws IOException {
        var disk = new MemoryDisk();
        var series = new ArrayList<RandomSeries.One>();
        var random = new Random(3);
        var times = new long[1000];
        for (int i = 0; i < times.length; i++) {
            times[i] = RandomSeries.START + i * 15_000L + random.nextInt(9);
        }
        for (int k = 100; k < 200; k++) {
            var samples = new Samples();
            for (long time : times) {
                samples.add(time, k);
            }
            series.add(
                    new RandomSeries.One(
                            Labels.of(Labels.NAME, "m" + k, "job", "a"),
                            BucketLayout.NONE,
                            samples,
                            new FoldedSamples()));
        }
        write(disk, series);
        assertThat(disk.size(FOLDER + "/data") + disk.size(FOLDER + "/index")).isLessThan(7_000);
        try (var block = open(disk)) {
            same(block, series);
        }
    }

    @Test
    void aFlippedByteCostsOnlyWhatItHitsAndIsTold() {
        Seeds.forEach(
                4,
                random -> {
                    var sound = new MemoryDisk();
                    var series = RandomSeries.of(random, 40);
                    write(sound, series);
                    var expected = new HashMap<String, RandomSeries.One>();
                    series.forEach(each -> expected.put(key(each.labels(), each.layout()), each));
                    for (int i = 0; i < 40; i++) {
                        var file = FOLDER + (random.nextBoolean() ? "/index" : "/data");
                        int at = random.nextInt((int) sound.size(file));
                        if (file.endsWith("data") && at < DenseBlock.HEADER) {
                            continue; // nothing depends on it
                        }
                        byte was = sound.read(file)[at];
                        sound.damage(file, at, (byte) (was ^ 1 << random.nextInt(8)));
                        told.clear();
                        int lost = 0;
                        try (var block = open(sound)) {
                            assertThat(block.verify()).isNotEmpty();
                            var seen = 0;
                            for (var all = block.inOrder(); all.hasNext(); ) {
                                lost += missing(all.next(), expected);
                                seen++;
                            }
                            lost += series.size() - seen;
                            selectors(block, random);
                            assertThat(lost == 0 || !told.isEmpty()).isTrue();
                        } catch (IOException e) {
                            assertThat(e).hasMessageContaining(FOLDER);
                        }
                        sound.damage(file, at, was);
                    }
                });
    }

    private static void selectors(DenseBlock block, Random random) {
        try (var querier = block.kept()) {
            for (int i = 0; i < 5; i++) {
                querier.plain(0, Long.MAX_VALUE, matchers(random));
                querier.labelNames(0, Long.MAX_VALUE, matchers(random));
                querier.labelValues("job", 0, Long.MAX_VALUE, matchers(random));
            }
            querier.foldedLabelNames(0, Long.MAX_VALUE);
            querier.foldedLabelValues("job", 0, Long.MAX_VALUE);
        }
    }

    private static String key(Labels labels, BucketLayout layout) {
        return labels + " " + layout;
    }

    /// How many samples are missing; none may be wrong.
    private static int missing(KeptSeries actual, Map<String, RandomSeries.One> expected) {
        var one = expected.get(key(actual.labels(), actual.layout()));
        assertThat(one).as("a series that never was: %s", actual.labels()).isNotNull();
        if (one.layout().isNone()) {
            var left = plain(actual, Long.MIN_VALUE, Long.MAX_VALUE);
            for (int i = 0; i < left.size(); i++) {
                int at = one.plain().indexAtOrAfter(left.time(i));
                assertThat(one.plain().time(at)).isEqualTo(left.time(i));
                assertThat(Double.doubleToRawLongBits(one.plain().value(at)))
                        .isEqualTo(Double.doubleToRawLongBits(left.value(i)));
            }
            return one.plain().size() - left.size();
        }
        return one.folded().size() - folded(actual, Long.MIN_VALUE, Long.MAX_VALUE).size();
    }

    @Test
    void garbageWithASoundChecksumDoesNoHarm() {
        Seeds.forEach(
                200,
                random -> {
                    var models =
                            new Models(List.of(Model.EMPTY, Model.EMPTY, Model.EMPTY, Model.EMPTY));
                    var garbage = new byte[random.nextInt(200) + ColumnDecoder.PADDING];
                    random.nextBytes(garbage);
                    if (random.nextInt(3) == 0) {
                        garbage[0] = (byte) ChunkShaper.MIXED;
                    }
                    var times = new long[100];
                    var reader = new ChunkReader();
                    int length = garbage.length - ColumnDecoder.PADDING;
                    try {
                        reader.plain(garbage, 0, length, models, times, 100, 0, 100, new Samples());
                    } catch (IndexOutOfBoundsException | IllegalStateException e) {
                        assertThat(e.getMessage()).isNotNull();
                    }
                    var folded = new FoldedSamples();
                    folded.reset(5);
                    try {
                        reader.folded(garbage, 0, length, models, times, 100, 0, 100, folded);
                    } catch (IndexOutOfBoundsException | IllegalStateException e) {
                        assertThat(e.getMessage()).isNotNull();
                    }
                });
    }

    @Test
    void whatIsDeletedIsGoneAndTheRestStays() throws IOException {
        var disk = new MemoryDisk();
        var series = RandomSeries.of(new Random(5), 40);
        write(disk, series);
        long from = RandomSeries.START + 2 * 3_600_000L;
        long to = from + 600_000;
        try (var block = open(disk)) {
            List<KeptSeries> some;
            try (var querier = block.kept()) {
                some = querier.plain(0, Long.MAX_VALUE, List.of(Matcher.equal(Labels.NAME, "m1")));
                assertThat(some).isNotEmpty();
                assertThat(block.delete(some, from, to)).isEqualTo(some.size());
                assertThat(block.delete(List.of(), from, to)).isZero();
            }
        }
        try (var block = open(disk)) {
            assertThat(block.tombstones().isEmpty()).isFalse();
            assertThat(block.meta().stats().tombstones()).isPositive();
            var all = block.inOrder();
            for (var expected : series) {
                var actual = all.next();
                if (expected.layout().isNone() && expected.labels().metricName().equals("m1")) {
                    same(actual, expected, Long.MIN_VALUE, from - 1);
                    same(actual, expected, to + 1, Long.MAX_VALUE);
                    assertThat(plain(actual, from, to).size()).isZero();
                } else {
                    same(actual, expected, Long.MIN_VALUE, Long.MAX_VALUE);
                }
            }
        }
    }

    @Test
    void aCrashLeavesTheWholeBlockOrNone() throws IOException {
        var series = RandomSeries.of(new Random(9), 30);
        var counting = new FaultyDisk(new MemoryDisk(), new Random(0));
        write(counting, series);
        for (long operation = 1; operation <= counting.operations(); operation++) {
            var disk = new FaultyDisk(new MemoryDisk(), new Random(operation));
            disk.losingPowerAt(operation);
            boolean isWritten;
            try {
                write(disk, series);
                isWritten = true;
            } catch (IOException e) {
                isWritten = false;
            }
            var after = disk.isOff() ? disk.afterPowerLoss() : new MemoryDisk();
            if (after.exists(FOLDER + "/" + BlockMeta.FILE)) {
                try (var block = open(after)) {
                    same(block, series);
                }
            } else {
                assertThat(isWritten && disk.isOff()).isFalse();
            }
        }
    }

    @Test
    void aFullDiskIsToldAndLeavesNothing() {
        var memory = new MemoryDisk();
        var disk = new FaultyDisk(memory, new Random(1)).capacity(20_000);
        assertThatThrownBy(() -> write(disk, RandomSeries.of(new Random(2), 60)))
                .isInstanceOf(IOException.class);
        assertThat(memory.folders("dense")).isEmpty();
    }

    @Test
    void aBlockWithoutSamplesIsABlock() throws IOException {
        var disk = new MemoryDisk();
        write(disk, List.of());
        try (var block = open(disk);
                var querier = block.kept()) {
            assertThat(block.verify()).isEmpty();
            assertThat(block.inOrder().hasNext()).isFalse();
            assertThat(querier.plain(0, Long.MAX_VALUE, List.of())).isEmpty();
            assertThat(querier.labelValues("job", 0, Long.MAX_VALUE, List.of())).isEmpty();
        }
    }

    @Test
    void theFormatIsThatOfTheGoldenFile() throws IOException {
        var disk = new MemoryDisk();
        var gauge = new Samples();
        var counts = new FoldedSamples();
        counts.reset(2);
        for (int i = 0; i < 12; i++) {
            long time = RandomSeries.START + i * 15_000L + (i == 7 ? 3 : 0);
            gauge.add(time, i == 11 ? StaleMarker.VALUE : (i * 7 % 5) / 10.0);
            counts.add(time, i * 0.25, new long[] {i, i * 2L}, 0);
        }
        write(
                disk,
                List.of(
                        new RandomSeries.One(
                                Labels.of(Labels.NAME, "e2e", "job", "vllm"),
                                BucketLayout.of(List.of("1.0", "+Inf")),
                                new Samples(),
                                counts),
                        new RandomSeries.One(
                                Labels.of(Labels.NAME, "usage", "job", "vllm"),
                                BucketLayout.NONE,
                                gauge,
                                new FoldedSamples())));
        var hex = HexFormat.ofDelimiter(" ");
        Golden.check(
                "dense-block.txt",
                "data\n%s\n\nindex\n%s\n"
                        .formatted(
                                lines(hex.formatHex(disk.read(FOLDER + "/data"))),
                                lines(hex.formatHex(disk.read(FOLDER + "/index")))));
    }

    private static String lines(String hex) {
        return hex.replaceAll("(.{96})", "$1\n");
    }
}
