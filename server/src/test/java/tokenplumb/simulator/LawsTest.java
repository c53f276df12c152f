package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.util.HashSet;

/// What must hold at every moment, whatever happens to the fleet.
class LawsTest {
    private static final long START = 1_795_000_000_000L;

    /// A world in trouble: little cooling, floods, and more load than it can bear.
    private static World troubled(long seed) {
        var world = new World(seed, START, 1 + seed % 3);
        var faults = new Faults(world);
        faults.order(Fault.parse("kv-cache-thrash@20s+90s"), 0);
        faults.order(Fault.parse("thermal-throttle@40s+2m:severity=1"), 0);
        faults.order(Fault.parse("bursty-queue@10s+3m:model=qwen3-32b"), 0);
        return world;
    }

    @Test
    void requestsTokensAndBlocksAreConserved() {
        Seeds.forEach(
                3,
                random -> {
                    var world = troubled(random.nextInt(1000));
                    for (int second = 7; second < 240; second += 7) {
                        world.agenda.advanceTo(second * Agenda.SECOND);
                        world.replicas().forEach(LawsTest::checkConservation);
                    }
                    assertThat(
                                    world.replicas().stream()
                                            .mapToLong(replica -> replica.meters.preemptions)
                                            .sum())
                            .as("the trouble is real")
                            .isPositive();
                });
    }

    private static void checkConservation(Replica replica) {
        var meters = replica.meters;
        long over = meters.stopped + meters.cutOff + meters.aborted;
        assertThat(over + replica.outstanding())
                .as("requests taken = requests over + requests inside")
                .isEqualTo(meters.accepted);

        long inside = 0;
        var blocks = new HashSet<Integer>();
        for (var request : replica.insideRequests()) {
            inside += request.generated;
            for (int i = 0; i < request.blockCount; i++) {
                blocks.add(request.blocks[i]);
            }
            assertThat(request.blockCount * BlockPool.TOKENS)
                    .as("a sequence has room for all it has computed")
                    .isGreaterThanOrEqualTo(request.computed);
        }
        assertThat(meters.tokensOfEnded + inside)
                .as("tokens generated = tokens of ended requests + tokens of those inside")
                .isEqualTo(meters.generationTokens);
        assertThat(replica.cache.countUsed())
                .as("used blocks are exactly those that a request holds")
                .isEqualTo(blocks.size());
        assertThat(replica.cache.countUsed() + replica.cache.free())
                .isEqualTo(replica.cache.size());
        assertThat(replica.running()).isLessThanOrEqualTo(replica.model.maxSequences());
        assertThat(meters.prefixHits).isLessThanOrEqualTo(meters.prefixQueries);
        assertThat(meters.promptTokensCached).isLessThanOrEqualTo(meters.promptTokens);
        assertThat(meters.requestGenerationTokens.count())
                .as("one observation for each request that ended by itself")
                .isEqualTo(meters.stopped + meters.cutOff);
    }

    @Test
    void littlesLawHolds() {
        var world = new World(5, START, 1);
        int seconds = 900;
        world.agenda.advanceTo(seconds * Agenda.SECOND);
        for (var replica : world.replicas()) {
            replica.count();
            var meters = replica.meters;
            double staySoFar = meters.residence;
            for (var request : replica.insideRequests()) {
                staySoFar += seconds - Agenda.seconds(request.queuedAt);
            }
            assertThat(meters.requestSeconds)
                    .as("requests inside, over time = the time all have spent in %s", replica.pod)
                    .isCloseTo(staySoFar, within(1e-6 * staySoFar));

            // And as a law of averages, by what a scrape shows.
            double inside = meters.requestSeconds / seconds;
            double arrivals = meters.endToEnd.count() / (double) seconds;
            double stay = meters.endToEnd.sum() / meters.endToEnd.count();
            assertThat(arrivals * stay).isCloseTo(inside, within(0.15 * inside + 0.5));
        }
    }

    @Test
    void theSumOfPhasesIsTheWhole() {
        var world = new World(11, START, 1);
        world.agenda.advanceTo(600 * Agenda.SECOND);
        for (var replica : world.replicas()) {
            var meters = replica.meters;
            assertThat(meters.prefill.sum() + meters.decode.sum())
                    .as("prefill + decode = inference")
                    .isCloseTo(meters.inference.sum(), within(1e-6 * meters.inference.sum()));
            assertThat(meters.queue.sum() + meters.inference.sum())
                    .as("queue + inference is less than end to end: tokenising comes before")
                    .isLessThan(meters.endToEnd.sum());
            assertThat(meters.generationTokens - meters.interToken.count())
                    .as("every token but a request's first has one gap before it")
                    .isEqualTo(meters.firstToken.count());
            assertThat((double) meters.promptTokens - meters.promptTokensCached)
                    .as("every computed prompt token was in a step")
                    .isEqualTo(meters.iterationTokens.sum() - meters.generationTokens);
        }
    }

    @Test
    void energyIsTheIntegralOfPower() {
        var world = troubled(3);
        var gpus = world.hosts.stream().flatMap(host -> host.gpus.stream()).toList();
        world.agenda.advanceTo(Gpu.TICK);
        double[] first = gpus.stream().mapToDouble(Gpu::joules).toArray();
        double[] sum = new double[gpus.size()];
        for (int tick = 2; tick <= 800; tick++) {
            world.agenda.advanceTo(tick * Gpu.TICK);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += gpus.get(i).watts() * Agenda.seconds(Gpu.TICK);
            }
        }
        for (int i = 0; i < sum.length; i++) {
            assertThat(gpus.get(i).joules() - first[i]).isCloseTo(sum[i], within(0.5));
        }
    }

    @Test
    void gpusStayWithinWhatTheyCan() {
        var world = troubled(8);
        for (int second = 1; second < 150; second++) {
            world.agenda.advanceTo(second * Agenda.SECOND);
            for (var host : world.hosts) {
                for (var gpu : host.gpus) {
                    assertThat(gpu.clock()).isBetween(345.0, 1980.0);
                    assertThat(gpu.clock() % 15).isZero();
                    assertThat(gpu.watts()).isBetween(65.0, 800.0);
                    assertThat(gpu.temperature()).isBetween(22.0, 95.0);
                    assertThat(gpu.sample().busy()).isBetween(0.0, 1.0);
                    assertThat(gpu.sample().tensor()).isBetween(0.0, 1.0);
                    assertThat(gpu.sample().dram()).isBetween(0.0, 1.0);
                }
            }
        }
    }

    @Test
    void everyCpuSpendsExactlyTheTimeThatPasses() {
        var world = new World(1, START, 1.5);
        var host = world.hosts.getFirst();
        double[] before = new double[Host.CPUS];
        world.agenda.advanceTo(10 * Agenda.SECOND);
        for (int cpu = 0; cpu < Host.CPUS; cpu++) {
            before[cpu] = total(host, cpu);
        }
        world.agenda.advanceTo(110 * Agenda.SECOND);
        for (int cpu = 0; cpu < Host.CPUS; cpu++) {
            assertThat(total(host, cpu) - before[cpu]).isCloseTo(100, within(1e-3));
        }
    }

    private static double total(Host host, int cpu) {
        double sum = 0;
        for (int mode = 0; mode < Host.MODES.size(); mode++) {
            sum += host.cpuSeconds(cpu, mode);
        }
        return sum;
    }
}
