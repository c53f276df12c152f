package tokenplumb.simulator;

/// What a kind of GPU can do, draw and stand. Sources in `docs/simulator.md`.
///
/// @param peakFlops dense 16-bit tensor FLOP/s at the highest clock
/// @param memoryBandwidth bytes/s
/// @param linkBandwidth NVLink, bytes/s in one direction
/// @param kneeClock MHz below which the SMs can no longer keep the memory busy
/// @param thermalLimit °C at which the driver begins to lower the clock
/// @param slowdownLimit °C at which the hardware halves it
record GpuKind(
        String modelName,
        double memoryBytes,
        double reservedBytes,
        double peakFlops,
        double memoryBandwidth,
        double linkBandwidth,
        int maxClock,
        int minClock,
        int memoryClock,
        int kneeClock,
        double powerLimit,
        double idlePower,
        double thermalLimit,
        double slowdownLimit) {

    static GpuKind h100() {
        return new GpuKind(
                "NVIDIA H100 80GB HBM3",
                85520809984.0,
                502267904.0,
                989.4e12,
                3.35e12,
                450e9,
                1980,
                345,
                2619,
                1300,
                700,
                70,
                85,
                90);
    }
}
