package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

final class SeriesGateTest {
    private static final long T = 1_700_000_000_000L;

    private final Meters meters = new Meters();
    private long now = T;

    private Tsdb open(GuardRails rails) throws IOException {
        return new Tsdb(
                new MemoryDisk(),
                new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(500), rails),
                (InstantSource) () -> Instant.ofEpochMilli(now),
                meters,
                false);
    }

    private static int make(Tsdb tsdb, String metric, String tenant, int from, int to)
            throws IOException {
        int made = 0;
        try (var batch = tsdb.batch()) {
            for (int i = from; i < to; i++) {
                long series =
                        batch.series(
                                Labels.of(
                                        "__name__",
                                        metric,
                                        "job",
                                        "vllm",
                                        "request_id",
                                        "r" + i,
                                        "tenant",
                                        tenant));
                if (series != 0) {
                    batch.append(series, T, i);
                    made++;
                }
            }
            batch.commit();
        }
        return made;
    }

    @Test
    void oneMetricGoneMadHarmsNoOther() throws IOException {
        try (var tsdb = open(new GuardRails(0, 100, "", 0))) {
            assertThat(make(tsdb, "mad", "a", 0, 1000)).isEqualTo(100);
            assertThat(make(tsdb, "calm", "a", 0, 50)).isEqualTo(50);
            assertThat(make(tsdb, "mad", "a", 0, 100)).as("known ones go on").isEqualTo(100);

            var refusal = tsdb.status().refusals().getFirst();
            assertThat(refusal.rail()).isEqualTo(GuardRails.Rail.METRIC);
            assertThat(refusal.subject()).isEqualTo("mad");
            assertThat(refusal.count()).isEqualTo(900);
            assertThat(refusal.verdict())
                    .startsWith(
                            "new series of mad are refused: it has as many as"
                                    + " guard_rails.max_series_per_metric allows (100); its label"
                                    + " request_id has 100 values (such as \"r")
                    .endsWith(
                            "drop that label with metric_relabel_configs, or raise the limit."
                                    + " Known series go on.");
            assertThat(meters.exposition())
                    .contains("tokenplumb_tsdb_series_refused_total{reason=\"metric\"} 900")
                    .contains("tokenplumb_tsdb_series_limit_used_ratio{rail=\"metric\"} 1")
                    .contains("tokenplumb_tsdb_series_limit{rail=\"metric\"} 100");
        }
    }

    @Test
    void oneTenantBeyondItsBudgetHarmsNoOther() throws IOException {
        try (var tsdb = open(new GuardRails(0, 0, "tenant", 100))) {
            assertThat(make(tsdb, "m", "loud", 0, 300)).isEqualTo(100);
            assertThat(make(tsdb, "m", "quiet", 0, 60)).isEqualTo(60);
            assertThat(make(tsdb, "m", "", 0, 300)).as("nobody's").isEqualTo(300);
            assertThat(tsdb.status().refusals())
                    .extracting(TsdbStatus.Refusal::subject)
                    .containsExactly("loud");
            assertThat(tsdb.status().refusals().getFirst().verdict())
                    .contains("tenant=\"loud\"", "most of them of m", "its label request_id");
        }
    }

    @Test
    void aFullStoreNamesTheMetricThatGrewAndTheLabelThatExploded() throws IOException {
        try (var tsdb = open(GuardRails.inAll(1000))) {
            make(tsdb, "old", "a", 0, 700);
            now += 2 * 3600_000L;
            make(tsdb, "grew", "a", 0, 400);
            assertThat(tsdb.status().refusals().getFirst().verdict())
                    .contains("guard_rails.max_series allows (1000); grew has most to do with it")
                    .contains("its label request_id has 300 values");
        }
    }

    @Test
    void warnsBeforeTheRailIsReached() throws IOException {
        try (var tsdb = open(new GuardRails(1000, 500, "tenant", 500))) {
            make(tsdb, "m", "a", 0, 300);
            assertThat(tsdb.status().warnings()).isEmpty();
            make(tsdb, "m", "a", 300, 420);
            assertThat(tsdb.status().warnings())
                    .containsExactly(
                            "m has 420 of the 500 series that guard_rails.max_series_per_metric"
                                + " allows: its label request_id has 420 values (such as \"r0\"):"
                                + " drop that label with metric_relabel_configs, or raise the"
                                + " limit",
                            "tenant=\"a\" has 420 of the 500 series that"
                                + " guard_rails.tenant.max_series allows, most of them of m: its"
                                + " label request_id has 420 values (such as \"r0\"): drop that"
                                + " label with metric_relabel_configs, or raise the limit");
        }
    }

    @Test
    void growthIsOfTheLastHour() throws IOException {
        try (var tsdb = open(GuardRails.NONE)) {
            make(tsdb, "m", "a", 0, 10);
            now += 30 * 60_000L;
            make(tsdb, "m", "a", 10, 15);
            assertThat(tsdb.madeLately("m")).isEqualTo(15);
            now += 40 * 60_000L;
            assertThat(tsdb.madeLately("m")).isEqualTo(5);
            now += 40 * 60_000L;
            assertThat(tsdb.madeLately("m")).isZero();
        }
    }
}
