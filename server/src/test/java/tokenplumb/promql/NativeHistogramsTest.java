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

    @Test
    void nativeHistogramsAreLeftOutAndToldRatherThanTakenForZeros() throws IOException {
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
            for (var query : List.of("latency", "rate(latency[1m])", "sum by (kind) (latency)")) {
                var answer = promql.instant(Promql.Request.of(query), 60_000);
                var found = ((Value.Vector) answer.value()).samples();
                assertEquals(
                        List.of("float"),
                        found.stream().map(sample -> sample.labels().get("kind")).toList(),
                        query);
                assertTrue(
                        answer.warnings().stream().anyMatch(text -> text.contains("left out")),
                        query + ": " + answer.warnings());
            }
        }
    }
}
