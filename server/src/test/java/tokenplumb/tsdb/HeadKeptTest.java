package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

class HeadKeptTest {
    private static final long T = 1_700_000_000_000L;
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("0.1", "1", "10.0", "+Inf"));
    private static final BucketLayout OTHER = BucketLayout.of(List.of("0.1", "1.0", "+Inf"));
    private static final Labels A = Labels.of("__name__", "lat", "job", "x", "A", "first");

    private MemoryDisk disk = new MemoryDisk();

    private Tsdb open() throws IOException {
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(500), 0);
        return new Tsdb(disk, options, () -> Instant.ofEpochMilli(T), new Meters(), false);
    }

    private static Outcome append(
            Tsdb tsdb, Labels family, BucketLayout layout, long time, double sum, long... counts)
            throws IOException {
        try (var batch = tsdb.batch()) {
            var outcome = batch.append(batch.folded(family, layout), time, counts, 0, sum);
            batch.commit();
            return outcome;
        }
    }

    private static List<String> read(KeptQuerier kept, long from, long to) {
        var found = new ArrayList<String>();
        for (var series : kept.folded(from, to, Optional.empty(), List.of())) {
            var samples = new FoldedSamples();
            samples.reset(series.layout().size());
            series.read(from, to, samples);
            for (int i = 0; i < samples.size(); i++) {
                found.add(series.labels() + " " + series.layout() + " " + spell(samples, i));
            }
        }
        return found;
    }

    private static String spell(FoldedSamples samples, int i) {
        var text = new StringBuilder().append(samples.time(i) - T).append('=');
        if (samples.isStale(i)) {
            return text.append("stale").toString();
        }
        text.append(samples.sum(i));
        for (int bucket = 0; bucket < samples.buckets(); bucket++) {
            text.append(',').append(samples.count(i, bucket));
        }
        return text.toString();
    }

    @Test
    void keepsFoldedHistogramsApartFromPlainSeries() throws IOException {
        try (var tsdb = open()) {
            append(tsdb, A, LAYOUT, T, 1.5, 1, 2, 3, 4);
            append(tsdb, A, OTHER, T, 2.5, 1, 2, 3);
            try (var batch = tsdb.batch()) {
                batch.append(batch.series(A), T, 7);
                batch.commit();
            }
            try (var kept = tsdb.kept()) {
                assertThat(read(kept, T, T))
                        .containsExactlyInAnyOrder(
                                "lat{A=\"first\", job=\"x\"} [0.1, 1, 10.0, +Inf] 0=1.5,1,2,3,4",
                                "lat{A=\"first\", job=\"x\"} [0.1, 1.0, +Inf] 0=2.5,1,2,3");
                var plain = kept.plain(T, T, List.of(Matcher.equal("job", "x")));
                assertThat(plain).hasSize(1);
                assertThat(plain.getFirst().labels()).isEqualTo(A);
                assertThat(plain.getFirst().layout().isNone()).isTrue();
                assertThat(kept.labelNames(T, T, List.of()))
                        .containsExactlyInAnyOrder("__name__", "job", "A");
                assertThat(kept.foldedLabelNames(T, T))
                        .containsExactlyInAnyOrder("__name__", "job", "A");
                assertThat(kept.foldedLabelValues("__name__", T, T)).containsExactly("lat");
                assertThat(kept.folded(T, T, Optional.of(Set.of("other")), List.of())).isEmpty();
                assertThat(
                                kept.folded(
                                        T,
                                        T,
                                        Optional.of(Set.of("lat")),
                                        List.of(Matcher.equal("job", "x"))))
                        .hasSize(2);
                assertThat(kept.folded(T, T, Optional.empty(), List.of(Matcher.equal("job", "y"))))
                        .isEmpty();
            }
        }
    }

    @Test
    void judgesEveryFoldedSample() throws IOException {
        try (var tsdb = open()) {
            assertThat(append(tsdb, A, OTHER, T, 1, 1, 2, 3)).isEqualTo(Outcome.APPENDED);
            assertThat(append(tsdb, A, OTHER, T, 1, 1, 2, 3)).isEqualTo(Outcome.APPENDED);
            assertThat(append(tsdb, A, OTHER, T, 1, 1, 2, 4)).isEqualTo(Outcome.DUPLICATE);
            assertThat(append(tsdb, A, OTHER, T, 2, 1, 2, 3)).isEqualTo(Outcome.DUPLICATE);
            assertThat(append(tsdb, A, OTHER, T - 1, 1, 1, 2, 3)).isEqualTo(Outcome.OUT_OF_ORDER);
            try (var batch = tsdb.batch()) {
                long row = batch.folded(A, OTHER);
                assertThat(batch.append(row, T + 1, new long[] {9, 1, 1, 1}, 1, 3))
                        .isEqualTo(Outcome.APPENDED);
                assertThat(batch.append(row, T + 1, new long[] {1, 1, 1}, 0, 3))
                        .isEqualTo(Outcome.APPENDED);
                assertThat(batch.append(row, T + 1, new long[] {1, 1, 2}, 0, 3))
                        .isEqualTo(Outcome.DUPLICATE);
                assertThat(batch.append(row, T + 2, new long[0], 0, StaleMarker.VALUE))
                        .isEqualTo(Outcome.APPENDED);
                batch.commit();
            }
            try (var kept = tsdb.kept()) {
                assertThat(read(kept, T, T + 9))
                        .extracting(line -> line.substring(line.indexOf(']') + 2))
                        .containsExactly("0=1.0,1,2,3", "1=3.0,1,1,1", "2=stale");
            }
        }
    }

    @Test
    void refusesNamesThatPretendToBeFolded() throws IOException {
        try (var tsdb = open();
                var batch = tsdb.batch()) {
            assertThat(batch.series(FoldedLabels.hide(A, LAYOUT))).isZero();
            assertThat(batch.folded(FoldedLabels.hide(A, LAYOUT), LAYOUT)).isZero();
            assertThat(batch.folded(Labels.of("job", "x"), LAYOUT)).isZero();
        }
        assertThat(FoldedLabels.show(FoldedLabels.hide(A, LAYOUT))).isEqualTo(A);
    }

    /// Histories with resets, gaps, staleness and huge counts, through full chunks, checkpoints,
    /// sealed segments and restarts.
    @Test
    void givesFoldedHistogramsBackThroughEverything() {
        Seeds.forEach(
                40,
                random -> {
                    disk = new MemoryDisk();
                    var model = new TreeMap<String, Map<Long, String>>();
                    var tsdb = open();
                    long now = T;
                    var counts = new long[6][];
                    for (int round = 0; round < 400; round++) {
                        now += 1 + random.nextInt(random.nextInt(40) == 0 ? 20_000_000 : 30_000);
                        try (var batch = tsdb.batch()) {
                            for (int i = 0; i < counts.length; i++) {
                                if (random.nextInt(10) > 0) {
                                    one(batch, random, i, now, counts, model);
                                }
                            }
                            batch.commit();
                        }
                        switch (random.nextInt(60)) {
                            case 0 -> tsdb.upkeep().checkpoint();
                            case 1 -> tsdb.upkeep().seal();
                            case 2 -> {
                                tsdb.close();
                                tsdb = open();
                            }
                            case 3 -> tsdb = open(); // killed
                            default -> tsdb.upkeep().round(random.nextInt(10) == 0);
                        }
                    }
                    assertThat(everything(tsdb)).isEqualTo(model);
                    tsdb = open();
                    assertThat(everything(tsdb)).isEqualTo(model);
                    assertThat(tsdb.status().repairs()).isEmpty();
                    tsdb.close();
                });
    }

    private static void one(
            Batch batch,
            Random random,
            int i,
            long now,
            long[][] counts,
            Map<String, Map<Long, String>> model) {
        int buckets = i == 0 ? 1 : i * i * 4;
        var layout = layout(buckets);
        var family = Labels.of("__name__", "h" + i % 3, "i", "" + i);
        if (counts[i] == null || random.nextInt(50) == 0) {
            counts[i] = new long[buckets]; // a reset
        }
        for (int growing = random.nextInt(4); growing > 0; growing--) {
            long by = 1L << random.nextInt(random.nextInt(20) == 0 ? 46 : 8);
            for (int bucket = random.nextInt(buckets); bucket < buckets; bucket++) {
                counts[i][bucket] += by;
            }
        }
        boolean isStale = random.nextInt(30) == 0;
        double sum = isStale ? StaleMarker.VALUE : random.nextInt(4) * 0.1 * random.nextInt(100);
        assertThat(batch.append(batch.folded(family, layout), now, counts[i], 0, sum))
                .isEqualTo(Outcome.APPENDED);
        var samples = new FoldedSamples();
        samples.reset(buckets);
        samples.add(now, sum, counts[i], 0);
        model.computeIfAbsent(family + " " + layout, key -> new TreeMap<>())
                .put(now, spell(samples, 0));
    }

    private static BucketLayout layout(int buckets) {
        var spellings = new ArrayList<String>();
        for (int i = 1; i < buckets; i++) {
            spellings.add("" + i * 0.5);
        }
        spellings.add("+Inf");
        return BucketLayout.of(spellings);
    }

    private static Map<String, Map<Long, String>> everything(Tsdb tsdb) {
        var found = new TreeMap<String, Map<Long, String>>();
        try (var kept = tsdb.kept()) {
            for (var series :
                    kept.folded(Long.MIN_VALUE, Long.MAX_VALUE, Optional.empty(), List.of())) {
                var samples = new FoldedSamples();
                samples.reset(series.layout().size());
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                var of = new TreeMap<Long, String>();
                for (int i = 0; i < samples.size(); i++) {
                    of.put(samples.time(i), spell(samples, i));
                }
                assertThat(of).hasSize(samples.size());
                assertThat(found.put(series.labels() + " " + series.layout(), of)).isNull();
            }
        }
        return found;
    }
}
