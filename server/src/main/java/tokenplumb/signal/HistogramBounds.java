package tokenplumb.signal;

/// Where the buckets of native histograms end, to the bit as Prometheus has it: others compare and
/// print these numbers.
public final class HistogramBounds {
    private static final int FINEST = 8; // the finest schema; those above it are parts of its table
    private static final int PARTS = 1 << FINEST;

    /// Prometheus' table is not always the double nearest to `2^(i/256) / 2`: `e` means it is what
    /// [StrictMath#pow] gives, `d` the double before that one, `f` the one after.
    private static final String BESIDE =
            "eeeeeedeeedeeeeeeedceeddddddddddeedeeedeedddeeddeeddeeddeeddeddd"
                    + "eeeeeeddddccdeddeedeeedeeedeeeeeeeddefeedecceeddeedeeededdcdeddd"
                    + "dedddeccddcdedcddeddddcddcccddbbdedeeededdccdecdddccddcdddccddcd"
                    + "cdbcddcdccbcccccccccccbbbbaabcabddcdcccccdbbddcccdbcddccccabccbb";

    private static final double[] FRACTIONS = new double[PARTS];

    static {
        for (int i = 0; i < PARTS; i++) {
            double near = StrictMath.pow(2, (double) i / PARTS) / 2;
            FRACTIONS[i] =
                    Double.longBitsToDouble(
                            Double.doubleToRawLongBits(near) + BESIDE.charAt(i) - 'e');
        }
    }

    private HistogramBounds() {}

    /// The upper bound of a bucket of the positive side (whose lower bound is that of `index - 1`);
    /// negate it for the negative side. Custom bounds begin at −Inf and end at +Inf.
    public static double upper(Histogram histogram, int index) {
        if (!histogram.hasCustomBounds()) {
            return exponential(histogram.schema(), index);
        }
        var bounds = histogram.bounds();
        if (index < 0) {
            return Double.NEGATIVE_INFINITY;
        }
        return index < bounds.length ? bounds[index] : Double.POSITIVE_INFINITY;
    }

    /// `2^(index × 2^−schema)`. The last bucket of finite numbers ends at the largest of them, not
    /// at +Inf: that is the end of the bucket which counts the infinite ones.
    public static double exponential(int schema, int index) {
        if (schema < 0) {
            long exponent = (long) index << -schema;
            return exponent == 1024 ? Double.MAX_VALUE : power(1, exponent);
        }
        int shift = FINEST - schema;
        double fraction = FRACTIONS[(index & (1 << schema) - 1) << shift];
        int exponent = (index >> schema) + 1;
        return fraction == 0.5 && exponent == 1025 ? Double.MAX_VALUE : power(fraction, exponent);
    }

    private static double power(double fraction, long exponent) {
        return Math.scalb(fraction, Math.clamp(exponent, -3000, 3000));
    }
}
