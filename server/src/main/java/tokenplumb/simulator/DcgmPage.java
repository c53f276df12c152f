package tokenplumb.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// The exposition of one node's DCGM exporter: its default counters, and those that people switch
/// on to see throttling, NVLink and ECC. Labels in the order of the exporter's template; a GPU that
/// a pod uses carries the pod's names.
final class DcgmPage {
    private static final String DRIVER = "550.144.03";
    private static final double MIB = 1 << 20;

    private final Page page = new Page();
    private final Host host;

    private DcgmPage(Host host) {
        this.host = host;
    }

    static Page of(Host host) {
        var text = new DcgmPage(host);
        text.clocksAndHeat();
        text.useAndErrors();
        text.memoryAndLinks();
        text.profiling();
        return text.page;
    }

    private void clocksAndHeat() {
        gauge("DEV_SM_CLOCK", "SM clock frequency (in MHz).", Gpu::clock);
        gauge("DEV_MEM_CLOCK", "Memory clock frequency (in MHz).", gpu -> gpu.kind.memoryClock());
        gauge("DEV_MEMORY_TEMP", "Memory temperature (in C).", Gpu::memoryTemperature);
        gauge("DEV_GPU_TEMP", "GPU temperature (in C).", Gpu::temperature);
        gauge(
                "DEV_SLOWDOWN_TEMP",
                "Temperature at which the hardware slows down (in C).",
                gpu -> gpu.kind.slowdownLimit());
        each(
                "DEV_POWER_MGMT_LIMIT",
                "gauge",
                "Power limit in force (in W).",
                NumberStyle.FIXED,
                gpu -> gpu.kind.powerLimit());
        each("DEV_POWER_USAGE", "gauge", "Power draw (in W).", NumberStyle.FIXED, Gpu::watts);
        counter(
                "DEV_TOTAL_ENERGY_CONSUMPTION",
                "Total energy consumption since boot (in mJ).",
                gpu -> gpu.joules() * 1000);
        counter("DEV_PCIE_REPLAY_COUNTER", "Total number of PCIe retries.", gpu -> 0);
    }

    private void useAndErrors() {
        gauge("DEV_GPU_UTIL", "GPU utilization (in %).", gpu -> gpu.sample().busy() * 100);
        gauge("DEV_MEM_COPY_UTIL", "Memory utilization (in %).", gpu -> gpu.sample().dram() * 100);
        gauge("DEV_ENC_UTIL", "Encoder utilization (in %).", gpu -> 0);
        gauge("DEV_DEC_UTIL", "Decoder utilization (in %).", gpu -> 0);
        page.family("DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered.");
        for (var gpu : host.gpus) {
            line(
                    "DCGM_FI_DEV_XID_ERRORS",
                    NumberStyle.INTEGER,
                    gpu,
                    each -> 0,
                    "err_code",
                    "0",
                    "err_msg",
                    "No Error");
        }
        counter(
                "DEV_POWER_VIOLATION",
                "Throttling duration due to power constraints (in ns).",
                gpu -> gpu.powerSeconds() * 1e9);
        counter(
                "DEV_THERMAL_VIOLATION",
                "Throttling duration due to thermal constraints (in ns).",
                gpu -> gpu.thermalSeconds() * 1e9);
        gauge(
                "DEV_CLOCK_THROTTLE_REASONS",
                "Current clock throttle reasons (bitmask of DCGM_CLOCKS_THROTTLE_REASON_*).",
                Gpu::reasons);
    }

    private void memoryAndLinks() {
        gauge(
                "DEV_FB_FREE",
                "Framebuffer memory free (in MiB).",
                gpu ->
                        (gpu.kind.memoryBytes() - gpu.kind.reservedBytes() - gpu.memoryUsed())
                                / MIB);
        gauge("DEV_FB_USED", "Framebuffer memory used (in MiB).", gpu -> gpu.memoryUsed() / MIB);
        gauge(
                "DEV_FB_RESERVED",
                "Framebuffer memory reserved (in MiB).",
                gpu -> gpu.kind.reservedBytes() / MIB);
        counter(
                "DEV_ECC_SBE_VOL_TOTAL",
                "Total number of single-bit volatile ECC errors.",
                gpu -> 0);
        counter(
                "DEV_ECC_DBE_VOL_TOTAL",
                "Total number of double-bit volatile ECC errors.",
                gpu -> 0);
        counter(
                "DEV_NVLINK_BANDWIDTH_TOTAL",
                "Total number of NVLink bandwidth counters for all lanes.",
                gpu -> 2 * gpu.sample().linkBytesPerSecond() / 1e6);
        gauge("DEV_VGPU_LICENSE_STATUS", "vGPU License status", gpu -> 0);
        counter(
                "DEV_UNCORRECTABLE_REMAPPED_ROWS",
                "Number of remapped rows for uncorrectable errors",
                gpu -> 0);
        counter(
                "DEV_CORRECTABLE_REMAPPED_ROWS",
                "Number of remapped rows for correctable errors",
                gpu -> 0);
        gauge("DEV_ROW_REMAP_FAILURE", "Whether remapping of rows has failed", gpu -> 0);
    }

