package tokenplumb.chunks;

import tokenplumb.bytes.BitWriter;

/// Appends samples to an XOR chunk, one at a time (the format: [XorChunk]).
///
/// One appender serves any number of chunks in turn: [#save] packs where it stands into four longs,
/// [#load] goes on from there. Full words of the bit stream go to the [BitWriter.Words] given; the
/// last, unfinished one stays in the appender. Not thread-safe.
public final class XorAppender {
    private static final int NO_WINDOW = 63;

    private final BitWriter bits;
    private long time;
    private long value; // raw bits
    private long delta;
    private int count;
    private int leading = NO_WINDOW;
    private int trailing;

    public XorAppender(BitWriter.Words words) {
        this.bits = new BitWriter(words);
    }

    /// Begins a new chunk.
    public void reset() {
        bits.resume(0, 0);
        delta = 0;
        count = 0;
        leading = NO_WINDOW;
        trailing = 0;
    }

    public int count() {
        return count;
    }

    /// The unfinished word at the end of the stream, and how many of its bits are used.
    public long word() {
        return bits.word();
    }

    public int used() {
        return bits.used();
    }

    /// Stores `time, value, word, packed` at `into[at]`, where `packed` leaves its lowest six bits
    /// zero for the owner. The chunk must hold fewer than 256 samples, no two more than 24 days
    /// apart.
    public void save(long[] into, int at) {
        assert delta == (int) delta && count < 256 : "bug: does not fit";
        into[at] = time;
        into[at + 1] = value;
        into[at + 2] = bits.word();
        into[at + 3] =
                delta << 32
                        | (long) count << 24
                        | (long) leading << 18
                        | (long) trailing << 12
                        | (long) bits.used() << 6;
    }

    /// Goes on where [#save] stopped.
    public void load(long[] from, int at) {
        time = from[at];
        value = from[at + 1];
        long packed = from[at + 3];
        delta = packed >> 32;
        count = count(packed);
        leading = (int) (packed >>> 18) & 0x3f;
        trailing = (int) (packed >>> 12) & 0x3f;
        bits.resume(from[at + 2], used(packed));
    }

    /// The number of samples out of the fourth long of [#save].
    public static int count(long packed) {
        return (int) (packed >>> 24) & 0xff;
    }

    /// The used bits of the unfinished word out of the fourth long of [#save].
    public static int used(long packed) {
        return (int) (packed >>> 6) & 0x3f;
    }

    /// Appends one sample, later than the one before; the value as its raw bits.
    public void append(long nextTime, long nextValue) {
        if (count == 0) {
            putUvarint(nextTime << 1 ^ nextTime >> 63);
            bits.write(nextValue, 64);
        } else {
            long nextDelta = nextTime - time;
            if (count == 1) {
                putUvarint(nextDelta);
            } else {
                putChange(nextDelta - delta);
            }
            delta = nextDelta;
            putXor(nextValue ^ value);
        }
        time = nextTime;
        value = nextValue;
        count++;
    }

    /// Adds bits of the owner's own behind the last sample. Whoever does so must read the chunk by
    /// itself.
    public void extra(long value, int width) {
        bits.write(value, width);
    }

    private void putChange(long change) {
        if (change == 0) {
            bits.write(0, 1);
        } else if (fits(change, 14)) {
            bits.write(0b10L << 14 | change & (1L << 14) - 1, 16);
        } else if (fits(change, 17)) {
            bits.write(0b110L << 17 | change & (1L << 17) - 1, 20);
        } else if (fits(change, 20)) {
            bits.write(0b1110L << 20 | change & (1L << 20) - 1, 24);
        } else {
            bits.write(0b1111L, 4);
            bits.write(change, 64);
        }
    }

    private static boolean fits(long change, int width) {
        long half = 1L << (width - 1);
        return change > -half && change <= half;
    }

    private void putXor(long xor) {
        if (xor == 0) {
            bits.write(0, 1);
            return;
        }
        int nowLeading = Math.min(31, Long.numberOfLeadingZeros(xor));
        int nowTrailing = Long.numberOfTrailingZeros(xor);
        if (leading != NO_WINDOW && nowLeading >= leading && nowTrailing >= trailing) {
            bits.write(0b10, 2);
            bits.write(xor >>> trailing, 64 - leading - trailing);
            return;
        }
        leading = nowLeading;
        trailing = nowTrailing;
        int significant = 64 - leading - trailing;
        bits.write(0b11L << 11 | (long) leading << 6 | significant & 0x3f, 13);
        bits.write(xor >>> trailing, significant);
    }

    private void putUvarint(long number) {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            bits.write(rest & 0x7f | 0x80, 8);
            rest >>>= 7;
        }
        bits.write(rest, 8);
    }
}
