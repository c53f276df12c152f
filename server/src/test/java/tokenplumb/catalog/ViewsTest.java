package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import static tokenplumb.catalog.FakeStore.dump;

import org.junit.jupiter.api.Test;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Querier;

import java.util.List;

class ViewsTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private final FakeStore store = new FakeStore();
    private final Querier views = new Views(store, CATALOG).querier();

    private static Matcher name(String name) {
        return Matcher.equal(Labels.NAME, name);
    }

    @Test
    void answersACanonicalNameWithCanonicalLabels() {
        store.add(
                1000,
                0.5,
                "__name__",
                "vllm:kv_cache_usage_perc",
                "model_name",
                "m",
                "engine",
                "1",
                "instance",
                "a");

        assertThat(dump(views, 0, 5000, name("llm_kv_cache_usage_ratio")))
                .containsExactly(
                        "llm_kv_cache_usage_ratio{dp_rank=\"1\", engine=\"vllm\", instance=\"a\","
                                + " model=\"m\"} 1000:0.5");
    }

    @Test
    void translatesConditionsOnCanonicalLabels() {
        for (var model : List.of("a", "b")) {
            store.add(
                    1000,
                    1,
                    "__name__",
                    "vllm:num_requests_running",
                    "model_name",
                    model,
                    "engine",
                    "0");
        }

        assertThat(find("llm_requests_running", Matcher.equal("model", "a"))).hasSize(1);
        assertThat(find("llm_requests_running", Matcher.of(Matcher.Type.NOT_EQUAL, "model", "a")))
                .hasSize(1);
        assertThat(find("llm_requests_running", Matcher.equal("engine", "vllm"))).hasSize(2);
        assertThat(find("llm_requests_running", Matcher.equal("engine", "0"))).isEmpty();
        assertThat(find("llm_requests_running", Matcher.equal("dp_rank", "0"))).hasSize(2);
        assertThat(find("llm_requests_running", Matcher.equal("dp_rank", "1"))).isEmpty();
        assertThat(find("llm_requests_running", Matcher.equal("model_name", "a"))).isEmpty();
        assertThat(find("llm_requests_running", Matcher.equal("model_name", ""))).hasSize(2);
    }

    private List<String> find(String name, Matcher... conditions) {
        var matchers = new Matcher[conditions.length + 1];
        matchers[0] = name(name);
        System.arraycopy(conditions, 0, matchers, 1, conditions.length);
        return dump(views, 0, 10_000, matchers);
    }

    @Test
    void countsTwinsOnceAndStitchesAcrossTheUpgrade() {
        for (int t = 0; t < 6; t++) {
            long time = t * 15_000L;
            boolean isOld = t < 4;
            boolean isNew = t >= 2; // both at 2 and 3, as 0.9.2 to 0.10 expose them
            if (isOld) {
                store.add(time, 10 + t, "__name__", "vllm:gpu_cache_usage_perc", "model_name", "m");
            }
            if (isNew) {
                store.add(
                        time,
                        20 + t,
                        "__name__",
                        "vllm:kv_cache_usage_perc",
                        "model_name",
                        "m",
                        "engine",
                        "0");
            }
        }
        store.add(
                60_000,
                StaleMarker.VALUE,
                "__name__",
                "vllm:gpu_cache_usage_perc",
                "model_name",
                "m");

        assertThat(dump(views, 0, 90_000, name("llm_kv_cache_usage_ratio")))
                .containsExactly(
                        "llm_kv_cache_usage_ratio{dp_rank=\"0\", engine=\"vllm\", model=\"m\"}"
                                + " 0:10 15000:11 30000:22 45000:23 60000:24 75000:25");
    }

    @Test
    void waitingByReasonSilencesTheTotal() {
        store.add(
                0, 3, "__name__", "vllm:num_requests_waiting", "model_name", "old", "engine", "0");
        store.add(
                0, 3, "__name__", "vllm:num_requests_waiting", "model_name", "new", "engine", "0");
        for (var reason : List.of("capacity", "deferred")) {
            store.add(
                    0,
                    reason.equals("capacity") ? 2 : 1,
                    "__name__",
                    "vllm:num_requests_waiting_by_reason",
                    "model_name",
                    "new",
                    "engine",
                    "0",
                    "reason",
                    reason);
        }

        assertThat(find("llm_requests_waiting"))
                .containsExactly(
                        "llm_requests_waiting{dp_rank=\"0\", engine=\"vllm\", model=\"new\","
                                + " reason=\"capacity\"} 0:2",
                        "llm_requests_waiting{dp_rank=\"0\", engine=\"vllm\", model=\"new\","
                                + " reason=\"deferred\"} 0:1",
                        "llm_requests_waiting{dp_rank=\"0\", engine=\"vllm\", model=\"old\"} 0:3");
    }

    @Test
    void understandsEverySpellingOfARawName() {
        store.add(0, 0.7, "__name__", "ray_vllm_kv_cache_usage_perc", "model_name", "m");

        for (var spelling :
                List.of(
                        "vllm_gpu_cache_usage_perc",
                        "vllm:gpu_cache_usage_perc",
                        "vllm:kv_cache_usage_perc",
                        "ray_vllm:kv_cache_usage_perc",
                        "kserve_vllm:kv_cache_usage_perc")) {
            assertThat(find(spelling))
                    .as(spelling)
                    .containsExactly(spelling + "{model_name=\"m\"} 0:0.7");
        }
        assertThat(find("vllm_kv_cache_usage")).isEmpty();
    }

    @Test
    void leavesRawNamesAloneWhenNothingIsRenamed() {
        store.add(0, 1, "__name__", "vllm:num_requests_running", "model_name", "m");
        store.add(0, 2, "__name__", "vllm:num_requests_running", "model_name", "m", "engine", "0");

        assertThat(find("vllm:num_requests_running"))
                .containsExactly(
                        "vllm:num_requests_running{engine=\"0\", model_name=\"m\"} 0:2",
                        "vllm:num_requests_running{model_name=\"m\"} 0:1");
    }

    @Test
    void namesUnknownToTheCatalogCostOneSelection() {
        store.add(0, 1, "__name__", "up", "job", "x");
        store.add(0, 1, "__name__", "node_load1", "job", "x");
        int before = store.selects;

        assertThat(find("up")).hasSize(1);
        assertThat(find("node_load1")).hasSize(1);
        assertThat(store.selects - before).isEqualTo(2);
    }

    @Test
    void patternsNeverFindASampleTwice() {
        store.add(0, 1, "__name__", "vllm:num_requests_running", "model_name", "m");

        var any = Matcher.of(Matcher.Type.REGEX, Labels.NAME, ".+");
        assertThat(dump(views, 0, 1, any)).hasSize(1);
        assertThat(dump(views, 0, 1, Matcher.equal("model_name", "m"))).hasSize(1);
        var both = Matcher.of(Matcher.Type.REGEX, Labels.NAME, "llm_.*|vllm:.*");
        assertThat(dump(views, 0, 1, both)).hasSize(1);
        var canonical = Matcher.of(Matcher.Type.REGEX, Labels.NAME, "llm_.*");
        assertThat(dump(views, 0, 1, canonical))
                .containsExactly(
                        "llm_requests_running{dp_rank=\"0\", engine=\"vllm\", model=\"m\"} 0:1");
        var none = Matcher.of(Matcher.Type.NOT_EQUAL, Labels.NAME, "up");
        assertThat(dump(views, 0, 1, none)).hasSize(1);
    }

    @Test
    void aSeriesStoredUnderACanonicalNameIsBelievedFirst() {
        store.add(
                0,
                1,
                "__name__",
                "llm_requests_running",
                "engine",
                "vllm",
                "model",
                "m",
                "dp_rank",
                "0");
        store.add(0, 2, "__name__", "vllm:num_requests_running", "model_name", "m", "engine", "0");
        store.add(0, 3, "__name__", "llm_requests_running", "engine", "mine");

        assertThat(find("llm_requests_running"))
                .containsExactly(
                        "llm_requests_running{dp_rank=\"0\", engine=\"vllm\", model=\"m\"} 0:1",
                        "llm_requests_running{engine=\"mine\"} 0:3");
        assertThat(dump(views, 0, 1, Matcher.of(Matcher.Type.REGEX, Labels.NAME, "llm_.*")))
                .hasSize(2);
    }

    @Test
    void aRouterIsNotAnEngine() {
        store.add(0, 5, "__name__", "vllm:num_requests_running", "server", "http://e:8000");
        store.add(0, 4, "__name__", "vllm:num_requests_running", "model_name", "m", "engine", "0");

        assertThat(find("llm_requests_running")).hasSize(1).first().asString().endsWith(" 0:4");
        assertThat(find("llm_gw_running")).hasSize(1).first().asString().endsWith(" 0:5");
    }

    @Test
    void scalesValuesAndTurnsSentinelsIntoNothing() {
        store.add(
                0,
                40_000,
                "__name__",
                "DCGM_FI_DEV_FB_USED",
                "gpu",
                "0",
                "UUID",
                "GPU-1",
                "Hostname",
                "n");
        store.add(
                0,
                97,
                "__name__",
                "DCGM_FI_DEV_GPU_UTIL",
                "gpu",
                "0",
                "UUID",
                "GPU-1",
                "Hostname",
                "n");
        store.add(
                0,
                (double) Long.MAX_VALUE,
                "__name__",
                "DCGM_FI_DEV_MEMORY_TEMP",
                "gpu",
                "0",
                "UUID",
                "GPU-1");
        store.add(15_000, 61, "__name__", "DCGM_FI_DEV_MEMORY_TEMP", "gpu", "0", "UUID", "GPU-1");

        assertThat(find("gpu_memory_bytes", Matcher.equal("state", "used")))
                .containsExactly(
                        "gpu_memory_bytes{gpu_index=\"0\", gpu_uuid=\"GPU-1\", node=\"n\","
                                + " state=\"used\"} 0:41943040000");
        assertThat(find("gpu_memory_bytes", Matcher.equal("state", "free"))).isEmpty();
        assertThat(find("gpu_utilization_ratio")).first().asString().endsWith(" 0:0.97");
        assertThat(dump(views, 0, 15_000, name("gpu_temperature_celsius")))
                .containsExactly(
                        "gpu_temperature_celsius{gpu_index=\"0\", gpu_uuid=\"GPU-1\","
                                + " sensor=\"memory\"} 0:stale 15000:61");
    }

    @Test
    void answersAnOldUnitFromANewOne() {
        store.add(0, 1_048_576, "__name__", "DCGM_FI_DEV_FB_USED_BYTES", "gpu", "0");

        assertThat(find("DCGM_FI_DEV_FB_USED"))
                .containsExactly("DCGM_FI_DEV_FB_USED{gpu=\"0\"} 0:1");
    }

    @Test
    void tellsWhatMigInstancesRepeatOnce() {
        for (var instance : List.of("7", "8", "9")) {
            store.add(
                    0,
                    57_585_599,
                    "__name__",
                    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
                    "UUID",
                    "GPU-1",
                    "GPU_I_ID",
                    instance,
                    "GPU_I_PROFILE",
                    "1g.5gb",
                    "pod",
                    "p" + instance);
            store.add(
                    0,
                    100,
                    "__name__",
                    "DCGM_FI_DEV_FB_USED",
                    "UUID",
                    "GPU-1",
                    "GPU_I_ID",
                    instance,
                    "GPU_I_PROFILE",
                    "1g.5gb",
                    "pod",
                    "p" + instance);
        }

        assertThat(find("gpu_energy_joules_total"))
                .containsExactly("gpu_energy_joules_total{gpu_uuid=\"GPU-1\"} 0:57585.599");
        assertThat(find("gpu_memory_bytes")).hasSize(3);
    }

    @Test
    void readsNumbersOutOfLabels() {
        store.add(
                0,
                1,
                "__name__",
                "vllm:cache_config_info",
                "block_size",
                "4",
                "num_gpu_blocks",
                "15998",
                "kv_cache_size_tokens",
                "1428520",
                "engine",
                "0",
                "instance",
                "new");
        store.add(
                0,
                1,
                "__name__",
                "vllm:cache_config_info",
                "block_size",
                "16",
                "num_gpu_blocks",
                "7281",
                "instance",
                "old");
        store.add(
                0,
                1,
                "__name__",
                "vllm:cache_config_info",
                "block_size",
                "16",
                "num_gpu_blocks",
                "None",
                "instance",
                "silent");

        assertThat(find("llm_kv_cache_capacity_tokens"))
                .containsExactly(
                        "llm_kv_cache_capacity_tokens{dp_rank=\"0\", engine=\"vllm\","
                                + " instance=\"new\"} 0:1428520",
                        "llm_kv_cache_capacity_tokens{dp_rank=\"0\", engine=\"vllm\","
                                + " instance=\"old\"} 0:116496");
    }

    @Test
    void labelAndSeriesListsKnowViews() {
        store.add(0, 1, "__name__", "vllm:num_requests_running", "model_name", "m", "engine", "0");
        var running = List.of(name("llm_requests_running"));

        assertThat(views.labelNames(0, 1, running, 0))
                .containsExactly("__name__", "dp_rank", "engine", "model");
        assertThat(views.labelValues("model", 0, 1, running, 0)).containsExactly("m");
        assertThat(views.labelValues("model", 0, 1, List.of(), 0)).containsExactly("m");
        assertThat(views.labelValues("__name__", 0, 1, List.of(), 0))
                .containsExactly("llm_requests_running", "vllm:num_requests_running");
        assertThat(views.labelValues("__name__", 0, 1, List.of(Matcher.equal("model", "m")), 0))
                .containsExactly("llm_requests_running");
        assertThat(views.series(0, 1, running, 0)).hasSize(1);
        assertThat(views.series(0, 1, List.of(Matcher.equal("model_name", "m")), 0)).hasSize(1);
    }

    @Test
    void aCanonicalLabelInAConditionOnARawNameIsUnderstood() {
        store.add(
                0,
                4,
                "__name__",
                "vllm:request_success_total",
                "model_name",
                "m",
                "finished_reason",
                "length");

        assertThat(find("vllm:request_success_total", Matcher.equal("finish_reason", "length")))
                .containsExactly(
                        "vllm:request_success_total{finished_reason=\"length\","
                                + " model_name=\"m\"} 0:4");
        assertThat(find("vllm_request_success_total", Matcher.equal("model", "m"))).hasSize(1);
        assertThat(find("vllm:request_success_total", Matcher.equal("model", "other"))).isEmpty();
    }
}
