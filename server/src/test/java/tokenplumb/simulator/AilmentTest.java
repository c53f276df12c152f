package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/// What each fault does to the fleet, and that it passes. Nothing here is told to the model.
class AilmentTest {
    private static final long START = 1_795_000_000_000L;

    /// A world that has settled, with a fault ordered for now.
    private static World with(String fault, long seed) {
        var world = new World(seed, START, 1);
        world.agenda.advanceTo(240 * Agenda.SECOND);
        if (!fault.isEmpty()) {
            new Faults(world).order(Fault.parse(fault), world.agenda.now());
        }
        return world;
    }

    private static void run(World world, int seconds) {
        world.agenda.advanceTo(world.agenda.now() + seconds * Agenda.SECOND);
    }

    private static List<Replica> replicas(World world, int service) {
        return world.services.get(service).replicas();
    }

    private static double mean(Tally tally, double sumBefore, long countBefore) {
        return (tally.sum() - sumBefore) / Math.max(1, tally.count() - countBefore);
    }

    @Test
    void kvCacheThrashFillsBlocksPreemptsAndMakesOthersWaitWhileGpusStayBusy() {
        var world = with("kv-cache-thrash+5m", 21);
        var sick = replicas(world, 0).getFirst();
        var well = replicas(world, 1).getFirst();
        double firstTokenSum = sick.meters.firstToken.sum();
        long firstTokens = sick.meters.firstToken.count();
        double healthy = firstTokenSum / firstTokens;
        long preempted = sick.meters.preemptions;
        run(world, 180);
        double busySeen = sick.activity.busySeconds;
        double full = 0;
        for (int second = 0; second < 60; second++) {
            run(world, 1);
            full += sick.cache.usage() / 60;
        }
        assertThat(full).isGreaterThan(0.95);
        assertThat(sick.waiting()).isGreaterThan(20);
        assertThat(sick.meters.preemptions).isGreaterThan(preempted);
        assertThat(mean(sick.meters.firstToken, firstTokenSum, firstTokens))
                .isGreaterThan(10 * healthy);
        assertThat(sick.activity.busySeconds - busySeen)
                .as("busy seconds in a minute")
                .isGreaterThan(55);
        assertThat(well.cache.usage()).as("the other model").isLessThan(0.6);
        assertThat(well.waiting()).isLessThan(10);

        run(world, 60 + 150); // the tenant hangs up, and those who waited are served
        assertThat(sick.waiting()).isLessThan(10);
        assertThat(sick.cache.usage()).isLessThan(0.85);
        long after = sick.meters.preemptions;
        run(world, 60);
        assertThat(sick.meters.preemptions).isEqualTo(after);
    }

    @Test
    void thermalThrottleHeatsLowersClockAndPowerAndStretchesEveryToken() {
        var world = with("", 22);
        var hot = world.hosts.get(1);
        var sick = hot.replicas.getFirst();
        double power = meanWatts(world, hot, 60);
        double gap = sick.meters.interToken.sum() / sick.meters.interToken.count();
        new Faults(world)
                .order(
                        Fault.parse("thermal-throttle+4m:node=gpu-node-2,severity=1"),
                        world.agenda.now());
        run(world, 120);
        double gaps = sick.meters.interToken.sum();
        long count = sick.meters.interToken.count();
        double throttled = hot.gpus.getFirst().thermalSeconds();
        double powerThen = meanWatts(world, hot, 60);
        for (var gpu : hot.gpus) {
            assertThat(gpu.temperature()).isBetween(80.0, 90.0);
            assertThat(gpu.memoryTemperature()).isGreaterThan(75);
            assertThat(gpu.clock()).isLessThan(1500);
            assertThat(gpu.reasons() & Gpu.REASON_SW_THERMAL).isNotZero();
        }
        assertThat(hot.gpus.getFirst().thermalSeconds() - throttled).isGreaterThan(50);
        assertThat(powerThen).isLessThan(0.85 * power);
        assertThat(mean(sick.meters.interToken, gaps, count)).isGreaterThan(1.2 * gap);
        for (var gpu : world.hosts.getFirst().gpus) {
            assertThat(gpu.temperature()).as("the other node").isLessThan(70);
            assertThat(gpu.thermalSeconds()).isZero();
        }

        run(world, 60 + 120);
        for (var gpu : hot.gpus) {
            assertThat(gpu.temperature()).isLessThan(70);
            assertThat(gpu.clock()).isGreaterThan(1800);
        }
    }

