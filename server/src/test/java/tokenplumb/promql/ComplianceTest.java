package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.kit.DemoSeries;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.yaml.Yaml;
import tokenplumb.yaml.YamlNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// PromLabs' compliance queries as range queries: none breaks the evaluator, those that must fail
/// do, and all answers are those of a real Prometheus over the same series.
final class ComplianceTest {
    private static final long START = DemoSeries.START + 20 * 60_000;
    private static final long END = START + 45 * 60_000;
    private static final long STEP = 30_000;

    private static final Map<String, List<String>> VARIANTS =
            Map.ofEntries(
                    Map.entry("range", List.of("1s", "15s", "1m", "5m", "15m", "1h")),
                    Map.entry("offset", List.of("1m", "5m", "10m")),
                    Map.entry(
                            "simpleAggrOp",
                            List.of("sum", "avg", "max", "min", "count", "stddev", "stdvar")),
                    Map.entry(
                            "simpleTimeAggrOp",
                            List.of(
                                    "sum", "avg", "max", "min", "count", "stddev", "stdvar",
                                    "absent", "last", "present")),
                    Map.entry("topBottomOp", List.of("topk", "bottomk")),
                    Map.entry(
                            "quantile",
                            List.of(
                                    "-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1",
                                    "1.5")),
                    Map.entry("arithBinOp", List.of("+", "-", "*", "/", "%", "^", "atan2")),
                    Map.entry("compBinOp", List.of("==", "!=", "<", ">", "<=", ">=")),
                    Map.entry(
                            "binOp",
                            List.of(
                                    "+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=",
                                    ">=")),
                    Map.entry(
                            "simpleMathFunc",
                            List.of(
                                    "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10",
                                    "round", "sgn", "sin", "cos", "tan", "asin", "acos", "atan",
                                    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "rad",
                                    "deg")),
                    Map.entry("extrapolatedRateFunc", List.of("delta", "rate", "increase")),
                    Map.entry("clampFunc", List.of("clamp_min", "clamp_max")),
                    Map.entry("instantRateFunc", List.of("idelta", "irate")),
                    Map.entry(
                            "dateFunc",
                            List.of(
                                    "day_of_month",
                                    "day_of_week",
                                    "day_of_year",
                                    "days_in_month",
                                    "hour",
                                    "minute",
                                    "month",
                                    "year")));

    private record Case(String query, boolean fails) {}

    /// The queries for each of their variants' values.
    private static List<Case> cases() throws IOException {
        var file = Shared.path("conformance/compliance/promql-test-queries.yml");
        var root = Yaml.read(file.toString(), Files.readString(file)).orElseThrow();
        var entries = ((YamlNode.Mapping) root).entries().get("test_cases");
        var cases = new ArrayList<Case>();
        for (var item : ((YamlNode.Sequence) entries).items()) {
            var fields = ((YamlNode.Mapping) item).entries();
            var queries = List.of(((YamlNode.Scalar) fields.get("query")).text());
            if (fields.get("variant_args") instanceof YamlNode.Sequence names) {
                for (var name : names.items()) {
                    queries = expanded(queries, ((YamlNode.Scalar) name).text());
                }
            }
            boolean fails = fields.containsKey("should_fail");
            queries.forEach(query -> cases.add(new Case(query, fails)));
        }
        return cases;
    }

    private static List<String> expanded(List<String> queries, String name) {
        var all = new ArrayList<String>();
        for (var query : queries) {
            for (var value : VARIANTS.get(name)) {
                all.add(query.replace("{{." + name + "}}", value));
            }
        }
        return all;
    }

    static Promql over(Map<Labels, Samples> series, Promql.Options options) {
        var storage = new MemoryStorage();
        series.forEach((labels, samples) -> {
            for (int i = 0; i < samples.size(); i++) {
                storage.put(labels, samples.time(i), samples.value(i));
            }
        });
        return new Promql(storage, options);
    }

    @Test
    void queriesAnswerOrFailAsTheyShould() throws IOException {
        var promql = over(DemoSeries.all(), Promql.Options.defaults());
        for (var each : cases()) {
            if (each.query.contains("~invalid")) {
                continue; // a fine label name since Prometheus 3
            }
            boolean failed = false;
            try {
                promql.range(Promql.Request.of(each.query), START, END, STEP);
            } catch (QueryError refused) {
                failed = true;
            }
            assertThat(failed).as("whether %s fails", each.query).isEqualTo(each.fails);
        }
    }

    @Test
    void answersAreThoseOfARealPrometheus(@TempDir Path folder)
            throws IOException, InterruptedException {
        var series = DemoSeries.all();
        series.values().removeIf(ComplianceTest::hasStale); // promtool would not load the markers
        var promql = over(series, Promql.Options.defaults());
        var differing = new ArrayList<String>();
        int compared = 0;
        try (var real = RealPrometheus.start(series, folder, 19_300)) {
            for (var query : comparable()) {
                compared++;
                var difference = difference(query, promql, real);
                if (!difference.isEmpty()) {
                    differing.add(query + ": " + difference);
                }
            }
        }
        assertThat(differing).as("of %d queries", compared).isEmpty();
        assertThat(compared).isGreaterThan(400);
    }

