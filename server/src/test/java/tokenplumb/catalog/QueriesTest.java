package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;
import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Real queries over real expositions, old and new, and over the upgrade between them.
class QueriesTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private static final Labels TARGET = Labels.of("instance", "a:8000", "job", "vllm");
    private static final long STEP = 15_000;
    private static final int SCRAPES = 60;
    private static final List<String> VLLM =
            List.of(
                    "vllm_v0_0.4-0.5_datadog.prom",
                    "generated/vllm_v0.8.5_v1engine.prom",
                    "generated/vllm_main_2026-08-17.prom",
                    "generated/vllm_main_2026-08-17_dp2.prom",
                    "vllm_v1_2026-09_specdecode_real.prom");

    private static Map<Labels, Double> exposition(String file) throws IOException {
        return FakeStore.exposition(Shared.path("data/expositions").resolve(file));
    }

    /// What is cumulative grows by its recorded value with every scrape.
    private static Map<Labels, Double> grown(Map<Labels, Double> exposed, int scrape) {
        var grown = new TreeMap<Labels, Double>();
        exposed.forEach((labels, value) -> {
            boolean isCumulative = labels.metricName().matches(".*_(total|bucket|count|sum)");
            grown.put(labels, isCumulative ? value * (scrape + 1) : value);
        });
        return grown;
    }

    private static Promql over(FakeStore store) {
        return new Promql(new Views(store, CATALOG), Promql.Options.defaults());
    }

    private static FakeStore scraped(String file) throws IOException {
        var store = new FakeStore();
        var exposed = exposition(file);
        for (int i = 0; i < SCRAPES; i++) {
            store.scrape(i * STEP, TARGET, grown(exposed, i));
        }
        return store;
    }

    private static Map<String, Double> ask(FakeStore store, String query) {
        var answer = over(store).instant(Promql.Request.of(query), (SCRAPES - 1) * STEP);
        var values = new TreeMap<String, Double>();
        for (var sample : ((Value.Vector) answer.value()).samples()) {
            values.put(sample.labels().toString(), sample.value());
        }
        return values;
    }

    private static double only(Map<String, Double> values) {
        assertThat(values).hasSize(1);
        return values.values().iterator().next();
    }

    private static double recorded(String file, String name) throws IOException {
        double sum = 0;
        for (var sample : exposition(file).entrySet()) {
            sum += sample.getKey().metricName().equals(name) ? sample.getValue() : 0;
        }
        return sum;
    }

    @Test
    void theFourQueriesOfB14AreRightOnOldAndNewExpositions() throws IOException {
        for (var file : VLLM) {
            var store = scraped(file);
            double requests = recorded(file, "vllm:request_success_total");
            assertThat(only(ask(store, "sum(rate(vllm_request_success_total[5m]))")))
                    .as("requests per second of %s", file)
                    .isCloseTo(requests / 15, within(1e-9 * (1 + requests)));

            var p99 = "histogram_quantile(0.99, sum by (le) (rate(%s_bucket[5m])))";
            assertThat(only(ask(store, p99.formatted("vllm_time_to_first_token_seconds"))))
                    .as("p99 TTFT of %s", file)
                    .isPositive()
                    .isEqualTo(only(ask(store, p99.formatted("vllm:time_to_first_token_seconds"))))
                    .isEqualTo(only(ask(store, p99.formatted("llm_ttft_seconds"))));

            boolean isNew =
                    exposition(file).keySet().stream()
                            .anyMatch(labels ->
                                    labels.metricName().equals("vllm:kv_cache_usage_perc"));
            double usage =
                    recorded(
                            file, isNew ? "vllm:kv_cache_usage_perc" : "vllm:gpu_cache_usage_perc");
            assertThat(only(ask(store, "sum(vllm_gpu_cache_usage_perc * 100)")))
                    .as("KV cache of %s", file)
                    .isCloseTo(usage * 100, within(1e-9));
            assertThat(only(ask(store, "sum(vllm_num_requests_waiting)")))
                    .as("queue of %s", file)
                    .isEqualTo(recorded(file, "vllm:num_requests_waiting"));
        }
    }

    @Test
    void everyDefaultSignalAnswersFromEveryVersion() throws IOException {
        for (var file : VLLM) {
            var store = scraped(file);
            for (var signal : CATALOG.signals()) {
                boolean isTooOld = file.contains("0.4-0.5") && signal.id().equals("queue");
                for (var scope : Signal.Scope.values()) {
                    for (var line : signal.lines()) {
                        var query = line.query(scope, "", "5m");
                        assertThat(ask(store, query).isEmpty())
                                .as("%s from %s", query, file)
                                .isEqualTo(isTooOld);
                    }
                }
            }
        }
    }

    @Test
    void anUpgradeLeavesNoHoleInAnyCanonicalSignal() throws IOException {
        var store = new FakeStore();
        var old = exposition("generated/vllm_v0.8.5_v1engine.prom");
        var current = exposition("generated/vllm_main_2026-08-17.prom");
        for (int i = 0; i < SCRAPES; i++) {
            // Half-way the engine restarts as a newer version: other names, counters from zero.
            store.scrape(i * STEP, TARGET, i < 30 ? grown(old, i) : grown(current, i - 30));
        }
        var promql = over(store);
        for (var query :
                List.of(
                        "sum by (model) (rate(llm_generation_tokens_total[2m]))",
                        "avg by (model) (llm_kv_cache_usage_ratio)",
                        "sum by (model)"
                                + " (rate(llm_prefix_cache_hit_tokens_total{tier=\"local\"}[2m]))",
                        "histogram_quantile(0.95, sum by (le) (rate(llm_itl_seconds_bucket[2m])))",
                        "vllm:gpu_cache_usage_perc",
                        "vllm:kv_cache_usage_perc",
                        "sum(rate(vllm_time_per_output_token_seconds_count[2m]))",
                        "sum by (model) (llm_requests_waiting)")) {
            var answer =
                    promql.range(Promql.Request.of(query), 10 * STEP, (SCRAPES - 1) * STEP, STEP);
            var series = ((Value.Matrix) answer.value()).columns();
            assertThat(series).as(query).hasSize(1);
            assertThat(series.getFirst().samples().size()).as(query).isEqualTo(SCRAPES - 10);
        }
        var rate =
                promql.range(
                        Promql.Request.of("rate(llm_generation_tokens_total[1m])"),
                        10 * STEP,
                        (SCRAPES - 1) * STEP,
                        STEP);
        var samples = ((Value.Matrix) rate.value()).columns().getFirst().samples();
        double most = Math.max(sum(old), sum(current)) / 15;
        for (int i = 0; i < samples.size(); i++) {
            assertThat(samples.value(i)).as("at scrape %d", i + 10).isBetween(0.0, most * 1.4);
        }
    }

    private static double sum(Map<Labels, Double> exposed) {
        return exposed.getOrDefault(
                Labels.of(
                        "__name__", "vllm:generation_tokens_total",
                        "engine", "0",
                        "model_name", "meta-llama/Llama-3.1-8B-Instruct"),
                0.0);
    }

    @Test
    void gpuQueriesOfTheSourcesWork() throws IOException {
        var store = new FakeStore();
        store.scrape(
                (SCRAPES - 1) * STEP,
                TARGET,
                exposition("dcgm_exporter_runai_fraction_1_workload.prom"));

        assertThat(
                        ask(
                                store,
                                "(DCGM_FI_DEV_FB_USED/(DCGM_FI_DEV_FB_USED+DCGM_FI_DEV_FB_FREE))*100"))
                .hasSize(2);
        assertThat(ask(store, "avg by (gpu_uuid) (gpu_tensor_active_ratio)")).hasSize(2);
        assertThat(
                        only(
                                ask(
                                        store,
                                        "sum(gpu_memory_bytes{state=\"used\"}) /"
                                                + " sum(DCGM_FI_DEV_FB_USED)")))
                .isEqualTo(1_048_576);
    }
}
