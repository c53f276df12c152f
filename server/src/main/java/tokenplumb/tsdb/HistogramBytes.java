package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;

import java.util.Arrays;

/// How log and head spell a native histogram, to the last bit of it:
///
/// ```
/// flags          1 integer | 2 numbers as varints | 4 stale | 8 shape as before | reset hint << 4
/// shape          (unless stale or as before) varint schema | zero threshold 8 | spans | spans
///                | uvarint n, n × bound 8
/// spans          uvarint n, n × ( varint offset | uvarint length ) | uvarint counts
/// numbers        (unless stale) sum 8 | count | zero count | counts | counts
///                each 8 bytes, or a varint: what it is more than the same one of the histogram
///                before, if the shape is as before
/// ```
final class HistogramBytes {
    private static final int INTEGER = 1;
    private static final int VARINTS = 2;
    private static final int STALE = 4;
    private static final int SAME_SHAPE = 8;
    private static final double LARGEST = 1L << 53;
    private static final Reset[] HINTS = {Reset.UNKNOWN, Reset.RESET, Reset.NOT_RESET, Reset.GAUGE};

    private HistogramBytes() {}

    /// Writes a histogram that stands alone.
    static void put(Histogram histogram, Buffer into) {
        put(histogram, Histogram.STALE, into);
    }

    /// Writes a histogram whose reader knows the one before, which is a stale one where there is
    /// none.
    static void put(Histogram histogram, Histogram before, Buffer into) {
        if (histogram.isStale()) {
            into.putByte(STALE | (histogram.isInteger() ? INTEGER : 0));
            return;
        }
        boolean isSame = !before.isStale() && isSameShape(histogram, before);
        boolean isWhole = isWhole(histogram) && (!isSame || isWhole(before));
        into.putByte(
                (histogram.isInteger() ? INTEGER : 0)
                        | (isWhole ? VARINTS : 0)
                        | (isSame ? SAME_SHAPE : 0)
                        | number(histogram.hint()) << 4);
        if (!isSame) {
            into.putVarint(histogram.schema());
            putDouble(histogram.zeroThreshold(), into);
            putSpans(histogram.positive(), histogram.positiveCounts().length, into);
            putSpans(histogram.negative(), histogram.negativeCounts().length, into);
            into.putUvarint(histogram.bounds().length);
            for (double bound : histogram.bounds()) {
                putDouble(bound, into);
            }
        }
        putDouble(histogram.sum(), into);
        var base = isSame ? before : null;
        put(histogram.count(), base == null ? 0 : base.count(), isWhole, into);
        put(histogram.zeroCount(), base == null ? 0 : base.zeroCount(), isWhole, into);
        put(histogram.positiveCounts(), base == null ? null : base.positiveCounts(), isWhole, into);
        put(histogram.negativeCounts(), base == null ? null : base.negativeCounts(), isWhole, into);
    }

    private static int number(Reset hint) {
        return switch (hint) {
            case UNKNOWN -> 0;
            case RESET -> 1;
            case NOT_RESET -> 2;
            case GAUGE -> 3;
        };
    }

    private static boolean isSameShape(Histogram a, Histogram b) {
        return a.schema() == b.schema()
                && bits(a.zeroThreshold()) == bits(b.zeroThreshold())
                && a.positive().equals(b.positive())
                && a.negative().equals(b.negative())
                && a.positiveCounts().length == b.positiveCounts().length
                && a.negativeCounts().length == b.negativeCounts().length
                && Arrays.equals(a.bounds(), b.bounds());
    }

    private static boolean isWhole(Histogram histogram) {
        return isWhole(histogram.count())
                && isWhole(histogram.zeroCount())
                && isWhole(histogram.positiveCounts())
                && isWhole(histogram.negativeCounts());
    }

