package tokenplumb.promql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.Tsdb;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

final class NativeHistogramsTest {
    private static final Histogram TWO_BUCKETS =
            new Histogram(
                    true,
                    Reset.UNKNOWN,
                    0,
                    0,
                    0,
                    3,
                    4.5,
                    new Spans(new int[] {0}, new int[] {2}),
                    new double[] {1, 2},
                    Spans.NONE,
                    new double[0],
                    new double[0]);

    private static Answer answer(String query) throws IOException {
        var clock = InstantSource.fixed(java.time.Instant.ofEpochSecond(100));
        try (var tsdb = new Tsdb(new MemoryDisk(), Tsdb.Options.defaults(), clock, new Meters())) {
            try (var batch = tsdb.batch()) {
                long floats = batch.series(Labels.of(Labels.NAME, "latency", "kind", "float"));
                long natives = batch.series(Labels.of(Labels.NAME, "latency", "kind", "native"));
                for (int i = 1; i <= 4; i++) {
                    batch.append(floats, i * 15_000L, i);
                    batch.append(natives, i * 15_000L, TWO_BUCKETS);
                }
                batch.commit();
            }
            var promql = new Promql(tsdb, Promql.Options.defaults());
            return promql.instant(Promql.Request.of(query), 60_000);
        }
    }

    private static List<Value.Sample> samples(String query) throws IOException {
        return ((Value.Vector) answer(query).value()).samples();
    }

    /// Count of the only sample, a native histogram.
    private static double count(String query) throws IOException {
        var found = samples(query);
        assertEquals(1, found.size(), query);
        return found.getFirst().histogram().orElseThrow().count();
    }

    private static double number(String query) throws IOException {
        var found = samples(query);
        assertEquals(1, found.size(), query);
        assertTrue(found.getFirst().histogram().isEmpty(), query);
        return found.getFirst().value();
    }

    @Test
    void nativeHistogramsStandBesideFloats() throws IOException {
        for (var query : List.of("latency", "last_over_time(latency[1m])", "limitk(2, latency)")) {
            var kinds = new java.util.TreeSet<String>();
            for (var sample : samples(query)) {
                kinds.add(sample.labels().get("kind"));
                assertEquals(
                        sample.labels().get("kind").equals("native"),
                        sample.histogram().isPresent(),
                        query);
            }
            assertEquals(java.util.Set.of("float", "native"), kinds, query);
        }
    }

    @Test
    void nativeHistogramsAreAddedMultipliedRatedAndAsked() throws IOException {
        assertEquals(3, count("latency{kind='native'}"));
        assertEquals(6, count("latency{kind='native'} * 2"));
        assertEquals(6, count("latency{kind='native'} + latency{kind='native'}"));
        assertEquals(12, count("sum_over_time(latency{kind='native'}[2m])"));
        assertEquals(3, count("sum by (kind) (latency{kind='native'})"));
        assertEquals(0, count("rate(latency{kind='native'}[1m])"));
        assertEquals(3, count("latency{kind='native'} smoothed"));
        assertEquals(3, number("histogram_count(latency)"));
        assertEquals(1.5, number("histogram_avg(latency)"));
        assertEquals(2, number("count(latency)"));
        assertEquals(4, number("max(latency)"));
        assertEquals(2, number("histogram_quantile(1, latency{kind='native'})"), 1e-9);
    }

    @Test
    void sumOfFloatsAndHistogramsIsNothingAndToldSo() throws IOException {
        var answer = answer("sum(latency)");
        assertEquals(List.of(), ((Value.Vector) answer.value()).samples());
        assertEquals(
                List.of(
                        "PromQL warning: encountered a mix of histograms and floats for"
                                + " aggregation (1:5)"),
                answer.warnings());
    }
}
