package tokenplumb.tsdb.dense;

/// How a column's next number is foretold, and the context in which its residual is coded: the
/// usual class of residuals of late, and whether the last two numbers were repeats.
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

    /// Levels of the usual class, two for each octave.
    static final int LEVELS = 48;

    /// Contexts: what the last two numbers were, then the level.
    static final int CONTEXTS = LEVELS * 4;

    /// Fraction bits of the usual class.
    static final int USUAL_FRACTION = 5;

    /// The newest class has a weight of 2^−2 in the usual one.
    static final int USUAL_SHIFT = 2;

    static Foretelling of(int coded) {
        return new Foretelling((coded & 1) != 0, (coded & 2) != 0, coded >> 2 & 7);
    }

    int coded() {
        return (ofSteps ? 1 : 0) | (leavesOutRepeats ? 2 : 0) | shift << 2;
    }

    /// The level of a usual class.
    static int level(int usual) {
        return Math.min(usual >> USUAL_FRACTION, LEVELS - 1);
    }

    /// The usual class, sign left out, after one more.
    static int usual(int usual, int residualClass) {
        return usual + ((residualClass >> 1 << USUAL_FRACTION) - usual >> USUAL_SHIFT);
    }

    /// Splits numbers 1 to `count` (the first, 0, is kept elsewhere) into tokens.
    void tokens(long[] numbers, int count, int model, Tokens into) {
        long before = numbers[0];
        long average = ofSteps ? 0 : before << FRACTION;
        boolean hasAverage = !ofSteps;
        int usual = 0;
        int repeats = 0;
        for (int i = 1; i < count; i++) {
            long number = numbers[i];
            boolean same = number == before;
            long told = ofSteps ? number - before : number;
            long residual = told - (average + ROUNDING >> FRACTION);
            int context = repeats * LEVELS + level(usual);
            int residualClass = same ? Residual.SAME : Residual.classOf(residual);
            into.add(
                    model << 16 | context,
                    residualClass,
                    same ? 0 : Residual.rawOf(residual, residualClass));
            if (!same || !leavesOutRepeats) {
                if (hasAverage) {
                    average += (told << FRACTION) - average >> shift;
                } else {
                    average = told << FRACTION;
                    hasAverage = true;
                }
                usual = usual(usual, residualClass);
            }
            repeats = (repeats << 1 & 2) | (same ? 1 : 0);
            before = number;
        }
    }
}
