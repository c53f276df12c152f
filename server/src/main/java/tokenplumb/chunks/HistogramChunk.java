package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;

/// A run of native histograms, integer or float, in Prometheus' encodings.
///
/// ```
/// count       16 bits    with start times: the flags' two bits, then 14 bits
/// flags       8 bits     the top two: 11 gauge, 10 reset, 01 no reset, 00 unknown
///                        with start times: 1 bit and 7 bits as in Xor2Chunk
/// layout      HistogramLayout
/// integer     sample 0: time varbit, count and zero count varbit (unsigned), sum 64 bits, then each
///             bucket, positive before negative, as the difference to the bucket before it
///             sample n: time, count and zero count as changes of the change; the sum as an XOR;
///             each bucket's difference as the change of its change (all signed varbits)
/// float       sample 0: time varbit, count, zero count, sum and each bucket's count as 64 bits
///             sample n: time as the change of its change, all others as XORs
/// ```
///
/// All samples of a chunk have one layout; the writer sees all of them, so it takes every bucket
/// that any has. A stale sample has no buckets. Counts never drop within a chunk, unless it is one
/// of gauges; [#runEnd] says where a chunk must end.
public final class HistogramChunk {
    static final int HEADER = 3;

    private HistogramChunk() {}

    static int flags(Reset reset) {
        return switch (reset) {
            case UNKNOWN -> 0;
            case NOT_RESET -> 0b01 << 6;
            case RESET -> 0b10 << 6;
            case GAUGE -> 0b11 << 6;
        };
    }

    /// The encoding by which chunk files know a run that begins with this sample.
    public static int encoding(Histogram first) {
        return first.isInteger() ? Chunk.HISTOGRAM : Chunk.FLOAT_HISTOGRAM;
    }

    // --- where chunks end

    /// Where the chunk that begins with the histogram at `start` must end at the latest: the index
    /// behind its last sample.
    public static int runEnd(Samples samples, int start, int end) {
        var before = samples.histogram(start);
        int i = start + 1;
        while (i < end && samples.isHistogram(i)) {
            var next = samples.histogram(i);
            if (!follows(before, next)) {
                return i;
            }
            before = next;
            i++;
        }
        return i;
    }

    private static boolean follows(Histogram before, Histogram next) {
        if (next.hint() == Reset.RESET && !next.isStale()) {
            return false;
        }
        if (next.isStale()) {
            return true;
        }
        if (before.isStale() || !isSameKind(before, next)) {
            return false;
        }
        return next.hint() == Reset.GAUGE || !hasReset(before, next);
    }

    private static boolean isSameKind(Histogram a, Histogram b) {
        return a.isInteger() == b.isInteger()
                && a.schema() == b.schema()
                && a.zeroThreshold() == b.zeroThreshold()
                && (a.hint() == Reset.GAUGE) == (b.hint() == Reset.GAUGE)
                && Arrays.equals(a.bounds(), b.bounds());
    }

    /// What is known about a counter reset between a histogram and the sample before it.
    public static Reset reset(Samples samples, int i) {
        var now = samples.histogram(i);
        if (now.hint() == Reset.GAUGE || now.hint() == Reset.RESET) {
            return now.hint();
        }
        if (i == 0 || !samples.isHistogram(i - 1) || now.isStale()) {
            return Reset.UNKNOWN;
        }
        var before = samples.histogram(i - 1);
        if (before.isStale() || !isSameKind(before, now)) {
            return Reset.UNKNOWN;
        }
        return hasReset(before, now) ? Reset.RESET : Reset.NOT_RESET;
    }

    private static boolean hasReset(Histogram before, Histogram next) {
        return next.count() < before.count()
                || next.zeroCount() < before.zeroCount()
                || hasDrop(
                        before.positive(),
                        before.positiveCounts(),
                        next.positive(),
                        next.positiveCounts())
                || hasDrop(
                        before.negative(),
                        before.negativeCounts(),
                        next.negative(),
                        next.negativeCounts());
    }

