package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// The names that the sources' own queries use answer from recorded expositions old and new.
class FixturesTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private static final List<String> VLLM =
            List.of(
                    "vllm_v0_0.4-0.5_datadog.prom",
                    "generated/vllm_v0.8.5_v1engine.prom",
                    "generated/vllm_main_2026-08-17.prom",
                    "generated/vllm_main_2026-08-17_dp2.prom",
                    "vllm_v1_2026-09_specdecode_real.prom");

    private static FakeStore scraped(String file) throws IOException {
        var store = new FakeStore();
        store.scrape(
                0,
                Labels.of("instance", "a:8000", "job", "x"),
                FakeStore.exposition(Shared.path("data/expositions").resolve(file)));
        return store;
    }

    /// Labels without the name to the value.
    private static Map<String, Double> find(FakeStore store, String name, Matcher... conditions) {
        var matchers = new java.util.ArrayList<>(List.of(conditions));
        matchers.add(Matcher.equal(Labels.NAME, name));
        var values = new TreeMap<String, Double>();
        for (var series : new Views(store, CATALOG).querier().select(0, 1, matchers)) {
            var samples = new Samples();
            series.read(0, 1, samples);
            if (samples.size() > 0) {
                values.put(series.labels().without(Labels.NAME).toString(), samples.value(0));
            }
        }
        return values;
    }

    private static double sum(Map<String, Double> values) {
        return values.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    @Test
    void theFourQueriesOfB14AnswerFromOldAndNewExpositions() throws IOException {
        for (var file : VLLM) {
            var store = scraped(file);
            boolean isNew = !find(store, "vllm:kv_cache_usage_perc").isEmpty();
            assertThat(isNew).as(file).isTrue();

            assertThat(find(store, "vllm_request_success_total"))
                    .as("QPS from %s", file)
                    .isNotEmpty()
                    .isEqualTo(find(store, "vllm:request_success_total"));
            assertThat(find(store, "vllm_time_to_first_token_seconds_bucket"))
                    .as("TTFT from %s", file)
                    .isNotEmpty()
                    .isEqualTo(find(store, "vllm:time_to_first_token_seconds_bucket"));
            assertThat(find(store, "vllm_gpu_cache_usage_perc"))
                    .as("KV cache from %s", file)
                    .isNotEmpty()
                    .isEqualTo(find(store, "vllm:kv_cache_usage_perc"));
            assertThat(find(store, "vllm_num_requests_waiting"))
                    .as("queue from %s", file)
                    .isNotEmpty()
                    .isEqualTo(find(store, "vllm:num_requests_waiting"));
        }
    }

    @Test
    void canonicalAnswersEqualTheExpositionsNumbers() throws IOException {
        for (var file : VLLM) {
            var store = scraped(file);
            assertThat(sum(find(store, "llm_requests_finished_total")))
                    .as(file)
                    .isEqualTo(sum(find(store, "vllm:request_success_total")));
            assertThat(sum(find(store, "llm_requests_waiting")))
                    .as("waiting requests of %s, counted once", file)
                    .isEqualTo(sum(find(store, "vllm:num_requests_waiting")));
            assertThat(find(store, "llm_ttft_seconds_bucket").values())
                    .as(file)
                    .containsExactlyInAnyOrderElementsOf(
                            find(store, "vllm:time_to_first_token_seconds_bucket").values());
            assertThat(find(store, "llm_itl_seconds_count")).as(file).isNotEmpty();
            assertThat(find(store, "llm_kv_cache_capacity_tokens").keySet())
                    .as(file)
                    .allMatch(labels -> labels.contains("engine=\"vllm\""));
        }
        var real = scraped("vllm_v1_2026-09_specdecode_real.prom");
        var model = "deepseek-v4-flash-vision-exp-ablit-dual";
        var identity = "{dp_rank=\"0\", engine=\"vllm\", %sinstance=\"a:8000\", job=\"x\"%s}";
        assertThat(find(real, "llm_kv_cache_capacity_tokens"))
                .containsExactly(Map.entry(identity.formatted("", ""), 1_428_520.0));
        assertThat(find(real, "llm_spec_accepted_tokens_total"))
                .containsExactly(
                        Map.entry(identity.formatted("", ", model=\"" + model + "\""), 27_189.0));
        assertThat(
                        find(
                                real,
                                "llm_requests_finished_total",
                                Matcher.equal("finish_reason", "stop")))
                .containsValue(26.0)
                .hasSize(1);
        assertThat(find(real, "llm_prompt_tokens_cached_total", Matcher.equal("source", "local")))
                .containsValue(3_241_216.0);
        assertThat(sum(find(real, "llm_prompt_tokens_cached_total"))).isEqualTo(3_241_216.0);
        assertThat(find(real, "llm_engine_sleeping")).containsValue(0.0).hasSize(1);
        assertThat(find(real, "llm_step_tokens_count")).hasSize(1);
        assertThat(find(real, "llm_tpot_seconds_sum")).hasSize(1);
    }

    @Test
    void ranksOfOneReplicaStayApart() throws IOException {
        var store = scraped("generated/vllm_main_2026-08-17_dp2.prom");

        assertThat(find(store, "llm_kv_cache_usage_ratio").keySet())
                .hasSize(2)
                .anyMatch(labels -> labels.contains("dp_rank=\"0\""))
                .anyMatch(labels -> labels.contains("dp_rank=\"1\""));
        assertThat(find(store, "llm_requests_waiting", Matcher.equal("dp_rank", "1"))).hasSize(2);
        assertThat(find(store, "llm_requests_failed_total").values()).containsExactly(2.0, 2.0);
    }

    @Test
    void gpuMemoryIsInBytesAndAddsUp() throws IOException {
        var store = scraped("dcgm_exporter_datadog.prom");
        double total = sum(find(store, "gpu_memory_bytes", Matcher.equal("state", "total")));
        double parts =
                sum(
                        find(
                                store,
                                "gpu_memory_bytes",
                                Matcher.of(Matcher.Type.REGEX, "state", "used|free")));

        assertThat(total).isEqualTo(1_048_576 * sum(find(store, "DCGM_FI_DEV_FB_TOTAL")));
        assertThat(parts).isCloseTo(total, within(total * 0.01));
        assertThat(find(store, "gpu_clock_hertz", Matcher.equal("domain", "sm")).values())
                .containsExactly(300e6);
        assertThat(find(store, "gpu_energy_joules_total").values())
                .allSatisfy(joules ->
                        assertThat(joules)
                                .isCloseTo(
                                        sum(find(store, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"))
                                                / 1000,
                                        within(1e-6)));
    }

    @Test
    void aMigBoardsEnergyIsToldOnce() throws IOException {
        var store = scraped("dcgm_exporter_runai_mig_4_Active_Workloads.prom");
        int boards =
                new Views(store, CATALOG).querier().labelValues("UUID", 0, 1, List.of(), 0).size();

        assertThat(find(store, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")).hasSizeGreaterThan(boards);
        assertThat(find(store, "gpu_energy_joules_total")).hasSize(boards);
        assertThat(find(store, "gpu_power_watts")).hasSize(boards);
        assertThat(find(store, "gpu_memory_bytes", Matcher.equal("state", "used")))
                .hasSameSizeAs(find(store, "DCGM_FI_DEV_FB_USED"));
    }

    @Test
    void everyCanonicalMetricOfAFullExpositionHasValues() throws IOException {
        var store = scraped("node_exporter_e2e_linux.prom");

        assertThat(find(store, "host_memory_bytes", Matcher.equal("state", "total")).values())
                .containsExactlyElementsOf(find(store, "node_memory_MemTotal_bytes").values());
        var missing = new TreeSet<String>();
        for (var metric : CATALOG.metrics()) {
            if (metric.name().startsWith("host_") && find(store, metric.name()).isEmpty()) {
                missing.add(metric.name());
            }
        }
        assertThat(missing)
                .as("what upstream's test machine does not show either")
                .containsExactly(
                        "host_clock_offset_seconds",
                        "host_clock_synchronized",
                        "host_filesystem_bytes",
                        "host_network_bytes_total");
    }
}
