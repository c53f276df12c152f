package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// A metric that is renamed, twice exposed, renamed back and interrupted stays one series.
class StitchedTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private static final Labels TARGET = Labels.of("instance", "a:8000", "job", "vllm");

    /// What the engine exposes at one scrape.
    private enum Exposes {
        OLD,
        BOTH,
        NEW,
        NOTHING
    }

    private record Names(String oldName, String newName, String canonical) {}

    private static final List<Names> RENAMED =
            List.of(
                    new Names(
                            "vllm:gpu_cache_usage_perc",
                            "vllm:kv_cache_usage_perc",
                            "llm_kv_cache_usage_ratio"),
                    new Names(
                            "vllm:time_per_output_token_seconds_count",
                            "vllm:inter_token_latency_seconds_count",
                            "llm_itl_seconds_count"),
                    new Names(
                            "vllm:gpu_prefix_cache_hits_total",
                            "vllm:prefix_cache_hits_total",
                            "llm_prefix_cache_hit_tokens_total"));

    @Test
    void isOneSeriesWithoutGapOrOverlapWhateverTheEngineExposes() {
        Seeds.forEach(
                300,
                random -> {
                    var names = RENAMED.get(random.nextInt(RENAMED.size()));
                    var store = new FakeStore();
                    var expected = fill(store, names, random);
                    var views = new Views(store, CATALOG).querier();
                    long last = 15_000L * 60;
                    for (int i = 0; i < 5; i++) {
                        long from = random.nextLong(-60_000, last);
                        long to = from + random.nextLong(last);
                        assertThat(read(views, names.canonical(), from, to))
                                .as("%s from %d to %d", names.canonical(), from, to)
                                .isEqualTo(inRange(expected, from, to));
                        assertThat(read(views, names.newName(), from, to))
                                .as("%s from %d to %d", names.newName(), from, to)
                                .isEqualTo(inRange(expected, from, to));
                    }
                });
    }

    /// Sixty scrapes in phases, with resets of the counter; what a reader must see.
    private static Map<Long, Double> fill(FakeStore store, Names names, Random random) {
        var expected = new TreeMap<Long, Double>();
        double value = 0;
        boolean wasThere = false;
        int scrape = 0;
        while (scrape < 60) {
            var phase = Exposes.values()[random.nextInt(4)];
            int length = 1 + random.nextInt(12);
            if (random.nextBoolean()) {
                value = 0; // a restart
            }
            for (int i = 0; i < length && scrape < 60; i++, scrape++) {
                long time = scrape * 15_000L;
                value += random.nextInt(10);
                store.scrape(time, TARGET, exposed(phase, names, value));
                if (phase != Exposes.NOTHING) {
                    expected.put(time, value);
                } else if (wasThere) {
                    expected.put(time, StaleMarker.VALUE);
                }
                wasThere = phase != Exposes.NOTHING;
            }
        }
        return expected;
    }

    private static Map<Labels, Double> exposed(Exposes phase, Names names, double value) {
        var exposed = new HashMap<Labels, Double>();
        if (phase == Exposes.OLD || phase == Exposes.BOTH) {
            // V0 has no label for the rank.
            exposed.put(Labels.of("__name__", names.oldName(), "model_name", "m"), value);
        }
        if (phase == Exposes.NEW || phase == Exposes.BOTH) {
            exposed.put(
                    Labels.of("__name__", names.newName(), "model_name", "m", "engine", "0"),
                    value);
        }
        return exposed;
    }

    private static List<String> inRange(Map<Long, Double> expected, long from, long to) {
        var lines = new ArrayList<String>();
        expected.forEach((time, value) -> {
            if (time >= from && time <= to) {
                lines.add(time + ":" + (StaleMarker.is(value) ? "stale" : value));
            }
        });
        return lines;
    }

    private static List<String> read(
            tokenplumb.storage.Querier views, String name, long from, long to) {
        var found = views.select(from, to, List.of(Matcher.equal(Labels.NAME, name)));
        assertThat(found).hasSizeLessThanOrEqualTo(1);
        var lines = new ArrayList<String>();
        for (var series : found) {
            var samples = new Samples();
            series.read(from, to, samples);
            for (int i = 0; i < samples.size(); i++) {
                double value = samples.value(i);
                lines.add(samples.time(i) + ":" + (StaleMarker.is(value) ? "stale" : value));
            }
        }
        return lines;
    }

    @Test
    void theOldNameIsSilentEvenBetweenTheScrapesOfTheNew() {
        var store = new FakeStore();
        for (int i = 0; i < 4; i++) {
            store.add(i * 15_000L, i, "__name__", "vllm:kv_cache_usage_perc", "model_name", "m");
            store.add(
                    i * 15_000L + 7000,
                    100,
                    "__name__",
                    "vllm:gpu_cache_usage_perc",
                    "model_name",
                    "m");
        }

        assertThat(
                        FakeStore.dump(
                                new Views(store, CATALOG).querier(),
                                0,
                                60_000,
                                Matcher.equal(Labels.NAME, "llm_kv_cache_usage_ratio")))
                .containsExactly(
                        "llm_kv_cache_usage_ratio{dp_rank=\"0\", engine=\"vllm\", model=\"m\"}"
                                + " 0:0 15000:1 30000:2 45000:3");
    }

    @Test
    void processesOfOneEngineAreToldOnce() {
        var store = new FakeStore();
        for (var pid : List.of("11", "12")) {
            store.add(
                    0,
                    pid.equals("11") ? 0.25 : 0.5,
                    "__name__",
                    "vllm:kv_cache_usage_perc",
                    "model_name",
                    "m",
                    "engine",
                    "0",
                    "pid",
                    pid);
        }

        assertThat(
                        FakeStore.dump(
                                new Views(store, CATALOG).querier(),
                                0,
                                1,
                                Matcher.equal(Labels.NAME, "llm_kv_cache_usage_ratio")))
                .containsExactly(
                        "llm_kv_cache_usage_ratio{dp_rank=\"0\", engine=\"vllm\", model=\"m\"}"
                                + " 0:0.5");
    }
}
