package tokenplumb.simulator;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The cooling of a node, or of one GPU of it, gets worse: heat leaves the chip against a higher
/// resistance. The chip warms up within a minute, the driver lowers the clock to stay below its
/// limit, and the tensor-parallel group runs at the pace of its slowest GPU.
final class ThermalThrottle implements Ailment {
    @Override
    public String kind() {
        return "thermal-throttle";
    }

    @Override
    public String says() {
        return "the cooling of a node or of one GPU degrades";
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of(
                "node", "a node's name (default: the last node)",
                "gpu", "the index of one GPU (default: all GPUs of the node)",
                "severity", "0..1: how much cooling is lost (default 0.8)");
    }

    @Override
    public Course course(World world, String id, Map<String, String> parameters) {
        double severity = Ailment.severity(parameters);
        var host = host(world, parameters);
        var gpus = gpus(host, parameters);
        double factor = 1 + 2.4 * severity;
        var pods =
                gpus.stream()
                        .flatMap(gpu -> host.replicaOn(gpu).stream())
                        .map(replica -> replica.pod)
                        .distinct()
                        .collect(Collectors.joining(" "));
        var indices =
                gpus.stream()
                        .map(gpu -> Integer.toString(gpu.index))
                        .collect(Collectors.joining(" "));
        return new Course(
                "the thermal resistance of GPU %s on %s is %.1f times as high"
                        .formatted(indices, host.name, factor),
                Map.of("node", host.name, "gpu", indices, "pod", pods),
                severity,
                () -> gpus.forEach(gpu -> gpu.coolingLoss.put(id, factor)),
                () -> gpus.forEach(gpu -> gpu.coolingLoss.remove(id)));
    }

    private static Host host(World world, Map<String, String> parameters) {
        var name = parameters.getOrDefault("node", world.hosts.getLast().name);
        return world.hosts.stream()
                .filter(host -> host.name.equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "there is no node \"%s\": choose one of %s"
                                        .formatted(
                                                name,
                                                world.hosts.stream()
                                                        .map(host -> host.name)
                                                        .toList())));
    }

    private static List<Gpu> gpus(Host host, Map<String, String> parameters) {
        var index = parameters.getOrDefault("gpu", "");
        if (index.isEmpty()) {
            return host.gpus;
        }
        var chosen =
                host.gpus.stream()
                        .filter(gpu -> Integer.toString(gpu.index).equals(index))
                        .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no GPU \"%s\" on %s: choose 0 to %d"
                            .formatted(index, host.name, host.gpus.size() - 1));
        }
        return chosen;
    }
}
