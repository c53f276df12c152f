package tokenplumb.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import tokenplumb.disk.RealDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.Tsdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The store's way in and out, log included: appending scrapes of known series, plain and folded,
/// and finding series. The floor of appending (bench/LIMITS.md): a row-wise encoder in C takes 3 ns
/// a sample, XOR in the order of scrapes, which misses the caches, 25 ns.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StoreBench {
    private static final int PLAIN = 600;
    private static final int FOLDED = 26;
    private static final int TARGETS = 50;

    private Path folder = Path.of("");
    private RealDisk disk;
    private Tsdb tsdb;
    private final long[][] plain = new long[TARGETS][PLAIN];
    private final long[][] folded = new long[TARGETS][FOLDED];
    private final long[] counts = new long[MadeSeries.LAYOUT.size()];
    private long round;

    @Setup
    public void open() throws IOException {
        folder = Files.createTempDirectory("store");
        disk = new RealDisk(folder);
        tsdb = new Tsdb(disk, Tsdb.Options.defaults(), InstantSource.system(), new Meters());
        try (var batch = tsdb.batch()) {
            for (int t = 0; t < TARGETS; t++) {
                for (int i = 0; i < PLAIN; i++) {
                    plain[t][i] = batch.series(labels("vllm:metric_" + i, t));
                }
                for (int i = 0; i < FOLDED; i++) {
                    folded[t][i] = batch.folded(labels("vllm:latency_" + i, t), MadeSeries.LAYOUT);
                }
            }
            batch.commit();
        }
    }

    private static Labels labels(String name, int target) {
        return Labels.of(
                Labels.NAME, name, "job", "vllm", "instance", "engine-%04d:8000".formatted(target));
    }

    @TearDown
    public void close() throws IOException {
        tsdb.close();
        disk.close();
        try (var files = Files.walk(folder)) {
            for (var each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private long time() {
        return MadeSeries.START + ++round * 15;
    }

    /// Per sample.
    @Benchmark
    @OperationsPerInvocation(PLAIN)
    public long appendPlain() throws IOException {
        long time = time();
        var of = plain[(int) (round % TARGETS)];
        try (var batch = tsdb.batch()) {
            for (int i = 0; i < PLAIN; i++) {
                batch.append(of[i], time, i % 3 == 0 ? i : round * (double) i);
            }
            batch.commit();
        }
        return time;
    }

    /// Per line of the exposition: 24 for each histogram.
    @Benchmark
    @OperationsPerInvocation(FOLDED * 24)
    public long appendFolded() throws IOException {
        long time = time();
        var of = folded[(int) (round % TARGETS)];
        for (int b = (int) (round % 7); b < counts.length; b++) {
            counts[b]++;
        }
        try (var batch = tsdb.batch()) {
            for (int i = 0; i < FOLDED; i++) {
                batch.append(of[i], time, counts, 0, round * 1.37);
            }
            batch.commit();
        }
        return time;
    }

    /// Fifty series of 31,300, by name.
    @Benchmark
    public int select() {
        try (var querier = tsdb.querier()) {
            return querier.select(
                            0, Long.MAX_VALUE, List.of(Matcher.equal(Labels.NAME, "vllm:metric_7")))
                    .size();
        }
    }
}
