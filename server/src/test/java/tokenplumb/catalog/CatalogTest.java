package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.config.ConfigError;
import tokenplumb.kit.Golden;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

class CatalogTest {
    private static final String MINE =
            """
            source: mine
            title: My engine
            kind: engine
            role: engine
            betrayedBy: [mine_running]
            identity:
              model: [m]
            constants: {engine: mine}
            metrics:
              - to: llm_requests_running
                from: [mine_running]
              - to: llm_ttft_seconds
                from:
                  - {name: mine_first_token_ms, scale: 0.001}
            """;

    @Test
    void aNewEngineIsOneFile(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("mine.yaml"), MINE);
        var catalog = Catalog.load(List.of(folder));
        var store =
                new FakeStore()
                        .add(0, 7, "__name__", "mine_running", "m", "llama")
                        .add(
                                0,
                                3,
                                "__name__",
                                "mine_first_token_ms_bucket",
                                "m",
                                "llama",
                                "le",
                                "250")
                        .add(
                                0,
                                3,
                                "__name__",
                                "mine_first_token_ms_bucket",
                                "m",
                                "llama",
                                "le",
                                "+Inf")
                        .add(0, 600, "__name__", "mine_first_token_ms_sum", "m", "llama");
        var views = new Views(store, catalog).querier();

        assertThat(FakeStore.dump(views, 0, 1, Matcher.equal(Labels.NAME, "llm_requests_running")))
                .containsExactly("llm_requests_running{engine=\"mine\", model=\"llama\"} 0:7");
        assertThat(
                        FakeStore.dump(
                                views, 0, 1, Matcher.equal(Labels.NAME, "llm_ttft_seconds_bucket")))
                .containsExactly(
                        "llm_ttft_seconds_bucket{engine=\"mine\", le=\"+Inf\", model=\"llama\"}"
                                + " 0:3",
                        "llm_ttft_seconds_bucket{engine=\"mine\", le=\"0.25\", model=\"llama\"}"
                                + " 0:3");
        assertThat(
                        FakeStore.dump(
                                views,
                                0,
                                1,
                                Matcher.equal(Labels.NAME, "llm_ttft_seconds_bucket"),
                                Matcher.equal("le", "0.25")))
                .hasSize(1);
        assertThat(FakeStore.dump(views, 0, 1, Matcher.equal(Labels.NAME, "llm_ttft_seconds_sum")))
                .containsExactly("llm_ttft_seconds_sum{engine=\"mine\", model=\"llama\"} 0:0.6");
        assertThat(catalog.recognise(List.of("mine_running")).orElseThrow().text())
                .isEqualTo("My engine");
    }

    @Test
    void aUsersSourceReplacesAShippedOne(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("own.yml"), MINE.replace("source: mine", "source: vllm"));

        assertThat(Catalog.load(List.of(folder)).recognise(List.of("vllm:num_requests_running")))
                .isEmpty();
    }

    @Test
    void saysWhereAndHowToMendEveryMistake() throws IOException {
        var report = new StringBuilder();
        var folder = Path.of("src/test/resources/catalog");
        var bad = new ArrayList<Path>();
        try (var files = Files.list(folder)) {
            files.filter(file -> file.toString().endsWith(".bad.yaml")).sorted().forEach(bad::add);
        }
        assertThat(bad).isNotEmpty();
        for (var file : bad) {
            var text =
                    new Catalog.SourceText(file.getFileName().toString(), Files.readString(file));
            try {
                Catalog.of(Shipped.texts(), List.of(text));
                report.append(file.getFileName()).append(": nothing wrong\n");
            } catch (ConfigError e) {
                e.problems().forEach(problem -> report.append(problem).append('\n'));
            }
        }
        Golden.check("catalog/mistakes.txt", report.toString());
    }

    @Test
    void refusesAFileThatIsNoneOfItsKinds(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("x.yaml"), "metrics: []\n");

        assertThatThrownBy(() -> Catalog.load(List.of(folder)))
                .isInstanceOf(ConfigError.class)
                .hasMessageContaining("a source begins with \"source: NAME\"");
    }

    @Test
    void everyCanonicalMetricHasASourceAndIsNamedByTheRules() {
        var catalog = Catalog.builtIn();
        for (var metric : catalog.metrics()) {
            assertThat(metric.name()).matches("(llm|gpu|host)_[a-z0-9_]+");
            assertThat(metric.help()).as(metric.name()).isNotBlank();
            for (var series : metric.seriesNames()) {
                assertThat(catalog.metric(series)).contains(metric);
            }
        }
    }

    @Test
    void theOverviewShowsExactlyTheFiveSignalsAskedFor() {
        var catalog = Catalog.builtIn();

        assertThat(catalog.signals().stream().map(Signal::id))
                .containsExactly("requests", "tokens", "latency", "queue", "kv_cache");
        var latency = catalog.signals().get(2);
        assertThat(latency.bands().stream().map(Signal.Band::from)).contains(3.0, 5.0);
        assertThat(latency.lines().get(1).query(Signal.Scope.MODEL, "model=\"m\"", "5m"))
                .isEqualTo(
                        "histogram_quantile(0.95, sum by (le, model)"
                                + " (rate(llm_ttft_seconds_bucket{model=\"m\"}[5m])))");
    }

    @Test
    void deadNamesAndLabelsGetAHint() {
        var catalog = Catalog.builtIn();

        assertThat(hints(catalog, "vllm:gpu_cache_usage_perc"))
                .containsExactly(
                        "vllm:gpu_cache_usage_perc is gone since vLLM 0.11: it is called"
                                + " vllm:kv_cache_usage_perc now; llm_kv_cache_usage_ratio answers"
                                + " for both");
        assertThat(hints(catalog, "vllm:time_per_output_token_seconds_bucket").getFirst())
                .contains("it is called vllm:inter_token_latency_seconds_bucket now");
        assertThat(hints(catalog, "vllm:num_requests_swapped").getFirst())
                .contains("gone since vLLM 0.9.1 and nothing replaces it");
        assertThat(hints(catalog, "vllm:avg_generation_throughput_toks_per_s").getFirst())
                .contains("use rate(llm_generation_tokens_total[1m])");
        assertThat(hints(catalog, "llm_request_runing"))
                .containsExactly(
                        "no canonical metric is called llm_request_runing; did you mean"
                                + " llm_requests_running?");
        assertThat(
                        hints(
                                catalog,
                                "vllm:request_success_total",
                                Matcher.equal("finish_reason", "length")))
                .containsExactly(
                        "vllm:request_success_total has no label finish_reason: vLLM calls it"
                                + " finished_reason (on llm_requests_finished_total it is called"
                                + " finish_reason)");
        assertThat(hints(catalog, "llm_requests_running", Matcher.equal("model_name", "m")))
                .containsExactly(
                        "llm_requests_running has no label model_name: there it is called model");
        assertThat(hints(catalog, "up", Matcher.equal("job", "x"))).isEmpty();
        assertThat(hints(catalog, "vllm:kv_cache_usage_perc")).isEmpty();
        assertThat(catalog.hints("vllm:time_to_first_token_seconds_bucket", List.of("model", "le")))
                .hasSize(1);
    }

    private static List<String> hints(Catalog catalog, String name, Matcher... conditions) {
        var matchers = new ArrayList<>(List.of(conditions));
        matchers.add(Matcher.equal(Labels.NAME, name));
        return catalog.hints(matchers).stream().map(Hint::text).toList();
    }
}
