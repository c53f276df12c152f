package tokenplumb.simulator;

/// How long one engine step takes, and what it asks of each GPU: a roofline.
///
/// Matrix products read all weights once and do two FLOP for each parameter and token; attention
/// reads the keys and values of every sequence in decode, and multiplies a prompt chunk with all
/// that stands before it; two all-reduces for each layer join a tensor-parallel group; the CPU
/// schedules and samples between two steps. The slowest GPU of the group sets the pace. Equations
/// and sources: `docs/simulator.md`.
final class StepCost {
    private static final double GEMM_EFFICIENCY = 0.62; // of peak FLOP/s, large batches
    private static final double PREFILL_ATTENTION_EFFICIENCY = 0.45;
    private static final double WEIGHT_READ_EFFICIENCY = 0.80; // of peak bandwidth
    private static final double KV_READ_EFFICIENCY = 0.72;
    private static final double LINK_EFFICIENCY = 0.75;
    private static final double ALL_REDUCE_LATENCY = 6e-6; // for two GPUs; more below
    private static final double CPU_SECONDS_PER_STEP = 0.9e-3;
    private static final double CPU_SECONDS_PER_SEQUENCE = 7e-6;

    private final ServedModel model;
    private final GpuKind gpu;

    // What is in the step.
    private int tokens;
    private int sequences;
    private double kvTokensRead;
    private double prefillProducts; // tokens times the tokens they attend to

    // The result, until the next reset.
    double seconds;
    double busy;
    double tensor;
    double dram;
    double linkBytesPerSecond;
    double pcieBytesPerSecond;

    StepCost(ServedModel model, GpuKind gpu) {
        this.model = model;
        this.gpu = gpu;
    }

    void reset() {
        tokens = 0;
        sequences = 0;
        kvTokensRead = 0;
        prefillProducts = 0;
    }

    /// One sequence with `computed` tokens in the cache computes `count` more.
    void add(int computed, int count) {
        tokens += count;
        sequences++;
        kvTokensRead += computed + count;
        if (count > 1) {
            prefillProducts += count * (computed + count / 2.0);
        }
    }

    int tokens() {
        return tokens;
    }

    /// Fills in the result for a group whose slowest GPU runs at `clock` MHz.
    void compute(double clock) {
        int group = model.tensorParallel();
        double speed = clock / gpu.maxClock();
        double bandwidth = gpu.memoryBandwidth() * Math.min(1, clock / gpu.kneeClock());
        double flops = gpu.peakFlops() * speed;

        double gemmFlops = 2 * model.parameters() / group * tokens;
        double weightBytes = model.weightBytesPerGpu();
        double gemm =
                smoothMax(
                        gemmFlops / (flops * GEMM_EFFICIENCY),
                        weightBytes / (bandwidth * WEIGHT_READ_EFFICIENCY));

        double kvBytes = kvTokensRead * model.kvBytesPerToken();
        double attentionFlops =
                4.0 * model.layers() * model.heads() * model.headSize() / group * prefillProducts;
        double attention =
                kvBytes / (bandwidth * KV_READ_EFFICIENCY)
                        + attentionFlops / (flops * PREFILL_ATTENTION_EFFICIENCY);

        double reduced = 2.0 * (group - 1) / group * tokens * model.hidden() * 2;
        double reductions = 2.0 * model.layers();
        double latency = ALL_REDUCE_LATENCY * (1 + 0.25 * (group - 2)) * (0.5 + 0.5 / speed);
        double link =
                group == 1
                        ? 0
                        : reductions
                                * (latency + reduced / (gpu.linkBandwidth() * LINK_EFFICIENCY));

        double onGpu = gemm + attention + link;
        double onCpu = CPU_SECONDS_PER_STEP + CPU_SECONDS_PER_SEQUENCE * sequences;
        seconds = onGpu + onCpu;
        busy = onGpu / seconds;
        tensor = Math.min(0.95, (gemmFlops + attentionFlops) / (flops * seconds));
        double activationBytes = 12.0 * model.layers() * model.hidden() * 2 / group * tokens;
        dram =
                Math.min(
                        0.95,
                        (weightBytes + kvBytes + activationBytes)
                                / (gpu.memoryBandwidth() * seconds));
        linkBytesPerSecond = group == 1 ? 0 : reductions * reduced / seconds;
        pcieBytesPerSecond = (40_000 + 900.0 * tokens) / seconds;
    }

    private static double smoothMax(double a, double b) {
        double a2 = a * a;
        double b2 = b * b;
        return Math.sqrt(Math.sqrt(a2 * a2 + b2 * b2));
    }
}
