package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch.Outcome;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;

class TsdbTest {
    private static final Logger LOG = Logger.getLogger("tokenplumb.tsdb");

    static {
        LOG.setLevel(Level.OFF); // what is mended here is mended on purpose
    }

    private static final long T = 1_700_000_000_000L;
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final Labels A = Labels.of("__name__", "a", "job", "x");

    private final MemoryDisk disk = new MemoryDisk();
    private final Meters meters = new Meters();
    private long now = T;

    private Tsdb open(Duration retention, long bytes, long maxSeries) throws IOException {
        var options = new Tsdb.Options(retention, bytes, Duration.ofMillis(500), maxSeries);
        return new Tsdb(disk, options, () -> Instant.ofEpochMilli(now), meters, false);
    }

    private Tsdb open() throws IOException {
        return open(Duration.ZERO, 0, 0);
    }

    private static void append(Tsdb tsdb, Labels labels, long time, double value)
            throws IOException {
        try (var batch = tsdb.batch()) {
            batch.append(batch.series(labels), time, value);
            batch.commit();
        }
    }

    /// One sample a minute from [#now] on, with the clock and an upkeep running along.
    private void live(Tsdb tsdb, Labels labels, long minutes) throws IOException {
        for (long i = 0; i < minutes; i++) {
            append(tsdb, labels, now, i);
            tsdb.upkeep().round(true);
            now += MINUTE;
        }
    }

    private static Samples read(Tsdb tsdb, Labels labels, long from, long to) {
        var samples = new Samples();
        try (var querier = tsdb.querier()) {
            for (var series :
                    querier.select(
                            from, to, List.of(Matcher.equal("__name__", labels.metricName())))) {
                series.read(from, to, samples);
            }
        }
        return samples;
    }

    @Test
    void fullChunksLeaveMemoryAndAreReadBackOverManySegments() throws IOException {
        try (var tsdb = open()) {
            live(tsdb, A, 24 * 60);
            assertThat(tsdb.status().segments()).isGreaterThan(5);
            assertThat(tsdb.status().headChunks()).isLessThanOrEqualTo(1);
            assertDay(read(tsdb, A, T, now), 0, 24 * 60);
            assertDay(read(tsdb, A, T + 5 * HOUR, T + 7 * HOUR), 5 * 60, 7 * 60 + 1);
        }
        try (var again = open()) {
            assertDay(read(again, A, T, now), 0, 24 * 60);
        }
    }

    private static void assertDay(Samples samples, int from, int to) {
        assertThat(samples.size()).isEqualTo(to - from);
        for (int i = from; i < to; i++) {
            assertThat(samples.time(i - from)).isEqualTo(T + i * MINUTE);
            assertThat(samples.value(i - from)).isEqualTo(i);
        }
    }

    @Test
    void expiredSegmentsGoAndTheirSeriesWithThem() throws IOException {
        var gone = Labels.of("__name__", "gone", "only", "here");
        try (var tsdb = open(Duration.ofHours(6), 0, 0)) {
            live(tsdb, gone, 60);
            live(tsdb, A, 24 * 60);
            try (var querier = tsdb.querier()) {
                assertThat(querier.labelValues("__name__", 0, now, List.of(), 0))
                        .containsExactly("a");
                assertThat(querier.labelNames(0, now, List.of(), 0)).doesNotContain("only");
            }
            var kept = read(tsdb, A, T, now);
            assertThat(kept.size()).isBetween(6 * 60, 11 * 60);
            assertThat(tsdb.status().minTime()).isEqualTo(kept.time(0));
            assertThat(tsdb.status().headSeries()).isEqualTo(1);
            append(tsdb, gone, now, 1); // and may come back
            assertThat(read(tsdb, gone, T, now).size()).isEqualTo(1);
        }
    }

    @Test
    void theOldestSegmentsGoWhenThereAreTooManyBytes() throws IOException {
        try (var tsdb = open(Duration.ZERO, 5_000, 0)) {
            live(tsdb, A, 48 * 60);
            var status = tsdb.status();
            assertThat(status.segmentBytes() + status.walBytes()).isLessThan(60_000);
            var kept = read(tsdb, A, T, now);
            assertThat(kept.size()).isLessThan(48 * 60);
            assertThat(kept.time(kept.size() - 1)).isEqualTo(now - MINUTE);
            assertThat(meters.exposition()).contains("prometheus_tsdb_size_retentions_total ");
        }
    }

