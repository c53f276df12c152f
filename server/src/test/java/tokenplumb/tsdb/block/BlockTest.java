package tokenplumb.tsdb.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

class BlockTest {
    private static final long ALL = Long.MIN_VALUE;
    private static final long ALL_TO = Long.MAX_VALUE;
    private static final BlockDamage NONE =
            (file, offset, what) -> {
                throw new AssertionError(file + " at " + offset + ": " + what);
            };

    static BlockMeta meta(Random random) {
        return BlockMeta.ofHead(
                Ulid.next(RandomSeries.START, random), RandomSeries.START, RandomSeries.END);
    }

    static BlockMeta write(
            Disk disk, BlockMeta meta, List<? extends KeptSeries> series, int most, long largest)
            throws IOException {
        try (var writer = new BlockWriter(disk, "", meta, most, largest)) {
            for (var each : series) {
                writer.series(each.labels(), each.layout());
                if (each instanceof RandomSeries.Given given) {
                    if (given.layout().isNone()) {
                        writer.append(given.plain());
                    } else {
                        writer.append(given.folded());
                    }
                }
            }
            return writer.finish();
        }
    }

    static Map<String, List<String>> said(Collection<? extends KeptSeries> series) {
        return said(series, ALL, ALL_TO);
    }

    static Map<String, List<String>> said(
            Collection<? extends KeptSeries> series, long from, long to) {
        var said = new TreeMap<String, List<String>>();
        for (var each : series) {
            var samples = RandomSeries.said(each, from, to);
            if (!samples.isEmpty()) {
                said.put(each.labels() + " " + each.layout(), samples);
            }
        }
        return said;
    }

    private static List<KeptSeries> all(Block block) {
        var all = new ArrayList<KeptSeries>();
        block.inOrder().forEachRemaining(all::add);
        return all;
    }

