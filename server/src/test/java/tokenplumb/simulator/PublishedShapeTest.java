package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import java.util.List;

/// The model beside measurements that others have published. It was not fitted to them: its
/// constants are data sheets and efficiencies (docs/simulator.md), so they are judges, within what
/// such a model can know.
class PublishedShapeTest {
    private static final GpuKind A100_40GB =
            new GpuKind(
                    "NVIDIA A100-SXM4-40GB",
                    42.3e9,
                    0.5e9,
                    312e12,
                    1.555e12,
                    300e9,
                    1410,
                    210,
                    1215,
                    900,
                    400,
                    50,
                    85,
                    92);
    private static final ServedModel LLAMA_8B =
            new ServedModel(
                    "llama-3.1-8b",
                    "llama",
                    8.03e9,
                    32,
                    4096,
                    32,
                    8,
                    128,
                    1,
                    32768,
                    256,
                    8192,
                    0.92);

    private static double stepSeconds(GpuKind gpu, int sequences, int context) {
        var cost = new StepCost(LLAMA_8B, gpu);
        cost.reset();
        for (int i = 0; i < sequences; i++) {
            cost.add(context, 1);
        }
        cost.compute(gpu.maxClock());
        return cost.seconds;
    }

    /// Llama 3.1 8B, 16-bit, one H100 80GB HBM3, vLLM 0.21: TPOT 6.48 ms at concurrency 1 and 6.59
    /// ms at 4 (yobitelcomm.github.io/bench/recipes/concurrency-sweep, 2026-05-16).
    @Test
    void decodesOnAnH100AsMeasured() {
        assertThat(stepSeconds(GpuKind.h100(), 1, 300) * 1000).isCloseTo(6.48, within(0.8));
        assertThat(stepSeconds(GpuKind.h100(), 4, 300) * 1000).isCloseTo(6.59, within(0.8));
    }

    /// The same model on one A100 40GB, vLLM 0.23: about 75 tokens/s for one request
    /// (johnmusgrave.com/p/vllm-throughput-latency-sweep-on).
    @Test
    void decodesOnAnA100AsMeasured() {
        assertThat(1 / stepSeconds(A100_40GB, 1, 1100)).isCloseTo(75, within(7.5));
    }

    /// From the same sweep (1024 tokens in, 128 out): 6.6 times the throughput of one request at
    /// concurrency 8 with almost no cost in latency; past that the curve bends and the tail of the
    /// latency rises steeply.
    @Test
    void batchingIsNearlyFreeUpToEightAndThenBends() {
        var one = sweep(1);
        var eight = sweep(8);
        var sixtyFour = sweep(64);
        assertThat(eight.tokensPerSecond / one.tokensPerSecond).isBetween(5.0, 8.0);
        assertThat(eight.secondsPerToken).isLessThan(1.5 * one.secondsPerToken);
        assertThat(sixtyFour.tokensPerSecond).isGreaterThan(1.3 * eight.tokensPerSecond);
        assertThat(sixtyFour.tokensPerSecond).isLessThan(5 * eight.tokensPerSecond);
        assertThat(sixtyFour.secondsPerToken).isGreaterThan(2 * eight.secondsPerToken);
        assertThat(sixtyFour.firstToken).isGreaterThan(2 * eight.firstToken);
    }

    private record Point(double tokensPerSecond, double secondsPerToken, double firstToken) {}

    /// Clients that each ask again as soon as they are answered.
    private static Point sweep(int clients) {
        var agenda = new Agenda();
        var activity = new Activity();
        var draws = new Draws(clients);
        var gpu = new Gpu(A100_40GB, 0, "GPU-0", "0", 0, activity, draws);
        var replica =
                new Replica(
                        LLAMA_8B, "pod", "address", List.of(gpu), activity, agenda, new Draws(1));
        for (int i = 0; i < clients; i++) {
            ask(replica, agenda, draws);
        }
        agenda.advanceTo(120 * Agenda.SECOND);
        var meters = replica.meters;
        return new Point(
                meters.generationTokens / 120.0,
                meters.perOutputToken.sum() / meters.perOutputToken.count(),
                meters.firstToken.sum() / meters.firstToken.count());
    }

    private static void ask(Replica replica, Agenda agenda, Draws draws) {
        var content = new Request.Content(new long[] {draws.bits()}, new int[0]);
        replica.submit(
                new Request(
                        "bench",
                        content,
                        1024,
                        128,
                        128,
                        agenda.now(),
                        (request, end) -> ask(replica, agenda, draws)));
    }
}
