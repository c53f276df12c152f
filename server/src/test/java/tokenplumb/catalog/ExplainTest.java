package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Golden;
import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

class ExplainTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private static final long NOW = 1_795_000_000_000L;

    private static Matcher name(String name) {
        return Matcher.equal(Labels.NAME, name);
    }

    /// A small fleet: an old and a new vLLM and a board of GPUs, scraped for a minute.
    private static FakeStore fleet() throws IOException {
        var store = new FakeStore();
        var expositions = Shared.path("data/expositions");
        for (long time = NOW - 60_000; time <= NOW; time += 15_000) {
            store.scrape(
                    time,
                    Labels.of("instance", "new:8000", "job", "vllm"),
                    FakeStore.exposition(
                            expositions.resolve("generated/vllm_main_2026-08-17.prom")));
            store.scrape(
                    time,
                    Labels.of("instance", "gpu:9400", "job", "dcgm"),
                    FakeStore.exposition(
                            expositions.resolve("dcgm_exporter_runai_fraction_1_workload.prom")));
        }
        return store;
    }

    @Test
    void saysWhatEveryNameResolvesToAndWhyAResultIsEmpty() throws IOException {
        var explain = new Explain(fleet(), CATALOG);
        var report = new StringBuilder();
        for (var selector :
                List.of(
                        List.of(name("llm_kv_cache_usage_ratio")),
                        List.of(name("llm_requests_waiting"), Matcher.equal("reason", "capacity")),
                        List.of(name("vllm_gpu_cache_usage_perc")),
                        List.of(name("vllm:gpu_cache_usage_perc")),
                        List.of(name("vllm:num_requests_running")),
                        List.of(name("gpu_memory_bytes"), Matcher.equal("state", "used")),
                        List.of(name("vllm:num_requests_swapped")),
                        List.of(name("llm_requests_swapped")),
                        List.of(name("vllm:avg_generation_throughput_toks_per_s")),
                        List.of(name("llm_kv_transfer_seconds_count")),
                        List.of(name("gpu_sm_active_ratio")),
                        List.of(name("host_load")),
                        List.of(name("vllm:num_request_running")),
                        List.of(name("no_such_thing_at_all")),
                        List.of(name("llm_requests_running"), Matcher.equal("model_name", "x")),
                        List.of(
                                name("llm_requests_running"),
                                Matcher.equal("model", "meta-llama/Llama-3.1-8B-instruct")),
                        List.of(name("vllm:num_requests_running"), Matcher.equal("model", "x")),
                        List.of(
                                name("vllm:request_success_total"),
                                Matcher.equal("finish_reason", "length")),
                        List.of(
                                name("llm_requests_running"),
                                Matcher.equal("instance", "gpu:9400"),
                                Matcher.equal("engine", "sglang")),
                        List.of(Matcher.of(Matcher.Type.REGEX, Labels.NAME, "llm_requests_.*")),
                        List.of(Matcher.of(Matcher.Type.REGEX, Labels.NAME, "nothing.*")))) {
            write(explain.selector(selector, NOW - 300_000, NOW), report);
        }
        report.append("--- an hour earlier\n");
        write(
                explain.selector(
                        List.of(name("llm_requests_running")), NOW - 7_200_000, NOW - 3_600_000),
                report);
        Golden.check("catalog/explain.txt", report.toString());
    }

    private static void write(Explanation explanation, StringBuilder report) {
        report.append(
                "%s: %s, %d series\n"
                        .formatted(
                                explanation.selector(), explanation.kind(), explanation.series()));
        for (var part : explanation.parts()) {
            var versions = new ArrayList<String>();
            if (!part.since().isEmpty()) {
                versions.add("since " + part.since());
            }
            if (!part.until().isEmpty()) {
                versions.add("until " + part.until());
            }
            report.append(
                    "    %s %s [%s] %s %s: %d series\n"
                            .formatted(
                                    part.source(),
                                    part.metric(),
                                    part.selector(),
                                    String.join(" ", versions),
                                    part.change(),
                                    part.series()));
        }
        for (var finding : explanation.findings()) {
            report.append("  ! %s: %s".formatted(finding.code(), finding.text()));
            report.append(finding.better().isEmpty() ? "\n" : "  -> " + finding.better() + "\n");
        }
    }

    @Test
    void neverLeavesAnEmptyResultWithoutAWord() throws IOException {
        var explain = new Explain(fleet(), CATALOG);
        for (var metric : CATALOG.metrics()) {
            for (var series : metric.seriesNames()) {
                var explanation = explain.selector(List.of(name(series)), NOW - 300_000, NOW);
                assertThat(explanation.series() > 0 || !explanation.findings().isEmpty())
                        .as(series)
                        .isTrue();
            }
        }
    }
}
