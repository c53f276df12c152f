package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.storage.Querier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/// From the head to blocks and on, with folded histograms, late samples, deletions and failing
/// disks: users see the same before and after.
class CompactingTest {
    private static final long T = 1_700_000_000_000L / 7200_000 * 7200_000;
    private static final long HOUR = 3600_000L;
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("0.1", "1", "+Inf"));
    private static final BucketLayout OTHER = BucketLayout.of(List.of("0.5", "1", "+Inf"));
    private static final Logger LOG = Logger.getLogger("tokenplumb.tsdb");

    static {
        LOG.setLevel(Level.OFF); // failing disks
    }

    private long now = T;

    private Tsdb open(Disk disk) throws IOException {
        var options =
                new Tsdb.Options(
                        Duration.ZERO,
                        0,
                        Duration.ofMillis(100),
                        GuardRails.inAll(0),
                        Duration.ofHours(8));
        return new Tsdb(disk, options, () -> Instant.ofEpochMilli(now), new Meters(), false);
    }

    private static Map<String, Map<Long, Double>> seen(Tsdb tsdb) {
        try (var querier = tsdb.querier()) {
            return seen(querier);
        }
    }

    private static Map<String, Map<Long, Double>> seen(Querier querier) {
        var seen = new TreeMap<String, Map<Long, Double>>();
        for (var series : querier.select(Long.MIN_VALUE, Long.MAX_VALUE, List.of())) {
            var samples = new Samples();
            series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
            var byTime = new TreeMap<Long, Double>();
            for (int i = 0; i < samples.size(); i++) {
                assertThat(byTime.put(samples.time(i), samples.value(i))).as("twice").isNull();
            }
            if (!byTime.isEmpty()) {
                assertThat(seen.put(series.labels().toString(), byTime)).as("twice").isNull();
            }
        }
        return seen;
    }

    private static void assertSame(
            Map<String, Map<Long, Double>> found, Map<String, Map<Long, Double>> expected) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach((labels, samples) -> {
            var missing = new TreeMap<>(samples);
            missing.entrySet().removeAll(found.get(labels).entrySet());
            var wrong = new TreeMap<>(found.get(labels));
            wrong.entrySet().removeAll(samples.entrySet());
            assertThat(missing)
                    .as("missing of %s, of %s to %s", labels, samples.size(), wrong)
                    .isEmpty();
            assertThat(wrong).as("not to be there, of %s", labels).isEmpty();
        });
    }

    /// One round of scrapes, some of them late.
    private void scrape(Tsdb tsdb, Random random) throws IOException {
        try (var batch = tsdb.batch()) {
            for (int i = 0; i < 3; i++) {
                var plain = Labels.of(Labels.NAME, "m", "i", "" + i);
                batch.append(batch.series(plain), now + i, random.nextInt(100));
                var layout = random.nextInt(10) == 0 ? OTHER : LAYOUT;
                var family = Labels.of(Labels.NAME, "h", "i", "" + i);
                long count = random.nextInt(1000);
                batch.append(
                        batch.folded(family, layout),
                        now + i,
                        new long[] {count / 3, count / 2, count},
                        0,
                        count / 8.0);
                if (random.nextInt(6) == 0) {
                    long late = now - random.nextInt((int) (7 * HOUR));
                    if (late >= T) {
                        batch.append(batch.series(plain), late, random.nextInt(100));
                    }
                }
            }
            batch.commit();
        }
        now += HOUR / 12 + random.nextInt((int) HOUR / 6);
    }

    @Test
    void usersSeeTheSameBeforeAndAfter() {
        Seeds.forEach(
                30,
                random -> {
                    now = T;
                    var disk = new MemoryDisk();
                    var tsdb = open(disk);
                    var held = new ArrayList<Querier>(); // queriers from before see what was then
                    var then = new ArrayList<Map<String, Map<Long, Double>>>();
                    for (int round = 0; round < 200; round++) {
                        scrape(tsdb, random);
                        if (random.nextInt(12) == 0) {
                            var before = seen(tsdb);
                            held.add(tsdb.querier());
                            then.add(before);
                            tsdb.compacting().round(0);
                            assertThat(tsdb.compacting().complaint()).isEmpty();
                            assertSame(seen(tsdb), before);
                        }
                        if (held.size() > 3 || random.nextInt(40) == 0 && !held.isEmpty()) {
                            try (var old = held.removeFirst()) {
                                assertThat(seen(old)).isEqualTo(then.removeFirst());
                            }
                        }
                        if (random.nextInt(60) == 0) {
                            held.forEach(Querier::close);
                            held.clear();
                            then.clear();
                            var before = seen(tsdb);
                            tsdb.close();
                            tsdb = open(disk);
                            assertSame(seen(tsdb), before);
                        }
                    }
                    held.forEach(Querier::close);
                    assertThat(disk.names()).anyMatch(name -> name.endsWith("/meta.json"));
                    tsdb.close();
                });
    }

    @Test
    void whatIsDeletedStaysDeletedThroughEverything() {
        Seeds.forEach(
                20,
                random -> {
                    now = T;
                    var disk = new MemoryDisk();
                    var tsdb = open(disk);
                    for (int round = 0; round < 150; round++) {
                        scrape(tsdb, random);
                        if (random.nextInt(25) == 0) {
                            var selector =
                                    List.of(
                                            Matcher.of(
                                                    Matcher.Type.REGEX,
                                                    Labels.NAME,
                                                    List.of("h_.*", "h_bucket", "m", "h_sum|m")
                                                            .get(random.nextInt(4))),
                                            Matcher.equal("i", "" + random.nextInt(3)));
                            long from = now - random.nextInt((int) (12 * HOUR));
                            long to = from + random.nextInt((int) (6 * HOUR));
                            var expected = seen(tsdb);
                            expected.forEach((labels, samples) -> {
                                if (selector.stream().allMatch(m -> passes(m, labels))) {
                                    samples.keySet().removeIf(t -> t >= from && t <= to);
                                }
                            });
                            expected.values().removeIf(Map::isEmpty);
                            tsdb.delete(from, to, List.of(selector));
                            assertSame(seen(tsdb), expected);
                        }
                        if (random.nextInt(20) == 0) {
                            var before = seen(tsdb);
                            switch (random.nextInt(3)) {
                                case 0 -> tsdb.compacting().round(0);
                                case 1 -> tsdb.cleanTombstones();
                                default -> {
                                    tsdb.close();
                                    tsdb = open(disk);
                                }
                            }
                            assertSame(seen(tsdb), before);
                        }
                    }
                    tsdb.close();
                });
    }

    /// The start falls back to a checkpoint from before samples went to blocks, and from before
    /// some of them were deleted there.
    @Test
    void theCheckpointBeforeBringsNothingBack() {
        Seeds.forEach(
                30,
                random -> {
                    now = T;
                    var disk = new MemoryDisk();
                    var tsdb = open(disk);
                    for (int round = 0; round < 100; round++) {
                        scrape(tsdb, random);
                        if (round == 60) {
                            tsdb.upkeep().checkpoint();
                        }
                    }
                    var deleted = List.of(List.of(Matcher.equal("i", "1")));
                    tsdb.delete(T, T + 3 * HOUR, deleted);
                    tsdb.compacting().round(0);
                    tsdb.delete(T, T + 5 * HOUR, deleted);
                    var before = seen(tsdb);
                    long valid = tsdb.head().minValid();
                    assertThat(valid).isGreaterThan(T + 5 * HOUR);
                    tsdb.close();
                    var newest =
                            disk.list(Wal.FOLDER).stream()
                                    .filter(name -> Checkpoint.number(name) >= 0)
                                    .toList()
                                    .getLast();
                    if (random.nextBoolean()) {
                        disk.delete(newest);
                    } else {
                        disk.cut(newest, random.nextInt((int) disk.size(newest)));
                    }
                    for (int start = 0; start < 2; start++) {
                        try (var again = open(disk)) {
                            assertThat(again.head().minValid()).isEqualTo(valid);
                            try (var kept = again.kept()) {
                                assertThat(kept.plain(Long.MIN_VALUE, valid - 1, List.of()))
                                        .as("in blocks, and again in the head")
                                        .allSatisfy(series -> {
                                            var samples = new Samples();
                                            series.read(Long.MIN_VALUE, valid - 1, samples);
                                            assertThat(samples.size()).isZero();
                                        });
                            }
                            assertSame(seen(again), before);
                            again.upkeep().checkpoint();
                        }
                    }
                });
    }

    /// Blocks from elsewhere say nothing of the head.
    @Test
    void anImportedBlockShutsNothing() throws IOException {
        var disk = new MemoryDisk();
        var other = new MemoryDisk();
        now = T + 20 * HOUR;
        try (var tsdb = open(other)) {
            scrape(tsdb, new Random(1));
            var name = "snapshots/" + tsdb.snapshot(true) + "/";
            for (var file : other.names()) {
                if (file.startsWith(name)) {
                    disk.replace(file.substring(name.length()), other.read(file));
                }
            }
        }
        now = T;
        try (var tsdb = open(disk)) {
            var labels = Labels.of(Labels.NAME, "m", "i", "0");
            try (var batch = tsdb.batch()) {
                assertThat(batch.append(batch.series(labels), T, 7)).isEqualTo(Outcome.APPENDED);
                batch.commit();
            }
        }
        try (var again = open(disk)) {
            assertThat(again.head().minValid()).isEqualTo(Long.MIN_VALUE);
            assertThat(seen(again).toString()).contains(T + "=7.0");
        }
        assertThat(disk.names()).doesNotContain(Moved.FILE);
    }

    /// Should the log be lost, the next one must not be taken for one whose late samples are in
    /// blocks.
    @Test
    void aLogThatBeginsAnewKeepsItsLateSamples() throws IOException {
        var disk = new MemoryDisk();
        var random = new Random(5);
        var labels = Labels.of(Labels.NAME, "m", "i", "0");
        try (var tsdb = open(disk)) {
            for (int round = 0; round < 100; round++) {
                scrape(tsdb, random);
                if (round % 10 == 0) {
                    tsdb.compacting().round(0);
                    tsdb.upkeep().checkpoint();
                }
            }
            tsdb.compacting().round(0);
        }
        for (var name : disk.list(Wal.FOLDER)) {
            disk.delete(name);
        }
        long time;
        try (var tsdb = open(disk)) {
            scrape(tsdb, random);
            time = tsdb.head().minValid() - 1;
            try (var batch = tsdb.batch()) {
                assertThat(batch.append(batch.series(labels), time, 1234))
                        .isEqualTo(Outcome.APPENDED);
                batch.commit();
            }
        }
        try (var again = open(disk)) {
            assertThat(seen(again).toString()).contains(time + "=1234.0");
        }
    }

    private static boolean passes(Matcher matcher, String labels) {
        if (matcher.name().equals(Labels.NAME)) {
            return matcher.matches(labels.substring(0, labels.indexOf('{')));
        }
        return labels.contains(matcher.name() + "=\"" + matcher.value() + "\"");
    }

    @Test
    void aSnapshotIsTheWholeStore() throws IOException {
        var random = new Random(3);
        var disk = new MemoryDisk();
        var tsdb = open(disk);
        for (int round = 0; round < 100; round++) {
            scrape(tsdb, random);
        }
        tsdb.compacting().round(0);
        tsdb.delete(T, T + 3 * HOUR, List.of(List.of(Matcher.equal(Labels.NAME, "h_sum"))));
        var expected = seen(tsdb);
        var name = tsdb.snapshot(true);
        assertThat(name).matches("[0-9]{8}T[0-9]{6}Z-[0-9a-f]+");
        var withoutHead = tsdb.snapshot(false);
        tsdb.close();
        assertThat(seenIn(disk, name)).isEqualTo(expected);
        assertThat(seenIn(disk, withoutHead).toString().length())
                .isLessThan(expected.toString().length());
    }

    private Map<String, Map<Long, Double>> seenIn(MemoryDisk disk, String snapshot)
            throws IOException {
        var copy = new MemoryDisk();
        for (var file : disk.names()) {
            var prefix = "snapshots/" + snapshot + "/";
            if (file.startsWith(prefix)) {
                copy.replace(file.substring(prefix.length()), disk.read(file));
            }
        }
        try (var opened = open(copy)) {
            return seen(opened);
        }
    }

    /// Late samples do not make the others old, and a sample from the future does neither.
    @Test
    void aSampleFromTheFutureDoesNotShutTheHead() throws IOException {
        var disk = new MemoryDisk();
        try (var tsdb = open(disk)) {
            scrape(tsdb, new Random(1));
            try (var batch = tsdb.batch()) {
                var labels = Labels.of(Labels.NAME, "future");
                batch.append(batch.series(labels), now + 10_000 * HOUR, 1);
                batch.commit();
            }
            now += HOUR;
            tsdb.compacting().round(0);
            try (var batch = tsdb.batch()) {
                var labels = Labels.of(Labels.NAME, "present");
                assertThat(batch.append(batch.series(labels), now, 1)).isEqualTo(Outcome.APPENDED);
                batch.commit();
            }
            assertThat(seen(tsdb)).containsKey("present");
        }
    }

    @Test
    void aFullDiskPutsCompactionOffAndLosesNothing() {
        Seeds.forEach(
                20,
                random -> {
                    now = T;
                    var disk = new MemoryDisk();
                    var faulty = new FaultyDisk(disk, random);
                    var tsdb = open(faulty);
                    for (int round = 0; round < 80; round++) {
                        scrape(tsdb, random);
                    }
                    var before = seen(tsdb);
                    faulty.capacity(disk.bytes() + random.nextInt(3000));
                    tsdb.compacting().round(0);
                    assertThat(tsdb.compacting().complaint()).isNotEmpty();
                    assertSame(seen(tsdb), before);
                    faulty.capacity(Long.MAX_VALUE);
                    now += HOUR / 2;
                    tsdb.compacting().round(0);
                    assertThat(tsdb.compacting().complaint()).isEmpty();
                    assertSame(seen(tsdb), before);
                    tsdb.close();
                    try (var again = open(disk)) {
                        assertThat(seen(again)).isEqualTo(before);
                    }
                });
    }
}
