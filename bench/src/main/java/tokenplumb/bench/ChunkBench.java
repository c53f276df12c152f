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

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Buffer;
import tokenplumb.chunks.FoldedChunk;
import tokenplumb.chunks.XorChunk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;

import java.util.concurrent.TimeUnit;

/// Prometheus' chunks, per sample of a chunk of 120. The floor of XOR, measured in C on such a
/// machine (bench/LIMITS.md): 6.8 ns to encode, 4.0 ns to decode a sample.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ChunkBench {
    private static final int SAMPLES = 120;

    @Param({"GAUGE", "COUNTER", "SUM"})
    SeriesKind kind = SeriesKind.GAUGE;

    private Samples plain = new Samples();
    private FoldedSamples folded = new FoldedSamples();
    private final Buffer xor = new Buffer();
    private final Buffer histograms = new Buffer();
    private final Buffer written = new Buffer();
    private final Samples read = new Samples();
    private final FoldedSamples readFolded = new FoldedSamples();
    private int histogramBytes;

    @Setup
    public void make() {
        plain = new MadeSeries(1).plain(kind, SAMPLES);
        folded = new MadeSeries(1).folded(SAMPLES);
        xor.reset();
        XorChunk.write(plain, xor);
        xor.ensure(BitReader.PADDING);
        histograms.reset();
        writeFolded(histograms);
        histogramBytes = histograms.size();
        histograms.ensure(BitReader.PADDING);
    }

    private void writeFolded(Buffer into) {
        FoldedChunk.write(
                folded, 0, SAMPLES, MadeSeries.LAYOUT.bounds(), Histogram.Reset.UNKNOWN, into);
    }

    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int encodeXor() {
        written.reset();
        XorChunk.write(plain, written);
        return written.size();
    }

    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int decodeXor() {
        read.clear();
        XorChunk.read(xor.array(), 0, Long.MIN_VALUE, Long.MAX_VALUE, read);
        return read.size();
    }

    /// Per histogram, which stands for 24 lines of an exposition.
    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int encodeHistogram() {
        written.reset();
        writeFolded(written);
        return written.size();
    }

    /// Per histogram, which stands for 24 lines of an exposition.
    @Benchmark
    @OperationsPerInvocation(SAMPLES)
    public int decodeHistogram() {
        readFolded.reset(MadeSeries.LAYOUT.size());
        FoldedChunk.read(
                histograms.array(),
                0,
                histogramBytes,
                MadeSeries.LAYOUT.bounds(),
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                readFolded);
        return readFolded.size();
    }
}
