package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The samples of a block that is being written, in a file that goes when the block is done: simple
/// and quick rather than small. Written first, then sealed and read, series by series. Not
/// thread-safe.
final class Spool implements AutoCloseable {
    private static final int FLUSH = 1 << 16;
    private static final int END = 0;
    private static final int FLOATS = 1;
    private static final int MIXED = 2;
    private static final int FOLDED = 3;

    /// Takes in a series' samples, in parts as they were written.
    interface Parts {
        void plain(Samples part) throws IOException;

        void folded(FoldedSamples part) throws IOException;
    }

    private final Disk disk;
    private final String name;
    private final Disk.Appender file;
    private final Buffer buffer = new Buffer(FLUSH * 2);
    private Disk.Mapping mapping;
    private byte[] bytes = new byte[0];
    private final Samples plain = new Samples();
    private final FoldedSamples folded = new FoldedSamples();

    Spool(Disk disk, String name) throws IOException {
        this.disk = disk;
        this.name = name;
        disk.delete(name);
        this.file = disk.append(name);
    }

    /// Where the next series will begin.
    long position() {
        return file.size() + buffer.size();
    }

    void endSeries() throws IOException {
        buffer.putByte(END);
        flush(FLUSH);
    }

    private void flush(int above) throws IOException {
        if (buffer.size() > above) {
            file.append(buffer.array(), 0, buffer.size());
            buffer.reset();
        }
    }

    void append(Samples samples) throws IOException {
        int rows = samples.size();
        buffer.putByte(samples.hasHistograms() ? MIXED : FLOATS);
        buffer.putUvarint(rows);
        times(samples.times(), rows);
        if (!samples.hasHistograms()) {
            doubles(samples.values(), rows);
        } else {
            for (int i = 0; i < rows; i++) {
                if (samples.isHistogram(i)) {
                    buffer.putByte(1);
                    histogram(samples.histogram(i));
                } else {
                    buffer.putByte(0);
                    buffer.putLong(Double.doubleToRawLongBits(samples.value(i)));
                }
            }
        }
        flush(FLUSH);
    }

    void append(FoldedSamples samples) throws IOException {
        int rows = samples.size();
        int buckets = samples.buckets();
        buffer.putByte(FOLDED);
        buffer.putUvarint(buckets);
        buffer.putUvarint(rows);
        var times = new long[rows];
        var sums = new double[rows];
        for (int i = 0; i < rows; i++) {
            times[i] = samples.time(i);
            sums[i] = samples.sum(i);
        }
        times(times, rows);
        doubles(sums, rows);
        for (int bucket = 0; bucket < buckets; bucket++) {
            long before = 0;
            int run = 0;
            for (int i = 0; i < rows; i++) {
                long count = samples.count(i, bucket);
                if (count == before) {
                    run++;
                    continue;
                }
                buffer.putUvarint(run);
                buffer.putVarint(count - before);
                before = count;
                run = 0;
            }
            buffer.putUvarint(run);
        }
        flush(FLUSH);
    }

    private void times(long[] times, int rows) {
        long before = 0;
        long gap = 0;
        for (int i = 0; i < rows; i++) {
            buffer.putVarint(times[i] - before - gap);
            gap = times[i] - before;
            before = times[i];
        }
    }

    private void doubles(double[] values, int rows) {
        long before = 0;
        int run = 0;
        for (int i = 0; i < rows; i++) {
            long bits = Double.doubleToRawLongBits(values[i]);
            long change = bits ^ before;
            if (change == 0) {
                run++;
                continue;
            }
            buffer.putUvarint(run);
            int zeros = Long.numberOfTrailingZeros(change) >> 3;
            buffer.putByte(zeros);
            buffer.putUvarint(change >>> zeros * 8);
            before = bits;
            run = 0;
        }
        buffer.putUvarint(run);
    }

    private void histogram(Histogram h) {
        buffer.putByte(h.isInteger() ? 1 : 0);
        buffer.putText(h.hint().name());
        buffer.putVarint(h.schema());
        doubles(new double[] {h.zeroThreshold(), h.zeroCount(), h.count(), h.sum()}, 4);
        for (var spans : new Histogram.Spans[] {h.positive(), h.negative()}) {
            buffer.putUvarint(spans.size());
            for (int i = 0; i < spans.size(); i++) {
                buffer.putVarint(spans.offsets()[i]);
                buffer.putVarint(spans.lengths()[i]);
            }
        }
        for (var each : new double[][] {h.positiveCounts(), h.negativeCounts(), h.bounds()}) {
            buffer.putUvarint(each.length);
            doubles(each, each.length);
        }
    }

