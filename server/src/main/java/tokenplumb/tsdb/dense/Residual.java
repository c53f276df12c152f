package tokenplumb.tsdb.dense;

/// How far a number is from what was foretold, split into a *class*, which is entropy-coded, and
/// the bits below, which are written as they are. A class says sign, octave and half octave.
final class Residual {
    /// The number is the same as the one before.
    static final int SAME = 0;

    /// The number is as foretold.
    static final int FORETOLD = 1;

    /// A class the model does not know follows by itself, in [#ESCAPED_BITS] bits.
    static final int ESCAPE = 256;

    static final int CLASSES = 257;
    static final int ESCAPED_BITS = 8;

    /// By class: bits that follow.
    static final byte[] RAW = new byte[CLASSES];

    /// By class: the smallest distance, without sign.
    static final long[] BASE = new long[CLASSES];

    static {
        for (int residualClass = 2; residualClass < ESCAPE; residualClass++) {
            int half = residualClass - 2 >> 1;
            if (half == 0) {
                BASE[residualClass] = 1;
            } else {
                int raw = (half + 1 >> 1) - 1;
                RAW[residualClass] = (byte) raw;
                BASE[residualClass] = (2L + (half + 1 & 1)) << raw;
            }
        }
    }

    private Residual() {}

    static int classOf(long residual) {
        if (residual == 0) {
            return FORETOLD;
        }
        long distance = Math.abs(residual); // of the smallest long itself, which is right unsigned
        int bits = 64 - Long.numberOfLeadingZeros(distance);
        int half = bits == 1 ? 0 : (bits - 1) * 2 - 1 + (int) (distance >>> (bits - 2) & 1);
        return 2 + half * 2 + (int) (residual >>> 63);
    }

    static long rawOf(long residual, int residualClass) {
        return Math.abs(residual) - BASE[residualClass];
    }

    static long of(int residualClass, long raw) {
        long distance = BASE[residualClass] + raw;
        long sign = -(residualClass & 1L);
        return (distance ^ sign) - sign; // FORETOLD is odd, and 0
    }
}
