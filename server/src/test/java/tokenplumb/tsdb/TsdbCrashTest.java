package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Runs the store on a disk that loses power at every operation, tears writes, fills up, and fails
/// to read and to sync. After each: what was acknowledged and synced is there, nothing is invented,
/// whole commits or none of them, and the next start works.
class TsdbCrashTest {
    private static final long T = 1_700_000_000_000L;
    private static final long HOUR = 3600_000L;
    private static final Tsdb.Options OPTIONS =
            new Tsdb.Options(
                    Duration.ZERO,
                    0,
                    Duration.ofMillis(100),
                    GuardRails.inAll(0),
                    Duration.ofHours(1));
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("1", "2.5", "+Inf"));

    /// What was tried, and what of it must be there whatever happens.
    private static final class Ledger {
        final Map<Labels, Map<Long, Double>> tried = new HashMap<>();
        final Map<Labels, Map<Long, Double>> acknowledged = new HashMap<>();
        final Map<Labels, Map<Long, Double>> safe = new HashMap<>();
        long now = T;

        void sync() {
            acknowledged.forEach((labels, samples) -> of(safe, labels).putAll(samples));
        }

        static Map<Long, Double> of(Map<Labels, Map<Long, Double>> map, Labels labels) {
            return map.computeIfAbsent(labels, key -> new HashMap<>());
        }

        /// After a crash: what is there now is what will be.
        void settle(Map<Labels, Map<Long, Double>> found) {
            for (var map : List.of(tried, acknowledged, safe)) {
                map.clear();
                found.forEach((labels, samples) -> of(map, labels).putAll(samples));
            }
        }
    }

    private static final Logger LOG = Logger.getLogger("tokenplumb.tsdb");

    static {
        LOG.setLevel(Level.OFF); // thousands of mended stores
    }

    /// With a clock that goes with the samples.
    private static Tsdb open(Disk disk, Ledger ledger) throws IOException {
        return new Tsdb(disk, OPTIONS, () -> Instant.ofEpochMilli(ledger.now), new Meters(), false);
    }

    private static Tsdb open(Disk disk, long now) throws IOException {
        return new Tsdb(
                disk, OPTIONS, InstantSource.fixed(Instant.ofEpochMilli(now)), new Meters(), false);
    }

    /// Lives through a random number of commits, syncs, checkpoints, seals and clean restarts.
    private static void live(FaultyDisk disk, Ledger ledger, Random random, int rounds)
            throws IOException {
        var tsdb = open(disk, ledger);
        for (int round = 0; round < rounds; round++) {
            switch (random.nextInt(27)) {
                case 0 -> tsdb.upkeep().checkpoint();
                case 1 -> tsdb.upkeep().seal();
                case 2, 3, 4 -> {
                    tsdb.sync();
                    if (!disk.isOff()) {
                        ledger.sync();
                    }
                }
                case 5 -> {
                    tsdb.close();
                    if (disk.isOff()) {
                        return;
                    }
                    ledger.sync();
                    tsdb = open(disk, ledger);
                }
                case 6 -> tsdb.upkeep().writeOut(0);
                case 7 -> tsdb.compacting().compactHead();
                case 8 -> tsdb.compacting().round(0);
                case 9 -> ledger.now += HOUR + random.nextInt((int) HOUR);
                default -> commit(tsdb, ledger, random);
            }
        }
    }

    private static void commit(Tsdb tsdb, Ledger ledger, Random random) throws IOException {
        var samples = new HashMap<Labels, Map<Long, Double>>();
        try (var batch = tsdb.batch()) {
            int series = 1 + random.nextInt(6);
            boolean isLong = random.nextInt(5) == 0; // fills chunks
            for (int i = 0; i < series; i++) {
                int number = random.nextInt(12);
                var labels = Labels.of("__name__", "m", "i", "" + number);
                long reference = number < 3 ? batch.folded(labels, LAYOUT) : batch.series(labels);
                int count = isLong ? 1 + random.nextInt(200) : 1;
                for (int j = 0; j < count; j++) {
                    ledger.now += random.nextInt(3000);
                    double value = random.nextInt(1000);
                    long time = ledger.now;
                    if (random.nextInt(10) == 0) { // late
                        time -= random.nextInt(100_000);
                        if (Ledger.of(ledger.tried, labels).containsKey(time)
                                || Ledger.of(samples, labels).containsKey(time)) {
                            continue;
                        }
                    }
                    var outcome = append(batch, number, reference, time, value);
                    if (outcome == Outcome.APPENDED) {
                        Ledger.of(samples, labels).putIfAbsent(time, value);
                    }
                }
                ledger.now++;
            }
            samples.forEach((labels, of) -> Ledger.of(ledger.tried, labels).putAll(of));
            batch.commit();
        }
        samples.forEach((labels, of) -> Ledger.of(ledger.acknowledged, labels).putAll(of));
    }

    /// The first series are folded histograms, the last native ones.
    private static Outcome append(
            Batch batch, int number, long reference, long time, double value) {
        if (number < 3) {
            return batch.append(reference, time, counts(value), 0, value);
        }
        return number < 9
                ? batch.append(reference, time, value)
                : batch.append(reference, time, histogram(number, value));
    }

    private static long[] counts(double value) {
        long all = (long) value;
        return new long[] {all / 3, all / 2, all};
    }

    private static Histogram histogram(int number, double value) {
        boolean isCustom = number == 9;
        int length = 1 + (int) value % 3; // the layout changes now and then
        var counts = new double[length];
        Arrays.fill(counts, number == 10 ? value / 7 : value);
        var spans = new Histogram.Spans(new int[] {number == 9 ? 0 : -3}, new int[] {length});
        return new Histogram(
                number != 10,
                Histogram.Reset.UNKNOWN,
                isCustom ? Histogram.CUSTOM_BOUNDS : 3,
                isCustom ? 0 : 0.001,
                isCustom ? 0 : 2,
                length * value + 2,
                value,
                spans,
                counts,
                Histogram.Spans.NONE,
                new double[0],
                isCustom ? new double[] {0.5, 1, 2.5} : new double[0]);
    }

    private static Map<Labels, Map<Long, Double>> everything(Tsdb tsdb) {
        var found = new HashMap<Labels, Map<Long, Double>>();
        try (var raw = tsdb.raw()) {
            for (var place : raw.places()) {
                everything(place).forEach((labels, of) -> Ledger.of(found, labels).putAll(of));
            }
        }
        found.values().removeIf(Map::isEmpty); // one that has late samples may be in range or not
        return found;
    }

    /// Of the head or of a block.
    private static Map<Labels, Map<Long, Double>> everything(KeptQuerier kept) {
        var found = new HashMap<Labels, Map<Long, Double>>();
        for (var series : kept.plain(Long.MIN_VALUE, Long.MAX_VALUE, List.of())) {
            var samples = new Samples();
            series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
            var of = Ledger.of(found, series.labels());
            int number = Integer.parseInt(series.labels().get("i"));
            for (int i = 0; i < samples.size(); i++) {
                assertThat(samples.isHistogram(i)).isEqualTo(number >= 9);
                double value = number < 9 ? samples.value(i) : samples.histogram(i).sum();
                if (number >= 9) {
                    var expected = histogram(number, value);
                    var actual = samples.histogram(i);
                    assertThat(actual.isInteger()).isEqualTo(expected.isInteger());
                    assertThat(actual.count()).isEqualTo(expected.count());
                    assertThat(actual.bounds()).isEqualTo(expected.bounds());
                    assertThat(Arrays.stream(actual.positiveCounts()).filter(each -> each != 0))
                            .containsExactly(
                                    Arrays.stream(expected.positiveCounts())
                                            .filter(each -> each != 0)
                                            .boxed()
                                            .toArray(Double[]::new));
                }
                of.put(samples.time(i), value);
            }
            assertThat(of).hasSize(samples.size());
        }
        for (var series :
                kept.folded(Long.MIN_VALUE, Long.MAX_VALUE, Optional.empty(), List.of())) {
            var samples = new FoldedSamples();
            samples.reset(series.layout().size());
            series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
            var of = Ledger.of(found, series.labels());
            for (int i = 0; i < samples.size(); i++) {
                var counts = counts(samples.sum(i));
                for (int bucket = 0; bucket < 3; bucket++) {
                    assertThat(samples.count(i, bucket)).isEqualTo(counts[bucket]);
                }
                of.put(samples.time(i), samples.sum(i));
            }
            assertThat(of).hasSize(samples.size());
        }
        return found;
    }

    private static void check(Map<Labels, Map<Long, Double>> found, Ledger ledger) {
        ledger.safe.forEach((labels, samples) ->
                assertThat(found.getOrDefault(labels, new HashMap<>()))
                        .as("acknowledged and synced, of %s", labels)
                        .containsAllEntriesOf(samples));
        found.forEach((labels, samples) ->
                assertThat(ledger.tried.getOrDefault(labels, new HashMap<>()))
                        .as("ever written, of %s", labels)
                        .containsAllEntriesOf(samples));
    }

    @Test
    void keepsWhatWasSyncedThroughEveryPowerLoss() {
        Seeds.forEach(
                300,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    for (int life = 0; life < 4; life++) {
                        var faulty = new FaultyDisk(disk, random).losingPowerAt(random.nextInt(60));
                        try {
                            live(faulty, ledger, random, 60);
                        } catch (IOException e) {
                            assertThat(faulty.isOff()).as("failed by itself: %s", e).isTrue();
                        }
                        disk = faulty.afterPowerLoss();
                        try (var tsdb = open(disk, ledger.now)) {
                            var found = everything(tsdb);
                            check(found, ledger);
                            ledger.settle(found);
                        }
                        try (var again = open(disk, ledger.now)) {
                            assertThat(everything(again))
                                    .as("a second start")
                                    .isEqualTo(ledger.safe);
                            assertThat(again.status().repairs()).as("mended once").isEmpty();
                        }
                    }
                });
    }

    /// What a killed process left unsynced, in segments too, is synced before a checkpoint lets the
    /// log go, also if the start found the disk full.
    @Test
    void aCheckpointAfterAKillLeavesNothingToLose() {
        Seeds.forEach(
                300,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    var killed = new FaultyDisk(disk, random).losingPowerAt(random.nextInt(80));
                    try {
                        live(killed, ledger, random, 100);
                    } catch (IOException e) {
                        assertThat(killed.isOff()).as("failed by itself: %s", e).isTrue();
                    }
                    var faulty = new FaultyDisk(disk, random);
                    if (random.nextBoolean()) {
                        faulty.capacity(disk.bytes());
                    } else {
                        faulty.failingSyncs(random.nextInt(2));
                    }
                    var tsdb = open(faulty, ledger.now);
                    faulty.capacity(Long.MAX_VALUE).failingSyncs(0);
                    tsdb.upkeep().checkpoint();
                    var found = everything(tsdb);
                    ledger.sync(); // a kill costs nothing
                    check(found, ledger);
                    try (var again = open(faulty.afterPowerLoss(), ledger.now)) {
                        assertThat(everything(again)).isEqualTo(found);
                    }
                });
    }

    /// A start on a full disk cannot seal a segment that was never synced.
    @Test
    void aSegmentThatTheStartCouldNotSealIsSyncedByTheNextCheckpoint() {
        var labels = Labels.of("__name__", "full");
        Seeds.forEach(
                20,
                random -> {
                    var disk = new MemoryDisk();
                    var first = new FaultyDisk(disk, random);
                    var killed = open(first, T);
                    append(killed, labels, 200);
                    killed.sync();
                    killed.upkeep().writeOut(0);
                    first.capacity(disk.bytes());
                    assertThat(catchThrowable(killed.upkeep()::seal))
                            .hasMessageContaining("No space left");
                    first.capacity(Long.MAX_VALUE);
                    append(killed, labels, 500);
                    killed.sync();
                    killed.upkeep().writeOut(0);

                    var full = new FaultyDisk(disk, random).capacity(disk.bytes());
                    var tsdb = open(full, T);
                    assertThat(count(tsdb, labels)).isEqualTo(500);
                    full.capacity(Long.MAX_VALUE);
                    tsdb.upkeep().checkpoint();
                    try (var again = open(full.afterPowerLoss(), T)) {
                        assertThat(count(again, labels)).isEqualTo(500);
                    }
                });
    }

    /// The power goes after a segment was sealed and synced, before the log that names its series.
    @Test
    void keepsSeriesThatOnlyASegmentNames() throws IOException {
        var disk = new MemoryDisk();
        var full = Labels.of("__name__", "full");
        var other = Labels.of("__name__", "other");
        try (var tsdb = open(disk, T)) {
            append(tsdb, full, 200);
            tsdb.upkeep().seal();
        }
        for (var name : disk.list("head/wal")) {
            disk.delete(name);
        }
        long found;
        try (var tsdb = open(disk, T)) {
            found = count(tsdb, full);
            append(tsdb, other, 1);
        }
        assertThat(found).isGreaterThan(100);
        for (int start = 0; start < 2; start++) {
            try (var tsdb = open(disk, T)) {
                assertThat(count(tsdb, full)).isEqualTo(found);
                assertThat(count(tsdb, other)).isEqualTo(1);
            }
        }
    }

    /// As above, but of the log something is there: enough for it not to look gone.
    @Test
    void keepsSeriesThatOnlyASegmentNamesBesideALog() throws IOException {
        var disk = new MemoryDisk();
        var full = Labels.of("__name__", "full");
        var other = Labels.of("__name__", "other");
        long logged;
        try (var tsdb = open(disk, T)) {
            append(tsdb, other, 1);
            logged = disk.size("head/wal/00000001");
            append(tsdb, full, 200);
            tsdb.upkeep().seal();
        }
        for (var name : disk.list("head/wal")) {
            if (name.endsWith("/00000001")) {
                disk.cut(name, (int) logged);
            } else {
                disk.delete(name);
            }
        }
        for (int start = 0; start < 3; start++) {
            try (var tsdb = open(disk, T)) {
                assertThat(count(tsdb, full)).isGreaterThan(100);
                assertThat(count(tsdb, other)).isEqualTo(1);
                assertThat(tsdb.status().repairs()).isEmpty();
            }
        }
    }

    private static void append(Tsdb tsdb, Labels labels, int count) throws IOException {
        try (var batch = tsdb.batch()) {
            long reference = batch.series(labels);
            for (int i = 0; i < count; i++) {
                batch.append(reference, T + i * 1000L, i);
            }
            batch.commit();
        }
    }

    private static int count(Tsdb tsdb, Labels labels) {
        int count = 0;
        try (var raw = tsdb.raw()) {
            for (var place : raw.places()) {
                for (var series : place.plain(Long.MIN_VALUE, Long.MAX_VALUE, List.of())) {
                    if (series.labels().equals(labels)) {
                        var samples = new Samples();
                        series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                        count += samples.size();
                    }
                }
            }
        }
        return count;
    }

    @Test
    void losesPowerAtEachOperationInTurn() {
        long last = Long.MAX_VALUE;
        for (long operation = 0; operation < last; operation++) {
            var random = new Random(operation);
            var ledger = new Ledger();
            var faulty = new FaultyDisk(new MemoryDisk(), random).losingPowerAt(operation);
            try {
                live(faulty, ledger, new Random(7), 80);
                last = faulty.isOff() ? last : 0;
            } catch (IOException e) {
                assertThat(faulty.isOff()).as("failed by itself: %s", e).isTrue();
            }
            try (var tsdb = open(faulty.afterPowerLoss(), ledger.now)) {
                check(everything(tsdb), ledger);
            } catch (IOException | AssertionError e) {
                throw new AssertionError("power lost at operation " + operation, e);
            }
        }
    }

    @Test
    void servesAndRecoversByItselfWhenTheDiskIsFull() {
        Seeds.forEach(
                100,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    var faulty = new FaultyDisk(disk, random);
                    var tsdb = open(faulty, ledger.now);
                    for (int round = 0; round < 40; round++) {
                        if (random.nextInt(4) == 0) {
                            faulty.capacity(
                                    random.nextBoolean()
                                            ? Long.MAX_VALUE
                                            : disk.bytes() + random.nextInt(2000));
                        }
                        try {
                            commit(tsdb, ledger, random);
                        } catch (IOException full) {
                            assertThat(full).hasMessageContaining("No space left");
                        }
                        tsdb.sync();
                        tsdb.upkeep().round(random.nextInt(5) == 0);
                        ledger.sync();
                        assertThat(everything(tsdb)).isEqualTo(ledger.safe);
                    }
                    faulty.capacity(Long.MAX_VALUE);
                    tsdb.upkeep().round(true);
                    commit(tsdb, ledger, random);
                    assertThat(everything(tsdb)).isEqualTo(ledger.acknowledged);
                    tsdb.close();
                    try (var again = open(disk, ledger.now)) {
                        assertThat(everything(again)).isEqualTo(ledger.acknowledged);
                        assertThat(again.status().repairs()).isEmpty();
                    }
                });
    }

    @Test
    void startsOnAFullDisk() {
        Seeds.forEach(
                50,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    var faulty =
                            new FaultyDisk(disk, random).losingPowerAt(20 + random.nextInt(60));
                    try {
                        live(faulty, ledger, random, 100);
                    } catch (IOException e) {
                        assertThat(faulty.isOff()).isTrue();
                    }
                    disk = faulty.afterPowerLoss();
                    var full = new FaultyDisk(disk, random).capacity(disk.bytes());
                    var tsdb = open(full, ledger.now);
                    var found = everything(tsdb);
                    check(found, ledger);
                    ledger.settle(found);
                    full.capacity(Long.MAX_VALUE);
                    tsdb.upkeep().round(true);
                    commit(tsdb, ledger, random);
                    assertThat(everything(tsdb)).isEqualTo(ledger.acknowledged);
                    tsdb.close();
                    try (var again = open(disk, ledger.now)) {
                        assertThat(everything(again)).isEqualTo(ledger.acknowledged);
                    }
                });
    }

    @Test
    void writesTheLogAnewWhenItCannotBeSynced() {
        Seeds.forEach(
                100,
                random -> {
                    var ledger = new Ledger();
                    var faulty = new FaultyDisk(new MemoryDisk(), random);
                    var tsdb = open(faulty, ledger.now);
                    for (int round = 0; round < 20; round++) {
                        commit(tsdb, ledger, random);
                    }
                    faulty.failingSyncs(1 + random.nextInt(3));
                    tsdb.sync();
                    var refused = catchThrowable(() -> commit(tsdb, ledger, random));
                    assertThat(refused)
                            .isInstanceOf(IOException.class)
                            .hasMessageContaining("Input/output");
                    for (int round = 0; round < 4; round++) {
                        tsdb.upkeep().round(false);
                    }
                    commit(tsdb, ledger, random);
                    tsdb.sync();
                    ledger.sync();
                    try (var again = open(faulty.afterPowerLoss(), ledger.now)) {
                        check(everything(again), ledger);
                    }
                });
    }

    @Test
    void syncsWithinTheCommitWhenToldTo() {
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ZERO, 0);
        Seeds.forEach(
                50,
                random -> {
                    var ledger = new Ledger();
                    var faulty = new FaultyDisk(new MemoryDisk(), random);
                    var clock = InstantSource.fixed(Instant.ofEpochMilli(T));
                    var tsdb = new Tsdb(faulty, options, clock, new Meters(), false);
                    int failing = random.nextInt(10);
                    for (int round = 0; round < 10; round++) {
                        faulty.failingSyncs(round == failing ? 1 : 0);
                        try {
                            commit(tsdb, ledger, random);
                            assertThat(round).isNotEqualTo(failing);
                        } catch (IOException refused) {
                            assertThat(round).isEqualTo(failing);
                        }
                        assertThat(everything(tsdb)).isEqualTo(ledger.acknowledged);
                    }
                    try (var again = open(faulty.afterPowerLoss(), T)) {
                        assertThat(everything(again)).isEqualTo(ledger.acknowledged);
                    }
                });
    }

    @Test
    void startsWhateverCannotBeRead() {
        Seeds.forEach(
                100,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    live(new FaultyDisk(disk, random), ledger, random, 60);
                    var faulty = new FaultyDisk(disk, random).failingReads(1 + random.nextInt(4));
                    try (var tsdb = open(faulty, ledger.now)) {
                        ledger.safe.clear();
                        check(everything(tsdb), ledger);
                    }
                    try (var again = open(disk, ledger.now)) {
                        check(everything(again), ledger);
                    }
                });
    }

    @Test
    void aFlippedBitCostsOnlyItsRecord() {
        Seeds.forEach(
                300,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    live(new FaultyDisk(disk, random), ledger, random, 60);
                    ledger.safe.clear();
                    var files = new ArrayList<>(disk.list(Wal.FOLDER));
                    files.addAll(disk.list(SegmentFile.FOLDER));
                    if (files.isEmpty()) {
                        return;
                    }
                    var name = files.get(random.nextInt(files.size()));
                    int size = (int) disk.size(name);
                    if (size == 0) {
                        return;
                    }
                    int what = random.nextInt(4);
                    int at = random.nextInt(size);
                    switch (what) {
                        case 0 -> disk.cut(name, at);
                        case 1 -> disk.damage(name, at, new byte[size - at]);
                        case 2 -> disk.delete(name);
                        default -> {
                            byte before = disk.read(name)[at];
                            disk.damage(name, at, (byte) (before ^ 1 << random.nextInt(8)));
                        }
                    }
                    Map<Labels, Map<Long, Double>> found;
                    try (var tsdb = open(disk, ledger.now)) {
                        found = everything(tsdb);
                        check(found, ledger);
                        if (what == 3) {
                            int kept = found.values().stream().mapToInt(Map::size).sum();
                            int all = ledger.tried.values().stream().mapToInt(Map::size).sum();
                            assertThat(all - kept)
                                    .as("lost by one bit in %s", name)
                                    .isLessThan(2000);
                        }
                        ledger.settle(found);
                        commit(tsdb, ledger, random);
                        tsdb.sync();
                        ledger.sync();
                    }
                    try (var again = open(disk, ledger.now)) {
                        check(everything(again), ledger);
                    }
                });
    }

    @Test
    void aDamagedCheckpointCostsNothing() {
        Seeds.forEach(
                60,
                random -> {
                    var ledger = new Ledger();
                    var disk = new MemoryDisk();
                    live(new FaultyDisk(disk, random), ledger, random, 60);
                    var checkpoints =
                            disk.list("head/wal").stream()
                                    .filter(name -> name.contains("checkpoint"))
                                    .toList();
                    if (checkpoints.isEmpty()) {
                        return;
                    }
                    var name = checkpoints.getLast();
                    int at = random.nextInt((int) disk.size(name));
                    switch (random.nextInt(3)) {
                        case 0 -> disk.cut(name, at);
                        case 1 -> disk.delete(name);
                        default ->
                                disk.damage(
                                        name,
                                        at,
                                        (byte) (disk.read(name)[at] ^ 1 << random.nextInt(8)));
                    }
                    try (var tsdb = open(disk, ledger.now)) {
                        assertThat(everything(tsdb)).isEqualTo(ledger.acknowledged);
                    }
                    try (var again = open(disk, ledger.now)) {
                        assertThat(everything(again)).isEqualTo(ledger.acknowledged);
                        assertThat(again.status().repairs()).isEmpty();
                    }
                });
    }
}
