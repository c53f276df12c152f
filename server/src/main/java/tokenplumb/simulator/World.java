package tokenplumb.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Everything there is: nodes with GPUs, replicas placed on them, services in front of the
/// replicas, traffic in front of the services, and the agenda that moves all of it. Not
/// thread-safe.
///
/// Two nodes of eight H100; each carries one replica of the 70B model (four GPUs) and two of the
/// 32B model (two GPUs each).
final class World {
    static final String NAMESPACE = "inference";
    static final String CONTAINER = "vllm";

    final Agenda agenda = new Agenda();
    final long seed;
    final long startMillis;
    final double load;
    final List<Host> hosts;
    final List<Service> services;
    final List<Traffic> traffic = new ArrayList<>();
    private long skipped;

    World(long seed, long startMillis, double load) {
        this.seed = seed;
        this.startMillis = startMillis;
        this.load = load;
        var large = new ArrayList<Replica>();
        var small = new ArrayList<Replica>();
        var nodes = new ArrayList<Host>();
        for (int node = 0; node < 2; node++) {
            nodes.add(host(node, large, small));
        }
        hosts = List.copyOf(nodes);
        services =
                List.of(
                        new Service(ServedModel.llama70b(), large),
                        new Service(ServedModel.qwen32b(), small));
        addTraffic(services.get(0), TrafficClass.forLargeModel());
        addTraffic(services.get(1), TrafficClass.forSmallModel());
        for (var host : hosts) {
            agenda.every(Host.TICK, () -> host.tick(agenda.now()));
            for (var gpu : host.gpus) {
                agenda.every(Gpu.TICK, () -> gpu.tick(agenda.now()));
            }
        }
        traffic.forEach(Traffic::start);
    }

    private Host host(int node, List<Replica> large, List<Replica> small) {
        var name = "gpu-node-" + (node + 1);
        var draws = Draws.of(seed, name);
        var gpus = new ArrayList<Gpu>();
        var replicas = new ArrayList<Replica>();
        replicas.add(replica(ServedModel.llama70b(), node, large, gpus, draws));
        replicas.add(replica(ServedModel.qwen32b(), node, small, gpus, draws));
        replicas.add(replica(ServedModel.qwen32b(), node, small, gpus, draws));
        return new Host(
                name, "10.0.12." + (11 + node), replicas, gpus, Draws.of(seed, name + "/host"));
    }

    private Replica replica(
            ServedModel model, int node, List<Replica> siblings, List<Gpu> onNode, Draws draws) {
        var activity = new Activity();
        var own = new ArrayList<Gpu>();
        for (int i = 0; i < model.tensorParallel(); i++) {
            int index = onNode.size();
            var gpu =
                    new Gpu(
                            GpuKind.h100(),
                            index,
                            uuid(draws),
                            "00000000:%02X:00.0".formatted(0x19 + 0x10 * index + node),
                            model.usedBytesPerGpu(GpuKind.h100()),
                            activity,
                            draws);
            onNode.add(gpu);
            own.add(gpu);
        }
        var pod = model.podName() + '-' + siblings.size();
        int host = 20 + onNode.size() + (model.tensorParallel() > 2 ? 0 : 1);
        var address = "10.42.%d.%d".formatted(node + 1, host);
        var replica =
                new Replica(
                        model,
                        pod,
                        address,
                        own,
                        activity,
                        agenda,
                        Draws.of(seed, pod + "/engine"));
        siblings.add(replica);
        return replica;
    }

    private static String uuid(Draws draws) {
        var hex = "%016x%016x".formatted(draws.bits(), draws.bits());
        return String.join(
                        "-",
                        "GPU",
                        hex.substring(0, 8),
                        hex.substring(8, 12),
                        hex.substring(12, 16),
                        hex.substring(16, 20),
                        hex.substring(20))
                .toLowerCase(Locale.ROOT);
    }

    private void addTraffic(Service service, List<TrafficClass> kinds) {
        for (var kind : kinds) {
            traffic.add(new Traffic(kind, service, agenda, seed, load, startMillis, ""));
        }
    }

    /// The time on every clock in the fleet, in milliseconds since the epoch.
    long millis() {
        return startMillis + skipped + agenda.now() / Agenda.MILLI;
    }

    /// Lets everything happen up to a time on the clock.
    void advanceTo(long millis) {
        agenda.advanceTo((millis - startMillis - skipped) * Agenda.MILLI);
    }

    /// Lets the clock run on by `millis` while nothing happens.
    void skip(long millis) {
        skipped += millis;
    }

    List<Replica> replicas() {
        return services.stream().flatMap(service -> service.replicas().stream()).toList();
    }

    List<Traffic> trafficOf(Service service) {
        return traffic.stream().filter(each -> each.service().equals(service)).toList();
    }
}
