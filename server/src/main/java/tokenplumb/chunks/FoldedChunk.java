package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;

/// A run of samples of a folded classic histogram as an integer-histogram chunk with custom bounds
/// ([HistogramChunk] draws it), which Prometheus 3 reads as a native histogram. Buckets that are
/// empty throughout the chunk are left out.
///
/// Neither way is there an object for a sample. Between samples of one chunk no bucket's own count
/// drops, and nothing but stale samples follows a stale one; [#runEnd] says where a chunk must end.
public final class FoldedChunk {
    private FoldedChunk() {}

    /// Where the chunk that begins with sample `start` must end at the latest: the index behind its
    /// last sample.
    public static int runEnd(FoldedSamples samples, int start, int end) {
        int i = start + 1;
        while (i < end && !isCut(samples, i)) {
            i++;
        }
        return i;
    }

    private static boolean isCut(FoldedSamples samples, int i) {
        if (samples.isStale(i)) {
            return false;
        }
        return samples.isStale(i - 1) || hasReset(samples, i);
    }

    /// What is known about a counter reset between a sample and the one before it.
    public static Histogram.Reset reset(FoldedSamples samples, int i) {
        if (i == 0 || samples.isStale(i) || samples.isStale(i - 1)) {
            return Histogram.Reset.UNKNOWN;
        }
        return hasReset(samples, i) ? Histogram.Reset.RESET : Histogram.Reset.NOT_RESET;
    }

    /// Whether any bucket's own count, or that of all, is less than one sample before.
    private static boolean hasReset(FoldedSamples samples, int i) {
        int buckets = samples.buckets();
        long[] counts = samples.counts();
        int now = i * buckets;
        int before = now - buckets;
        long below = 0;
        long belowBefore = 0;
        for (int b = 0; b < buckets; b++) {
            long count = counts[now + b];
            long countBefore = counts[before + b];
            if (count < countBefore || count - below < countBefore - belowBefore) {
                return true;
            }
            below = count;
            belowBefore = countBefore;
        }
        return false;
    }

    /// Writes samples `start` to `end` (excluded) as a chunk. `bounds` are the upper bounds of all
    /// buckets but the last.
    public static void write(
            FoldedSamples samples,
            int start,
            int end,
            double[] bounds,
            Histogram.Reset reset,
            Buffer into) {
        int buckets = samples.buckets();
        assert bounds.length == buckets - 1 : "bug: %d bounds".formatted(bounds.length);
        into.putShort(end - start);
        into.putByte(HistogramChunk.flags(reset));
        var bits = new BitWriter(into::putLong);
        boolean endsAtOnce = samples.isStale(start);
        int[] used = endsAtOnce ? new int[0] : used(samples, start, end);
        new HistogramLayout(Histogram.CUSTOM_BOUNDS, 0, spans(used), Spans.NONE, bounds)
                .write(bits);
        long[] counts = samples.counts();
        var gaps = new long[used.length]; // between a bucket's count and that of the one before
        var changes = new long[used.length];
        var sum = new XorBits();
        long time = 0;
        long timeDelta = 0;
        long count = 0;
        long countDelta = 0;
        for (int i = start; i < end; i++) {
            boolean isStale = samples.isStale(i);
            int row = i * buckets;
            long now = isStale ? 0 : counts[row + buckets - 1];
            long sumBits = Double.doubleToRawLongBits(samples.sum(i));
            if (i == start) {
                Varbits.putInt(bits, samples.time(i));
                Varbits.putUint(bits, now);
                Varbits.putUint(bits, 0);
                bits.write(sumBits, 64);
                sum.start(sumBits);
            } else {
                long delta = samples.time(i) - time;
                Varbits.putInt(bits, delta - timeDelta);
                timeDelta = delta;
                Varbits.putInt(bits, isStale ? 0 : now - count - countDelta);
                countDelta = now - count;
                bits.write(0, 1); // the zero bucket
                sum.write(bits, sumBits);
            }
            time = samples.time(i);
            count = now;
            if (isStale) {
                continue;
            }
            long before = 0;
            for (int u = 0; u < used.length; u++) {
                int b = used[u];
                long own = counts[row + b] - (b == 0 ? 0 : counts[row + b - 1]);
                long gap = own - before;
                before = own;
                if (i == start) {
                    Varbits.putInt(bits, gap);
                } else {
                    long change = gap - gaps[u];
                    Varbits.putInt(bits, change - changes[u]);
                    changes[u] = change;
                }
                gaps[u] = gap;
            }
        }
        XorChunk.finish(bits.word(), bits.used(), into);
    }