    @Test
    void givesBackEverySampleToTheLastBit() {
        Seeds.forEach(
                30,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, random.nextInt(60), true, true);
                    int most = 2 + random.nextInt(300);
                    var meta = write(disk, meta(random), given, most, 1 + random.nextInt(50_000));
                    try (var block = Block.open(disk, meta.ulid(), NONE)) {
                        assertThat(said(all(block))).isEqualTo(said(given));
                        assertThat(all(block).stream().map(KeptSeries::labels))
                                .containsExactlyElementsOf(
                                        given.stream().map(KeptSeries::labels).toList());
                        assertThat(block.verify()).isEmpty();
                        assertThat(block.meta()).isEqualTo(meta);
                        assertThat(meta.stats().samples())
                                .isEqualTo(
                                        given.stream()
                                                .mapToLong(each ->
                                                        each.plain().size() + each.folded().size())
                                                .sum());
                        assertThat(block.bytes()).isEqualTo(disk.bytes());
                    }
                });
    }

    @Test
    void takesSamplesInPieces() {
        Seeds.forEach(
                12,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 10, true, true);
                    var meta = meta(random);
                    try (var writer = new BlockWriter(disk, "", meta, 20, 1 << 20)) {
                        for (var each : given) {
                            writer.series(each.labels(), each.layout());
                            long from = RandomSeries.START;
                            while (from < RandomSeries.END) {
                                long to = from + random.nextInt(400_000);
                                if (each.layout().isNone()) {
                                    var piece = new Samples();
                                    each.read(from, to, piece);
                                    writer.append(piece);
                                } else {
                                    var piece = new FoldedSamples();
                                    piece.reset(each.layout().size());
                                    each.read(from, to, piece);
                                    writer.append(piece);
                                }
                                from = to + 1;
                            }
                        }
                        writer.finish();
                    }
                    try (var block = Block.open(disk, meta.ulid(), NONE)) {
                        assertThat(said(all(block))).isEqualTo(said(given));
                        assertThat(block.verify()).isEmpty();
                    }
                });
    }

    @Test
    void findsWhatMatchersAsk() {
        Seeds.forEach(
                20,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 80, true, true);
                    var meta = write(disk, meta(random), given, 120, 1 << 20);
                    try (var block = Block.open(disk, meta.ulid(), NONE);
                            var kept = block.kept()) {
                        for (int i = 0; i < 20; i++) {
                            var matchers = matchers(random);
                            long from = RandomSeries.START + random.nextInt(7_200_000);
                            long to = from + random.nextInt(3_600_000);
                            assertThat(said(kept.plain(from, to, matchers), from, to))
                                    .as("%s from %d to %d", matchers, from, to)
                                    .isEqualTo(said(passing(given, matchers, true), from, to));
                        }
                    }
                });
    }

    private static List<RandomSeries.Given> passing(
            List<RandomSeries.Given> given, List<Matcher> matchers, boolean isPlain) {
        return given.stream()
                .filter(each -> each.layout().isNone() == isPlain)
                .filter(each -> matchers.stream().allMatch(m -> m.matches(each.labels())))
                .toList();
    }

    private static List<Matcher> matchers(Random random) {
        var names = List.of(Labels.NAME, "pod", "model", "le", "absent");
        var values =
                List.of(
                        "metric_1",
                        "metric_7",
                        "native0",
                        "pod-3",
                        "pod-12|pod-13|x",
                        "pod-1.*",
                        "ünï",
                        "",
                        ".*",
                        ".+",
                        "llama.*|",
                        "1",
                        "nothing",
                        "metric_(1|2|3)");
        var matchers = new ArrayList<Matcher>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            var type = List.of(Matcher.Type.values()).get(random.nextInt(4));
            matchers.add(
                    Matcher.of(
                            type,
                            names.get(random.nextInt(names.size())),
                            values.get(random.nextInt(values.size()))));
        }
        return matchers;
    }

    @Test
    void keepsFoldedHistogramsApart() {
        Seeds.forEach(
                12,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 60, true, true);
                    var meta = write(disk, meta(random), given, 120, 1 << 20);
                    try (var block = Block.open(disk, meta.ulid(), NONE);
                            var kept = block.kept()) {
                        assertThat(said(kept.plain(ALL, ALL_TO, List.of())))
                                .isEqualTo(said(passing(given, List.of(), true)));
                        assertThat(said(kept.folded(ALL, ALL_TO, Optional.empty(), List.of())))
                                .isEqualTo(said(passing(given, List.of(), false)));
                        var families = Set.of("fam0", "fam3", "metric_1", "none");
                        var matcher = Matcher.of(Matcher.Type.REGEX, "pod", "pod-1.*");
                        assertThat(
                                        said(
                                                kept.folded(
                                                        ALL,
                                                        ALL_TO,
                                                        Optional.of(families),
                                                        List.of(matcher))))
                                .isEqualTo(
                                        said(
                                                passing(
                                                        given,
                                                        List.of(
                                                                matcher,
                                                                Matcher.of(
                                                                        Matcher.Type.REGEX,
                                                                        Labels.NAME,
                                                                        "fam0|fam3")),
                                                        false)));
                        checkNames(kept, given);
                    }
                });
    }

    private static void checkNames(KeptQuerier kept, List<RandomSeries.Given> given) {
        var plain = passing(given, List.of(), true);
        var folded = passing(given, List.of(), false);
        assertThat(kept.labelNames(ALL, ALL_TO, List.of()))
                .containsExactlyInAnyOrderElementsOf(names(plain));
        assertThat(kept.foldedLabelNames(ALL, ALL_TO))
                .containsExactlyInAnyOrderElementsOf(names(folded));
        var matcher = Matcher.of(Matcher.Type.REGEX, "pod", "pod-2.*");
        assertThat(kept.labelNames(ALL, ALL_TO, List.of(matcher)))
                .containsExactlyInAnyOrderElementsOf(names(passing(given, List.of(matcher), true)));
        for (var label : List.of(Labels.NAME, "model", "absent")) {
            assertThat(kept.labelValues(label, ALL, ALL_TO, List.of()))
                    .containsExactlyInAnyOrderElementsOf(values(plain, label));
            assertThat(kept.foldedLabelValues(label, ALL, ALL_TO))
                    .containsExactlyInAnyOrderElementsOf(values(folded, label));
            assertThat(kept.labelValues(label, ALL, ALL_TO, List.of(matcher)))
                    .containsExactlyInAnyOrderElementsOf(
                            values(passing(given, List.of(matcher), true), label));
        }
    }

    private static Set<String> names(List<RandomSeries.Given> series) {
        return collect(series, labels -> labels.toMap().keySet());
    }

    private static Set<String> values(List<RandomSeries.Given> series, String label) {
        return collect(series, labels -> labels.has(label) ? Set.of(labels.get(label)) : Set.of());
    }

    private static Set<String> collect(
            List<RandomSeries.Given> series, Function<Labels, Set<String>> each) {
        return series.stream()
                .flatMap(one -> each.apply(one.labels()).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void forgetsWhatIsDeleted() {
        Seeds.forEach(
                12,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 30, true, true);
                    var meta = write(disk, meta(random), given, 30, 1 << 20);
                    long from = RandomSeries.START + random.nextInt(3_600_000);
                    long to = from + random.nextInt(3_600_000);
                    var expected = new TreeMap<>(said(given));
                    try (var block = Block.open(disk, meta.ulid(), NONE)) {
                        List<KeptSeries> chosen;
                        try (var kept = block.kept()) {
                            chosen =
                                    random.nextBoolean()
                                            ? kept.plain(ALL, ALL_TO, List.of())
                                            : kept.folded(ALL, ALL_TO, Optional.empty(), List.of());
                        }
                        block.delete(chosen, from, to);
                        for (var each : chosen) {
                            var left = said(List.of(each), ALL, from - 1);
                            said(List.of(each), to + 1, ALL_TO)
                                    .forEach((name, after) ->
                                            left.merge(
                                                    name,
                                                    after,
                                                    (a, b) -> {
                                                        var both = new ArrayList<>(a);
                                                        both.addAll(b);
                                                        return both;
                                                    }));
                            expected.remove(each.labels() + " " + each.layout());
                            expected.putAll(left);
                        }
                        assertThat(said(all(block))).isEqualTo(expected);
                        assertThat(block.verify()).isEmpty();
                    }
                    try (var again = Block.open(disk, meta.ulid(), NONE)) {
                        assertThat(said(all(again))).isEqualTo(expected);
                        assertThat(again.meta().stats().tombstones())
                                .isEqualTo(again.tombstones().count());
                    }
                });
    }

    @Test
    void leavesNothingWhereItWasNotFinished() throws IOException {
        var disk = new MemoryDisk();
        var random = new Random(1);
        try (var writer = new BlockWriter(disk, "", meta(random))) {
            writer.series(Labels.of("a", "b"), BucketLayout.NONE);
            writer.append(RandomSeries.floats(random, Labels.EMPTY).plain());
        }
        assertThat(disk.bytes()).isZero();
    }

    @Test
    void refusesSeriesOutOfOrder() throws IOException {
        var random = new Random(1);
        try (var writer = new BlockWriter(new MemoryDisk(), "", meta(random))) {
            var none = BucketLayout.NONE;
            writer.series(Labels.of("a", "c"), none);
            assertThatThrownBy(() -> writer.series(Labels.of("a", "b"), none))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("comes after");
        }
    }
}
