package tokenplumb.simulator;

import java.util.List;
import java.util.Optional;

/// One node: its CPUs, memory, disks and network as the node exporter sees them, driven by what its
/// replicas do.
final class Host {
    static final long TICK = Agenda.SECOND;
    static final int CPUS = 48;
    static final List<String> MODES =
            List.of("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user");
    static final double MEMORY = 2_164_216_381_440.0;
    private static final int IDLE = 0;
    private static final int IOWAIT = 1;
    private static final int SOFTIRQ = 4;
    private static final int SYSTEM = 6;
    private static final int USER = 7;
    private static final double CPU_SECONDS_PER_TOKEN = 55e-6; // detokenise, serialise, stream
    private static final double CPU_SECONDS_PER_REQUEST = 6e-3;

    final String name;
    final String address;
    final List<Replica> replicas;
    final List<Gpu> gpus;
    private final Draws draws;
    private final double[][] cpuSeconds = new double[CPUS][MODES.size()];
    private final double[] busySeen;
    private final double[] generatedSeen;
    private final double[] requestsSeen;
    private final double[] requestBytesSeen;
    private long ticks;

    double load1;
    double load5;
    double load15;
    double receivedBytes;
    double sentBytes;
    double receivedPackets;
    double sentPackets;
    double writtenBytes;
    double writes;
    double readBytes;
    double reads;
    double diskSeconds;
    double contextSwitches;
    double interrupts;
    double forks;
    double cpuWaitingSeconds;
    double anonymousBytes;
    double logBytes;
    int runnable;

    Host(String name, String address, List<Replica> replicas, List<Gpu> gpus, Draws draws) {
        this.name = name;
        this.address = address;
        this.replicas = List.copyOf(replicas);
        this.gpus = List.copyOf(gpus);
        this.draws = draws;
        this.busySeen = new double[replicas.size()];
        this.generatedSeen = new double[replicas.size()];
        this.requestsSeen = new double[replicas.size()];
        this.requestBytesSeen = new double[replicas.size()];
        double up = draws.between(20, 60) * 86400; // it has not booted just now
        for (var modes : cpuSeconds) {
            double used = draws.between(0.10, 0.22);
            modes[IDLE] = up * (1 - used);
            modes[USER] = up * used * 0.86;
            modes[SYSTEM] = up * used * 0.12;
            modes[SOFTIRQ] = up * used * 0.01;
            modes[IOWAIT] = up * used * 0.01;
        }
        receivedBytes = up * 3e6;
        sentBytes = up * 4e6;
        receivedPackets = receivedBytes / 700;
        sentPackets = sentBytes / 420;
        writtenBytes = up * 4e5;
        writes = writtenBytes / 24_000;
        readBytes = 4e11;
        reads = readBytes / 128_000;
        diskSeconds = up * 0.004;
        contextSwitches = up * 60_000;
        interrupts = up * 38_000;
        forks = up * 2.1;
        upSeconds = up;
        anonymousBytes = 18e9 + 14e9 * replicas.size();
        logBytes = draws.between(2e10, 6e10);
    }

    /// How long it had been up when the fleet began.
    final double upSeconds;

    /// The replica that uses a GPU of this node.
    Optional<Replica> replicaOn(Gpu gpu) {
        return replicas.stream().filter(replica -> replica.gpus.contains(gpu)).findFirst();
    }

    double cpuSeconds(int cpu, int mode) {
        return cpuSeconds[cpu][mode];
    }

