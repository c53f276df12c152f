package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

/// How often each class comes in one context, of [#TOTAL] in all; the escape always does. From it
/// come the tables of a tabled asymmetric numeral system: a state of [#LOG] bits holds what is left
/// of the classes coded so far, and one look-up gives the class and the state before it.
final class Frequencies {
    static final int LOG = 10;
    static final int TOTAL = 1 << LOG;

    private final short[] of; // by class

    private Frequencies(short[] of) {
        this.of = of;
    }

    /// From counts by class, scaled.
    static Frequencies of(int[] counts) {
        long all = 0;
        int known = 0;
        for (int count : counts) {
            all += count;
            known += count > 0 ? 1 : 0;
        }
        var scaled = new short[Residual.CLASSES];
        int left = TOTAL;
        int most = Residual.ESCAPE;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                long share = (counts[i] * (long) (TOTAL - 1 - known)) / all + 1;
                scaled[i] = (short) share;
                left -= (int) share;
                most = most == Residual.ESCAPE || counts[i] > counts[most] ? i : most;
            }
        }
        if (scaled[Residual.ESCAPE] == 0) {
            scaled[Residual.ESCAPE] = 1;
            left--;
        }
        scaled[most] += (short) left; // never negative: shares are rounded down
        return new Frequencies(scaled);
    }

    int of(int residualClass) {
        return of[residualClass];
    }

    void write(Buffer out) {
        int known = 0;
        for (int i = 0; i < Residual.ESCAPE; i++) {
            known += of[i] > 0 ? 1 : 0;
        }
        out.putUvarint(known);
        int last = -1;
        for (int i = 0; i < Residual.ESCAPE; i++) {
            if (of[i] > 0) {
                int gap = i - last - 1;
                // one byte where class and frequency are small
                if (gap < 4 && of[i] < 64 - 2) {
                    out.putByte(gap << 6 | of[i]);
                } else {
                    out.putByte(gap < 4 ? gap << 6 | 63 : 62);
                    if (gap >= 4) {
                        out.putByte(gap);
                    }
                    out.putUvarint(of[i]);
                }
                last = i;
            }
        }
    }

    /// Throws [IndexOutOfBoundsException] or [IllegalStateException] when it cannot be.
    static Frequencies read(ByteReader in) {
        var read = new short[Residual.CLASSES];
        int known = in.getCount(1);
        int left = TOTAL;
        int at = -1;
        for (int i = 0; i < known; i++) {
            int head = in.getByte();
            int gap = head >> 6;
            int frequency = head & 63;
            if (frequency == 63) {
                frequency = (int) Math.min(in.getUvarint() & Integer.MAX_VALUE, TOTAL);
            } else if (frequency == 62) {
                gap = in.getByte();
                frequency = (int) Math.min(in.getUvarint() & Integer.MAX_VALUE, TOTAL);
            }
            at += gap + 1;
            left -= frequency;
            if (frequency == 0 || at >= Residual.ESCAPE || left < 1) {
                throw new IllegalStateException("frequencies that cannot be");
            }
            read[at] = (short) frequency;
        }
        read[Residual.ESCAPE] = (short) left;
        return new Frequencies(read);
    }

    /// Which class each state stands for.
    private short[] spread() {
        var spread = new short[TOTAL];
        int at = 0;
        for (int i = 0; i < Residual.CLASSES; i++) {
            for (int k = 0; k < of[i]; k++) {
                spread[at] = (short) i;
                at = at + (TOTAL >> 1) + (TOTAL >> 3) + 3 & TOTAL - 1;
            }
        }
        return spread;
    }

    /// Writes [#TOTAL] entries for the decoder: class << 16 | bits to read << 12 | base of the
    /// state before.
    void decoding(int[] into, int from) {
        var spread = spread();
        var next = of.clone();
        for (int state = 0; state < TOTAL; state++) {
            int residualClass = spread[state];
            int x = next[residualClass]++;
            int bits = LOG - (31 - Integer.numberOfLeadingZeros(x));
            into[from + state] = residualClass << 16 | bits << 12 | (x << bits) - TOTAL;
        }
    }

    /// Writes [#TOTAL] entries for the encoder: by class and rank of its states, the state.
    void encoding(short[] into, int from, int[] first) {
        var spread = spread();
        int sum = 0;
        for (int i = 0; i < Residual.CLASSES; i++) {
            first[i] = sum;
            sum += of[i];
        }
        var next = first.clone();
        for (int state = 0; state < TOTAL; state++) {
            into[from + next[spread[state]]++] = (short) state;
        }
    }
}
