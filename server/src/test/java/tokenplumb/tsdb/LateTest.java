package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Samples that come late, and what the head gives up once it is in blocks.
class LateTest {
    private static final long T = 1_700_000_000_000L;
    private static final long MINUTE = 60_000;
    private static final Labels A = Labels.of("__name__", "a");
    private static final Labels B = Labels.of("__name__", "b");
    private static final Labels H = Labels.of("__name__", "h");
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("1", "2", "+Inf"));

    private MemoryDisk disk = new MemoryDisk();

    private Tsdb open(Duration window) throws IOException {
        var options =
                new Tsdb.Options(
                        Duration.ZERO, 0, Duration.ofMillis(500), GuardRails.inAll(0), window);
        return new Tsdb(disk, options, () -> Instant.ofEpochMilli(T), new Meters(), false);
    }

    private static Outcome append(Tsdb tsdb, Labels labels, long time, double value)
            throws IOException {
        try (var batch = tsdb.batch()) {
            var outcome =
                    labels.equals(H)
                            ? batch.append(batch.folded(H, LAYOUT), time, counts(value), 0, value)
                            : batch.append(batch.series(labels), time, value);
            batch.commit();
            return outcome;
        }
    }

    private static long[] counts(double value) {
        long all = (long) value;
        return new long[] {all, all * 2, all * 3};
    }

    private static Map<Long, Double> read(KeptQuerier kept, Labels labels, long from, long to) {
        var found = new TreeMap<Long, Double>();
        if (labels.equals(H)) {
            for (var series : kept.folded(from, to, Optional.empty(), List.of())) {
                var samples = new FoldedSamples();
                samples.reset(3);
                series.read(from, to, samples);
                for (int i = 0; i < samples.size(); i++) {
                    assertThat(found.put(samples.time(i), samples.sum(i))).isNull();
                    assertThat(found.lastEntry().getKey()).isEqualTo(samples.time(i));
                    if (!samples.isStale(i)) {
                        assertThat(samples.count(i, 2)).isEqualTo(counts(samples.sum(i))[2]);
                    }
                }
            }
            return found;
        }
        for (var series : kept.plain(from, to, List.of())) {
            if (series.labels().equals(labels)) {
                var samples = new Samples();
                series.read(from, to, samples);
                for (int i = 0; i < samples.size(); i++) {
                    assertThat(found.put(samples.time(i), samples.value(i))).isNull();
                    assertThat(found.lastEntry().getKey()).isEqualTo(samples.time(i));
                }
            }
        }
        return found;
    }

    private static Map<Long, Double> read(Tsdb tsdb, Labels labels) {
        try (var kept = tsdb.kept()) {
            return read(kept, labels, 0, Long.MAX_VALUE);
        }
    }

    @Test
    void takesWhatIsWithinTheWindow() throws IOException {
        for (var labels : List.of(A, H)) {
            disk = new MemoryDisk();
            try (var tsdb = open(Duration.ofMinutes(10))) {
                append(tsdb, labels, T, 1);
                assertThat(append(tsdb, labels, T - 10 * MINUTE, 2)).isEqualTo(Outcome.APPENDED);
                assertThat(append(tsdb, labels, T - 5 * MINUTE, 3)).isEqualTo(Outcome.APPENDED);
                assertThat(append(tsdb, labels, T - 5 * MINUTE, 3)).isEqualTo(Outcome.APPENDED);
                assertThat(append(tsdb, labels, T - 5 * MINUTE, 4)).isEqualTo(Outcome.DUPLICATE);
                assertThat(append(tsdb, labels, T - 10 * MINUTE - 1, 4)).isEqualTo(Outcome.TOO_OLD);
                assertThat(append(tsdb, labels, T + 1, 5)).isEqualTo(Outcome.APPENDED);
                assertThat(read(tsdb, labels))
                        .isEqualTo(
                                Map.of(
                                        T - 10 * MINUTE,
                                        2.0,
                                        T - 5 * MINUTE,
                                        3.0,
                                        T,
                                        1.0,
                                        T + 1,
                                        5.0));
            }
        }
    }

    @Test
    void refusesLateSamplesWithoutAWindow() throws IOException {
        try (var tsdb = open(Duration.ZERO)) {
            append(tsdb, A, T, 1);
            assertThat(append(tsdb, A, T - 1, 2)).isEqualTo(Outcome.OUT_OF_ORDER);
            try (var frozen = tsdb.upkeep().freeze(T - MINUTE)) {
                assertThat(append(tsdb, B, T - MINUTE - 1, 2)).isEqualTo(Outcome.TOO_OLD);
                assertThat(append(tsdb, B, T - MINUTE, 2)).isEqualTo(Outcome.APPENDED);
                assertThat(read(frozen.seen(), B, 0, T)).isEmpty();
            }
        }
    }

    @Test
    void aRealSampleThatIsLateWinsOverAStaleMarker() throws IOException {
        for (var labels : List.of(A, H)) {
            disk = new MemoryDisk();
            try (var tsdb = open(Duration.ofMinutes(10))) {
                append(tsdb, labels, T - 1, StaleMarker.VALUE);
                append(tsdb, labels, T, 1);
                append(tsdb, labels, T - 1, 7);
                assertThat(read(tsdb, labels)).isEqualTo(Map.of(T - 1, 7.0, T, 1.0));
            }
        }
    }

    @Test
    void aTruncatedHeadForgetsWhatIsInBlocks() throws IOException {
        try (var tsdb = open(Duration.ofHours(1))) {
            for (int minute = 0; minute < 300; minute++) {
                append(tsdb, A, T + minute * MINUTE, minute);
                append(tsdb, H, T + minute * MINUTE, minute);
                if (minute < 100) {
                    append(tsdb, B, T + minute * MINUTE, minute);
                }
                if (minute % 100 == 50) {
                    tsdb.upkeep().seal();
                }
            }
            append(tsdb, A, T + 250 * MINUTE + 1, 0.5); // late, and stays
            long b = tsdb.batch().series(B);
            var before = tsdb.kept();
            long boundary = T + 200 * MINUTE;
            try (var frozen = tsdb.upkeep().freeze(boundary)) {
                assertThat(append(tsdb, A, T + 245 * MINUTE + 1, 0.25)).isEqualTo(Outcome.APPENDED);
                assertThat(read(frozen.seen(), A, 0, boundary - 1)).hasSize(200);
                assertThat(read(frozen.seen(), B, 0, boundary - 1)).hasSize(100);
                tsdb.upkeep().truncate(boundary, frozen);
            }
            assertThat(read(before, A, 0, Long.MAX_VALUE)).as("opened before").hasSize(301);
            assertThat(read(before, B, 0, Long.MAX_VALUE)).as("opened before").hasSize(100);
            before.close();
            tsdb.upkeep().round(true);
            assertThat(read(tsdb, A)).hasSize(102);
            assertThat(read(tsdb, H)).hasSize(100);
            assertThat(read(tsdb, B)).isEmpty();
            assertThat(tsdb.status().headSeries()).isEqualTo(2);
            assertThat(disk.list(SegmentFile.FOLDER)).hasSizeLessThan(4);
            try (var batch = tsdb.batch()) {
                assertThat(batch.append(b, T + 400 * MINUTE, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
                batch.append(batch.series(B), T + 300 * MINUTE, 1);
                batch.commit();
            }
            assertThat(read(tsdb, B)).hasSize(1);
        }
        try (var again = open(Duration.ofHours(1))) {
            assertThat(again.head().minValid()).isEqualTo(T + 200 * MINUTE);
            assertThat(read(again, A)).hasSize(102);
            assertThat(read(again, H)).hasSize(100);
            assertThat(read(again, B)).hasSize(1);
            assertThat(again.status().repairs()).isEmpty();
        }
    }

    @Test
    void lateSamplesForBlocksAreAnsweredUntilTheyAreInBlocks() throws IOException {
        try (var tsdb = open(Duration.ofHours(2))) {
            for (int minute = 0; minute < 60; minute++) {
                append(tsdb, A, T + minute * MINUTE, minute);
            }
            try (var frozen = tsdb.upkeep().freeze(T + 30 * MINUTE)) {
                tsdb.upkeep().truncate(T + 30 * MINUTE, frozen);
            }
            append(tsdb, A, T + 10 * MINUTE + 1, 10.5);
            append(tsdb, B, T + 11 * MINUTE, 11);
            append(tsdb, A, T + 40 * MINUTE + 1, 40.5);
            assertThat(read(tsdb, A)).hasSize(32);
            assertThat(read(tsdb, B)).isEqualTo(Map.of(T + 11 * MINUTE, 11.0));
            long boundary = T + 30 * MINUTE;
            try (var frozen = tsdb.upkeep().freeze(boundary)) {
                assertThat(read(frozen.seen(), A, 0, boundary - 1))
                        .isEqualTo(Map.of(T + 10 * MINUTE + 1, 10.5));
                assertThat(read(frozen.seen(), B, 0, boundary - 1)).hasSize(1);
                append(tsdb, A, T + 12 * MINUTE + 1, 12.5); // came too late for this compaction
                tsdb.upkeep().truncate(boundary, frozen);
            }
            tsdb.upkeep().round(true);
            assertThat(read(tsdb, B)).isEmpty();
            assertThat(read(tsdb, A)).hasSize(32).containsKey(T + 12 * MINUTE + 1);
        }
        try (var again = open(Duration.ofHours(2))) {
            assertThat(read(again, A)).hasSize(32).containsKey(T + 12 * MINUTE + 1);
        }
    }

    /// Late and timely samples in any order, with checkpoints, seals, kills and restarts.
    @Test
    void givesLateSamplesBackThroughEverything() {
        Seeds.forEach(
                40,
                random -> {
                    disk = new MemoryDisk();
                    var window = Duration.ofHours(1);
                    var tsdb = open(window);
                    var model = new TreeMap<String, Map<Long, Double>>();
                    long newest = T;
                    for (int round = 0; round < 300; round++) {
                        newest += random.nextInt(60_000);
                        for (var labels : List.of(A, B, H)) {
                            long time =
                                    random.nextInt(3) == 0
                                            ? newest - random.nextInt(3_500_000)
                                            : newest;
                            double value = random.nextInt(1000);
                            var of =
                                    model.computeIfAbsent(
                                            labels.metricName(), key -> new TreeMap<>());
                            if (append(tsdb, labels, time, value) == Outcome.APPENDED) {
                                of.putIfAbsent(time, value);
                            }
                        }
                        switch (random.nextInt(40)) {
                            case 0 -> tsdb.upkeep().checkpoint();
                            case 1 -> tsdb.upkeep().seal();
                            case 2 -> {
                                tsdb.close();
                                tsdb = open(window);
                            }
                            case 3 -> tsdb = open(window); // killed
                            default -> {}
                        }
                    }
                    for (var labels : List.of(A, B, H)) {
                        assertThat(read(tsdb, labels)).isEqualTo(model.get(labels.metricName()));
                    }
                    assertThat(tsdb.status().repairs()).isEmpty();
                    tsdb.close();
                });
    }
}
