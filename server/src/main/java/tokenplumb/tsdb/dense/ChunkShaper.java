package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;

import java.util.ArrayList;
import java.util.List;

/// Takes the samples of one chunk apart, into a head and columns of whole numbers. Made to be
/// reused. Not thread-safe.
final class ChunkShaper {
    /// Roles of columns; each has a model of its own in a family.
    static final int VALUES = 0;

    /// Bits of values that are arbitrary doubles.
    static final int VALUE_BITS = 1;

    /// Counts of buckets.
    static final int COUNTS = 2;

    /// Bits of counts that are arbitrary doubles.
    static final int COUNT_BITS = 3;

    static final int ROLES = 4;

    /// First byte of a chunk that holds histograms; no head of values begins so.
    static final int MIXED = 0xf0;

    /// Takes in the columns that must be streamed, in their order. The array is reused.
    interface Columns {
        void column(int role, long[] numbers, int count);
    }

    private final Values values = new Values();
    private long[] numbers = new long[0];
    private double[] sums = new double[0];

    private void room(int rows) {
        if (numbers.length < rows) {
            numbers = new long[Math.max(rows, numbers.length * 2)];
            sums = new double[numbers.length];
        }
    }

    /// Of a plain series; false when nothing needs streaming, as the head says it all.
    boolean plain(Samples samples, Buffer head, Columns to) {
        room(samples.size());
        if (samples.hasHistograms()) {
            return mixed(samples, head, to);
        }
        return column(samples.values(), samples.size(), VALUES, VALUE_BITS, head, to);
    }

    /// Writes the head of one column of doubles and hands on its numbers.
    private boolean column(
            double[] doubles, int count, int role, int bitsRole, Buffer head, Columns to) {
        values.analyse(doubles, count, numbers);
        values.write(head);
        if (values.isStreamed()) {
            to.column(values.isBits() ? bitsRole : role, numbers, count);
            return true;
        }
        return false;
    }

    /// Of a folded histogram; false as for [#plain]. Counts of buckets are taken one by one, not
    /// cumulated; a stale row repeats the one before.
    boolean folded(FoldedSamples samples, Buffer head, Columns to) {
        int rows = samples.size();
        int buckets = samples.buckets();
        room(rows);
        int firstRow = 0;
        while (firstRow < rows && samples.isStale(firstRow)) {
            firstRow++;
        }
        var live = new boolean[buckets];
        for (int bucket = 0; bucket < buckets; bucket++) {
            long first = firstRow < rows ? single(samples, firstRow, bucket) : 0;
            for (int row = firstRow; row < rows && !live[bucket]; row++) {
                live[bucket] = !samples.isStale(row) && single(samples, row, bucket) != first;
            }
            head.putVarint(first);
        }
        for (int at = 0; at < buckets; at += Byte.SIZE) {
            int bits = 0;
            for (int i = 0; i < Byte.SIZE && at + i < buckets; i++) {
                bits |= live[at + i] ? 1 << i : 0;
            }
            head.putByte(bits);
        }
        boolean isStreamed = false;
        for (int bucket = 0; bucket < buckets; bucket++) {
            if (live[bucket]) {
                long first = single(samples, firstRow, bucket);
                long before = 0;
                for (int row = 0; row < rows; row++) {
                    before = samples.isStale(row) ? before : single(samples, row, bucket) - first;
                    numbers[row] = before;
                }
                to.column(COUNTS, numbers, rows);
                isStreamed = true;
            }
        }
        for (int row = 0; row < rows; row++) {
            sums[row] = samples.sum(row);
        }
        boolean isSumStreamed = column(sums, rows, VALUES, VALUE_BITS, head, to);
        return isSumStreamed || isStreamed;
    }

    private static long single(FoldedSamples samples, int row, int bucket) {
        return samples.count(row, bucket) - (bucket == 0 ? 0 : samples.count(row, bucket - 1));
    }