    void tick(long now) {
        ticks++;
        double seconds = Agenda.seconds(TICK);
        var busy = new double[CPUS];
        double light = 0.6 + 0.15 * draws.uniform(); // kubelet, containerd, exporters
        double tokens = 0;
        double requests = 0;
        double requestBytes = 0;
        for (int i = 0; i < replicas.size(); i++) {
            var replica = replicas.get(i);
            replica.activity.sumUpTo(now);
            double stepping = Math.min(1, (replica.activity.busySeconds - busySeen[i]) * 1.08);
            double generated = replica.meters.generationTokens - generatedSeen[i];
            double accepted = replica.meters.accepted - requestsSeen[i];
            double bytes = replica.meters.requestBytes - requestBytesSeen[i];
            busySeen[i] = replica.activity.busySeconds;
            generatedSeen[i] = replica.meters.generationTokens;
            requestsSeen[i] = replica.meters.accepted;
            requestBytesSeen[i] = replica.meters.requestBytes;
            // The engine core and one worker for each GPU spin while there is work.
            for (int thread = 0; thread <= replica.gpus.size(); thread++) {
                place(busy, 97L * i + thread, Math.max(0.02, stepping));
            }
            place(
                    busy,
                    97L * i + 50,
                    Math.min(
                            1,
                            generated * CPU_SECONDS_PER_TOKEN
                                    + accepted * CPU_SECONDS_PER_REQUEST));
            tokens += generated;
            requests += accepted;
            requestBytes += bytes;
        }
        double total = spend(busy, light, seconds);
        average(total, seconds);
        io(tokens, requests, requestBytes, total, seconds);
    }

    /// The kernel moves a busy thread to another CPU now and then.
    private void place(double[] busy, long thread, double share) {
        long where = Draws.mix(thread * 31 + name.hashCode() + ticks / 20 * 7919);
        int cpu = Math.floorMod((int) where, CPUS);
        while (busy[cpu] + share > 1) {
            cpu = (cpu + 1) % CPUS;
        }
        busy[cpu] += share;
    }

    /// Every CPU spends exactly the time that passed.
    private double spend(double[] busy, double light, double seconds) {
        double total = 0;
        for (int cpu = 0; cpu < CPUS; cpu++) {
            double share = Math.min(0.995, busy[cpu] + light / CPUS * draws.between(0.5, 1.5));
            double waiting = Math.min(1 - share, 0.0008 * draws.uniform());
            var modes = cpuSeconds[cpu];
            modes[USER] += share * 0.87 * seconds;
            modes[SYSTEM] += share * 0.12 * seconds;
            modes[SOFTIRQ] += share * 0.01 * seconds;
            modes[IOWAIT] += waiting * seconds;
            modes[IDLE] += (1 - share - waiting) * seconds;
            total += share;
        }
        return total;
    }

    private void average(double busyCpus, double seconds) {
        runnable = Math.max(1, (int) Math.round(busyCpus + draws.between(-1, 1.5)));
        load1 = decay(load1, runnable, seconds / 60);
        load5 = decay(load5, runnable, seconds / 300);
        load15 = decay(load15, runnable, seconds / 900);
        cpuWaitingSeconds += 0.0004 * busyCpus * seconds;
    }

    private double decay(double load, double now, double share) {
        if (ticks == 1) {
            return now;
        }
        double keep = StrictMath.exp(-share);
        return load * keep + now * (1 - keep);
    }

    private void io(
            double tokens, double requests, double requestBytes, double busy, double seconds) {
        double received = requestBytes + 400 * requests + 30_000 * seconds;
        double sent = 330 * tokens + 900 * requests + 90_000 * seconds; // one event a token
        receivedBytes += received;
        sentBytes += sent;
        receivedPackets += received / 900 + tokens * 0.5;
        sentPackets += tokens + sent / 1400;
        double logged = 600 * requests + 25_000 * seconds * draws.between(0.6, 1.4);
        logBytes += logged;
        writtenBytes += logged * 1.6;
        writes += logged * 1.6 / 18_000;
        diskSeconds += logged * 1.6 / 9e8 + 0.0006;
        contextSwitches += 9_000 * seconds + 5.5 * tokens + 1_200 * busy;
        interrupts += 14_000 * seconds + 2.5 * tokens + 1_000 * busy;
        forks += draws.between(0.8, 3);
        anonymousBytes +=
                (18e9 + 14e9 * replicas.size() + 4e8 * draws.normal() - anonymousBytes) * 0.02;
    }
}
