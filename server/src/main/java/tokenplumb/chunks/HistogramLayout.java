package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Spans;

import java.util.Arrays;

/// What all samples of a histogram chunk have in common, as its beginning says it.
///
/// ```
/// zero threshold   0 means 0; 1 to 254 a power of two, 2^(byte − 244); 255 + 64 bits anything else
/// schema           signed varbit
/// positive spans   count, then for each: length (varbit), offset (signed varbit)
/// negative spans   likewise
/// bounds           only of schema −53: count, then for each 1000·bound + 1 as a varbit
///                  when that is whole and up to 33554431, else a 0 bit + 64 bits
/// ```
record HistogramLayout(
        int schema, double zeroThreshold, Spans positive, Spans negative, double[] bounds) {
    private static final int THRESHOLD_BIAS = 243;
    private static final double LARGEST_SHORT_BOUND = 33_554_430;
    private static final double[] NO_BOUNDS = {};

    void write(BitWriter bits) {
        putThreshold(bits, zeroThreshold);
        Varbits.putInt(bits, schema);
        putSpans(bits, positive);
        putSpans(bits, negative);
        if (schema == Histogram.CUSTOM_BOUNDS) {
            Varbits.putUint(bits, bounds.length);
            for (double bound : bounds) {
                putBound(bits, bound);
            }
        }
    }

    /// Of a chunk of so many bits in all.
    static HistogramLayout read(BitReader bits, long chunkBits) {
        double threshold = getThreshold(bits);
        long schema = Varbits.getInt(bits);
        if (schema != Histogram.CUSTOM_BOUNDS && (schema < -4 || schema > 8)) {
            throw new IndexOutOfBoundsException("histogram chunk of unknown schema " + schema);
        }
        var positive = getSpans(bits, chunkBits);
        var negative = getSpans(bits, chunkBits);
        var bounds = NO_BOUNDS;
        if (schema == Histogram.CUSTOM_BOUNDS) {
            bounds = new double[Varbits.getCount(bits, chunkBits)];
            for (int i = 0; i < bounds.length; i++) {
                bounds[i] = getBound(bits);
            }
        }
        return new HistogramLayout((int) schema, threshold, positive, negative, bounds);
    }

    /// A power of two from 2^−243 to 2^10 in one byte.
    private static void putThreshold(BitWriter bits, double threshold) {
        if (Double.doubleToRawLongBits(threshold) << 1 == 0) {
            bits.write(0, 8);
            return;
        }
        int exponent = Math.getExponent(threshold);
        if (threshold == Math.scalb(1.0, exponent) && exponent >= -243 && exponent <= 10) {
            bits.write(exponent + 1 + THRESHOLD_BIAS, 8);
            return;
        }
        bits.write(255, 8);
        bits.write(Double.doubleToRawLongBits(threshold), 64);
    }

    private static double getThreshold(BitReader bits) {
        int code = (int) bits.read(8);
        return switch (code) {
            case 0 -> 0;
            case 255 -> Double.longBitsToDouble(bits.read(64));
            default -> Math.scalb(1.0, code - THRESHOLD_BIAS - 1);
        };
    }

    private static void putSpans(BitWriter bits, Spans spans) {
        Varbits.putUint(bits, spans.size());
        for (int i = 0; i < spans.size(); i++) {
            Varbits.putUint(bits, spans.lengths()[i]);
            Varbits.putInt(bits, spans.offsets()[i]);
        }
    }

    private static Spans getSpans(BitReader bits, long chunkBits) {
        int count = Varbits.getCount(bits, chunkBits / 2);
        if (count == 0) {
            return Spans.NONE;
        }
        var offsets = new int[count];
        var lengths = new int[count];
        long room = chunkBits; // every bucket takes a bit in the first sample alone
        for (int i = 0; i < count; i++) {
            lengths[i] = Varbits.getCount(bits, room);
            room -= lengths[i];
            long offset = Varbits.getInt(bits);
            if (offset != (int) offset) {
                throw new IndexOutOfBoundsException("histogram span at " + offset);
            }
            offsets[i] = (int) offset;
        }
        return new Spans(offsets, lengths);
    }

    private static void putBound(BitWriter bits, double bound) {
        double thousand = bound * 1000;
        // rint, not round: a half is never whole, and NaN and the infinities fail the comparison
        double whole = Math.rint(thousand);
        if (thousand >= 0 && thousand <= LARGEST_SHORT_BOUND && whole / 1000 == bound) {
            Varbits.putUint(bits, (long) whole + 1);
        } else {
            bits.write(0, 1);
            bits.write(Double.doubleToRawLongBits(bound), 64);
        }
    }

    private static double getBound(BitReader bits) {
        long code = Varbits.getUint(bits);
        return code == 0 ? Double.longBitsToDouble(bits.read(64)) : (code - 1) / 1000.0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HistogramLayout layout
                && schema == layout.schema
                && zeroThreshold == layout.zeroThreshold
                && positive.equals(layout.positive)
                && negative.equals(layout.negative)
                && Arrays.equals(bounds, layout.bounds);
    }

    @Override
    public int hashCode() {
        return schema * 31 + Arrays.hashCode(bounds);
    }

    @Override
    public String toString() {
        return "schema %d, zero to %s, %s, %s, bounds %s"
                .formatted(schema, zeroThreshold, positive, negative, Arrays.toString(bounds));
    }
}
