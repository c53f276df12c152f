package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.kit.DemoSeries;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// Random expressions over the demo series: what we answer, or that we refuse, is what a real
/// Prometheus 2.42 does. Only forms that mean the same to it as to Prometheus 3 are made up.
final class RandomQueriesTest {
    private static final int QUERIES = Integer.getInteger("queries", 150);

    @Test
    void answersAreThoseOfARealPrometheus(@TempDir Path folder)
            throws IOException, InterruptedException {
        var series = DemoSeries.all();
        series.values().removeIf(ComplianceTest::hasStale);
        var promql = ComplianceTest.over(series, Promql.Options.defaults());
        var differing = new ArrayList<String>();
        var expressions = new RandomExpressions(new Random(Long.getLong("seed", 7)), false);
        try (var real = RealPrometheus.start(series, folder, 19_301)) {
            for (int i = 0; i < QUERIES; i++) {
                var query = expressions.next();
                var difference = ComplianceTest.difference(query, promql, real);
                if (!difference.isEmpty()) {
                    differing.add(query + ": " + difference);
                }
            }
        }
        assertThat(differing).as("of %d queries", QUERIES).isEmpty();
    }

    /// The whole language over series with NaN, infinities, gaps and stale markers: a range query
    /// says at each step what an instant query says there, and nothing breaks.
    @Test
    void rangesAreMadeOfInstants() {
        var series = DemoSeries.all();
        double[] odd = {1, Double.NaN, Double.POSITIVE_INFINITY, -0.0, Double.NEGATIVE_INFINITY, 7};
        for (int instance = 0; instance < 3; instance++) {
            var samples = new Samples();
            for (int k = 0; k < DemoSeries.SAMPLES; k++) {
                samples.add(
                        DemoSeries.START + k * DemoSeries.STEP,
                        odd[(k / 5 + instance) % odd.length]);
            }
            series.put(
                    Labels.of(
                            Labels.NAME,
                            "demo_special_values",
                            "job",
                            "demo",
                            "instance",
                            "i" + instance),
                    samples);
        }
        var promql = ComplianceTest.over(series, Promql.Options.defaults());
        long start = DemoSeries.START + 40 * 60_000;
        long step = 37_000;
        int steps = 6;
        var expressions = new RandomExpressions(new Random(Long.getLong("seed", 11)), true);
        for (int i = 0; i < QUERIES; i++) {
            var query = expressions.next();
            var columns = new TreeMap<Labels, Samples>();
            try {
                var range =
                        promql.range(
                                Promql.Request.of(query), start, start + (steps - 1) * step, step);
                ((Value.Matrix) range.value())
                        .columns()
                        .forEach(column -> columns.put(column.labels(), column.samples()));
            } catch (QueryError mistake) {
                continue; // at some step
            }
            for (int s = 0; s < steps; s++) {
                long time = start + s * step;
                var expected = new TreeMap<Labels, Double>();
                columns.forEach((labels, samples) -> {
                    int at = samples.indexAtOrAfter(time);
                    if (at < samples.size() && samples.time(at) == time) {
                        expected.put(labels, samples.value(at));
                    }
                });
                var actual = new TreeMap<Labels, Double>();
                var instant = promql.instant(Promql.Request.of(query), time);
                ((Value.Vector) instant.value())
                        .samples()
                        .forEach(sample -> actual.put(sample.labels(), sample.value()));
                assertThat(close(actual, expected))
                        .as("%s at %d: %s, in the range %s", query, time, actual, expected)
                        .isTrue();
            }
        }
    }

    private static boolean close(Map<Labels, Double> actual, Map<Labels, Double> expected) {
        if (!actual.keySet().equals(expected.keySet())) {
            return false;
        }
        for (var each : actual.entrySet()) {
            double a = each.getValue();
            double b = expected.get(each.getKey());
            boolean equal =
                    Double.isNaN(a) && Double.isNaN(b)
                            || a == b
                            || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
            if (!equal) {
                return false;
            }
        }
        return true;
    }
}