    static boolean hasStale(Samples samples) {
        for (int i = 0; i < samples.size(); i++) {
            if (StaleMarker.is(samples.value(i))) {
                return true;
            }
        }
        return false;
    }

    /// What 2.42 understands, with the subqueries' first step off the border of their range, which
    /// Prometheus 3 leaves out.
    private static List<String> comparable() throws IOException {
        var queries = new ArrayList<String>();
        for (var each : cases()) {
            if (!each.fails) {
                queries.add(
                        each.query
                                .replace("[5m:10s]", "[295s:10s]")
                                .replace("[2m:10s]", "[115s:10s]"));
            }
        }
        queries.addAll(
                List.of(
                        "sum by (mode) (rate(demo_cpu_usage_seconds_total[1m] offset 3m))",
                        "rate(demo_cpu_usage_seconds_total[2m] @ 1735692000)",
                        "demo_memory_usage_bytes @ end()",
                        "sum(demo_memory_usage_bytes @ start() offset 1m) by (type)",
                        "max_over_time(rate(demo_cpu_usage_seconds_total[1m])[9m50s:20s] @ end())",
                        "quantile by (type) (0.3, demo_memory_usage_bytes)",
                        "histogram_quantile(0.9, sum by (le, path)"
                                + " (rate(demo_api_request_duration_seconds_bucket[5m])))",
                        "sum(rate(demo_api_request_duration_seconds_sum[5m])) by (path) /"
                            + " sum(rate(demo_api_request_duration_seconds_count[5m])) by (path)",
                        "demo_memory_usage_bytes > 1e9 and on(instance) demo_is_holiday == 1",
                        "demo_memory_usage_bytes unless on(instance) demo_is_holiday == 1",
                        "demo_is_holiday == 1 or demo_num_cpus",
                        "count_values by (instance) (\"value\", demo_num_cpus)",
                        "topk by (instance) (2, rate(demo_cpu_usage_seconds_total[1m]))",
                        "resets(demo_cpu_usage_seconds_total[20m])",
                        "changes(demo_is_holiday[30m])",
                        "label_join(demo_num_cpus, \"both\", \"/\", \"job\", \"instance\")",
                        "absent_over_time(demo_is_holiday[1s])",
                        "avg_over_time(demo_memory_usage_bytes{type=\"free\"}[10m]) -"
                                + " stddev_over_time(demo_memory_usage_bytes{type=\"free\"}[10m])",
                        "group(demo_num_cpus) by (instance)",
                        "scalar(sum(demo_num_cpus)) * demo_num_cpus",
                        "demo_memory_usage_bytes / ignoring(type) group_left sum without(type)"
                                + " (demo_memory_usage_bytes)",
                        "vector(1) + on() sum(demo_num_cpus)",
                        "timestamp(demo_num_cpus offset 1m)",
                        "min_over_time(demo_disk_usage_bytes[5m] offset -1m)",
                        "day_of_year(demo_batch_last_success_timestamp_seconds)",
                        "-demo_disk_usage_bytes ^ 0.5 % 7",
                        "bottomk(1, demo_disk_usage_bytes) by (job)",
                        "sort_desc(demo_num_cpus)",
                        "stdvar(demo_memory_usage_bytes) without (instance)",
                        "clamp(demo_memory_usage_bytes, 1e9, 2e9)",
                        "round(demo_cpu_usage_seconds_total, 0.25)"));
        return queries;
    }

    static String difference(String query, Promql promql, RealPrometheus real) throws IOException {
        Map<Labels, Samples> theirs;
        var theirRefusal = "";
        try {
            theirs = real.range(query, START, END, STEP);
        } catch (IllegalArgumentException refused) {
            theirs = Map.of();
            theirRefusal = refused.getMessage();
        }
        var ours = new TreeMap<Labels, Samples>();
        try {
            var answer = promql.range(Promql.Request.of(query), START, END, STEP);
            ((Value.Matrix) answer.value())
                    .columns()
                    .forEach(column -> ours.put(column.labels(), column.samples()));
        } catch (QueryError refused) {
            return theirRefusal.isEmpty() ? "refused by us: " + refused.getMessage() : "";
        }
        if (!theirRefusal.isEmpty()) {
            return "refused by Prometheus: " + theirRefusal;
        }
        if (!ours.keySet().equals(theirs.keySet())) {
            return "series " + ours.keySet() + ", not " + theirs.keySet();
        }
        for (var each : ours.entrySet()) {
            var difference = difference(each.getValue(), theirs.get(each.getKey()));
            if (!difference.isEmpty()) {
                return each.getKey() + ": " + difference;
            }
        }
        return "";
    }

    private static String difference(Samples ours, Samples theirs) {
        if (ours.size() != theirs.size()) {
            return ours.size() + " samples, not " + theirs.size();
        }
        for (int i = 0; i < ours.size(); i++) {
            double a = ours.value(i);
            double b = theirs.value(i);
            boolean equal =
                    Double.isNaN(a) && Double.isNaN(b)
                            || a == b
                            || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
            if (ours.time(i) != theirs.time(i) || !equal) {
                return "at %d %s, not at %d %s".formatted(ours.time(i), a, theirs.time(i), b);
            }
        }
        return "";
    }
}
