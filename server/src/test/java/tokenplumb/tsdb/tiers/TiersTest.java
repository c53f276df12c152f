package tokenplumb.tsdb.tiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.promql.Answer;
import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;
import tokenplumb.tsdb.folded.FoldedQuerier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

final class TiersTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;
    private static final long T = 20_000 * DAY; // begins a span of ten days
    private static final long GONE = Long.MAX_VALUE - DAY;

    private final MemoryDisk disk = new MemoryDisk();

    private record Asked(Supplier<Querier> queriers) implements Storage {
        @Override
        public Batch batch() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Querier querier() {
            return queriers.get();
        }
    }

    private Tiers tiers(History history, long until, Tier... kinds) throws IOException {
        var tiers = new Tiers(disk, List.of(kinds), () -> Instant.ofEpochMilli(until));
        for (int i = 0; i < 200; i++) {
            boolean made =
                    tiers.round(() -> samples(List.of(history), T + 1), until, Duration.ofDays(15));
            if (!made) {
                return tiers;
            }
        }
        throw new AssertionError("never done");
    }

    private static Tiers.Raw samples(List<KeptQuerier> places, long from) {
        return new Tiers.Raw(new FoldedQuerier(places), places, from, Long.MAX_VALUE);
    }

    private static Promql over(Supplier<Querier> queriers) {
        return new Promql(new Asked(queriers), Promql.Options.defaults());
    }

    private static Promql raw(History history) {
        return over(() -> new FoldedQuerier(List.of(history)));
    }

    private static Promql tiered(Tiers tiers, History history, long rawFrom) {
        return over(() -> tiers.querier(samples(List.of(history), rawFrom)));
    }

    private static Answer ask(Promql promql, String query, long from, long to, long step) {
        return promql.range(Promql.Request.of(query), from, to, step);
    }

    private static List<Value.Column> columns(Answer answer) {
        return ((Value.Matrix) answer.value()).columns();
    }

    private static void assertSame(Answer tier, Answer raw, String query) {
        assertThat(columns(tier)).as(query).hasSameSizeAs(columns(raw));
        for (int c = 0; c < columns(raw).size(); c++) {
            var expected = columns(raw).get(c);
            var column = columns(tier).get(c);
            assertThat(column.labels()).as(query).isEqualTo(expected.labels());
            assertThat(times(column)).as(query + expected.labels()).isEqualTo(times(expected));
            for (int i = 0; i < expected.samples().size(); i++) {
                double value = expected.samples().value(i);
                assertThat(column.samples().value(i))
                        .as("%s %s at %d", query, expected.labels(), expected.samples().time(i))
                        .satisfies(is ->
                                assertThat(
                                                Double.isNaN(value)
                                                        ? Double.isNaN(is)
                                                        : Math.abs(is - value)
                                                                <= 1e-9
                                                                        * Math.max(
                                                                                1, Math.abs(value)))
                                        .as(is + " for " + value)
                                        .isTrue());
            }
        }
    }

    private static List<Long> times(Value.Column column) {
        var times = new ArrayList<Long>();
        for (int i = 0; i < column.samples().size(); i++) {
            times.add(column.samples().time(i));
        }
        return times;
    }

    private static final List<String> EXACT =
            List.of(
                    "rate(c_total[%s])",
                    "increase(c_total[%s])",
                    "delta(g[%s])",
                    "avg_over_time(g[%s])",
                    "sum_over_time(g[%s])",
                    "count_over_time(g[%s])",
                    "min_over_time(g[%s])",
                    "max_over_time(g[%s])",
                    "last_over_time(g[%s])",
                    "first_over_time(g[%s])",
                    "present_over_time(c_total[%s])",
                    "absent_over_time(c_total{i=\"0\"}[%s])",
                    "rate(h_bucket[%s])",
                    "increase(h_count[%s])",
                    "rate(h_sum[%s]) / rate(h_count[%s])",
                    "histogram_quantile(0.9, sum by (le) (rate(h_bucket[%s])))",
                    "sum(increase(c_total{i=\"1\"}[%s]))",
                    "count_over_time(h_count[%s])",
                    "g",
                    "c_total",
                    "h_bucket{le=\"1\"}",
                    "sum by (i) (h_count)");

    private static String with(String query, String range) {
        return query.replace("%s", range);
    }

    @Test
    void atWindowBoundsATierGivesWhatTheSamplesGive() {
        Seeds.forEach(
                6,
                random -> {
                    var history = new History(random, T, T + 2 * DAY, 30_000);
                    try (var tiers =
                            tiers(history, T + 2 * DAY, Tier.fiveMinutes(Duration.ofDays(90)))) {
                        var raw = raw(history);
                        var gone = tiered(tiers, history, GONE);
                        for (var query : EXACT) {
                            for (var range : List.of("5m", "1h")) {
                                long step = (1 + random.nextInt(5)) * 5L * MINUTE;
                                var q = with(query, range);
                                var tier = ask(gone, q, T + HOUR, T + 2 * DAY, step);
                                assertSame(tier, ask(raw, q, T + HOUR, T + 2 * DAY, step), q);
                                assertThat(tier.warnings()).as(q).isEmpty();
                            }
                        }
                    } finally {
                        disk.deleteFolder("tiers");
                    }
                });
    }

    @Test
    void aCoarserTierIsAsExactAsTheFinerOne() {
        Seeds.forEach(
                2,
                random -> {
                    var history = new History(random, T, T + 10 * DAY, 60_000);
                    try (var tiers =
                            tiers(
                                    history,
                                    T + 10 * DAY,
                                    Tier.fiveMinutes(Duration.ofDays(90)),
                                    Tier.oneHour(Duration.ZERO))) {
                        assertThat(tiers.held().getLast().files()).isEqualTo(1);
                        var raw = raw(history);
                        var both = tiered(tiers, history, T + 1);
                        for (var query : EXACT) {
                            var q = with(query, "6h");
                            var tier = ask(both, q, T + DAY, T + 10 * DAY, 2 * HOUR);
                            assertSame(tier, ask(raw, q, T + DAY, T + 10 * DAY, 2 * HOUR), q);
                            assertThat(tier.infos())
                                    .as(q)
                                    .anyMatch(
                                            info -> info.contains("from the 1h tier, as exactly"));
                        }
                    } finally {
                        disk.deleteFolder("tiers");
                    }
                });
    }

    @Test
    void samplesAndTiersTogetherAreOneSeries() {
        Seeds.forEach(
                3,
                random -> {
                    var history = new History(random, T, T + 3 * DAY, 30_000);
                    try (var tiers = tiers(history, T + 2 * DAY, Tier.fiveMinutes(Duration.ZERO))) {
                        var raw = raw(history);
                        long rawFrom = T + DAY + random.nextInt((int) DAY);
                        var both = tiered(tiers, history, rawFrom);
                        for (var query : EXACT) {
                            var q = with(query, "2h");
                            var tier = ask(both, q, T + 2 * HOUR, T + 3 * DAY, 15 * MINUTE);
                            assertSame(
                                    tier, ask(raw, q, T + 2 * HOUR, T + 3 * DAY, 15 * MINUTE), q);
                        }
                    } finally {
                        disk.deleteFolder("tiers");
                    }
                });
    }

    @Test
    void wordsSayWhichTierAnswered() throws IOException {
        var history = new History(new Random(1), T, T + 2 * DAY, 30_000);
        try (var tiers = tiers(history, T + 2 * DAY, Tier.fiveMinutes(Duration.ZERO))) {
            var there = tiered(tiers, history, T + 1);
            assertThat(ask(there, "rate(c_total[7m])", T + HOUR, T + DAY, 7 * MINUTE).infos())
                    .as("a short range is answered from the samples")
                    .isEmpty();
            assertThat(ask(there, "rate(c_total[33m])", T + HOUR, T + DAY, 33 * MINUTE).infos())
                    .anyMatch(info -> info.contains("align start, step and range to 5m"));
            assertThat(ask(there, "stddev_over_time(g[1h])", T + HOUR, T + DAY, HOUR).infos())
                    .isEmpty();
            var gone = tiered(tiers, history, GONE);
            assertThat(ask(gone, "stddev_over_time(g[1h])", T + HOUR, T + DAY, HOUR).warnings())
                    .singleElement()
                    .asString()
                    .contains("of g are gone", "which stddev_over_time sees instead");
            assertThat(ask(gone, "rate(c_total[7m])", T + HOUR, T + DAY, 7 * MINUTE).warnings())
                    .singleElement()
                    .asString()
                    .contains("the 5m tier answers, and estimates");
        }
    }

    @Test
    void estimatesBetweenBoundsAreClose() throws IOException {
        var history = new History(new Random(4), T, T + 2 * DAY, 15_000);
        try (var tiers = tiers(history, T + 2 * DAY, Tier.fiveMinutes(Duration.ZERO))) {
            var raw = raw(history);
            var gone = tiered(tiers, history, GONE);
            for (var query :
                    List.of(
                            "sum(rate(c_total[33m]))",
                            "sum(increase(h_count[33m]))",
                            "sum(count_over_time(g[33m]))",
                            "sum(rate(c_total[2m]))")) {
                var expected =
                        columns(ask(raw, query, T + HOUR + 12_345, T + 2 * DAY, 17 * MINUTE));
                var estimated =
                        columns(ask(gone, query, T + HOUR + 12_345, T + 2 * DAY, 17 * MINUTE));
                assertThat(mean(estimated))
                        .as(query)
                        .isCloseTo(mean(expected), within(0.1 * Math.abs(mean(expected))));
            }
        }
    }

    private static double mean(List<Value.Column> columns) {
        double sum = 0;
        int count = 0;
        for (var column : columns) {
            for (int i = 0; i < column.samples().size(); i++) {
                sum += column.samples().value(i);
                count++;
            }
        }
        return sum / count;
    }

    @Test
    void aRestartFindsItsFilesAndThrowsAwayDamagedOnes() throws IOException {
        var history = new History(new Random(2), T, T + 2 * DAY, 60_000);
        try (var tiers = tiers(history, T + 2 * DAY, Tier.fiveMinutes(Duration.ZERO))) {
            assertThat(tiers.held().getFirst().files()).isEqualTo(2);
        }
        var name = disk.list("tiers/5m").getFirst();
        var bytes = disk.read(name);
        bytes[bytes.length - 100] ^= 4; // in the index
        disk.replace(name, bytes);
        disk.replace("tiers/5m/half.tmp", new byte[3]);
        try (var tiers =
                new Tiers(
                        disk,
                        List.of(Tier.fiveMinutes(Duration.ZERO)),
                        () -> Instant.ofEpochMilli(T + 2 * DAY))) {
            assertThat(tiers.held().getFirst().files()).isEqualTo(1);
            assertThat(disk.list("tiers/5m")).hasSize(1);
        }
    }

    @Test
    void labelsOfWhatIsGoneAreStillFound() throws IOException {
        var history = new History(new Random(3), T, T + DAY, 60_000);
        try (var tiers = tiers(history, T + DAY, Tier.fiveMinutes(Duration.ZERO));
                var querier = tiers.querier(samples(List.of(), GONE))) {
            assertThat(querier.labelNames(T, T + DAY, List.of(), 0))
                    .containsExactly("__name__", "i", "le");
            assertThat(querier.labelValues("__name__", T, T + DAY, List.of(), 0))
                    .containsExactly("c_total", "g", "h_bucket", "h_count", "h_sum");
            assertThat(querier.series(T, T + DAY, List.of(), 0)).hasSize(2 * (2 + 4 + 2));
        }
    }

    @Test
    void whatIsTooOldGoesAndWhatChangedIsMadeAgain() throws IOException {
        var history = new History(new Random(3), T, T + 3 * DAY, 60_000);
        try (var tiers = tiers(history, T + 3 * DAY, Tier.fiveMinutes(Duration.ofDays(30)))) {
            assertThat(tiers.held().getFirst().files()).isEqualTo(3);
            tiers.changed(T + DAY + 5, T + DAY + 6, T + 1);
            assertThat(tiers.held().getFirst().files()).isEqualTo(2);
        }
        try (var later =
                new Tiers(
                        disk,
                        List.of(Tier.fiveMinutes(Duration.ofHours(30))),
                        () -> Instant.ofEpochMilli(T + 3 * DAY))) {
            later.round(() -> samples(List.of(), GONE), T + 3 * DAY, Duration.ofDays(15));
            assertThat(later.held().getFirst().files()).isEqualTo(1);
        }
    }

    @Test
    void anEmptyFileOfTheFutureThatAnOlderVersionMadeIsDeleted() throws IOException {
        var tier = Tier.fiveMinutes(Duration.ofDays(90));
        var name = "tiers/5m/%013d-%013d".formatted(T + 30 * DAY, T + 31 * DAY);
        try (var writer = new TierWriter(disk, name)) {
            writer.finish(5 * MINUTE, T + 30 * DAY, T + 31 * DAY);
        }
        var tiers = new Tiers(disk, List.of(tier), () -> Instant.ofEpochMilli(T));
        assertThat(tiers.held().getFirst().files()).isEqualTo(1);
        tiers.round(() -> samples(List.of(), T), T, Duration.ofDays(15));
        assertThat(tiers.held().getFirst().files()).isZero();
        assertThat(disk.exists(name)).isFalse();
    }
}
