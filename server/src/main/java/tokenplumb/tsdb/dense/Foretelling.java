package tokenplumb.tsdb.dense;

/// How a column's next number is foretold, and the context in which its residual is coded: the
/// usual size of residuals of late, and whether the last two numbers were repeats.
///
/// Either the numbers themselves are foretold or their steps, as a moving average of those before;
/// with averages of weight 1, that is the number (or step) before. Of columns with repeats, whose
/// source changes more slowly than it is asked, the average may leave them out. All arithmetic
/// wraps, so that any number comes back exactly.
///
/// @param ofSteps the steps are foretold, not the numbers
/// @param leavesOutRepeats repeats do not enter the averages
/// @param shift the newest has a weight of 2^−shift in the average, 0 to 7
record Foretelling(boolean ofSteps, boolean leavesOutRepeats, int shift) {
    /// Fraction bits of the average.
    static final int FRACTION = 8;

    /// Half of the average's unit.
    static final int ROUNDING = 1 << (FRACTION - 1);

    /// Levels of residuals' usual size, two for each octave.
    static final int LEVELS = 48;

    /// Contexts: what the last two numbers were, then the level.
    static final int CONTEXTS = LEVELS * 4;

    /// Fraction bits of the usual size.
    static final int SIZE_FRACTION = 4;

    /// The newest residual has a weight of 2^−3 in the usual size.
    static final int SIZE_SHIFT = 3;

    /// Greater residuals count as this.
    static final long SIZE_CAP = 1L << 50;

    static Foretelling of(int coded) {
        return new Foretelling((coded & 1) != 0, (coded & 2) != 0, coded >> 2 & 7);
    }

    int coded() {
        return (ofSteps ? 1 : 0) | (leavesOutRepeats ? 2 : 0) | shift << 2;
    }

    /// The level of a usual size that has [#SIZE_FRACTION] fraction bits and is not negative.
    static int level(long usual) {
        if (usual < 2) {
            return (int) usual;
        }
        int top = 63 - Long.numberOfLeadingZeros(usual);
        int level = top * 2 + (int) (usual >>> (top - 1) & 1);
        return Math.min(level, LEVELS - 1);
    }

    /// The usual size after one more residual.
    static long usual(long usual, long residual) {
        long distance = Math.abs(residual);
        if (distance < 0 || distance > SIZE_CAP) {
            distance = SIZE_CAP;
        }
        long next = usual + ((distance << SIZE_FRACTION) - usual >> SIZE_SHIFT);
        return next == 0 && distance != 0 ? 1 : next;
    }

    /// Splits numbers 1 to `count` (the first, 0, is kept elsewhere) into tokens.
    void tokens(long[] numbers, int count, int model, Tokens into) {
        long before = numbers[0];
        long average = ofSteps ? 0 : before << FRACTION;
        boolean hasAverage = !ofSteps;
        long usual = 0;
        int repeats = 0;
        for (int i = 1; i < count; i++) {
            long number = numbers[i];
            boolean same = number == before;
            long told = ofSteps ? number - before : number;
            long residual = told - (average + ROUNDING >> FRACTION);
            int context = repeats * LEVELS + level(usual);
            if (same) {
                into.add(model << 16 | context, Residual.SAME, 0);
            } else {
                int residualClass = Residual.classOf(residual);
                into.add(
                        model << 16 | context,
                        residualClass,
                        Residual.rawOf(residual, residualClass));
            }
            if (!same || !leavesOutRepeats) {
                if (hasAverage) {
                    average += (told << FRACTION) - average >> shift;
                } else {
                    average = told << FRACTION;
                    hasAverage = true;
                }
                usual = usual(usual, residual);
            }
            repeats = (repeats << 1 & 2) | (same ? 1 : 0);
            before = number;
        }
    }
}
