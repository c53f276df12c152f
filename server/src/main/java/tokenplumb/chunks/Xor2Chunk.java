package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

/// Reads float samples in Prometheus' second XOR encoding, where one prefix stands for time and
/// value together and start times may follow each sample.
///
/// ```
/// count    16 bits
/// starts   1 bit: the first sample has a start time; 7 bits: from which sample on each has one
/// time 0   varint      value 0   64 bits                  [start: varint]
/// time 1   uvarint     value 1   as below                 [start: varbit]
/// sample n                                                [start: varbit]
///          0                    same difference of times, same value
///          10 + changed value   same difference
///          110 + 13 bits, 1110 + 20 bits, 11110 + 64 bits   change of it (two's complement), value
///          11111                same difference, stale marker
/// value            0 same, 10 + bits in the last window, 110 + window + bits, 111 stale marker
/// changed value    0 + bits in the last window, 1 + window + bits
/// ```
///
/// A stale marker leaves the value that the next one is compared with as it was.
final class Xor2Chunk {
    private static final int HEADER = 3;

    private Xor2Chunk() {}

    static void read(byte[] bytes, int offset, long from, long to, Samples into) {
        int count = Chunk.count(Chunk.XOR2, bytes, offset);
        int starts = bytes[offset + 2] & 0xff;
        int startsFrom = starts & 0x7f;
        var bits = new BitReader(bytes, offset + HEADER);
        var last = new XorBits();
        long time = 0;
        long delta = 0;
        for (int i = 0; i < count; i++) {
            double value;
            if (i == 0) {
                time = Varbits.getVarint(bits);
                value = Double.longBitsToDouble(bits.read(64));
                last.start(StaleMarker.is(value) ? 0 : Double.doubleToRawLongBits(value));
                if (starts >= 0x80) {
                    Varbits.getVarint(bits);
                }
            } else if (i == 1) {
                delta = Varbits.getUvarint(bits);
                value = value(bits, last);
            } else if (!bits.bit()) {
                value = Double.longBitsToDouble(last.value);
            } else if (!bits.bit()) {
                if (bits.bit()) {
                    last.readWindow(bits);
                }
                value = Double.longBitsToDouble(last.readInWindow(bits));
            } else if (!bits.bit()) {
                delta += signed(bits, 13);
                value = value(bits, last);
            } else if (!bits.bit()) {
                delta += signed(bits, 20);
                value = value(bits, last);
            } else if (!bits.bit()) {
                delta += bits.read(64);
                value = value(bits, last);
            } else {
                value = StaleMarker.VALUE;
            }
            time += i == 0 ? 0 : delta;
            if (i > 0 && startsFrom > 0 && i >= startsFrom) {
                Varbits.getInt(bits);
            }
            if (time > to) {
                return;
            }
            if (time >= from) {
                into.add(time, value);
            }
        }
    }

    private static double value(BitReader bits, XorBits last) {
        if (!bits.bit()) {
            return Double.longBitsToDouble(last.value);
        }
        if (bits.bit()) {
            if (bits.bit()) {
                return StaleMarker.VALUE;
            }
            last.readWindow(bits);
        }
        return Double.longBitsToDouble(last.readInWindow(bits));
    }

    private static long signed(BitReader bits, int count) {
        return bits.read(count) << (64 - count) >> (64 - count);
    }
}
