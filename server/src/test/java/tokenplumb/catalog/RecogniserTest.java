package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Every recorded exposition is recognised by what it says, and nothing else is mistaken for it.
class RecogniserTest {
    private static final Catalog CATALOG = Catalog.builtIn();

    @Test
    void recognisesEveryRecordedExposition() throws IOException {
        var found = new TreeMap<String, String>();
        try (var files = Files.walk(Shared.path("data/expositions"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".prom")).sorted().toList()) {
                if (!file.toString().contains("nan_2024")) { // not parseable, by intent
                    CATALOG.recognise(FakeStore.names(file))
                            .ifPresent(it -> found.put(file.getFileName().toString(), it.text()));
                }
            }
        }

        found.values().removeIf(what -> !what.matches("(vLLM|DCGM|node_exporter).*"));
        assertThat(found)
                .containsEntry("dcgm_exporter_runai_mig_4_Active_Workloads.prom", "DCGM exporter")
                .containsEntry("dcgm_exporter_runai_mig_Active_1g_5gb.prom", "DCGM exporter")
                .containsEntry("dcgm_exporter_runai_mig_Empty_mig_disabled.prom", "DCGM exporter")
                .containsEntry(
                        "dcgm_exporter_runai_mig_Idle_1g_5gb_allocated.prom", "DCGM exporter")
                .containsEntry("dcgm_exporter_runai_fraction_1_workload.prom", "DCGM exporter")
                .containsEntry("vllm_v0_0.4-0.5_datadog.prom", "vLLM 0.4.3 to below 0.6.4")
                .containsEntry("vllm_v1_0.9-0.10_excerpt_real.prom", "vLLM 0.9.2 or newer")
                .containsEntry("vllm_v1_2026-09_specdecode_real.prom", "vLLM ~0.24 or newer")
                .containsEntry("vllm_main_2026-08-17.prom", "vLLM ~0.20 or newer")
                .containsEntry("vllm_main_2026-08-17_dp2.prom", "vLLM ~0.20 or newer")
                .containsEntry("vllm_v0.8.5_v1engine.prom", "vLLM 0.8.5 to below 0.9.2")
                .containsEntry("docs_dynamo_vllm-observability.prom", "vLLM 0.4.2 or newer")
                .containsEntry("docs_triton_vllm_backend_readme.prom", "vLLM 0.4.2 or newer")
                .containsEntry("dcgm_exporter_datadog.prom", "DCGM exporter")
                .containsEntry("node_exporter_e2e_linux.prom", "node_exporter")
                .hasSize(15);
    }

    @Test
    void tellsARouterThatRepeatsTheEnginesNamesFromAnEngine() {
        var router =
                List.of(
                        "vllm:num_requests_running",
                        "vllm:num_incoming_requests_total",
                        "vllm:healthy_pods_total",
                        "vllm:current_qps");

        assertThat(CATALOG.recogniseAll(router)).hasSize(1);
        assertThat(CATALOG.recognise(router).orElseThrow().role()).isEqualTo("router");
    }

    @Test
    void recognisesOtherPrefixes() {
        var ray = List.of("ray_vllm_kv_cache_usage_perc", "ray_vllm_num_requests_running");

        assertThat(CATALOG.recognise(ray).orElseThrow().source()).isEqualTo("vllm");
    }

    @Test
    void familiesBetrayAsMuchAsSamples() throws IOException {
        var families = new ArrayList<String>();
        var file = Shared.path("data/expositions/vllm_v0.26.0_family_names.txt");
        for (var line : Files.readAllLines(file)) {
            if (line.startsWith("vllm:")) {
                families.add(line.split(" ")[0]);
            }
        }
        assertThat(CATALOG.recognise(families).orElseThrow().text())
                .isEqualTo("vLLM ~0.20 or newer");

        // As OpenMetrics names them, from vLLM's Rust frontend.
        families.replaceAll(name -> name.replaceAll("_total$", ""));
        assertThat(CATALOG.recognise(families).orElseThrow().source()).isEqualTo("vllm");
    }

    @Test
    void saysNothingAboutStrangers() {
        assertThat(CATALOG.recognise(List.of("up", "go_goroutines", "llm_requests_running")))
                .isEmpty();
    }
}
