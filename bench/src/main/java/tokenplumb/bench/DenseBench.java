package tokenplumb.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import tokenplumb.disk.RealDisk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.Ulid;
import tokenplumb.tsdb.dense.DenseBlock;
import tokenplumb.tsdb.dense.DenseWriter;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// A dense block of 64 series for each of a few families, six hours of them. Floors
/// (bench/LIMITS.md): a dependent load out of a cache of 8 MB takes 19 ns, XOR decodes in 4.0 ns a
/// sample in C; a dense sample is one look-up in a table that mostly stands in the first cache.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DenseBench {
    private static final int SAMPLES = 1440;
    private static final int SERIES = 64;

    @Param({"GAUGE", "COUNTER", "RATIO", "SUM", "CONSTANT"})
    SeriesKind kind = SeriesKind.GAUGE;

    private Path folder = Path.of("");
    private RealDisk disk;
    private DenseBlock block;
    private List<KeptSeries> plain = List.of();
    private List<KeptSeries> folded = List.of();
    private final Samples read = new Samples();
    private final FoldedSamples readFolded = new FoldedSamples();
    private int next;

    @Setup
    public void write() throws IOException {
        folder = Files.createTempDirectory("dense");
        disk = new RealDisk(folder);
        writeBlock("");
        block = DenseBlock.open(disk, ulid(), (file, offset, what) -> {});
        var querier = block.kept();
        plain = querier.plain(0, Long.MAX_VALUE, List.of(Matcher.equal(Labels.NAME, kind.name())));
        folded = querier.folded(0, Long.MAX_VALUE, Optional.of(Set.of("latency")), List.of());
    }

    private static String ulid() {
        return Ulid.next(MadeSeries.START, new Random(1));
    }

    private void writeBlock(String parent) throws IOException {
        long end = MadeSeries.START + (long) SAMPLES * MadeSeries.STEP;
        try (var writer =
                new DenseWriter(disk, parent, BlockMeta.ofHead(ulid(), MadeSeries.START, end))) {
            for (int i = 0; i < SERIES; i++) {
                var made = new MadeSeries(i);
                writer.series(labels(kind.name(), i), BucketLayout.NONE);
                writer.append(made.plain(kind, SAMPLES));
                writer.series(labels("latency", i), MadeSeries.LAYOUT);
                writer.append(made.folded(SAMPLES));
            }
            writer.finish();
        }
    }

    private static Labels labels(String name, int i) {
        return Labels.of(Labels.NAME, name, "instance", "engine-%03d:8000".formatted(i));
    }

    @TearDown
    public void remove() throws IOException {
        block.close();
        disk.deleteFolder(ulid());
        disk.close();
        try (var files = Files.walk(folder)) {
            for (var each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int decodePlain() {
        read.clear();
        plain.get(next++ % SERIES).read(Long.MIN_VALUE, Long.MAX_VALUE, read);
        return read.size();
    }

    /// Per histogram, which stands for 24 lines of an exposition.
    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int decodeFolded() {
        readFolded.reset(MadeSeries.LAYOUT.size());
        folded.get(next++ % SERIES).read(Long.MIN_VALUE, Long.MAX_VALUE, readFolded);
        return readFolded.size();
    }

    /// One series of 64, by name and instance.
    @Benchmark
    public int selectOne() {
        return block.kept()
                .plain(
                        0,
                        Long.MAX_VALUE,
                        List.of(
                                Matcher.equal(Labels.NAME, kind.name()),
                                Matcher.equal("instance", "engine-017:8000")))
                .size();
    }

    /// Per series of 64, by name.
    @Benchmark
    @OperationsPerInvocation(SERIES)
    public int selectAll() {
        return block.kept()
                .plain(0, Long.MAX_VALUE, List.of(Matcher.equal(Labels.NAME, kind.name())))
                .size();
    }

    /// Learning models and writing: per sample, of which half are histograms of 24 lines.
    @Benchmark
    @OperationsPerInvocation(SAMPLES * SERIES * 2)
    public int encode() throws IOException {
        writeBlock("again");
        disk.deleteFolder("again/" + ulid());
        return 1;
    }
}