    /// Buckets that hold anything in any of the samples.
    private static int[] used(FoldedSamples samples, int start, int end) {
        int buckets = samples.buckets();
        long[] counts = samples.counts();
        var isUsed = new boolean[buckets];
        int size = 0;
        for (int i = start; i < end; i++) {
            if (samples.isStale(i)) {
                continue;
            }
            long below = 0;
            for (int b = 0, at = i * buckets; b < buckets; b++, at++) {
                if (counts[at] != below && !isUsed[b]) {
                    isUsed[b] = true;
                    size++;
                }
                below = counts[at];
            }
        }
        var used = new int[size];
        for (int b = 0, u = 0; b < buckets; b++) {
            if (isUsed[b]) {
                used[u++] = b;
            }
        }
        return used;
    }

    /// Runs of ascending bucket numbers.
    static Spans spans(int... ascending) {
        var offsets = new int[ascending.length];
        var lengths = new int[ascending.length];
        int size = 0;
        int next = 0; // behind the run before
        for (int i = 0; i < ascending.length; i++) {
            if (i == 0 || ascending[i] != next) {
                offsets[size] = ascending[i] - next;
                lengths[size++] = 1;
            } else {
                lengths[size - 1]++;
            }
            next = ascending[i] + 1;
        }
        return size == 0
                ? Spans.NONE
                : new Spans(Arrays.copyOf(offsets, size), Arrays.copyOf(lengths, size));
    }

    /// Appends to `into` (reset to its layout's buckets) the samples from `from` to `to` (both
    /// included) of a chunk that [#write] wrote with these bounds. Throws as [Chunk#read].
    public static void read(
            byte[] bytes,
            int offset,
            int length,
            double[] bounds,
            long from,
            long to,
            FoldedSamples into) {
        int count = Chunk.count(Chunk.HISTOGRAM, bytes, offset);
        if (count == 0) {
            return;
        }
        var bits = new BitReader(bytes, offset + HistogramChunk.HEADER);
        long endBits = (offset + length) * 8L;
        var layout = HistogramLayout.read(bits, length * 8L);
        if (layout.schema() != Histogram.CUSTOM_BOUNDS || !Arrays.equals(layout.bounds(), bounds)) {
            throw new IndexOutOfBoundsException(
                    "chunk of %s where the folded histogram has bounds %s"
                            .formatted(layout, Arrays.toString(bounds)));
        }
        if (layout.negative().size() > 0) {
            throw new IndexOutOfBoundsException("folded histogram with negative buckets");
        }
        int[] used = HistogramChunk.indexes(layout.positive());
        int buckets = bounds.length + 1;
        if (used.length > 0 && (used[0] < 0 || used[used.length - 1] >= buckets)) {
            throw new IndexOutOfBoundsException(
                    "bucket %d of %d".formatted(used[used.length - 1], buckets));
        }
        var gaps = new long[used.length];
        var changes = new long[used.length];
        var row = new long[buckets];
        var sum = new XorBits();
        long time = Varbits.getInt(bits);
        Varbits.getUint(bits); // the count: that of the last bucket
        Varbits.getUint(bits);
        sum.start(bits.read(64));
        for (int u = 0; u < used.length; u++) {
            gaps[u] = Varbits.getInt(bits);
        }
        long timeDelta = 0;
        int i = 0;
        while (true) {
            if (time > to) {
                return;
            }
            double value = Double.longBitsToDouble(sum.value);
            if (time >= from) {
                if (!StaleMarker.is(value)) {
                    cumulate(used, gaps, row);
                }
                into.add(time, value, row, 0);
            }
            if (++i == count) {
                break;
            }
            timeDelta += Varbits.getInt(bits);
            time += timeDelta;
            Varbits.getInt(bits);
            Varbits.getInt(bits);
            if (!StaleMarker.is(Double.longBitsToDouble(sum.read(bits)))) {
                Varbits.addInts(bits, changes);
                for (int u = 0; u < gaps.length; u++) {
                    gaps[u] += changes[u];
                }
            }
        }
        if (bits.position() > endBits) {
            throw new IndexOutOfBoundsException("a chunk's samples go beyond its end");
        }
    }

    private static void cumulate(int[] used, long[] gaps, long[] row) {
        long own = 0;
        long below = 0;
        int b = 0;
        for (int u = 0; u < used.length; u++) {
            while (b < used[u]) {
                row[b++] = below;
            }
            own += gaps[u];
            below += own;
            row[b++] = below;
        }
        while (b < row.length) {
            row[b++] = below;
        }
    }
}
