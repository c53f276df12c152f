package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

class FleetTest {
    private static final Instant NOW = Instant.parse("2026-11-24T22:00:00Z");

    /// A clock that a test moves.
    private static final class Hands implements InstantSource {
        private Instant now = NOW;

        void forward(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private static FleetOptions young() {
        return FleetOptions.defaults().withBackstory(Duration.ofSeconds(20));
    }

    private static byte[] scrape(Fleet fleet, FleetTarget target) {
        return fleet.exposition(target.path()).orElseThrow();
    }

    @Test
    void sameSeedSameBytesAtTheSameTimeWhoeverAsksHowOften() {
        var clockOfOne = new Hands();
        var one = new Fleet(young(), clockOfOne);
        var clockOfOther = new Hands();
        var other = new Fleet(young(), clockOfOther);
        for (int i = 0; i < 30; i++) {
            clockOfOne.forward(Duration.ofMillis(777));
            scrape(one, one.targets().get(i % one.targets().size()));
        }
        clockOfOther.forward(Duration.ofMillis(30 * 777));
        for (var target : one.targets()) {
            assertThat(scrape(one, target)).isEqualTo(scrape(other, target));
        }
    }

    @Test
    void anotherSeedIsAnotherFleet() {
        var one = new Fleet(young(), new Hands());
        var other = new Fleet(young().withSeed(7), new Hands());
        var target = one.targets().getFirst();
        assertThat(scrape(one, target)).isNotEqualTo(scrape(other, target));
    }

    @Test
    void hasSixReplicasAndTwoOfEachExporterOnSixteenGpus() throws Exception {
        var fleet = new Fleet(young(), new Hands());
        var jobs = new TreeMap<String, Integer>();
        fleet.targets().forEach(target -> jobs.merge(target.job(), 1, Integer::sum));
        assertThat(jobs)
                .isEqualTo(Map.of("vllm", 6, "dcgm", 2, "node", 2, "kube-state-metrics", 1));
        var pods = new HashMap<String, Integer>();
        var uuids = new HashSet<String>();
        for (var target : fleet.targets()) {
            if (target.job().equals("dcgm")) {
                samples(scrape(fleet, target))
                        .forEach((labels, value) -> {
                            if (labels.metricName().equals("DCGM_FI_DEV_GPU_UTIL")) {
                                pods.merge(labels.get("pod"), 1, Integer::sum);
                                uuids.add(labels.get("UUID"));
                            }
                        });
            }
        }
        assertThat(uuids).hasSize(16);
        var replicas =
                fleet.targets().stream()
                        .filter(target -> target.job().equals("vllm"))
                        .map(target -> target.labels().get("pod"))
                        .toList();
        assertThat(pods.keySet())
                .as("GPUs join replicas by pod")
                .isEqualTo(new HashSet<>(replicas));
        assertThat(pods.values()).allMatch(count -> count == 2 || count == 4);
    }

    @Test
    void everyExpositionReadsBackWithoutASeriesGivenTwice() throws Exception {
        var fleet = new Fleet(young(), new Hands());
        for (var target : fleet.targets()) {
            var samples = samples(scrape(fleet, target));
            assertThat(samples.size()).isGreaterThan(150);
            assertThat(samples.values()).as(target.path()).noneMatch(value -> value.isNaN());
        }
    }

    private static Map<Labels, Double> samples(byte[] text) throws Exception {
        var samples = new HashMap<Labels, Double>();
        var exposition = new Exposition();
        exposition.reset(
                Format.ofContentType(Format.TEXT_CONTENT_TYPE).orElseThrow(), text, text.length);
        for (var entry = exposition.next();
                entry != Exposition.Entry.END;
                entry = exposition.next()) {
            if (entry == Exposition.Entry.SERIES) {
                assertThat(samples.put(exposition.labels(), exposition.value()))
                        .as("%s is given twice", exposition.series())
                        .isNull();
            }
        }
        return samples;
    }

    @Test
    void promtoolFindsNothingButStyleToSay() throws Exception {
        var promtool = Path.of("/usr/bin/promtool");
        Assumptions.assumeTrue(
                Files.isExecutable(promtool),
                "promtool is absent: apt-get install prometheus gives it");
        var fleet = new Fleet(young(), new Hands());
        for (var target : fleet.targets()) {
            var file = Files.createTempFile("exposition", ".prom");
            var said = Files.createTempFile("promtool", ".txt");
            Files.write(file, scrape(fleet, target));
            var process =
                    new ProcessBuilder(promtool.toString(), "check", "metrics")
                            .redirectInput(file.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(said.toFile())
                            .start();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            // 3: it read everything, and dislikes names that real exporters have.
            assertThat(process.exitValue())
                    .as("%s: %s", target.path(), Files.readString(said))
                    .isIn(0, 3);
            Files.delete(file);
            Files.delete(said);
        }
    }

    @Test
    void countersNeverFall() throws Exception {
        var clock = new Hands();
        var fleet =
                new Fleet(
                        young().withTimetable(Fault.timetable("kv-cache-thrash thermal-throttle")),
                        clock);
        var target = fleet.targets();
        var before = new HashMap<String, Map<Labels, Double>>();
        for (int round = 0; round < 12; round++) {
            clock.forward(Duration.ofSeconds(5));
            for (var each : target) {
                var now = samples(scrape(fleet, each));
                before.getOrDefault(each.path(), Map.of())
                        .forEach((labels, value) -> {
                            var name = labels.metricName();
                            boolean grows =
                                    name.endsWith("_total")
                                            || name.endsWith("_bucket")
                                            || name.endsWith("_count")
                                            || name.endsWith("_sum")
                                            || name.endsWith("VIOLATION")
                                            || name.endsWith("ENERGY_CONSUMPTION");
                            if (grows) {
                                assertThat(now.get(labels))
                                        .as("%s", labels)
                                        .isGreaterThanOrEqualTo(value);
                            }
                        });
                before.put(each.path(), now);
            }
        }
    }

    @Test
    void historyIsWhatScrapesWouldHaveSeen() throws Exception {
        var options = FleetOptions.defaults().withBackstory(Duration.ofMinutes(2));
        var seen = new HashMap<String, TreeMap<Long, byte[]>>();
        new Fleet(options, new Hands())
                .history(
                        15_000,
                        (expositions, time) ->
                                expositions.forEach((target, body) ->
                                        seen.computeIfAbsent(target.path(), key -> new TreeMap<>())
                                                .put(time, body)));

        // The same fleet, scraped 45 seconds after it began.
        var clock = new Hands();
        var fleet = new Fleet(options, clock);
        clock.forward(Duration.ofSeconds(-75));
        for (var target : fleet.targets()) {
            assertThat(seen.get(target.path()))
                    .hasSize(8)
                    .containsEntry(clock.millis(), scrape(fleet, target));
        }
        assertThat(seen).hasSameSizeAs(fleet.targets());
    }

    @Test
    void aLongSleepIsSkippedNotSimulated() {
        var clock = new Hands();
        var fleet = new Fleet(young(), clock);
        var node = fleet.targets().get(9);
        assertThat(node.job()).isEqualTo("node");
        scrape(fleet, node);
        clock.forward(Duration.ofDays(300));
        assertThat(new String(scrape(fleet, node), StandardCharsets.UTF_8))
                .contains("node_time_seconds " + NumberStyle.GO.text(clock.millis() / 1000.0));
    }

    @Test
    void scrapeConfigLeadsEveryAddressToThePortThatListens() {
        var text = new Fleet(young(), new Hands()).scrapeConfig("127.0.0.1:9191", "5s");
        assertThat(text)
                .contains("job_name: vllm", "job_name: dcgm", "job_name: node")
                .contains("targets: [\"10.0.12.11:9400\"]")
                .contains("replacement: /vllm/$1/metrics")
                .contains("replacement: /kube-state-metrics/cluster/metrics")
                .contains("replacement: \"127.0.0.1:9191\"")
                .contains("pod: vllm-llama-70b-0");
    }

    @Test
    void refusesAFaultItDoesNotKnowAndSaysWhatItKnows() {
        var fleet = new Fleet(young(), new Hands());
        assertThatThrownBy(() -> fleet.inject(Fault.parse("gremlins")))
                .hasMessage(
                        "there is no fault \"gremlins\": choose one of [kv-cache-thrash,"
                                + " thermal-throttle, bursty-queue]");
        assertThatThrownBy(() -> fleet.inject(Fault.parse("bursty-queue:modell=x")))
                .hasMessage("bursty-queue has no parameter [modell]: it knows [model, severity]");
        assertThatThrownBy(() -> fleet.inject(Fault.parse("bursty-queue:model=x")))
                .hasMessage("there is no model \"x\": choose one of [llama-3.3-70b, qwen3-32b]");
        assertThatThrownBy(() -> fleet.inject(Fault.parse("thermal-throttle:gpu=9")))
                .hasMessage("there is no GPU \"9\" on gpu-node-2: choose 0 to 7");
        assertThatThrownBy(() -> fleet.inject(Fault.parse("thermal-throttle:severity=lots")))
                .hasMessageContaining("choose more than 0 and at most 1");
    }

    @Test
    void aFaultHasItsTruthFromPlanToEnd() {
        var clock = new Hands();
        var fleet =
                new Fleet(
                        young().withTimetable(
                                        List.of(Fault.parse("thermal-throttle@10s+20s:gpu=3"))),
                        clock);
        assertThat(fleet.faults().getFirst().state()).isEqualTo(FaultTruth.State.PLANNED);
        clock.forward(Duration.ofSeconds(11));
        var active = fleet.faults().getFirst();
        assertThat(active.state()).isEqualTo(FaultTruth.State.ACTIVE);
        assertThat(active.from()).isEqualTo(NOW.plusSeconds(10));
        assertThat(active.until()).isEqualTo(NOW.plusSeconds(30));
        assertThat(active.where())
                .isEqualTo(Map.of("node", "gpu-node-2", "gpu", "3", "pod", "vllm-llama-70b-1"));
        assertThat(fleet.clear(active.id())).isTrue();
        assertThat(fleet.clear(active.id())).isFalse();
        var over = fleet.faults().getFirst();
        assertThat(over.state()).isEqualTo(FaultTruth.State.OVER);
        assertThat(over.until()).isEqualTo(NOW.plusSeconds(11));

        var now = fleet.inject(Fault.parse("bursty-queue+1m:model=qwen3-32b"));
        assertThat(now.state()).isEqualTo(FaultTruth.State.ACTIVE);
        assertThat(now.id()).isEqualTo("bursty-queue-2");
    }
}