    /// Runs of floats, and of histograms of one shape.
    private boolean mixed(Samples samples, Buffer head, Columns to) {
        var ends = new ArrayList<Integer>();
        for (int i = 1; i <= samples.size(); i++) {
            if (i == samples.size() || !goOn(samples, i - 1, i)) {
                ends.add(i);
            }
        }
        head.putByte(MIXED);
        head.putUvarint(ends.size());
        boolean isStreamed = false;
        int start = 0;
        for (int end : ends) {
            boolean isHistogram = samples.isHistogram(start);
            head.putUvarint((end - start) * 2L + (isHistogram ? 1 : 0));
            if (isHistogram) {
                isStreamed |= histograms(samples, start, end, head, to);
            } else {
                System.arraycopy(samples.values(), start, sums, 0, end - start);
                isStreamed |= column(sums, end - start, VALUES, VALUE_BITS, head, to);
            }
            start = end;
        }
        return isStreamed;
    }

    private static boolean goOn(Samples samples, int before, int i) {
        if (samples.isHistogram(before) != samples.isHistogram(i)) {
            return false;
        }
        if (!samples.isHistogram(i)) {
            return true;
        }
        var a = samples.histogram(before);
        var b = samples.histogram(i);
        return a.isInteger() == b.isInteger()
                && a.schema() == b.schema()
                && same(a.zeroThreshold(), b.zeroThreshold())
                && a.positive().equals(b.positive())
                && a.negative().equals(b.negative())
                && a.positiveCounts().length == b.positiveCounts().length
                && a.negativeCounts().length == b.negativeCounts().length
                && same(a.bounds(), b.bounds());
    }

    private static boolean same(double a, double b) {
        return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
    }

    private static boolean same(double[] a, double[] b) {
        if (a.length != b.length) {
            return false;
        }
        for (int i = 0; i < a.length; i++) {
            if (!same(a[i], b[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean histograms(Samples samples, int start, int end, Buffer head, Columns to) {
        var rows = new ArrayList<Histogram>(end - start);
        for (int i = start; i < end; i++) {
            rows.add(samples.histogram(i));
        }
        var shape = rows.getFirst();
        head.putByte(shape.isInteger() ? 1 : 0);
        head.putVarint(shape.schema());
        head.putLong(Double.doubleToRawLongBits(shape.zeroThreshold()));
        write(shape.positive(), head);
        write(shape.negative(), head);
        head.putUvarint(shape.positiveCounts().length);
        head.putUvarint(shape.negativeCounts().length);
        head.putUvarint(shape.bounds().length);
        for (double bound : shape.bounds()) {
            head.putLong(Double.doubleToRawLongBits(bound));
        }
        boolean isStreamed = count(rows, h -> code(h.hint()), head, to);
        isStreamed |= count(rows, Histogram::zeroCount, head, to);
        isStreamed |= count(rows, Histogram::count, head, to);
        for (int i = 0; i < rows.size(); i++) {
            sums[i] = rows.get(i).sum();
        }
        isStreamed |= column(sums, rows.size(), VALUES, VALUE_BITS, head, to);
        for (int i = 0; i < shape.positiveCounts().length; i++) {
            int bucket = i;
            isStreamed |= count(rows, h -> h.positiveCounts()[bucket], head, to);
        }
        for (int i = 0; i < shape.negativeCounts().length; i++) {
            int bucket = i;
            isStreamed |= count(rows, h -> h.negativeCounts()[bucket], head, to);
        }
        return isStreamed;
    }

    private static int code(Histogram.Reset hint) {
        return switch (hint) {
            case UNKNOWN -> 0;
            case RESET -> 1;
            case NOT_RESET -> 2;
            case GAUGE -> 3;
        };
    }

    /// What [#code] stands for.
    static Histogram.Reset hint(int code) {
        return switch (code) {
            case 0 -> Histogram.Reset.UNKNOWN;
            case 1 -> Histogram.Reset.RESET;
            case 2 -> Histogram.Reset.NOT_RESET;
            case 3 -> Histogram.Reset.GAUGE;
            default -> throw new IllegalStateException("a hint that cannot be: " + code);
        };
    }

    private interface Part {
        double of(Histogram histogram);
    }

    private boolean count(List<Histogram> rows, Part part, Buffer head, Columns to) {
        for (int i = 0; i < rows.size(); i++) {
            sums[i] = part.of(rows.get(i));
        }
        return column(sums, rows.size(), COUNTS, COUNT_BITS, head, to);
    }

    private static void write(Histogram.Spans spans, Buffer head) {
        head.putUvarint(spans.size());
        for (int i = 0; i < spans.size(); i++) {
            head.putVarint(spans.offsets()[i]);
            head.putVarint(spans.lengths()[i]);
        }
    }
}
