package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The envelope of a record in the log, in a checkpoint and in a segment's table of series:
///
/// ```
/// marker 4 | length of the body 4 | CRC-32C of the body 4 | body
/// ```
///
/// A reader that meets damage looks for the next marker whose checksum holds, so that a damaged
/// record costs only itself.
final class Frame {
    static final int HEADER = 12;

    private static final int MARKER = 0xF7_54_50_52; // 0xF7 occurs in no UTF-8 text
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Frame() {}

    /// Begins a frame; [#end] with the returned place finishes it.
    static int begin(Buffer into) {
        int at = into.size();
        into.putInt(MARKER);
        into.putInt(0);
        into.putInt(0);
        return at;
    }

    static void end(Buffer into, int begunAt) {
        int body = begunAt + HEADER;
        int length = into.size() - body;
        into.setInt(begunAt + 4, length);
        into.setInt(begunAt + 8, Crc32c.of(into.array(), body, length));
    }

    /// Hears of bytes that are no sound record; `tail`: they reach to the end.
    interface Damage {
        void damage(long offset, long length, boolean tail, String what);
    }

    /// Hears what is in a file, in order.
    interface Listener extends Damage {
        /// A sound body; the array is reused after the call.
        void body(byte[] bytes, int length, long offset);
    }

    /// Walks through the frames from `from` to `to`.
    static void scan(MemorySegment file, long from, long to, Listener listener) {
        var body = new byte[4096];
        long at = from;
        while (at < to) {
            int length = lengthAt(file, at, to);
            if (length >= 0) {
                if (length > body.length) {
                    body = new byte[Math.max(length, body.length * 2)];
                }
                MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at + HEADER, body, 0, length);
                if (Crc32c.of(body, 0, length) == file.get(INT, at + 8)) {
                    listener.body(body, length, at);
                    at += HEADER + length;
                    continue;
                }
            }
            long next = nextSound(file, at + 1, to);
            listener.damage(at, next - at, next == to, describe(file, at, to, length));
            at = next;
        }
    }

    private static int lengthAt(MemorySegment file, long at, long to) {
        if (to - at < HEADER || file.get(INT, at) != MARKER) {
            return -1;
        }
        int length = file.get(INT, at + 4);
        return length < 1 || length > to - at - HEADER ? -1 : length;
    }

    private static long nextSound(MemorySegment file, long from, long to) {
        for (long at = from; at <= to - HEADER; at++) {
            int length = lengthAt(file, at, to);
            if (length >= 0) {
                var body = new byte[length];
                MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at + HEADER, body, 0, length);
                if (Crc32c.of(body, 0, length) == file.get(INT, at + 8)) {
                    return at;
                }
            }
        }
        return to;
    }

    private static String describe(MemorySegment file, long at, long to, int length) {
        if (length >= 0) {
            return "checksum does not match";
        }
        long zeros = at;
        while (zeros < to && file.get(ValueLayout.JAVA_BYTE, zeros) == 0) {
            zeros++;
        }
        if (zeros == to) {
            return "filled with zeros to the end";
        }
        if (to - at < HEADER || file.get(INT, at) == MARKER) {
            return "record cut short";
        }
        return "no record begins here";
    }
}