    private static double meanWatts(World world, Host host, int seconds) {
        double sum = 0;
        for (var gpu : host.gpus) {
            sum -= gpu.joules();
        }
        run(world, seconds);
        for (var gpu : host.gpus) {
            sum += gpu.joules();
        }
        return sum / seconds / host.gpus.size();
    }

    @Test
    void oneHotGpuSlowsItsWholeTensorParallelGroup() {
        var world = with("thermal-throttle+5m:node=gpu-node-1,gpu=2,severity=1", 23);
        run(world, 150);
        var group = world.hosts.getFirst().replicas.getFirst();
        assertThat(group.gpus.get(2).clock()).isLessThan(1500);
        for (int cool : new int[] {0, 1, 3}) {
            assertThat(group.gpus.get(cool).clock()).isGreaterThan(1800);
            assertThat(group.gpus.get(cool).temperature()).isLessThan(70);
            assertThat(group.gpus.get(cool).sample().busy())
                    .as("it waits for the slow one with its kernels running")
                    .isEqualTo(group.gpus.get(2).sample().busy());
        }
    }

    @Test
    void burstyQueueExplodesTenSecondsInAHundredWithTheSameMean() {
        var world = with("bursty-queue+30m:model=llama-3.3-70b", 24);
        var steady = with("", 24);
        var waiting = new ArrayList<Integer>();
        var waitingSteady = new ArrayList<Integer>();
        for (int second = 0; second < 400; second++) {
            run(world, 1);
            run(steady, 1);
            waiting.add(total(replicas(world, 0)));
            waitingSteady.add(total(replicas(steady, 0)));
        }
        for (int wave = 0; wave < 4; wave++) {
            var calm = waiting.subList(100 * wave + 60, 100 * wave + 90);
            var flood = waiting.subList(100 * wave + 90, Math.min(400, 100 * wave + 105));
            assertThat(calm).allMatch(each -> each <= 12);
            assertThat(flood.stream().mapToInt(each -> each).max().orElseThrow()).isGreaterThan(50);
        }
        assertThat(waitingSteady.stream().mapToInt(each -> each).max().orElseThrow())
                .isLessThan(50);
        double arrivals = accepted(world);
        assertThat(arrivals)
                .as("the mean of arrivals is that of the steady twin")
                .isCloseTo(accepted(steady), within(0.15 * arrivals));
    }

    private static int total(List<Replica> replicas) {
        return replicas.stream().mapToInt(Replica::waiting).sum();
    }

    private static double accepted(World world) {
        return replicas(world, 0).stream().mapToLong(replica -> replica.meters.accepted).sum();
    }

    @Test
    void aHealthyFleetIsBusyButDoesNotSuffer() {
        for (long seed : new long[] {42, 1, 2}) {
            var world = with("", seed);
            for (var replica : world.replicas()) {
                var meters = replica.meters;
                assertThat(meters.preemptions).isZero();
                assertThat(meters.firstToken.sum() / meters.firstToken.count()).isLessThan(0.6);
                assertThat(meters.interToken.sum() / meters.interToken.count()).isLessThan(0.06);
                assertThat(replica.running()).isGreaterThan(4);
                assertThat(meters.prefixHits / (double) meters.prefixQueries).isBetween(0.2, 0.8);
            }
        }
    }
}
