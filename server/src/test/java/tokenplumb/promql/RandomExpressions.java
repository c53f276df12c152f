package tokenplumb.promql;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Makes up PromQL over the demo series. Without functions that Java and Go round differently, for
/// a remainder afterwards makes a last bit into any difference.
final class RandomExpressions {
    private static final List<String> COUNTERS =
            List.of("demo_cpu_usage_seconds_total", "demo_api_request_duration_seconds_count");
    private static final List<String> GAUGES =
            List.of(
                    "demo_memory_usage_bytes",
                    "demo_disk_usage_bytes",
                    "demo_num_cpus",
                    "demo_is_holiday");
    private static final List<String> ODD =
            List.of("demo_special_values", "demo_intermittent_metric", "demo_is_holiday");
    private static final List<String> LABELS =
            List.of("instance", "type", "mode", "path", "status", "job");

    private final Random random;
    private final boolean modern;

    /// `modern` adds what 2.42 does not know or does otherwise, and leaves out what depends on the
    /// query's own start and end.
    RandomExpressions(Random random, boolean modern) {
        this.random = random;
        this.modern = modern;
    }

    String next() {
        return vector(1 + random.nextInt(3));
    }

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
            case 3 -> modern ? " offset 0s" : " @ end() offset 30s";
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
        if (modern && random.nextInt(4) == 0) {
            return modern(depth);
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
                    one(List.of("abs", "ceil", "sqrt", "sgn", "-", "timestamp", "floor"))
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

    private String modern(int depth) {
        return switch (random.nextInt(9)) {
            case 0 -> "limitk(2, " + selector(GAUGES, "") + ")";
            case 1 -> "limit_ratio(0.5, " + vector(depth - 1) + ")";
            case 2 -> "mad_over_time(" + selector(ODD, "[1m]") + ")";
            case 3 ->
                    one(List.of("ts_of_max_over_time", "first_over_time", "ts_of_last_over_time"))
                            + "("
                            + selector(ODD, "[1m]")
                            + ")";
            case 4 ->
                    "(sum by (instance) (%s) + fill(0) sum by (instance) (%s))"
                            .formatted(vector(depth - 1), vector(depth - 1));
            case 5 -> "rate(" + one(COUNTERS) + "[1m] anchored)";
            case 6 -> "increase(" + one(COUNTERS) + "[1m] smoothed)";
            case 7 ->
                    one(List.of("sum", "avg", "min", "max", "stddev", "count", "quantile by (job)"))
                                    .replaceFirst("^(quantile.*)$", "$1 (0.4, ")
                                    .replaceFirst("^([a-z]+)$", "$1(")
                            + selector(ODD, "")
                            + ")";
            default -> "count_values(\"value\", " + selector(ODD, "") + ")";
        };
    }
}
