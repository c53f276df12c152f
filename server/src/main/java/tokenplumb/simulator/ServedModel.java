package tokenplumb.simulator;

/// A model and how it is served: its shape, and the engine's flags that matter here. Weights and KV
/// cache are 16-bit.
record ServedModel(
        String name,
        String podName,
        double parameters,
        int layers,
        int hidden,
        int heads,
        int kvHeads,
        int headSize,
        int tensorParallel,
        int maxModelLength,
        int maxSequences,
        int maxBatchedTokens,
        double gpuMemoryUtilization) {

    private static final double BYTES = 2;

    /// Activations, CUDA graphs and NCCL buffers on each GPU, as vLLM's profiling run leaves aside.
    private static final double OTHER_BYTES_PER_GPU = 4.5e9;

    /// Meta's Llama 3.3 70B on four GPUs.
    static ServedModel llama70b() {
        return new ServedModel(
                "llama-3.3-70b",
                "vllm-llama-70b",
                70.6e9,
                80,
                8192,
                64,
                8,
                128,
                4,
                131072,
                256,
                8192,
                0.92);
    }

    /// Alibaba's Qwen3 32B on two GPUs.
    static ServedModel qwen32b() {
        return new ServedModel(
                "qwen3-32b",
                "vllm-qwen-32b",
                32.8e9,
                64,
                5120,
                64,
                8,
                128,
                2,
                40960,
                256,
                8192,
                0.92);
    }

    double weightBytesPerGpu() {
        return parameters * BYTES / tensorParallel;
    }

    /// Key and value of one token in all layers, on each GPU.
    double kvBytesPerToken() {
        return 2.0 * layers * kvHeads * headSize * BYTES / tensorParallel;
    }

    /// How many blocks the engine finds room for when it starts.
    int kvBlocks(GpuKind gpu) {
        double room =
                gpu.memoryBytes() * gpuMemoryUtilization
                        - weightBytesPerGpu()
                        - OTHER_BYTES_PER_GPU;
        return (int) (room / (kvBytesPerToken() * BlockPool.TOKENS));
    }

    /// Memory that one of its GPUs shows as used: vLLM takes its whole share when it starts.
    double usedBytesPerGpu(GpuKind gpu) {
        return gpu.memoryBytes() * gpuMemoryUtilization + 0.9e9; // and the CUDA contexts outside it
    }
}
