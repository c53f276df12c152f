package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.promql.Answer;
import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.SelectHints;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

final class DownsamplingTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;
    private static final long T = 20_000 * DAY;

    private final MemoryDisk disk = new MemoryDisk();
    private final Meters meters = new Meters();
    private long now = T;

    private Tsdb open() throws IOException {
        return new Tsdb(
                disk,
                new Tsdb.Options(
                        Duration.ofDays(4),
                        0,
                        Duration.ofMillis(500),
                        GuardRails.NONE,
                        Duration.ZERO,
                        TierRetention.defaults()),
                (InstantSource) () -> Instant.ofEpochMilli(now),
                meters,
                false);
    }

    private void write(Tsdb tsdb, String pod, long from, long to) throws IOException {
        var layout = BucketLayout.of(List.of("1", "+Inf"));
        for (long time = from; time <= to; time += 10 * MINUTE) {
            now = Math.max(now, time);
            try (var batch = tsdb.batch()) {
                for (long t = time; t < time + 10 * MINUTE && t <= to; t += MINUTE) {
                    long n = (t - T) / MINUTE;
                    batch.append(batch.series(Labels.of("__name__", "c", "pod", pod)), t, n);
                    batch.append(
                            batch.folded(Labels.of("__name__", "h", "pod", pod), layout),
                            t,
                            new long[] {n, 2 * n},
                            0,
                            3 * n);
                }
                batch.commit();
            }
        }
    }

    private static void settle(Tsdb tsdb) throws IOException {
        for (int i = 0; i < 50 && tsdb.downsampling().round(); i++) {
            // one piece of work after the other
        }
    }

    private static Answer ask(Tsdb tsdb, String query, long from, long to, long step) {
        return new Promql(tsdb, Promql.Options.defaults())
                .range(Promql.Request.of(query), from, to, step);
    }

    private static List<Value.Column> columns(Answer answer) {
        return ((Value.Matrix) answer.value()).columns();
    }

    @Test
    void daysThatHaveComeToRestAreAnsweredFromATier() throws IOException {
        try (var tsdb = open()) {
            write(tsdb, "a", T + MINUTE, T + 2 * DAY + HOUR);
            settle(tsdb);
            assertThat(tsdb.downsampling().held().getFirst().files()).isEqualTo(2);
            for (var query : List.of("rate(c[1h])", "rate(h_bucket{le=\"+Inf\"}[1h])")) {
                var answer = ask(tsdb, query, T + HOUR, T + 2 * DAY + HOUR, HOUR);
                assertThat(answer.infos())
                        .as(query)
                        .anyMatch(info -> info.contains("from the 5m tier, as exactly"));
                assertThat(columns(answer)).hasSize(1);
                var samples = columns(answer).getFirst().samples();
                assertThat(samples.size()).isEqualTo(49);
                double expected = query.contains("h_") ? 2 / 60.0 : 1 / 60.0;
                for (int i = 1; i < samples.size(); i++) {
                    assertThat(samples.value(i)).isCloseTo(expected, within(1e-12));
                }
            }
            assertThat(meters.exposition()).contains("tokenplumb_tsdb_tier_bytes{tier=\"5m\"} ");
            var hints = new SelectHints(T + HOUR, T + 2 * DAY, HOUR, HOUR, "rate");
            var ofBuckets = List.of(Matcher.equal("__name__", "h_bucket"));
            try (var querier = tsdb.querier()) {
                querier.selectFolded(T, T + 2 * DAY, ofBuckets, hints);
                assertThat(querier.reach())
                        .as("which tier answers depends on the whole range")
                        .isEqualTo(Long.MAX_VALUE);
            }
        }
    }

    @Test
    void aStoreWhoseSamplesAreAllInBlocksMakesTiersOfTheirDaysAndNoOthers() throws IOException {
        try (var tsdb = open()) {
            write(tsdb, "a", T + MINUTE, T + 2 * DAY + 8 * HOUR);
            now += 4 * HOUR;
            tsdb.upkeep().seal();
            tsdb.compacting().round(0);
        }
        for (var name : disk.names()) {
            if (!name.matches("[0-9A-Z]{26}/.*")) {
                disk.delete(name); // blocks only, as an import leaves them
            }
        }
        try (var tsdb = open()) {
            settle(tsdb);
            assertThat(tsdb.downsampling().round()).as("comes to an end").isFalse();
            assertThat(tsdb.downsampling().held().getFirst().files()).isEqualTo(2);
        }
    }

    @Test
    void aTierIsMadeAnewWhereSamplesComeLate() throws IOException {
        try (var tsdb = open()) {
            write(tsdb, "a", T + MINUTE, T + 2 * DAY + HOUR);
            settle(tsdb);
            write(tsdb, "late", T + MINUTE, T + DAY);
            var query = "sum(increase(c[1d]))";
            now += MINUTE;
            settle(tsdb);
            assertThat(tsdb.downsampling().held().getFirst().files())
                    .as("dropped, and not made while samples still come in")
                    .isEqualTo(1);
            var meanwhile = ask(tsdb, query, T + DAY, T + DAY, 12 * HOUR);
            now += HOUR;
            settle(tsdb);
            assertThat(tsdb.downsampling().held().getFirst().files()).isEqualTo(2);
            var answer = ask(tsdb, query, T + DAY, T + DAY, 12 * HOUR);
            assertThat(columns(answer).getFirst().samples().value(0))
                    .isEqualTo(columns(meanwhile).getFirst().samples().value(0))
                    .isCloseTo(2 * 1440, within(5.0));
        }
    }

    @Test
    void whatTheRetentionTookIsStillThereInATierAfterARestart() throws IOException {
        try (var tsdb = open()) {
            write(tsdb, "a", T + MINUTE, T + 2 * DAY + HOUR);
            settle(tsdb);
        }
        now = T + 9 * DAY;
        try (var tsdb = open()) {
            write(tsdb, "a", now - HOUR, now);
            for (int i = 0; i < 3; i++) {
                tsdb.upkeep().seal();
                tsdb.upkeep().round(true);
            }
            settle(tsdb);
            var answer = ask(tsdb, "rate(c[7m])", T + HOUR, T + DAY, 7 * MINUTE);
            assertThat(columns(answer).getFirst().samples().value(5))
                    .isCloseTo(1 / 60.0, within(1e-3));
            assertThat(answer.warnings())
                    .singleElement()
                    .asString()
                    .contains("of c are gone; the 5m tier answers");
            assertThat(
                            columns(ask(tsdb, "h_count", T + HOUR, T + DAY, HOUR))
                                    .getFirst()
                                    .samples()
                                    .value(0))
                    .isEqualTo(120);
        }
    }
}
