package tokenplumb.signal;

/// Upper bounds of exponential buckets, to the bit those of Prometheus: messages and labels show
/// them. Those between 1/2 and 1 are products of roots of two; all others are these, scaled.
final class ExponentialBounds {
    private static final int FINEST = 8;
    private static final double[] FRACTIONS = fractions();
    private static final int LARGEST_EXPONENT = 1024;

    private ExponentialBounds() {}

    private static double[] fractions() {
        var fractions = new double[1 << FINEST];
        fractions[0] = 0.5;
        double root = 2;
        for (int depth = 1; depth <= FINEST; depth++) {
            root = Math.sqrt(root);
            // Prometheus has the square root of two rounded down, where down is not the nearest.
            double factor = depth == 1 ? Math.nextDown(root) : root;
            int distance = 1 << FINEST - depth;
            for (int i = distance; i < fractions.length; i += 2 * distance) {
                fractions[i] = fractions[i - distance] * factor;
            }
        }
        return fractions;
    }

    static double upper(int schema, int index) {
        if (schema > FINEST) {
            return Math.pow(2, Math.scalb((double) index, -schema));
        }
        if (schema < 0) {
            return scaled(1, (long) index << Math.min(-schema, 31), LARGEST_EXPONENT);
        }
        double fraction = FRACTIONS[(index & (1 << schema) - 1) << FINEST - schema];
        return scaled(fraction, (index >> schema) + 1L, LARGEST_EXPONENT + 1);
    }

    /// The last bucket of numbers ends at the largest number; infinities have the one behind it.
    private static double scaled(double fraction, long exponent, int last) {
        if (exponent == last && (fraction == 0.5 || fraction == 1)) {
            return Double.MAX_VALUE;
        }
        return Math.scalb(fraction, (int) Math.max(-5000, Math.min(5000, exponent)));
    }
}