    @Test
    void makesRoomOnAFullDiskOutOfWhatIsExpired() throws IOException {
        var faulty = new FaultyDisk(disk, new Random(1));
        var options = new Tsdb.Options(Duration.ofHours(6), 0, Duration.ofMillis(500), 0);
        try (var tsdb = new Tsdb(faulty, options, () -> Instant.ofEpochMilli(now), meters, false)) {
            live(tsdb, A, 12 * 60);
            faulty.capacity(disk.bytes() + 10);
            assertThatThrownBy(() -> append(tsdb, A, now, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left");
            now += 12 * HOUR;
            tsdb.upkeep().round(true);
            append(tsdb, A, now, 1);
            assertThat(read(tsdb, A, now, now).size()).isEqualTo(1);
        }
    }

    @Test
    void refusesSamplesBeyondTheRetention() throws IOException {
        try (var tsdb = open(Duration.ofHours(1), 0, 0);
                var batch = tsdb.batch()) {
            long a = batch.series(A);
            assertThat(batch.append(a, T - HOUR - 1, 1)).isEqualTo(Outcome.TOO_OLD);
            assertThat(batch.append(a, T - HOUR, 1)).isEqualTo(Outcome.APPENDED);
            assertThat(meters.exposition())
                    .contains("prometheus_tsdb_too_old_samples_total{type=\"float\"} 1");
        }
    }

    @Test
    void refusesNewSeriesBeyondTheLimitAndGoesOnWithKnownOnes() throws IOException {
        try (var tsdb = open(Duration.ZERO, 0, 1)) {
            append(tsdb, A, T, 1);
            try (var batch = tsdb.batch()) {
                assertThat(batch.series(Labels.of("__name__", "b"))).isZero();
                assertThat(batch.append(batch.series(A), T + 1, 2)).isEqualTo(Outcome.APPENDED);
                batch.commit();
            }
            assertThat(read(tsdb, A, T, T + 1).size()).isEqualTo(2);
            assertThat(meters.exposition())
                    .contains("tokenplumb_tsdb_series_refused_total{reason=\"all\"} 1");
        }
    }

    @Test
    void seriesThatNeverGetASampleAreForgotten() throws IOException {
        try (var tsdb = open()) {
            long reference;
            try (var batch = tsdb.batch()) {
                reference = batch.series(A);
            }
            tsdb.upkeep().round(true);
            assertThat(tsdb.status().headSeries()).isEqualTo(1);
            tsdb.upkeep().round(true);
            assertThat(tsdb.status().headSeries()).isZero();
            try (var batch = tsdb.batch()) {
                assertThat(batch.append(reference, T, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
                long fresh = batch.series(Labels.of("__name__", "other"));
                assertThat(batch.append(fresh, T, 1)).isEqualTo(Outcome.APPENDED);
                assertThat(batch.append(reference, T, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
            }
        }
    }

    @Test
    void seriesThatAnOpenBatchHasASampleForStay() throws IOException {
        try (var tsdb = open();
                var batch = tsdb.batch()) {
            assertThat(batch.append(batch.series(A), T, 1)).isEqualTo(Outcome.APPENDED);
            for (int i = 0; i < 3; i++) {
                tsdb.upkeep().round(true);
            }
            batch.commit();
            assertThat(read(tsdb, A, T, T).size()).isEqualTo(1);
        }
    }

    @Test
    void anIdleSeriesLeavesMemoryButNotTheStore() throws IOException {
        try (var tsdb = open()) {
            append(tsdb, A, T, 1);
            now = T + 2 * HOUR;
            tsdb.upkeep().round(true);
            assertThat(tsdb.status().headChunks()).isZero();
            assertThat(read(tsdb, A, T, now).size()).isEqualTo(1);
        }
        try (var again = open()) {
            assertThat(read(again, A, T, now).size()).isEqualTo(1);
            append(again, A, now, 2);
            assertThat(read(again, A, T, now).size()).isEqualTo(2);
        }
    }

    @Test
    void aReadAfterTheSegmentWasDeletedStillWorks() throws IOException {
        try (var tsdb = open(Duration.ofHours(6), 0, 0)) {
            live(tsdb, A, 5 * 60);
            try (var querier = tsdb.querier()) {
                var series = querier.select(T, now, List.of()).getFirst();
                var before = new Samples();
                series.read(T, now, before);
                assertThat(before.size()).isEqualTo(5 * 60);
                live(tsdb, A, 24 * 60);
                var after = new Samples();
                series.read(T, now, after);
                assertThat(after.size()).isLessThanOrEqualTo(before.size());
            }
        }
    }

    @Test
    void tellsWhatItHolds() throws IOException {
        try (var tsdb = open()) {
            for (int i = 0; i < 15; i++) {
                append(tsdb, Labels.of("__name__", "m" + i % 3, "i", "" + i), T, i);
            }
            var status = tsdb.status();
            assertThat(status.headSeries()).isEqualTo(15);
            assertThat(status.labelPairs()).isEqualTo(18);
            assertThat(status.samplesAppended()).isEqualTo(15);
            assertThat(status.minTime()).isEqualTo(T);
            assertThat(status.maxTime()).isEqualTo(T);
            assertThat(status.walBytes()).isEqualTo(disk.bytes());
            assertThat(status.seriesCountByMetricName())
                    .containsExactly(
                            new TsdbStatus.Count("m0", 5),
                            new TsdbStatus.Count("m1", 5),
                            new TsdbStatus.Count("m2", 5));
            assertThat(status.labelValueCountByLabelName())
                    .containsExactly(
                            new TsdbStatus.Count("i", 15), new TsdbStatus.Count("__name__", 3));
            assertThat(status.memoryInBytesByLabelName())
                    .containsExactly(
                            new TsdbStatus.Count("__name__", 30), new TsdbStatus.Count("i", 20));
            assertThat(status.seriesCountByLabelValuePair())
                    .hasSize(10)
                    .startsWith(new TsdbStatus.Count("__name__=m0", 5));
            assertThat(meters.exposition())
                    .contains("prometheus_tsdb_head_series 15\n")
                    .contains("prometheus_tsdb_head_samples_appended_total{type=\"float\"} 15\n")
                    .contains("prometheus_tsdb_wal_fsync_duration_seconds_count");
        }
    }

    @Test
    void reportsWhatItMended() throws IOException {
        try (var tsdb = open()) {
            append(tsdb, A, T, 1);
            append(tsdb, A, T + 1, 2);
            append(tsdb, A, T + 2, 3);
        }
        int size = (int) disk.size("head/wal/00000001");
        disk.damage("head/wal/00000001", size - 50, (byte) 77);
        try (var again = open()) {
            assertThat(read(again, A, T, T + 9).size()).isEqualTo(2);
            assertThat(again.status().repairs()).hasSize(1);
            var repair = again.status().repairs().getFirst();
            assertThat(repair.file()).isEqualTo("head/wal/00000001");
            assertThat(repair.what()).isEqualTo("checksum does not match");
            assertThat(repair.toString()).contains("lost: 35 bytes");
            assertThat(meters.exposition()).contains("prometheus_tsdb_wal_corruptions_total 1\n");
        }
        try (var mended = open()) {
            assertThat(mended.status().repairs()).isEmpty();
            assertThat(read(mended, A, T, T + 9).size()).isEqualTo(2);
        }
    }

    @Test
    void findsTheSeriesOfALostLogInTheSegments() throws IOException {
        try (var tsdb = open()) {
            live(tsdb, A, 10 * 60);
            tsdb.upkeep().seal();
        }
        for (var name : disk.list(Wal.FOLDER)) {
            disk.delete(name);
        }
        try (var again = open()) {
            assertThat(read(again, A, T, now).size()).isGreaterThan(6 * 60);
            append(again, A, now, 1);
            assertThat(read(again, A, now, now).size()).isEqualTo(1);
        }
    }

    @Test
    @Timeout(60)
    void everyCommitIsSyncedWithoutBeingAskedTo() throws Exception {
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(10), 0);
        try (var tsdb = new Tsdb(disk, options, () -> Instant.ofEpochMilli(now), meters)) {
            for (int i = 0; i < 5; i++) {
                append(tsdb, A, T + i, i);
                awaitSync(i + 1);
                tsdb.upkeep().checkpoint(); // ends the log file; the next one is synced too
            }
        }
    }

    /// Until a power failure would lose nothing.
    private void awaitSync(int samples) throws Exception {
        while (true) {
            var left = disk.afterPowerLoss(new Random(0));
            var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(10), 0);
            try (var after = new Tsdb(left, options, InstantSource.system(), new Meters(), false)) {
                if (read(after, A, T, T + 100).size() == samples && disk.isSynced()) {
                    return;
                }
            }
            Thread.sleep(5);
        }
    }

    @Test
    void refusesCommitsOnceClosed() throws IOException {
        var tsdb = open();
        var batch = tsdb.batch();
        batch.append(batch.series(A), T, 1);
        tsdb.close();
        assertThatThrownBy(batch::commit).hasMessageContaining("the store is closed");
        batch.close();
    }

    @Test
    void refusesASlowerSyncThanASecond() {
        assertThatThrownBy(() -> new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(1001), 0))
                .hasMessageContaining("between 0 and 1 s");
    }
}
