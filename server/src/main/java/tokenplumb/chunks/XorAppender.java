package tokenplumb.chunks;

import tokenplumb.bytes.BitWriter;

/// Appends samples to an XOR chunk, one at a time (the format: [XorChunk]).
///
/// One appender serves any number of chunks in turn: [#save] packs where it stands into four longs,
/// [#load] goes on from there. Full words of the bit stream go to the [BitWriter.Words] given; the
/// last, unfinished one stays in the appender. Not thread-safe.
public final class XorAppender {
    private final BitWriter bits;
    private long time;
    private final XorBits value = new XorBits();
    private long delta;
    private int count;

    public XorAppender(BitWriter.Words words) {
        this.bits = new BitWriter(words);
    }

    /// Begins a new chunk.
    public void reset() {
        bits.resume(0, 0);
        delta = 0;
        count = 0;
        value.start(0);
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
        into[at + 1] = value.value;
        into[at + 2] = bits.word();
        into[at + 3] =
                delta << 32
                        | (long) count << 24
                        | (long) value.leading << 18
                        | (long) value.trailing << 12
                        | (long) bits.used() << 6;
    }

    /// Goes on where [#save] stopped.
    public void load(long[] from, int at) {
        time = from[at];
        value.value = from[at + 1];
        long packed = from[at + 3];
        delta = packed >> 32;
        count = count(packed);
        value.leading = (int) (packed >>> 18) & 0x3f;
        value.trailing = (int) (packed >>> 12) & 0x3f;
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
            Varbits.putUvarint(bits, nextTime << 1 ^ nextTime >> 63);
            bits.write(nextValue, 64);
            value.start(nextValue);
        } else {
            long nextDelta = nextTime - time;
            if (count == 1) {
                Varbits.putUvarint(bits, nextDelta);
            } else if (nextDelta == delta) {
                bits.write(0, 1);
            } else {
                Varbits.putChange(bits, nextDelta - delta);
            }
            delta = nextDelta;
            value.write(bits, nextValue);
        }
        time = nextTime;
        count++;
    }

    /// Adds bits of the owner's own behind the last sample. Whoever does so must read the chunk by
    /// itself.
    public void extra(long value, int width) {
        bits.write(value, width);
    }
}
