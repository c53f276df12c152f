package tokenplumb.api;

import tokenplumb.sdk.Meters;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.ToDoubleFunction;

/// What every process says about itself, under the names that Prometheus' client libraries gave it.
/// Read when asked for, not before.
final class ProcessMeters {
    private static final Path PROC = Path.of("/proc/self");
    private static final double PAGE = 4096;
    private static final double NOT_KNOWN = Double.NaN;

    private ProcessMeters() {}

    static void register(Meters meters, Instant started) {
        meters.counter(
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
                () ->
                        ProcessHandle.current()
                                .info()
                                .totalCpuDuration()
                                .map(Times::seconds)
                                .orElse(NOT_KNOWN));
        meters.gauge(
                "process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                () -> started.toEpochMilli() / 1000.0);
        if (Files.isReadable(PROC.resolve("statm"))) {
            fromProc(meters);
        }
        fromJava(meters);
    }

    private static void fromProc(Meters meters) {
        meters.gauge(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
                () -> statm(1) * PAGE);
        meters.gauge(
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
                () -> statm(0) * PAGE);
        meters.gauge(
                "process_open_fds", "Number of open file descriptors.", ProcessMeters::openFiles);
        meters.gauge(
                "process_max_fds",
                "Maximum number of open file descriptors.",
                ProcessMeters::mostFiles);
    }

    private static double statm(int field) {
        try {
            return Double.parseDouble(Files.readString(PROC.resolve("statm")).split(" ")[field]);
        } catch (IOException e) {
            return NOT_KNOWN;
        }
    }

    private static double openFiles() {
        int count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(PROC.resolve("fd"))) {
            for (var file : files) {
                count += file.getNameCount() > 0 ? 1 : 0;
            }
        } catch (IOException e) {
            return NOT_KNOWN;
        }
        return count;
    }

    private static double mostFiles() {
        try {
            for (var line : Files.readAllLines(PROC.resolve("limits"))) {
                if (line.startsWith("Max open files")) {
                    return Double.parseDouble(line.split("\\s+")[3]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            return NOT_KNOWN;
        }
        return NOT_KNOWN;
    }

    private static void fromJava(Meters meters) {
        var runtime = Runtime.getRuntime();
        meters.gauge(
                "jvm_memory_used_bytes",
                "Used bytes of a given JVM memory area.",
                () -> runtime.totalMemory() - runtime.freeMemory(),
                "area",
                "heap");
        meters.gauge(
                "jvm_memory_committed_bytes",
                "Committed (bytes) of a given JVM memory area.",
                runtime::totalMemory,
                "area",
                "heap");
        meters.gauge(
                "jvm_memory_max_bytes",
                "Max (bytes) of a given JVM memory area.",
                runtime::maxMemory,
                "area",
                "heap");
        meters.gauge(
                "jvm_threads_current",
                "Current thread count of a JVM, virtual threads left out.",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
        meters.counter(
                "jvm_gc_collections_total",
                "Collections by all garbage collectors.",
                () -> collectors(bean -> bean.getCollectionCount()));
        meters.counter(
                "jvm_gc_collection_seconds_total",
                "Time spent in garbage collections.",
                () -> collectors(bean -> bean.getCollectionTime() / 1000.0));
    }

    private static double collectors(
            ToDoubleFunction<java.lang.management.GarbageCollectorMXBean> of) {
        return ManagementFactory.getGarbageCollectorMXBeans().stream().mapToDouble(of).sum();
    }
}
