package tokenplumb.tsdb.compact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The life of blocks, on disks that lose power at every operation, fill up, and cannot be read.
class BlocksTest {
    private static final long HOUR = RandomPlaces.HOUR;
    private static final Logger LOG = Logger.getLogger("tokenplumb.tsdb");

    static {
        LOG.setLevel(Level.OFF); // thousands of stores
    }

    private static Blocks open(Disk disk, Random random, Duration retention, long bytes)
            throws IOException {
        return new Blocks(
                disk,
                new Blocks.Options(retention, bytes, List.of(BlockFormat.PROMETHEUS)),
                InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_000L)),
                random,
                new Meters(),
                (file, offset, what) -> {});
    }

    private static Blocks open(Disk disk, Random random) throws IOException {
        return open(disk, random, Duration.ZERO, 0);
    }

    private static Map<String, List<String>> seen(Blocks blocks) {
        var set = blocks.use();
        try {
            return RandomPlaces.seen(set.kept());
        } finally {
            set.release();
        }
    }

    private static long time(String line) {
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }

    private static Map<String, List<String>> within(
            Map<String, List<String>> seen, long from, long to) {
        var some = new TreeMap<String, List<String>>();
        seen.forEach((labels, lines) -> {
            var left =
                    lines.stream().filter(line -> time(line) >= from && time(line) < to).toList();
            if (!left.isEmpty()) {
                some.put(labels, left);
            }
        });
        return some;
    }

    private static void add(Map<String, List<String>> to, Map<String, List<String>> more) {
        more.forEach((labels, lines) -> {
            var byTime = new TreeMap<Long, String>();
            for (var line : to.getOrDefault(labels, List.of())) {
                byTime.put(time(line), line);
            }
            for (var line : lines) {
                // A real sample wins over a stale marker; equal times have equal values else.
                byTime.merge(time(line), line, (a, b) -> a.endsWith(STALE) ? b : a);
            }
            to.put(labels, List.copyOf(byTime.values()));
        });
    }

    private static final String STALE = " " + 0x7ff0_0000_0000_0002L;

    /// What users would see if nothing went wrong: now, and once what is under way is done.
    private static final class Ledger {
        Map<String, List<String>> now = new TreeMap<>();
        Map<String, List<String>> soon = new TreeMap<>();

        void done() {
            now = new TreeMap<>(soon);
        }
    }

    private static void act(Blocks blocks, Ledger ledger, Random random, int hour)
            throws IOException {
        ledger.soon = new TreeMap<>(ledger.now);
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                while (blocks.mergeNext()) {
                    assertThat(random).isNotNull();
                }
            }
            case 2 -> {
                var pattern =
                        List.of("h0.*", "h0_bucket|m", "h1_sum", ".*_count", "m")
                                .get(random.nextInt(5));
                var selector =
                        List.of(
                                Matcher.of(Matcher.Type.REGEX, Labels.NAME, pattern),
                                Matcher.equal("i", "" + random.nextInt(3)));
                long from = random.nextInt(Math.max(1, hour)) * HOUR;
                long to = from + random.nextInt(20) * HOUR;
                ledger.soon.replaceAll((labels, lines) -> {
                    boolean isHit = selector.stream().allMatch(m -> m.matches(value(labels, m)));
                    return isHit
                            ? lines.stream()
                                    .filter(line -> time(line) < from || time(line) > to)
                                    .toList()
                            : lines;
                });
                ledger.soon.values().removeIf(List::isEmpty);
                blocks.delete(from, to, List.of(selector));
            }
            case 3 -> blocks.clean();
            default -> {
                long from = Math.floorDiv(hour, 2) * 2L * HOUR;
                var place = RandomPlaces.place(random, from);
                add(ledger.soon, within(RandomPlaces.seen(List.of(place)), from, from + 2 * HOUR));
                blocks.add(place, from, from + 2 * HOUR, List.of());
            }
        }
        ledger.done();
    }

    private static String value(String labels, Matcher matcher) {
        if (matcher.name().equals(Labels.NAME)) {
            return labels.substring(0, labels.indexOf('{'));
        }
        int at = labels.indexOf(matcher.name() + "=\"") + matcher.name().length() + 2;
        return labels.substring(at, labels.indexOf('"', at));
    }

    @Test
    void whateverIsDoneToBlocksUsersSeeWhatTheyShould() {
        Seeds.forEach(
                30,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    try (var blocks = open(disk, random)) {
                        for (int i = 0; i < 30; i++) {
                            act(blocks, ledger, random, i);
                            assertThat(seen(blocks)).isEqualTo(ledger.now);
                        }
                    }
                    try (var again = open(disk, random)) {
                        assertThat(seen(again)).isEqualTo(ledger.now);
                        while (again.mergeNext()) {
                            assertThat(seen(again)).isEqualTo(ledger.now);
                        }
                        again.clean();
                        assertThat(seen(again)).isEqualTo(ledger.now);
                        var metas = again.metas();
                        for (int i = 1; i < metas.size(); i++) {
                            assertThat(metas.get(i).minTime())
                                    .isGreaterThanOrEqualTo(metas.get(i - 1).maxTime());
                        }
                    }
                });
    }

    @Test
    void losesPowerAtAnyOperation() {
        Seeds.forEach(
                200,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    for (int life = 0; life < 4; life++) {
                        var faulty =
                                new FaultyDisk(disk, random).losingPowerAt(random.nextInt(150));
                        try (var blocks = open(faulty, random)) {
                            for (int i = 0; i < 20; i++) {
                                act(blocks, ledger, random, life * 20 + i);
                            }
                            ledger.soon = ledger.now;
                        } catch (IOException e) {
                            assertThat(faulty.isOff()).as("failed by itself: %s", e).isTrue();
                        }
                        disk = faulty.afterPowerLoss();
                        try (var blocks = open(disk, random)) {
                            var found = seen(blocks);
                            checkBetween(found, ledger);
                            assertThat(blocks.broken()).isEmpty();
                            ledger.now = found;
                        }
                        assertThat(disk.names())
                                .as("nothing half-made is left")
                                .noneMatch(name -> name.contains("tmp"));
                    }
                });
    }

    /// Each sample that was there and should stay is there; none that should never have been; one
    /// that was to go or to come may be either.
    private static void checkBetween(Map<String, List<String>> found, Ledger ledger) {
        ledger.now.forEach((labels, lines) -> {
            var must = new ArrayList<>(lines);
            must.retainAll(ledger.soon.getOrDefault(labels, List.of()));
            assertThat(found.getOrDefault(labels, List.of())).as(labels).containsAll(must);
        });
        found.forEach((labels, lines) -> {
            var may = new ArrayList<>(ledger.now.getOrDefault(labels, List.of()));
            may.addAll(ledger.soon.getOrDefault(labels, List.of()));
            assertThat(may).as(labels).containsAll(lines);
        });
    }

    @Test
    void aFullDiskChangesNothingAndIsGotOver() {
        Seeds.forEach(
                30,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    var faulty = new FaultyDisk(disk, random);
                    try (var blocks = open(faulty, random)) {
                        for (int i = 0; i < 30; i++) {
                            faulty.capacity(
                                    random.nextBoolean()
                                            ? Long.MAX_VALUE
                                            : disk.bytes() + random.nextInt(5000));
                            try {
                                act(blocks, ledger, random, i);
                            } catch (IOException full) {
                                assertThat(full).hasMessageContaining("No space left");
                                var found = seen(blocks);
                                checkBetween(found, ledger);
                                ledger.now = found;
                            }
                            assertThat(seen(blocks)).isEqualTo(ledger.now);
                        }
                        faulty.capacity(Long.MAX_VALUE);
                        while (blocks.mergeNext()) {
                            assertThat(seen(blocks)).isEqualTo(ledger.now);
                        }
                    }
                    try (var again = open(disk, random)) {
                        assertThat(seen(again)).isEqualTo(ledger.now);
                    }
                });
    }

    @Test
    void aBlockThatCannotBeOpenedIsLeftOutAndKept() throws IOException {
        var random = new Random(1);
        var disk = new MemoryDisk();
        try (var blocks = open(disk, random)) {
            var place = RandomPlaces.place(new Random(5), 0);
            assertThat(blocks.add(place, 0, 2 * HOUR, List.of())).isPresent();
        }
        var index = disk.names().stream().filter(name -> name.endsWith("index")).findFirst();
        disk.cut(index.orElseThrow(), 10);
        try (var blocks = open(disk, random)) {
            assertThat(blocks.size()).isZero();
            assertThat(blocks.broken()).hasSize(1);
        }
        assertThat(disk.exists(index.orElseThrow())).isTrue();
    }

    @Test
    void aDamagedBlockIsNotMergedAwayButKeptAndMarked() throws IOException {
        var random = new Random(1);
        var disk = new MemoryDisk();
        String oldest; // which is among those that are merged first
        try (var blocks = open(disk, random)) {
            for (int i = 0; i < 6; i++) {
                var place = RandomPlaces.place(new Random(5), i * 2L * HOUR);
                assertThat(blocks.add(place, i * 2L * HOUR, (i + 1) * 2L * HOUR, List.of()))
                        .isPresent();
            }
            oldest = blocks.metas().getFirst().ulid();
        }
        var damaged = oldest + "/chunks/000001";
        disk.damage(damaged, (int) disk.size(damaged) - 6, (byte) 99, (byte) 98);
        Map<String, List<String>> before;
        try (var blocks = open(disk, random)) {
            before = seen(blocks);
        }
        try (var blocks = open(disk, random)) {
            for (int i = 0; i < 9; i++) {
                try {
                    if (!blocks.mergeNext()) {
                        break;
                    }
                } catch (IOException refused) {
                    assertThat(refused).hasMessageContaining("is damaged and stays as it is");
                }
            }
            assertThat(seen(blocks)).isEqualTo(before);
        }
        assertThat(disk.exists(damaged)).isTrue();
        try (var blocks = open(disk, random)) {
            assertThat(blocks.metas()).anyMatch(tokenplumb.tsdb.block.BlockMeta::failed);
            assertThat(blocks.size()).as("those it could be merged with stay too").isEqualTo(6);
        }
    }

    @Test
    void expiresByTimeFromTheNewestBlockAndBySizeFromTheOldest() throws IOException {
        var random = new Random(1);
        var disk = new MemoryDisk();
        try (var blocks = open(disk, random)) {
            for (int i = 0; i < 5; i++) {
                var place = RandomPlaces.place(new Random(5), i * 2L * HOUR);
                assertThat(blocks.add(place, i * 2L * HOUR, (i + 1) * 2L * HOUR, List.of()))
                        .isPresent();
            }
            assertThat(blocks.retain(1L << 50)).isZero();
        }
        try (var blocks = open(disk, random, Duration.ofHours(6), 0)) {
            assertThat(blocks.retain(0)).isEqualTo(2);
            assertThat(blocks.metas().getFirst().minTime()).isEqualTo(4 * HOUR);
        }
        long bytes;
        try (var blocks = open(disk, random)) {
            bytes = blocks.bytes();
        }
        try (var blocks = open(disk, random, Duration.ZERO, bytes)) {
            assertThat(blocks.retain(0)).isZero();
            assertThat(blocks.retain(1)).as("the rest of the store counts").isEqualTo(1);
            assertThat(blocks.metas().getFirst().minTime()).isEqualTo(6 * HOUR);
            assertThat(blocks.retain(bytes)).isEqualTo(2);
        }
    }

    @Test
    void aQueryUnderWayReadsOnThoughItsBlocksGo() throws IOException {
        var random = new Random(1);
        var disk = new MemoryDisk();
        try (var blocks = open(disk, random)) {
            for (int i = 0; i < 5; i++) {
                var place = RandomPlaces.place(new Random(5), i * 2L * HOUR);
                assertThat(blocks.add(place, i * 2L * HOUR, (i + 1) * 2L * HOUR, List.of()))
                        .isPresent();
            }
            var before = seen(blocks);
            var set = blocks.use();
            while (blocks.mergeNext()) {
                assertThat(seen(blocks)).isEqualTo(before);
            }
            assertThat(blocks.size()).isLessThan(5);
            assertThat(RandomPlaces.seen(set.kept())).isEqualTo(before);
            set.release();
            assertThat(set.isLetGo()).isTrue();
        }
    }

    @Test
    void aSnapshotOpensAsAStoreOfItsOwn() {
        Seeds.forEach(
                20,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    String name;
                    Map<String, List<String>> expected;
                    try (var blocks = open(disk, random)) {
                        for (int i = 0; i < 10; i++) {
                            act(blocks, ledger, random, i);
                        }
                        long from = 40 * HOUR;
                        var head = RandomPlaces.place(random, from);
                        expected = new TreeMap<>(ledger.now);
                        add(expected, within(RandomPlaces.seen(List.of(head)), from, from + HOUR));
                        name = blocks.snapshot(Optional.of(head), from, from + HOUR);
                        assertThat(seen(blocks)).isEqualTo(ledger.now);
                        for (int i = 0; i < 10; i++) {
                            act(blocks, ledger, random, i); // must not reach into the copy
                        }
                    }
                    var copy = new MemoryDisk();
                    for (var file : disk.names()) {
                        var prefix = "snapshots/" + name + "/";
                        if (file.startsWith(prefix)) {
                            copy.replace(file.substring(prefix.length()), disk.read(file));
                        }
                    }
                    try (var blocks = open(copy, random)) {
                        assertThat(seen(blocks)).isEqualTo(expected);
                    }
                });
    }
}
