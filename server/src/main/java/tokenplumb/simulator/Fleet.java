package tokenplumb.simulator;

import tokenplumb.http.HttpHandler;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/// The simulated fleet: two models on six vLLM replicas, on two nodes of eight GPUs, with a DCGM
/// exporter and a node exporter on each node and one kube-state-metrics. Nothing runs by itself:
/// whoever asks brings the simulation up to the clock's time, so that the same seed, start and
/// faults show the same bytes at the same time, whoever asks how often. Thread-safe; whoever asks
/// while the past is still being simulated waits for that.
public final class Fleet {
    private static final System.Logger LOG = System.getLogger("tokenplumb.simulator");

    /// A longer gap (a laptop that slept) is skipped, not simulated.
    private static final long LONGEST_GAP_MILLIS = 30 * 60_000;

    private record Target(FleetTarget face, Page page) {}

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    // All below is guarded by the lock.
    private final World world;
    private final Faults faults;
    private final Map<String, Target> targets = new LinkedHashMap<>(); // by path

    /// Makes a fleet that began `options.backstory()` ago. Its past is simulated when first asked
    /// for.
    public Fleet(FleetOptions options, InstantSource clock) {
        this.clock = clock;
        long start = clock.millis() - options.backstory().toMillis();
        this.world = new World(options.seed(), start, options.load());
        this.faults = new Faults(world);
        for (var fault : options.timetable()) {
            faults.order(fault, options.backstory().toNanos());
        }
        addTargets();
    }

    private void addTargets() {
        for (var host : world.hosts) {
            for (var replica : host.replicas) {
                add(
                        "vllm",
                        replica.pod,
                        VllmPage.of(replica, world.startMillis),
                        Labels.of(
                                "job", "vllm",
                                "instance", replica.address + ":8000",
                                "namespace", World.NAMESPACE,
                                "pod", replica.pod,
                                "node", host.name));
            }
        }
        for (var host : world.hosts) {
            var dcgm = Labels.of("job", "dcgm", "instance", host.address + ":9400");
            add("dcgm", host.name, DcgmPage.of(host), dcgm.with("node", host.name));
            var node = Labels.of("job", "node", "instance", host.address + ":9100");
            add("node", host.name, NodePage.of(host, world), node.with("node", host.name));
        }
        var kube = "kube-state-metrics";
        var address = world.hosts.getFirst().replicas.getFirst().address;
        var instance = address.substring(0, address.lastIndexOf('.')) + ".9:8080";
        add(kube, "cluster", KubePage.of(world), Labels.of("job", kube, "instance", instance));
    }

    private void add(String job, String name, Page page, Labels labels) {
        var path = '/' + job + '/' + name + "/metrics";
        targets.put(path, new Target(new FleetTarget(job, path, labels), page));
    }

    /// Serves `/vllm/POD/metrics`, `/dcgm/NODE/metrics`, `/node/NODE/metrics`,
    /// `/kube-state-metrics/cluster/metrics`, and `/faults` (GET lists, POST injects, DELETE
    /// `/faults/ID` clears).
    public HttpHandler handler() {
        return new FleetHandler(this);
    }

    /// All that can be scraped.
    public List<FleetTarget> targets() {
        return targets.values().stream().map(Target::face).toList();
    }

    /// A `scrape_configs` section for the server (as in `prometheus.yml`): scrapes `hostPort` every
    /// `interval`, and presents the pods' and nodes' own addresses as `instance`.
    public String scrapeConfig(String hostPort, String interval) {
        return ScrapeConfig.text(targets(), hostPort, interval);
    }

    /// The exposition of a target now; empty when the path is nobody's.
    Optional<byte[]> exposition(String path) {
        lock.lock();
        try {
            var target = targets.get(path);
            if (target == null) {
                return Optional.empty();
            }
            advance();
            return Optional.of(target.page().render());
        } finally {
            lock.unlock();
        }
    }

    /// Brings the simulation up to the clock's time.
    private void advance() {
        long now = clock.millis();
        long gap = now - world.millis();
        if (world.agenda.now() > 0 && gap > LONGEST_GAP_MILLIS) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "nobody asked the fleet for {0} s: that time is skipped",
                    gap / 1000);
            world.skip(gap);
        }
        world.advanceTo(now);
    }

    /// Simulates from the fleet's beginning (or from where it stands) up to now, and shows what
    /// there is to scrape every `stepMillis`. Call it before scraping begins. Stops early when its
    /// thread is interrupted.
    public void history(long stepMillis, Onlooker onlooker)
            throws IOException, InterruptedException {
        if (stepMillis <= 0) {
            throw new IllegalArgumentException(
                    "a history cannot have a step of %d ms: choose 1000 or more"
                            .formatted(stepMillis));
        }
        lock.lock();
        try {
            long end = clock.millis();
            long time = world.millis() + stepMillis;
            for (; time <= end && !Thread.currentThread().isInterrupted(); time += stepMillis) {
                world.advanceTo(time);
                var expositions = new LinkedHashMap<FleetTarget, byte[]>();
                for (var target : targets.values()) {
                    expositions.put(target.face(), target.page().render());
                }
                onlooker.sees(expositions, time);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Puts a fault on the timetable (`after` counts from now). Throws [IllegalArgumentException]
    /// when the kind or its parameters are unknown, listing those that are known.
    public FaultTruth inject(Fault fault) {
        lock.lock();
        try {
            advance();
            var truth = faults.order(fault, world.agenda.now());
            advance(); // one that begins at once has begun
            return faults.truths().stream()
                    .filter(each -> each.id().equals(truth.id()))
                    .findFirst()
                    .orElse(truth);
        } finally {
            lock.unlock();
        }
    }

    /// Ends a fault now; false when there is none of that id, or it is over already.
    public boolean clear(String id) {
        lock.lock();
        try {
            advance();
            return faults.clear(id);
        } finally {
            lock.unlock();
        }
    }

    /// Every fault planned, active or over, oldest first.
    public List<FaultTruth> faults() {
        lock.lock();
        try {
            advance();
            return new ArrayList<>(faults.truths());
        } finally {
            lock.unlock();
        }
    }
}
