package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.SeriesExemplars;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

class ExemplarsTest {
    private static final Labels A = Labels.of("__name__", "a_total", "job", "x");
    private static final List<List<Matcher>> ALL = List.of(List.of());

    private static Exemplar traced(String trace, double value, long time) {
        return new Exemplar(Labels.of("trace_id", trace), value, time);
    }

    private static Exemplars.Found on(Labels series, String trace, double value, long time) {
        return new Exemplars.Found(series, traced(trace, value, time));
    }

    private static List<String> texts(Exemplars exemplars) {
        return texts(exemplars.find(0, Long.MAX_VALUE, ALL));
    }

    private static List<String> texts(List<SeriesExemplars> found) {
        var texts = new ArrayList<String>();
        for (var series : found) {
            for (var e : series.exemplars()) {
                texts.add(
                        "%s %s %s@%d"
                                .formatted(
                                        series.series(),
                                        e.labels().get("trace_id"),
                                        e.value(),
                                        e.timeMillis()));
            }
        }
        return texts;
    }

    @Test
    void keepsWhatIsNewAndCountsWhatIsOld() throws IOException {
        var meters = new Meters();
        var exemplars = new Exemplars(new MemoryDisk(), meters);
        exemplars.add(
                List.of(
                        on(A, "1", 0.5, 1000),
                        on(A, "1", 0.5, 2000), // exposed again
                        on(A, "2", 0.6, 500),
                        on(A, "2", 0.4, 1000),
                        on(A, "2", 0.7, 1000),
                        on(A, "x".repeat(121), 0.7, 3000),
                        on(A, "x".repeat(120), 0.7, 3000)));
        assertThat(texts(exemplars))
                .containsExactly(
                        "a_total{job=\"x\"} 1 0.5@1000",
                        "a_total{job=\"x\"} 2 0.7@1000",
                        "a_total{job=\"x\"} " + "x".repeat(120) + " 0.7@3000");
        assertThat(meters.exposition())
                .contains("prometheus_tsdb_exemplar_exemplars_appended_total 3")
                .contains("prometheus_tsdb_exemplar_out_of_order_exemplars_total 2")
                .contains("tokenplumb_tsdb_exemplars_too_long_total 1")
                .contains("prometheus_tsdb_exemplar_exemplars_in_storage 3")
                .contains("prometheus_tsdb_exemplar_series_with_exemplars_in_storage 1")
                .contains("prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds 1")
                .contains("prometheus_tsdb_exemplar_max_exemplars 100000");
    }

    @Test
    void findsByTimeAndSelector() throws IOException {
        var exemplars = new Exemplars(new MemoryDisk(), new Meters());
        var bucket = Labels.of("__name__", "x_bucket", "le", "1.0");
        exemplars.add(List.of(on(A, "1", 1, 1000), on(A, "2", 2, 2000), on(bucket, "3", 3, 3000)));

        assertThat(texts(exemplars.find(1500, 2500, ALL))).hasSize(1);
        assertThat(texts(exemplars.find(2000, 3000, ALL))).hasSize(2);
        assertThat(texts(exemplars.find(0, 9000, List.of(List.of(Matcher.equal("le", "1"))))))
                .containsExactly("x_bucket{le=\"1.0\"} 3 3.0@3000");
        assertThat(
                        exemplars.find(
                                0,
                                9000,
                                List.of(
                                        List.of(Matcher.equal("job", "x")),
                                        List.of(Matcher.equal("__name__", "a_total")))))
                .as("each series once")
                .hasSize(1);
        assertThat(exemplars.find(0, 9000, List.of())).isEmpty();
    }

    @Test
    void theOldestGoWhereThereIsNoRoom() throws IOException {
        var disk = new MemoryDisk();
        var exemplars = new Exemplars(disk, new Meters());
        exemplars.most(300);
        for (int i = 0; i < 5000; i++) {
            exemplars.add(List.of(on(A.with("i", "" + i % 7), "t" + i, i, 1000 + i)));
        }
        assertThat(texts(exemplars)).hasSize(300);
        assertThat(exemplars.find(0, 1000 + 4699, ALL)).isEmpty();
        exemplars.close();
        assertThat(disk.list("exemplars")).hasSizeLessThan(6);

        var again = new Exemplars(disk, new Meters());
        again.most(300);
        assertThat(texts(again)).isEqualTo(texts(exemplars));
        again.most(10);
        assertThat(texts(again)).hasSize(10);
        again.most(0);
        assertThat(texts(again)).isEmpty();
        again.add(List.of(on(A, "1", 1, 1)));
        assertThat(texts(again)).isEmpty();
        assertThat(disk.list("exemplars")).isEmpty();
    }

