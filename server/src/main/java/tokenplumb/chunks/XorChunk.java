package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Samples;

/// A run of float samples in Prometheus' XOR encoding: each time as the change of the change of the
/// one before, each value as the bits in which it differs from the one before, after Pelkonen et
/// al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015.
///
/// ```
/// count    16 bits     not part of what XorAppender writes: known only at the end
/// time 0   varint      value 0   64 bits
/// time 1   uvarint     difference to time 0; then value 1 as below
/// time n   0           same difference as before, or the change of it in
///          10 + 14 bits, 110 + 17 bits, 1110 + 20 bits, 1111 + 64 bits
/// value n  0           same as before, or the XOR with it:
///          10 + bits   the window of the last `11`
///          11 + 5 bits leading zeros + 6 bits length (0 means 64) + bits
/// ```
public final class XorChunk {
    /// The number by which chunk files know this encoding.
    public static final int ENCODING = 1;

    private XorChunk() {}

    /// Writes a whole chunk; times must grow.
    public static void write(Samples samples, Buffer into) {
        write(samples, 0, samples.size(), into);
    }

    /// Writes samples `start` to `end` (excluded) as a whole chunk.
    public static void write(Samples samples, int start, int end, Buffer into) {
        assert end - start <= 0xffff : "bug: too many samples for one chunk";
        into.putShort(end - start);
        var appender = new XorAppender(into::putLong);
        for (int i = start; i < end; i++) {
            appender.append(samples.time(i), Double.doubleToRawLongBits(samples.value(i)));
        }
        finish(appender.word(), appender.used(), into);
    }

    /// Writes what a bit stream has left over beyond its full words.
    public static void finish(long word, int used, Buffer into) {
        for (int bit = 0; bit < used; bit += 8) {
            into.putByte((int) (word >>> (56 - bit)));
        }
    }

    /// Appends to `into` the samples of a chunk from `from` to `to` (both included). The chunk
    /// starts with its count at `offset`, and [BitReader#PADDING] bytes of anything follow it.
    public static void read(byte[] bytes, int offset, long from, long to, Samples into) {
        int count = (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
        read(bytes, offset + 2, count, from, to, into);
    }

    /// As above, for a chunk whose count is known and whose bits begin at `offset`.
    ///
    /// All that a sample's value takes is read out of one word, most often with the bit that says
    /// how the next time differs; a run of samples with nothing new is a run of zeros, and is
    /// written down at once.
    public static void read(byte[] bytes, int offset, int count, long from, long to, Samples into) {
        if (count == 0) {
            return;
        }
        var bits = new BitReader(bytes, offset);
        long time = Varbits.getVarint(bits);
        double value = Double.longBitsToDouble(bits.read(64));
        if (time > to) {
            return;
        }
        if (time >= from) {
            into.add(time, value);
        }
        if (count > 1) {
            into.room(count - 1);
            into.added(rest(bits, time, value, count, from, to, into));
        }
    }

    /// Writes the samples behind the first one into the room there is; answers how many.
    private static int rest(
            BitReader bits,
            long firstTime,
            double firstValue,
            int count,
            long from,
            long to,
            Samples into) {
        long[] times = into.times();
        double[] values = into.values();
        int start = into.size();
        int at = start;
        long time = firstTime;
        double value = firstValue;
        long raw = Double.doubleToRawLongBits(value);
        long delta = Varbits.getUvarint(bits);
        int trailing = 0;
        int significant = 0; // there is no window yet
        int left = count - 1;
        while (true) {
            long word = bits.peek();
            int taken = 1;
            if (word >= 0) {
                int same = Math.min(left, Math.min(57, Long.numberOfLeadingZeros(word)) >>> 1);
                if (same > 0) { // as many times, and the values before them
                    for (int i = 0; i < same; i++) {
                        time += delta;
                        if (time > to) {
                            return at - start;
                        }
                        times[at] = time;
                        values[at] = value;
                        at += time >= from ? 1 : 0;
                    }
                    left -= same;
                    if (left == 0) {
                        return at - start;
                    }
                    bits.skip(2 * same);
                    continue;
                }
            } else {
                if (word << 1 < 0) {
                    int leading = (int) (word << 2 >>> 59);
                    significant = (int) (word << 7 >>> 58);
                    significant = significant == 0 ? 64 : significant;
                    trailing = 64 - leading - significant;
                    taken = 13;
                } else {
                    taken = 2;
                }
                if (trailing < 0 || significant == 0) {
                    throw new IndexOutOfBoundsException(
                            "a chunk's value has %d significant and %d trailing bits"
                                    .formatted(significant, trailing));
                }
                if (taken + significant < 57) {
                    raw ^= word << taken >>> (64 - significant) << trailing;
                    taken += significant;
                } else {
                    bits.skip(taken);
                    raw ^= bits.read(significant) << trailing;
                    word = bits.peek();
                    taken = 0;
                }
                value = Double.longBitsToDouble(raw);
            }
            time += delta;
            if (time > to) {
                return at - start;
            }
            times[at] = time;
            values[at] = value;
            at += time >= from ? 1 : 0;
            if (--left == 0) {
                return at - start;
            }
            bits.skip(taken + 1);
            if (word << taken < 0) {
                delta += Varbits.getChange(bits);
            }
        }
    }
}
