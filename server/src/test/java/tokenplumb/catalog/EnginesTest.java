package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/// Engines other than vLLM answer the same canonical names, each out of one file.
class EnginesTest {
    private static final Catalog CATALOG = Catalog.builtIn();

    private static List<String> find(String file, String name, Matcher... conditions)
            throws IOException {
        var store = new FakeStore();
        store.scrape(
                0,
                Labels.of("instance", "a"),
                FakeStore.exposition(Shared.path("data/expositions").resolve(file)));
        var matchers = new Matcher[conditions.length + 1];
        matchers[0] = Matcher.equal(Labels.NAME, name);
        System.arraycopy(conditions, 0, matchers, 1, conditions.length);
        return FakeStore.dump(new Views(store, CATALOG).querier(), 0, 1, matchers);
    }

    @Test
    void everyEngineIsRecognised() throws IOException {
        var wanted =
                Map.of(
                        "generated/sglang_v0.4.9.prom", "sglang",
                        "generated/sglang_v0.5.18.prom", "sglang",
                        "docs_sglang_production_metrics_v0.5.18.prom", "sglang",
                        "tgi_full_datadog.prom", "tgi",
                        "llamacpp_real_2025-26.prom", "llamacpp",
                        "generated/lmdeploy_main_2026-08-21.prom", "lmdeploy",
                        "nvidia_gpu_exporter_h100-mig_load.prom", "nvidia_gpu_exporter",
                        "kube_state_metrics_datadog.prom", "kube_state_metrics",
                        "cadvisor_testdata.prom", "cadvisor",
                        "epp_gaie_v1.5.0_unit_fragments.prom", "epp");
        for (var entry : wanted.entrySet()) {
            var names = FakeStore.names(Shared.path("data/expositions").resolve(entry.getKey()));
            assertThat(CATALOG.recognise(names).map(Recognition::source))
                    .as(entry.getKey())
                    .contains(entry.getValue());
        }
    }

    @Test
    void theSameNamesAnswerFromEveryEngine() throws IOException {
        for (var file :
                List.of(
                        "generated/sglang_v0.4.9.prom",
                        "generated/sglang_v0.5.18.prom",
                        "tgi_full_datadog.prom",
                        "generated/lmdeploy_main_2026-08-21.prom")) {
            for (var name :
                    List.of(
                            "llm_requests_running",
                            "llm_requests_waiting",
                            "llm_requests_finished_total",
                            "llm_prompt_tokens_total",
                            "llm_generation_tokens_total",
                            "llm_e2e_seconds_bucket",
                            "llm_itl_seconds_count")) {
                assertThat(find(file, name)).as("%s from %s", name, file).isNotEmpty();
            }
        }
        assertThat(find("llamacpp_real_2025-26.prom", "llm_requests_running")).hasSize(1);
        assertThat(find("llamacpp_real_2025-26.prom", "llm_prompt_tokens_total")).hasSize(1);
        assertThat(find("nvidia_gpu_exporter_h200_load.prom", "gpu_memory_bytes")).hasSize(4);
    }

    @Test
    void sglangsPriorityRanksAndStreamingFlagsAreNotCountedTwice() throws IOException {
        for (var file : List.of("generated/sglang_v0.4.9.prom", "generated/sglang_v0.5.18.prom")) {
            assertThat(find(file, "llm_requests_running")).as(file).hasSize(1);
            assertThat(find(file, "llm_generation_tokens_total")).as(file).hasSize(1);
            assertThat(find(file, "llm_ttft_seconds_count")).as(file).hasSize(1);
        }
        assertThat(find("generated/sglang_v0.5.18.prom", "llm_requests_waiting"))
                .as("grammar and disaggregation queues are reasons beside the plain queue")
                .hasSizeGreaterThan(1);
    }

    @Test
    void sumsWhatSglangSplitsByStreaming() {
        var store = new FakeStore();
        for (var streaming : List.of("true", "false")) {
            store.add(
                    0,
                    streaming.equals("true") ? 10 : 4,
                    "__name__",
                    "sglang:generation_tokens_total",
                    "model_name",
                    "m",
                    "is_streaming",
                    streaming);
        }

        assertThat(
                        FakeStore.dump(
                                new Views(store, CATALOG).querier(),
                                0,
                                1,
                                Matcher.equal(Labels.NAME, "llm_generation_tokens_total")))
                .containsExactly(
                        "llm_generation_tokens_total{dp_rank=\"0\", engine=\"sglang\","
                                + " model=\"m\"} 0:14");
    }

    @Test
    void thePickersTwinsAreCountedOnce() throws IOException {
        var expositions = Shared.path("data/expositions");
        var store = new FakeStore();
        var both = FakeStore.exposition(expositions.resolve("epp_gaie_v1.5.0_unit_fragments.prom"));
        both.putAll(
                FakeStore.exposition(expositions.resolve("epp_llm_d_router_unit_fragments.prom")));
        store.scrape(0, Labels.of("instance", "epp:9090"), both); // as llm-d's router exposes both
        var views = new Views(store, CATALOG).querier();

        assertThat(FakeStore.dump(views, 0, 1, Matcher.equal(Labels.NAME, "llm_gw_requests_total")))
                .hasSize(3)
                .allMatch(line -> line.contains("fairness_id="));
        assertThat(
                        FakeStore.dump(
                                views,
                                0,
                                1,
                                Matcher.equal(Labels.NAME, "inference_objective_request_total")))
                .hasSize(3)
                .noneMatch(line -> line.contains("fairness_id="));
        assertThat(
                        FakeStore.dump(
                                views,
                                0,
                                1,
                                Matcher.equal(Labels.NAME, "llm_pool_kv_cache_usage_ratio")))
                .containsExactly(
                        "llm_pool_kv_cache_usage_ratio{gateway=\"epp\", instance=\"epp:9090\","
                                + " pool=\"p1\"} 0:0.3");
        assertThat(find("epp_llm_d_router_unit_fragments.prom", "inference_model_request_total"))
                .as("a rule written for 1.0 answers from llm-d's router")
                .hasSize(3);
    }
}