    @Test
    void manyShortFilesBecomeOne() throws IOException {
        var disk = new MemoryDisk();
        for (int i = 0; i < 9; i++) {
            var exemplars = new Exemplars(disk, new Meters());
            exemplars.add(List.of(on(A, "t" + i, i, 1000 + i)));
            exemplars.close();
        }
        assertThat(disk.list("exemplars")).hasSize(9);
        for (int i = 0; i < 2; i++) {
            assertThat(texts(new Exemplars(disk, new Meters()))).hasSize(9);
            assertThat(disk.list("exemplars")).hasSize(1);
        }
    }

    @Test
    void damageCostsOnlyWhatItHits() throws IOException {
        Seeds.forEach(
                100,
                random -> {
                    var disk = new MemoryDisk();
                    var exemplars = new Exemplars(disk, new Meters());
                    for (int i = 0; i < 20; i++) {
                        exemplars.add(List.of(on(A, "t" + i, i, 1000 + i)));
                    }
                    exemplars.close();
                    var before = texts(exemplars);
                    var name = disk.list("exemplars").getFirst();
                    int at = 16 + random.nextInt((int) disk.size(name) - 16);
                    disk.damage(name, at, (byte) (disk.read(name)[at] ^ 1 + random.nextInt(255)));

                    var again = new Exemplars(disk, new Meters());
                    assertThat(texts(again)).hasSize(19).isSubsetOf(before);
                    assertThat(again.repairs()).hasSize(1);
                });
    }

    @Test
    void keepsWhatWasSyncedWhenThePowerGoes() throws IOException {
        Seeds.forEach(
                200,
                random -> {
                    var faulty = new FaultyDisk(new MemoryDisk(), random);
                    faulty.losingPowerAt(random.nextInt(60));
                    List<String> synced = List.of();
                    List<String> all = List.of();
                    try {
                        var exemplars = new Exemplars(faulty, new Meters());
                        for (int i = 0; i < 40; i++) {
                            exemplars.add(List.of(on(A, "t" + i, i, 1000 + i)));
                            all = texts(exemplars);
                            if (random.nextInt(4) == 0) {
                                exemplars.sync();
                                synced = faulty.isOff() ? synced : all;
                            }
                        }
                    } catch (IOException off) {
                        assertThat(faulty.isOff()).isTrue();
                    }
                    var again = new Exemplars(faulty.afterPowerLoss(), new Meters());
                    assertThat(texts(again)).containsAll(synced).isSubsetOf(all);
                });
    }

    @Test
    void aFullDiskCostsNoExemplarUntilTheRestart() throws IOException {
        var faulty = new FaultyDisk(new MemoryDisk(), new java.util.Random(1));
        var meters = new Meters();
        var exemplars = new Exemplars(faulty, meters);
        faulty.capacity(200);
        for (int i = 0; i < 10; i++) {
            exemplars.add(List.of(on(A, "t" + i, i, 1000 + i)));
        }
        assertThat(texts(exemplars)).hasSize(10);
        assertThat(meters.exposition())
                .doesNotContain("tokenplumb_tsdb_exemplar_log_writes_failed_total 0");
        faulty.capacity(Long.MAX_VALUE / 2);
        exemplars.add(List.of(on(A, "later", 11, 2000)));
        exemplars.close();
        assertThat(texts(new Exemplars(faulty, new Meters()))).last().asString().contains("later");
    }

    @Test
    void theStoreKeepsThemOnPlainSeriesAndOnBuckets() throws IOException {
        var disk = new MemoryDisk();
        var clock = InstantSource.fixed(Instant.ofEpochMilli(10_000));
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(100), 0);
        var x = Labels.of("__name__", "x", "job", "y");
        try (var tsdb = new Tsdb(disk, options, clock, new Meters(), false)) {
            try (var batch = tsdb.batch()) {
                long plain = batch.series(A);
                long folded = batch.folded(x, BucketLayout.of(List.of("0.5", "+Inf")));
                batch.append(plain, 1000, 1);
                batch.append(folded, 1000, new long[] {1, 2}, 0, 3);
                batch.exemplar(plain, -1, traced("1", 1, 1000));
                batch.exemplar(folded, 0, traced("2", 0.4, 1000));
                batch.exemplar(folded, 1, traced("3", 7, 1000));
                batch.commit();
            }
            try (var batch = tsdb.batch()) {
                batch.exemplar(batch.series(A), -1, traced("never", 1, 1001)); // not committed
            }
            tsdb.sync();
        }
        try (var tsdb = new Tsdb(disk, options, clock, new Meters(), false)) {
            assertThat(texts(tsdb.exemplars(0, 9000, ALL)))
                    .containsExactly(
                            "a_total{job=\"x\"} 1 1.0@1000",
                            "x_bucket{job=\"y\", le=\"+Inf\"} 3 7.0@1000",
                            "x_bucket{job=\"y\", le=\"0.5\"} 2 0.4@1000");
        }
    }
}