    private static boolean isWhole(double[] numbers) {
        for (double number : numbers) {
            if (!isWhole(number)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isWhole(double number) {
        return Math.abs(number) <= LARGEST && bits((double) (long) number) == bits(number);
    }

    private static long bits(double number) {
        return Double.doubleToRawLongBits(number);
    }

    private static void putDouble(double number, Buffer into) {
        into.putLong(bits(number));
    }

    private static void put(double number, double before, boolean isWhole, Buffer into) {
        if (isWhole) {
            into.putVarint((long) number - (long) before);
        } else {
            putDouble(number, into);
        }
    }

    private static void put(double[] numbers, double[] before, boolean isWhole, Buffer into) {
        for (int i = 0; i < numbers.length; i++) {
            put(numbers[i], before == null ? 0 : before[i], isWhole, into);
        }
    }

    private static void putSpans(Spans spans, int counts, Buffer into) {
        into.putUvarint(spans.size());
        for (int i = 0; i < spans.size(); i++) {
            into.putVarint(spans.offsets()[i]);
            into.putUvarint(spans.lengths()[i]);
        }
        into.putUvarint(counts);
    }

    /// Reads one that stands alone.
    static Histogram get(ByteReader from) {
        return get(from, Histogram.STALE);
    }

    /// Reads one after the one before.
    static Histogram get(ByteReader from, Histogram before) {
        int flags = from.getByte();
        boolean isInteger = (flags & INTEGER) != 0;
        if ((flags & STALE) != 0) {
            return isInteger ? Histogram.STALE : staleFloat();
        }
        boolean isSame = (flags & SAME_SHAPE) != 0;
        boolean isWhole = (flags & VARINTS) != 0;
        var hint = HINTS[flags >> 4 & 3];
        int schema = isSame ? before.schema() : (int) from.getVarint();
        double threshold = isSame ? before.zeroThreshold() : getDouble(from);
        var positive = isSame ? before.positive() : getSpans(from);
        var counts = new double[isSame ? before.positiveCounts().length : from.getCount(1)];
        var negative = isSame ? before.negative() : getSpans(from);
        var below = new double[isSame ? before.negativeCounts().length : from.getCount(1)];
        var bounds = isSame ? before.bounds() : getBounds(from);
        double sum = getDouble(from);
        double count = get(from, isSame ? before.count() : 0, isWhole);
        double zeroCount = get(from, isSame ? before.zeroCount() : 0, isWhole);
        get(from, counts, isSame ? before.positiveCounts() : null, isWhole);
        get(from, below, isSame ? before.negativeCounts() : null, isWhole);
        return new Histogram(
                isInteger, hint, schema, threshold, zeroCount, count, sum, positive, counts,
                negative, below, bounds);
    }

    private static Histogram staleFloat() {
        var stale = Histogram.STALE;
        return new Histogram(
                false,
                stale.hint(),
                stale.schema(),
                stale.zeroThreshold(),
                stale.zeroCount(),
                stale.count(),
                stale.sum(),
                stale.positive(),
                stale.positiveCounts(),
                stale.negative(),
                stale.negativeCounts(),
                stale.bounds());
    }

    private static double getDouble(ByteReader from) {
        return Double.longBitsToDouble(from.getLong());
    }

    private static double get(ByteReader from, double before, boolean isWhole) {
        return isWhole ? (double) ((long) before + from.getVarint()) : getDouble(from);
    }

    private static void get(ByteReader from, double[] into, double[] before, boolean isWhole) {
        for (int i = 0; i < into.length; i++) {
            into[i] = get(from, before == null ? 0 : before[i], isWhole);
        }
    }

    private static Spans getSpans(ByteReader from) {
        int size = from.getCount(2);
        if (size == 0) {
            return Spans.NONE;
        }
        var offsets = new int[size];
        var lengths = new int[size];
        for (int i = 0; i < size; i++) {
            offsets[i] = (int) from.getVarint();
            lengths[i] = (int) from.getUvarint();
        }
        return new Spans(offsets, lengths);
    }

    private static double[] getBounds(ByteReader from) {
        var bounds = new double[from.getCount(8)];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = getDouble(from);
        }
        return bounds;
    }

    /// A number that two histograms share only if they are equal, but for one chance in 2^64.
    static long fingerprint(Histogram histogram) {
        if (histogram.isStale()) {
            return bits(histogram.sum());
        }
        long print = histogram.schema() * 31L + number(histogram.hint());
        print = mix(print, histogram.isInteger() ? 1 : 2);
        print = mix(print, bits(histogram.zeroThreshold()));
        print = mix(print, bits(histogram.zeroCount()));
        print = mix(print, bits(histogram.count()));
        print = mix(print, bits(histogram.sum()));
        print = mix(print, histogram.positive().hashCode());
        print = mix(print, histogram.negative().hashCode());
        for (var numbers :
                new double[][] {
                    histogram.positiveCounts(), histogram.negativeCounts(), histogram.bounds()
                }) {
            for (double number : numbers) {
                print = mix(print, bits(number));
            }
        }
        return print;
    }

    private static long mix(long print, long more) {
        long mixed = (print ^ more) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 29;
    }
}
