package tokenplumb.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The exposition of one node exporter. A capture of a real one (`node_exporter.prom`, Debian's
/// 1.5.0) gives families, help, order and all that does not move; what moves is put in its place,
/// and CPUs are added one by one.
final class NodePage {
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z0-9_]+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z0-9_]+)=\"([^\"]*)\"");
    private static final double DISK = 3.7796e12;

    private final Page page = new Page();
    private final Host host;
    private final Map<String, DoubleSupplier> moving = new HashMap<>();

    private NodePage(Host host) {
        this.host = host;
    }

    static Page of(Host host, World world) {
        var text = new NodePage(host);
        text.moving(world);
        text.fill();
        return text.page;
    }

    private void moving(World world) {
        double boot = Math.floor(world.startMillis / 1000.0 - host.upSeconds);
        moving.put("node_time_seconds", () -> world.millis() / 1000.0);
        moving.put("node_boot_time_seconds", () -> boot);
        moving.put("process_start_time_seconds", () -> boot + 41.25);
        moving.put("node_load1", () -> hundredths(host.load1));
        moving.put("node_load5", () -> hundredths(host.load5));
        moving.put("node_load15", () -> hundredths(host.load15));
        moving.put("node_procs_running", () -> host.runnable);
        moving.put("node_context_switches_total", () -> Math.rint(host.contextSwitches));
        moving.put("node_intr_total", () -> Math.rint(host.interrupts));
        moving.put("node_forks_total", () -> Math.rint(host.forks));
        moving.put("node_pressure_cpu_waiting_seconds_total", () -> micros(host.cpuWaitingSeconds));
        memory();
        disk();
        network();
    }

    private void memory() {
        double cached = 4.1e11; // weights that were read once stay in the page cache
        double other = 2.1e10;
        moving.put("node_memory_MemTotal_bytes", () -> Host.MEMORY);
        moving.put("node_memory_AnonPages_bytes", () -> pages(host.anonymousBytes));
        moving.put("node_memory_Inactive_anon_bytes", () -> pages(host.anonymousBytes * 0.9));
        moving.put("node_memory_Active_bytes", () -> pages(2.81e10));
        moving.put("node_memory_Inactive_bytes", () -> pages(2.1e11 + host.anonymousBytes * 0.9));
        moving.put("node_memory_Cached_bytes", () -> pages(cached));
        moving.put(
                "node_memory_MemFree_bytes",
                () -> pages(Host.MEMORY - cached - other - host.anonymousBytes));
        moving.put(
                "node_memory_MemAvailable_bytes",
                () -> pages(Host.MEMORY - other - 2.6e10 - host.anonymousBytes));
    }

    private void disk() {
        device("node_disk_written_bytes_total", () -> 512 * Math.rint(host.writtenBytes / 512));
        device("node_disk_writes_completed_total", () -> Math.rint(host.writes));
        device("node_disk_read_bytes_total", () -> 512 * Math.rint(host.readBytes / 512));
        device("node_disk_reads_completed_total", () -> Math.rint(host.reads));
        device("node_disk_io_time_seconds_total", () -> millis(host.diskSeconds));
        device("node_disk_io_time_weighted_seconds_total", () -> millis(host.diskSeconds * 1.7));
        device("node_disk_write_time_seconds_total", () -> millis(host.diskSeconds * 1.5));
        device("node_disk_read_time_seconds_total", () -> millis(host.readBytes / 2.1e9));
        var root = "{device=\"/dev/nvme0n1p2\",fstype=\"ext4\",mountpoint=\"/\"}";
        moving.put("node_filesystem_free_bytes" + root, () -> pages(DISK - 6.4e11 - host.logBytes));
        moving.put(
                "node_filesystem_avail_bytes" + root,
                () -> pages(DISK * 0.949 - 6.4e11 - host.logBytes));
    }

    private void device(String name, DoubleSupplier value) {
        moving.put(name + "{device=\"nvme0n1\"}", value);
    }

    private void network() {
        moving.put(
                "node_network_receive_bytes_total{device=\"eth0\"}",
                () -> Math.rint(host.receivedBytes));
        moving.put(
                "node_network_transmit_bytes_total{device=\"eth0\"}",
                () -> Math.rint(host.sentBytes));
        moving.put(
                "node_network_receive_packets_total{device=\"eth0\"}",
                () -> Math.rint(host.receivedPackets));
        moving.put(
                "node_network_transmit_packets_total{device=\"eth0\"}",
                () -> Math.rint(host.sentPackets));
        moving.put("node_netstat_IpExt_InOctets", () -> Math.rint(host.receivedBytes * 0.985));
        moving.put("node_netstat_IpExt_OutOctets", () -> Math.rint(host.sentBytes * 0.985));
        moving.put("node_netstat_Tcp_InSegs", () -> Math.rint(host.receivedPackets * 0.98));
        moving.put("node_netstat_Tcp_OutSegs", () -> Math.rint(host.sentPackets * 0.98));
    }

    private void fill() {
        var comments = new ArrayList<String>();
        for (var line : capture()) {
            if (line.startsWith("#")) {
                comments.add(line);
                continue;
            }
            comments(comments);
            var match = SAMPLE.matcher(line.replace("$NODE", host.name));
            if (!match.matches()) {
                throw new IllegalStateException("bug: node_exporter.prom has the line " + line);
            }
            sample(
                    match.group(1),
                    match.group(2) == null ? "" : match.group(2),
                    Double.parseDouble(match.group(3)));
        }
        comments(comments);
    }

    private void comments(List<String> comments) {
        for (var comment : comments) {
            page.text(comment + '\n');
            if (comment.startsWith("# TYPE ")) {
                cpus(comment.split(" ", 4)[2]);
            }
        }
        comments.clear();
    }

    private void sample(String name, String labels, double value) {
        var pairs = new ArrayList<String>();
        var match = LABEL.matcher(labels);
        while (match.find()) {
            pairs.add(match.group(1));
            pairs.add(match.group(2));
        }
        var series = labels.isEmpty() ? name : name + '{' + labels + '}';
        page.line(
                NumberStyle.GO,
                name,
                moving.getOrDefault(series, () -> value),
                pairs.toArray(String[]::new));
    }

    /// The samples of a family that has one for each CPU.
    private void cpus(String family) {
        var inTextOrder = // as the client library sorts them: 0, 1, 10, 11, …
                IntStream.range(0, Host.CPUS).mapToObj(Integer::toString).sorted().toList();
        for (var text : inTextOrder) {
            int cpu = Integer.parseInt(text);
            switch (family) {
                case "node_cpu_guest_seconds_total" -> {
                    page.line(NumberStyle.GO, family, () -> 0, "cpu", text, "mode", "nice");
                    page.line(NumberStyle.GO, family, () -> 0, "cpu", text, "mode", "user");
                }
                case "node_cpu_seconds_total" -> {
                    for (int i = 0; i < Host.MODES.size(); i++) {
                        int mode = i;
                        page.line(
                                NumberStyle.GO,
                                family,
                                () -> hundredths(host.cpuSeconds(cpu, mode)),
                                "cpu",
                                text,
                                "mode",
                                Host.MODES.get(i));
                    }
                }
                case "node_softnet_processed_total" ->
                        page.line(
                                NumberStyle.GO,
                                family,
                                () -> Math.rint(host.receivedPackets / Host.CPUS) + cpu,
                                "cpu",
                                text);
                case "node_softnet_dropped_total", "node_softnet_times_squeezed_total" ->
                        page.line(NumberStyle.GO, family, () -> 0, "cpu", text);
                default -> {
                    return;
                }
            }
        }
    }

    private static List<String> capture() {
        try (InputStream in = NodePage.class.getResourceAsStream("/simulator/node_exporter.prom")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double hundredths(double value) {
        return Math.rint(value * 100) / 100;
    }

    private static double millis(double value) {
        return Math.rint(value * 1e3) / 1e3;
    }

    private static double micros(double value) {
        return Math.rint(value * 1e6) / 1e6;
    }

    private static double pages(double bytes) {
        return 4096 * Math.rint(bytes / 4096);
    }
}
