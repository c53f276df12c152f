package tokenplumb.promql.exec;

import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/// The hash of a label set that `limit_ratio` samples by: xxHash64 over Prometheus' own encoding,
/// so that both pick the same series.
final class LabelHash {
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;

    private LabelHash() {}

    /// The hash as a share of all hashes, from 0 to 1.
    static double ratio(Labels labels) {
        long hash = xx64(encoded(labels));
        double unsigned = (hash >>> 1) * 2.0 + (hash & 1);
        return unsigned / 0x1p64;
    }

    /// Each name and value with its length before it: one byte, or 255 and three more.
    private static byte[] encoded(Labels labels) {
        var texts = new ArrayList<byte[]>();
        int length = 0;
        for (int i = 0; i < labels.size(); i++) {
            for (var text : new String[] {labels.name(i), labels.value(i)}) {
                var bytes = text.getBytes(StandardCharsets.UTF_8);
                texts.add(bytes);
                length += bytes.length + (bytes.length < 255 ? 1 : 4);
            }
        }
        var all = new byte[length];
        int at = 0;
        for (var bytes : texts) {
            if (bytes.length < 255) {
                all[at++] = (byte) bytes.length;
            } else {
                all[at++] = (byte) 255;
                all[at++] = (byte) bytes.length;
                all[at++] = (byte) (bytes.length >> 8);
                all[at++] = (byte) (bytes.length >> 16);
            }
            System.arraycopy(bytes, 0, all, at, bytes.length);
            at += bytes.length;
        }
        return all;
    }

    static long xx64(byte[] data) {
        int at = 0;
        long hash;
        if (data.length >= 32) {
            long a = 0x60ea27eeadc0b5d6L; // P1 + P2
            long b = P2;
            long c = 0;
            long d = 0x61c8864e7a143579L; // -P1
            while (at + 32 <= data.length) {
                a = round(a, word(data, at));
                b = round(b, word(data, at + 8));
                c = round(c, word(data, at + 16));
                d = round(d, word(data, at + 24));
                at += 32;
            }
            hash =
                    Long.rotateLeft(a, 1)
                            + Long.rotateLeft(b, 7)
                            + Long.rotateLeft(c, 12)
                            + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = P5;
        }
        hash += data.length;
        for (; at + 8 <= data.length; at += 8) {
            hash = Long.rotateLeft(hash ^ round(0, word(data, at)), 27) * P1 + P4;
        }
        if (at + 4 <= data.length) {
            long half = word(data, at, 4);
            hash = Long.rotateLeft(hash ^ half * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < data.length; at++) {
            hash = Long.rotateLeft(hash ^ (data[at] & 0xff) * P5, 11) * P1;
        }
        hash = (hash ^ (hash >>> 33)) * P2;
        hash = (hash ^ (hash >>> 29)) * P3;
        return hash ^ (hash >>> 32);
    }

    private static long round(long state, long word) {
        return Long.rotateLeft(state + word * P2, 31) * P1;
    }

    private static long merge(long hash, long state) {
        return (hash ^ round(0, state)) * P1 + P4;
    }

    private static long word(byte[] data, int at) {
        return word(data, at, 8);
    }

    private static long word(byte[] data, int at, int bytes) {
        long word = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            word = word << 8 | data[at + i] & 0xff;
        }
        return word;
    }
}