    /// Ends writing.
    void seal() throws IOException {
        flush(0);
        mapping = disk.map(name);
    }

    /// Reads the series that stands between two positions.
    void read(long from, long to, Parts parts) throws IOException {
        int length = Math.toIntExact(to - from);
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, bytes.length * 2)];
        }
        MemorySegment.copy(mapping.bytes(), ValueLayout.JAVA_BYTE, from, bytes, 0, length);
        var in = new ByteReader(bytes, 0, length);
        for (int kind = in.getByte(); kind != END; kind = in.getByte()) {
            if (kind == FOLDED) {
                readFolded(in);
                parts.folded(folded);
                continue;
            }
            int rows = (int) in.getUvarint();
            var times = readTimes(in, rows);
            plain.clear();
            if (kind == FLOATS) {
                var values = readDoubles(in, rows);
                for (int i = 0; i < rows; i++) {
                    plain.add(times[i], values[i]);
                }
            } else {
                for (int i = 0; i < rows; i++) {
                    if (in.getByte() == 1) {
                        plain.add(times[i], readHistogram(in));
                    } else {
                        plain.add(times[i], Double.longBitsToDouble(in.getLong()));
                    }
                }
            }
            parts.plain(plain);
        }
    }

    private static long[] readTimes(ByteReader in, int rows) {
        var times = new long[rows];
        long before = 0;
        long gap = 0;
        for (int i = 0; i < rows; i++) {
            gap += in.getVarint();
            before += gap;
            times[i] = before;
        }
        return times;
    }

    private static double[] readDoubles(ByteReader in, int rows) {
        var values = new double[rows];
        long bits = 0;
        int at = 0;
        while (true) {
            int end = at + (int) in.getUvarint();
            while (at < end) {
                values[at++] = Double.longBitsToDouble(bits);
            }
            if (at == rows) {
                return values;
            }
            int zeros = in.getByte();
            bits ^= in.getUvarint() << zeros * 8;
            values[at++] = Double.longBitsToDouble(bits);
        }
    }

    private void readFolded(ByteReader in) {
        int buckets = (int) in.getUvarint();
        int rows = (int) in.getUvarint();
        var times = readTimes(in, rows);
        var sums = readDoubles(in, rows);
        var counts = new long[rows * buckets];
        for (int bucket = 0; bucket < buckets; bucket++) {
            long count = 0;
            int at = 0;
            while (true) {
                int end = at + (int) in.getUvarint();
                while (at < end) {
                    counts[at++ * buckets + bucket] = count;
                }
                if (at == rows) {
                    break;
                }
                count += in.getVarint();
                counts[at++ * buckets + bucket] = count;
            }
        }
        folded.reset(buckets);
        for (int i = 0; i < rows; i++) {
            folded.add(times[i], sums[i], counts, i * buckets);
        }
    }

    private static Histogram readHistogram(ByteReader in) {
        boolean isInteger = in.getByte() == 1;
        var hint = Histogram.Reset.valueOf(in.getText());
        int schema = (int) in.getVarint();
        var numbers = readDoubles(in, 4);
        var positive = readSpans(in);
        var negative = readSpans(in);
        var positiveCounts = readDoubles(in, (int) in.getUvarint());
        var negativeCounts = readDoubles(in, (int) in.getUvarint());
        var bounds = readDoubles(in, (int) in.getUvarint());
        return new Histogram(
                isInteger,
                hint,
                schema,
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                positive,
                positiveCounts,
                negative,
                negativeCounts,
                bounds);
    }

    private static Histogram.Spans readSpans(ByteReader in) {
        int count = (int) in.getUvarint();
        var offsets = new int[count];
        var lengths = new int[count];
        for (int i = 0; i < count; i++) {
            offsets[i] = (int) in.getVarint();
            lengths[i] = (int) in.getVarint();
        }
        return new Histogram.Spans(offsets, lengths);
    }

    /// Removes the file.
    @Override
    public void close() throws IOException {
        if (mapping != null) {
            mapping.close();
        }
        try (file) {
            disk.delete(name);
        }
    }
}