    private void profiling() {
        ratio(
                "PROF_GR_ENGINE_ACTIVE",
                "Ratio of time the graphics engine is active.",
                gpu -> gpu.sample().busy());
        ratio(
                "PROF_SM_ACTIVE",
                "The ratio of cycles an SM has at least 1 warp assigned.",
                gpu -> gpu.sample().smActive());
        ratio(
                "PROF_SM_OCCUPANCY",
                "The ratio of number of warps resident on an SM.",
                gpu -> gpu.sample().smOccupancy());
        ratio(
                "PROF_PIPE_TENSOR_ACTIVE",
                "Ratio of cycles the tensor (HMMA) pipe is active.",
                gpu -> gpu.sample().tensor());
        ratio(
                "PROF_DRAM_ACTIVE",
                "Ratio of cycles the device memory interface is active sending or receiving data.",
                gpu -> gpu.sample().dram());
        var bus =
                "The rate of data %s over the PCIe bus - including both protocol headers and data"
                        + " payloads - in bytes per second.";
        gauge(
                "PROF_PCIE_TX_BYTES",
                bus.formatted("transmitted"),
                gpu -> gpu.sample().pcieBytesPerSecond() * 0.4);
        gauge(
                "PROF_PCIE_RX_BYTES",
                bus.formatted("received"),
                gpu -> gpu.sample().pcieBytesPerSecond() * 0.6);
        var link =
                "The rate of data %s over NVLink, not including protocol headers, in bytes per"
                        + " second.";
        gauge(
                "PROF_NVLINK_TX_BYTES",
                link.formatted("transmitted"),
                gpu -> gpu.sample().linkBytesPerSecond());
        gauge(
                "PROF_NVLINK_RX_BYTES",
                link.formatted("received"),
                gpu -> gpu.sample().linkBytesPerSecond());
    }

    private void gauge(String field, String help, ToDoubleFunction<Gpu> value) {
        each(field, "gauge", help, NumberStyle.INTEGER, value);
    }

    private void counter(String field, String help, ToDoubleFunction<Gpu> value) {
        each(field, "counter", help, NumberStyle.INTEGER, value);
    }

    private void ratio(String field, String help, ToDoubleFunction<Gpu> value) {
        each(field, "gauge", help, NumberStyle.FIXED, value);
    }

    private void each(
            String field,
            String type,
            String help,
            NumberStyle style,
            ToDoubleFunction<Gpu> value) {
        var name = "DCGM_FI_" + field;
        page.family(name, type, help);
        for (var gpu : host.gpus) {
            line(name, style, gpu, value);
        }
    }

    private void line(
            String name, NumberStyle style, Gpu gpu, ToDoubleFunction<Gpu> value, String... extra) {
        var labels =
                new ArrayList<>(
                        List.of(
                                "gpu",
                                Integer.toString(gpu.index),
                                "UUID",
                                gpu.uuid,
                                "pci_bus_id",
                                gpu.busId,
                                "device",
                                "nvidia" + gpu.index,
                                "modelName",
                                gpu.kind.modelName(),
                                "Hostname",
                                host.name,
                                "DCGM_FI_DRIVER_VERSION",
                                DRIVER));
        host.replicaOn(gpu)
                .ifPresent(replica ->
                        labels.addAll(
                                List.of(
                                        "container",
                                        World.CONTAINER,
                                        "namespace",
                                        World.NAMESPACE,
                                        "pod",
                                        replica.pod)));
        labels.addAll(List.of(extra));
        page.line(style, name, () -> value.applyAsDouble(gpu), labels.toArray(String[]::new));
    }
}
