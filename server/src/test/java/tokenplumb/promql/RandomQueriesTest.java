package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.kit.DemoSeries;
import tokenplumb.kit.RealPrometheus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Random expressions over the demo series: what we answer, or that we refuse, is what a real
/// Prometheus 2.42 does. Only forms that mean the same to it as to Prometheus 3 are made up.
final class RandomQueriesTest {
    private static final int QUERIES = Integer.getInteger("queries", 150);
    private static final List<String> COUNTERS =
            List.of("demo_cpu_usage_seconds_total", "demo_api_request_duration_seconds_count");
    private static final List<String> GAUGES =
            List.of(
                    "demo_memory_usage_bytes",
                    "demo_disk_usage_bytes",
                    "demo_num_cpus",
                    "demo_is_holiday");
    private static final List<String> LABELS =
            List.of("instance", "type", "mode", "path", "status", "job");

    private final Random random = new Random(Long.getLong("seed", 7));

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String labels() {
        var some = new ArrayList<String>();
        for (var label : LABELS) {
            if (random.nextInt(3) == 0) {
                some.add(label);
            }
        }
        return String.join(", ", some);
    }

    private String shift() {
        return switch (random.nextInt(8)) {
            case 0 -> " offset 1m";
            case 1 -> " offset -7s";
            case 2 -> " @ 1735692000";
            case 3 -> " @ end() offset 30s";
            default -> "";
        };
    }

    private String selector(List<String> names, String range) {
        var matcher =
                switch (random.nextInt(6)) {
                    case 0 -> "{instance=~\".*1000[01]\"}";
                    case 1 -> "{instance!=\"demo.promlabs.com:10000\"}";
                    case 2 -> "{job=\"demo\", mode!~\"idle|user\"}";
                    default -> "";
                };
        return one(names) + matcher + range + shift();
    }

    private String vector(int depth) {
        if (depth == 0) {
            return random.nextBoolean() ? selector(GAUGES, "") : selector(COUNTERS, "");
        }
        return switch (random.nextInt(14)) {
            case 0, 1 ->
                    one(List.of("rate", "increase", "irate", "resets"))
                            + "("
                            + selector(COUNTERS, one(List.of("[20s]", "[1m]", "[3m]")))
                            + ")";
            case 2 ->
                    one(List.of("avg", "min", "max", "sum", "count", "stddev", "last"))
                            + "_over_time("
                            + selector(GAUGES, one(List.of("[20s]", "[1m]", "[3m]")))
                            + ")";
            case 3, 4 ->
                    one(List.of("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"))
                            + one(List.of(" by (", " without ("))
                            + labels()
                            + ") ("
                            + vector(depth - 1)
                            + ")";
            case 5 -> // of values without ties, for who wins those is nobody's promise
                    "%s by (%s) (%s, rate(demo_cpu_usage_seconds_total[1m]))"
                            .formatted(
                                    one(List.of("topk", "bottomk")),
                                    labels(),
                                    one(List.of("1", "2", "5")));
            case 6 ->
                    "("
                            + vector(depth - 1)
                            + one(
                                    List.of(
                                            " + ",
                                            " - ",
                                            " * ",
                                            " / ",
                                            " % ",
                                            " > ",
                                            " <= ",
                                            " != bool ",
                                            " == bool "))
                            + one(
                                    List.of(
                                            "3",
                                            "1e9",
                                            "0.5",
                                            "time()",
                                            "scalar(sum(demo_num_cpus))"))
                            + ")";
            case 7 -> {
                var by = labels();
                yield "(sum by (%s) (%s)%ssum by (%s) (%s))"
                        .formatted(
                                by,
                                vector(depth - 1),
                                one(List.of(" + ", " - ", " / ", " > ", " < bool ")),
                                by,
                                vector(depth - 1));
            }
            case 8 ->
                    "(%s%son (instance) group_left avg by (instance) (%s))"
                            .formatted(
                                    selector(GAUGES, ""),
                                    one(List.of(" * ", " / ", " > ")),
                                    vector(depth - 1));
            case 9 ->
                    "(%s%s(%s) %s)"
                            .formatted(
                                    vector(depth - 1),
                                    one(List.of(" and on", " unless on", " or on")),
                                    one(List.of("instance", "instance, job", "job")),
                                    vector(depth - 1));
            case 10 ->
                    one(List.of("abs", "ceil", "sqrt", "ln", "sgn", "-", "timestamp", "hour"))
                            + "("
                            + vector(depth - 1)
                            + ")";
            case 11 ->
                    one(List.of("max", "avg", "count", "sum", "present"))
                            + "_over_time(("
                            + vector(depth - 1)
                            + ")["
                            + one(List.of("295s:10s", "115s:20s", "55s:30s"))
                            + "])";
            case 12 ->
                    "histogram_quantile(%s, sum by (le, %s) (rate(%s[%s])))"
                            .formatted(
                                    one(List.of("0.5", "0.99", "0")),
                                    one(List.of("path", "instance", "status, path")),
                                    "demo_api_request_duration_seconds_bucket",
                                    one(List.of("1m", "5m")));
            default ->
                    one(List.of(
                                    "quantile(0.3, %s)",
                                    "label_replace(%s, \"host\", \"$1\", \"instance\","
                                            + " \".*:(.*)\")",
                                    "clamp(%s, 2, 1e10)",
                                    "absent(%s)",
                                    "vector(scalar(%s))",
                                    "round(%s, 0.1)",
                                    "sort(%s)"))
                            .formatted(vector(depth - 1));
        };
    }

    @Test
    void answersAreThoseOfARealPrometheus(@TempDir Path folder)
            throws IOException, InterruptedException {
        var series = DemoSeries.all();
        series.values().removeIf(ComplianceTest::hasStale);
        var promql = ComplianceTest.over(series, Promql.Options.defaults());
        var differing = new ArrayList<String>();
        try (var real = RealPrometheus.start(series, folder, 19_301)) {
            for (int i = 0; i < QUERIES; i++) {
                var query = vector(1 + random.nextInt(3));
                var difference = ComplianceTest.difference(query, promql, real);
                if (!difference.isEmpty()) {
                    differing.add(query + ": " + difference);
                }
            }
        }
        assertThat(differing).as("of %d queries", QUERIES).isEmpty();
    }
}