    private static boolean hasDrop(
            Spans spansBefore, double[] before, Spans spans, double[] counts) {
        if (spansBefore.equals(spans)) {
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] < before[i]) {
                    return true;
                }
            }
            return false;
        }
        int[] indexesBefore = indexes(spansBefore);
        int[] indexes = indexes(spans);
        int at = 0;
        for (int i = 0; i < indexesBefore.length; i++) {
            while (at < indexes.length && indexes[at] < indexesBefore[i]) {
                at++;
            }
            boolean isThere = at < indexes.length && indexes[at] == indexesBefore[i];
            if ((isThere ? counts[at] : 0) < before[i]) {
                return true;
            }
        }
        return false;
    }

    /// The number of each bucket in the spans.
    static int[] indexes(Spans spans) {
        var indexes = new int[spans.buckets()];
        int size = 0;
        int next = 0;
        for (int s = 0; s < spans.size(); s++) {
            next += spans.offsets()[s];
            for (int i = 0; i < spans.lengths()[s]; i++) {
                indexes[size++] = next++;
            }
        }
        return indexes;
    }

    // --- writing

    /// Writes histograms `start` to `end` (excluded), of one run, as a chunk.
    public static void write(Samples samples, int start, int end, Reset reset, Buffer into) {
        var first = samples.histogram(start);
        into.putShort(end - start);
        into.putByte(flags(reset));
        var bits = new BitWriter(into::putLong);
        int[] positive = first.isStale() ? new int[0] : used(samples, start, end, true);
        int[] negative = first.isStale() ? new int[0] : used(samples, start, end, false);
        new HistogramLayout(
                        first.schema(),
                        first.zeroThreshold(),
                        FoldedChunk.spans(positive),
                        FoldedChunk.spans(negative),
                        first.bounds())
                .write(bits);
        if (first.isInteger()) {
            writeIntegers(samples, start, end, positive, negative, bits);
        } else {
            writeFloats(samples, start, end, positive, negative, bits);
        }
        XorChunk.finish(bits.word(), bits.used(), into);
    }

    /// Numbers of all buckets of one side that any sample has.
    private static int[] used(Samples samples, int start, int end, boolean isPositive) {
        var last = Spans.NONE;
        int[] all = {};
        for (int i = start; i < end; i++) {
            var histogram = samples.histogram(i);
            if (histogram.isStale()) {
                continue;
            }
            var spans = isPositive ? histogram.positive() : histogram.negative();
            if (!spans.equals(last)) {
                all = union(all, indexes(spans));
                last = spans;
            }
        }
        return all;
    }

    private static int[] union(int[] a, int[] b) {
        var both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        Arrays.sort(both);
        int size = 0;
        for (int each : both) {
            if (size == 0 || both[size - 1] != each) {
                both[size++] = each;
            }
        }
        return Arrays.copyOf(both, size);
    }

    /// Both sides' counts of a sample, one for each bucket of the chunk.
    private static void spread(
            Histogram histogram, int[] positive, int[] negative, double[] counts) {
        Arrays.fill(counts, 0);
        spread(histogram.positive(), histogram.positiveCounts(), positive, counts, 0);
        spread(histogram.negative(), histogram.negativeCounts(), negative, counts, positive.length);
    }

    private static void spread(Spans spans, double[] from, int[] used, double[] into, int at) {
        int[] indexes = indexes(spans);
        int u = 0;
        for (int i = 0; i < indexes.length; i++) {
            while (used[u] != indexes[i]) {
                u++;
            }
            into[at + u] = from[i];
        }
    }

    private static void writeIntegers(
            Samples samples, int start, int end, int[] positive, int[] negative, BitWriter bits) {
        int buckets = positive.length + negative.length;
        var counts = new double[buckets];
        var gaps = new long[buckets];
        var changes = new long[buckets];
        var sum = new XorBits();
        long time = 0;
        long count = 0;
        long zeroCount = 0;
        long timeDelta = 0;
        long countDelta = 0;
        long zeroDelta = 0;
        for (int i = start; i < end; i++) {
            var histogram = samples.histogram(i);
            boolean isStale = histogram.isStale();
            long sumBits = Double.doubleToRawLongBits(histogram.sum());
            long now = isStale ? 0 : (long) histogram.count();
            long zeroNow = isStale ? 0 : (long) histogram.zeroCount();
            if (i == start) {
                Varbits.putInt(bits, samples.time(i));
                Varbits.putUint(bits, now);
                Varbits.putUint(bits, zeroNow);
                bits.write(sumBits, 64);
                sum.start(sumBits);
            } else {
                long delta = samples.time(i) - time;
                Varbits.putInt(bits, delta - timeDelta);
                timeDelta = delta;
                Varbits.putInt(bits, isStale ? 0 : now - count - countDelta);
                countDelta = now - count;
                Varbits.putInt(bits, isStale ? 0 : zeroNow - zeroCount - zeroDelta);
                zeroDelta = zeroNow - zeroCount;
                sum.write(bits, sumBits);
            }
            time = samples.time(i);
            count = now;
            zeroCount = zeroNow;
            if (isStale) {
                continue;
            }
            spread(histogram, positive, negative, counts);
            long before = 0;
            for (int b = 0; b < buckets; b++) {
                if (b == positive.length) {
                    before = 0;
                }
                long own = (long) counts[b];
                long gap = own - before;
                before = own;
                if (i == start) {
                    Varbits.putInt(bits, gap);
                } else {
                    long change = gap - gaps[b];
                    Varbits.putInt(bits, change - changes[b]);
                    changes[b] = change;
                }
                gaps[b] = gap;
            }
        }
    }

    private static void writeFloats(
            Samples samples, int start, int end, int[] positive, int[] negative, BitWriter bits) {
        int buckets = positive.length + negative.length;
        var counts = new double[buckets];
        var columns = columns(3 + buckets);
        long time = 0;
        long timeDelta = 0;
        for (int i = start; i < end; i++) {
            var histogram = samples.histogram(i);
            boolean isStale = histogram.isStale();
            if (i == start) {
                Varbits.putInt(bits, samples.time(i));
            } else {
                long delta = samples.time(i) - time;
                Varbits.putInt(bits, delta - timeDelta);
                timeDelta = delta;
            }
            time = samples.time(i);
            put(bits, columns[0], isStale ? 0 : histogram.count(), i == start);
            put(bits, columns[1], isStale ? 0 : histogram.zeroCount(), i == start);
            put(bits, columns[2], histogram.sum(), i == start);
            if (isStale) {
                continue;
            }
            spread(histogram, positive, negative, counts);
            for (int b = 0; b < buckets; b++) {
                put(bits, columns[3 + b], counts[b], i == start);
            }
        }
    }

    private static XorBits[] columns(int count) {
        var columns = new XorBits[count];
        Arrays.setAll(columns, i -> new XorBits());
        return columns;
    }

    private static void put(BitWriter bits, XorBits column, double value, boolean isFirst) {
        long raw = Double.doubleToRawLongBits(value);
        if (isFirst) {
            bits.write(raw, 64);
            column.start(raw);
        } else {
            column.write(bits, raw);
        }
    }

    // --- reading

    static void read(
            int encoding, byte[] bytes, int offset, int length, long from, long to, Samples into) {
        int count = Chunk.count(encoding, bytes, offset);
        if (count > 0) {
            new Reading(encoding, bytes, offset, length, count).read(from, to, into);
        }
    }

    /// One chunk being read.
    private static final class Reading {
        private final boolean isInteger;
        private final int count;
        private final int starts; // of chunks with start times: flag and first sample; else 0
        private final boolean isGauge;
        private final BitReader bits;
        private final long endBits;
        private final HistogramLayout layout;
        private final int positives;
        private final double[] counts; // of the sample last read
        private long time;
        private long timeDelta;
        private double number;
        private double zeroNumber;
        private double sum;

        Reading(int encoding, byte[] bytes, int offset, int length, int count) {
            boolean hasStarts =
                    encoding == Chunk.HISTOGRAM_START || encoding == Chunk.FLOAT_HISTOGRAM_START;
            this.isInteger = encoding == Chunk.HISTOGRAM || encoding == Chunk.HISTOGRAM_START;
            this.count = count;
            this.starts = hasStarts ? bytes[offset + 2] & 0xff : 0;
            this.isGauge = (bytes[offset + (hasStarts ? 0 : 2)] & 0xc0) == 0xc0;
            this.bits = new BitReader(bytes, offset + HEADER);
            this.endBits = (offset + length) * 8L;
            this.layout = HistogramLayout.read(bits, length * 8L);
            this.positives = layout.positive().buckets();
            this.counts = new double[positives + layout.negative().buckets()];
        }

        void read(long from, long to, Samples into) {
            if (isInteger) {
                readIntegers(from, to, into);
            } else {
                readFloats(from, to, into);
            }
        }

        private void readIntegers(long from, long to, Samples into) {
            int buckets = counts.length;
            var gaps = new long[buckets];
            var changes = new long[buckets];
            var sumBits = new XorBits();
            long all = 0;
            long allDelta = 0;
            long zero = 0;
            long zeroDelta = 0;
            for (int i = 0; i < count; i++) {
                if (i == 0) {
                    time = Varbits.getInt(bits);
                    all = Varbits.getUint(bits);
                    zero = Varbits.getUint(bits);
                    sumBits.start(bits.read(64));
                } else {
                    timeDelta += Varbits.getInt(bits);
                    time += timeDelta;
                    allDelta += Varbits.getInt(bits);
                    all += allDelta;
                    zeroDelta += Varbits.getInt(bits);
                    zero += zeroDelta;
                    sumBits.read(bits);
                }
                sum = Double.longBitsToDouble(sumBits.value);
                number = all;
                zeroNumber = zero;
                if (i == 0 || !StaleMarker.is(sum)) {
                    long own = 0;
                    for (int b = 0; b < buckets; b++) {
                        if (b == positives) {
                            own = 0;
                        }
                        if (i == 0) {
                            gaps[b] = Varbits.getInt(bits);
                        } else {
                            changes[b] += Varbits.getInt(bits);
                            gaps[b] += changes[b];
                        }
                        own += gaps[b];
                        counts[b] = own;
                    }
                }
                skipStart(i);
                if (time > to) {
                    return;
                }
                add(i, from, into);
            }
        }

        private void readFloats(long from, long to, Samples into) {
            int buckets = counts.length;
            var columns = columns(3 + buckets);
            for (int i = 0; i < count; i++) {
                if (i == 0) {
                    time = Varbits.getInt(bits);
                } else {
                    timeDelta += Varbits.getInt(bits);
                    time += timeDelta;
                }
                number = get(columns[0], i == 0);
                zeroNumber = get(columns[1], i == 0);
                sum = get(columns[2], i == 0);
                if (i == 0 || !StaleMarker.is(sum)) {
                    for (int b = 0; b < buckets; b++) {
                        counts[b] = get(columns[3 + b], i == 0);
                    }
                }
                skipStart(i);
                if (time > to) {
                    return;
                }
                add(i, from, into);
            }
        }

        private double get(XorBits column, boolean isFirst) {
            if (isFirst) {
                column.start(bits.read(64));
                return Double.longBitsToDouble(column.value);
            }
            return Double.longBitsToDouble(column.read(bits));
        }

        private void skipStart(int i) {
            if (i == 0) {
                if (starts >= 0x80) {
                    Varbits.getVarint(bits);
                }
            } else if ((starts & 0x7f) > 0 && i >= (starts & 0x7f)) {
                Varbits.getInt(bits);
            }
            if (bits.position() > endBits) {
                throw new IndexOutOfBoundsException("a chunk's samples go beyond its end");
            }
        }

        private void add(int i, long from, Samples into) {
            if (time < from) {
                return;
            }
            if (StaleMarker.is(sum)) {
                into.add(time, Histogram.STALE);
                return;
            }
            var hint = i == 0 ? Reset.UNKNOWN : Reset.NOT_RESET;
            into.add(
                    time,
                    new Histogram(
                            isInteger,
                            isGauge ? Reset.GAUGE : hint,
                            layout.schema(),
                            layout.zeroThreshold(),
                            zeroNumber,
                            number,
                            sum,
                            layout.positive(),
                            Arrays.copyOf(counts, positives),
                            layout.negative(),
                            Arrays.copyOfRange(counts, positives, counts.length),
                            layout.bounds()));
        }
    }
}
