package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.TsdbStatus.Count;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

final class CardinalityTest {
    private static final long T = 1_700_000_000_000L;
    private static final List<String> LE = List.of("0.1", "1.0", "+Inf");

    private final MemoryDisk disk = new MemoryDisk();
    private long now = T;

    private Tsdb open(GuardRails rails) throws IOException {
        return new Tsdb(
                disk,
                new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(500), rails),
                (InstantSource) () -> Instant.ofEpochMilli(now),
                new Meters(),
                false);
    }

    private static Labels labels(String name, String pod, String... more) {
        var labels = Labels.builder();
        labels.set(Labels.NAME, name);
        labels.set("job", "vllm");
        labels.set("instance", pod + ":8000");
        labels.set("pod", pod);
        for (int i = 0; i < more.length; i += 2) {
            labels.set(more[i], more[i + 1]);
        }
        return labels.build();
    }

    private static void write(Tsdb tsdb, boolean folded) throws IOException {
        try (var batch = tsdb.batch()) {
            for (var pod : List.of("a", "b")) {
                batch.append(batch.series(labels("up", pod)), T, 1);
                if (folded) {
                    long x = batch.folded(labels("x", pod), BucketLayout.of(LE));
                    batch.append(x, T, new long[] {1, 2, 3}, 0, 0.5);
                } else {
                    for (var le : LE) {
                        batch.append(batch.series(labels("x_bucket", pod, "le", le)), T, 1);
                    }
                    batch.append(batch.series(labels("x_count", pod)), T, 1);
                    batch.append(batch.series(labels("x_sum", pod)), T, 1);
                }
            }
            batch.append(batch.series(labels("y_bucket", "a", "le", "7")), T, 1);
            batch.commit();
        }
    }

    @Test
    void countsAreTheSameFoldedAndUnfolded() throws IOException {
        var both = new ArrayList<TsdbStatus>();
        for (boolean folded : List.of(true, false)) {
            try (var tsdb =
                    new Tsdb(
                            new MemoryDisk(),
                            Tsdb.Options.defaults(),
                            () -> Instant.ofEpochMilli(T),
                            new Meters(),
                            false)) {
                write(tsdb, folded);
                both.add(tsdb.status(100));
            }
        }
        var folded = both.getFirst();
        var plain = both.getLast();
        assertThat(folded.headSeries()).isEqualTo(5);
        assertThat(folded.foldedHistograms()).isEqualTo(2);
        assertThat(folded.classicSeries()).isEqualTo(13).isEqualTo(plain.headSeries());
        assertThat(folded.labelPairs()).isEqualTo(plain.labelPairs());
        assertThat(folded.seriesCountByMetricName())
                .isEqualTo(plain.seriesCountByMetricName())
                .startsWith(new Count("x_bucket", 6));
        assertThat(folded.labelValueCountByLabelName())
                .isEqualTo(plain.labelValueCountByLabelName())
                .contains(new Count("le", 4), new Count("__name__", 5));
        assertThat(folded.memoryInBytesByLabelName()).isEqualTo(plain.memoryInBytesByLabelName());
        assertThat(folded.seriesCountByLabelValuePair())
                .isEqualTo(plain.seriesCountByLabelValuePair())
                .contains(new Count("le=1.0", 2), new Count("pod=a", 7));
    }

    @Test
    void aReportHasAtMostSoManyLines() throws IOException {
        try (var tsdb = open(GuardRails.NONE)) {
            write(tsdb, true);
            assertThat(tsdb.status(1).seriesCountByMetricName())
                    .containsExactly(new Count("x_bucket", 6));
            assertThat(tsdb.cardinality(1).metrics())
                    .extracting(CardinalityReport.OfMetric::name)
                    .containsExactly("x");
        }
    }

    @Test
    void saysWhoseTheSeriesAreAndWhichNobodyAsksFor() throws IOException {
        try (var tsdb = open(GuardRails.NONE)) {
            write(tsdb, true);
            now += 1000;
            try (var querier = tsdb.querier()) {
                querier.select(0, now, List.of(Matcher.equal(Labels.NAME, "x_bucket")));
                querier.select(0, now, List.of(Matcher.of(Matcher.Type.REGEX, "__name__", "u.*")));
            }
            var report = tsdb.cardinality(10);
            var x = report.metrics().getFirst();
            assertThat(x.name()).isEqualTo("x");
            assertThat(x.stored()).isEqualTo(2);
            assertThat(x.classic()).isEqualTo(10);
            assertThat(x.buckets()).isEqualTo(3);
            assertThat(x.made()).isEqualTo(2);
            assertThat(x.label()).isEqualTo("instance");
            assertThat(x.labelValues()).isEqualTo(2);
            assertThat(x.lastQueried()).isEqualTo(now);
            assertThat(report.neverQueriedMetrics())
                    .extracting(CardinalityReport.OfMetric::name)
                    .containsExactly("y_bucket");
            assertThat(report.targets())
                    .containsExactly(
                            new CardinalityReport.OfTarget("vllm", "a:8000", 3, 7),
                            new CardinalityReport.OfTarget("vllm", "b:8000", 2, 6));
        }
    }

    @Test
    void aRestartDoesNotForgetWhatWasQueried() throws IOException {
        var queried = new Queried(() -> Instant.ofEpochMilli(now));
        queried.note("x");
        now += 3600_000;
        queried.save(disk);
        var after = Queried.load(disk, () -> Instant.ofEpochMilli(now));
        assertThat(after.last("x")).isEqualTo(T);
        assertThat(after.since()).isEqualTo(T);
        assertThat(after.last("z")).isZero();
    }

    @Test
    void foldedHistogramsGoThroughTheSameGate() throws IOException {
        try (var tsdb = open(new GuardRails(0, 3, "", 0));
                var batch = tsdb.batch()) {
            int made = 0;
            for (int i = 0; i < 10; i++) {
                made += batch.folded(labels("x", "p" + i), BucketLayout.of(LE)) == 0 ? 0 : 1;
            }
            assertThat(made).isEqualTo(3);
            assertThat(tsdb.status().refusals().getFirst().verdict())
                    .contains("new series of x are refused", "its label instance has 3 values");
        }
    }

    @Test
    void namesLabelsWhoseValuesNeverEnd() throws IOException {
        try (var tsdb = open(GuardRails.NONE);
                var batch = tsdb.batch()) {
            for (int i = 0; i < 20; i++) {
                batch.append(batch.series(labels("m", "a", "request_id", "r" + i)), T, 1);
            }
            batch.commit();
            var report = tsdb.cardinality(10);
            assertThat(report.metrics().getFirst().advice())
                    .startsWith("drop the label request_id");
            assertThat(report.labels().getFirst().name()).isEqualTo("request_id");
            assertThat(report.labels().getFirst().advice()).contains("the values never end");
        }
    }
}
