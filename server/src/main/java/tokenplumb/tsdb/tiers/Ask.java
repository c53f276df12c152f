package tokenplumb.tsdb.tiers;

import tokenplumb.storage.SelectHints;

import java.util.Set;

/// What a query wants to know of a tier's windows.
final class Ask {
    /// What is told of each window.
    enum Mode {
        /// The course of the values: the first and the last sample, and both sides of each fall.
        COURSE,
        /// The mean, weighted by the number of samples.
        MEAN,
        LEAST,
        MOST,
        /// The newest sample at each time of evaluation.
        NEWEST
    }

    /// Functions that a tier answers as well as the samples would, at windows' bounds.
    private static final Set<String> GOOD =
            Set.of(
                    "rate",
                    "increase",
                    "delta",
                    "avg_over_time",
                    "sum_over_time",
                    "count_over_time",
                    "present_over_time",
                    "absent_over_time",
                    "min_over_time",
                    "max_over_time",
                    "first_over_time",
                    "last_over_time");

    /// How many windows of a tier a step and a range must be long to be answered by it although
    /// they are not its multiples.
    static final int ENOUGH = 5;

    final SelectHints hints;
    final Mode mode;
    private final boolean hasEdges;

    Ask(SelectHints hints) {
        this.hints = hints;
        this.hasEdges = !hints.equals(SelectHints.NONE);
        this.mode = mode(hints);
    }

    private static Mode mode(SelectHints hints) {
        if (hints.rangeMillis() == 0) {
            return hints.equals(SelectHints.NONE) ? Mode.COURSE : Mode.NEWEST;
        }
        return switch (hints.function()) {
            case "avg_over_time", "sum_over_time", "count_over_time" -> Mode.MEAN;
            case "present_over_time", "absent_over_time" -> Mode.MEAN;
            case "min_over_time" -> Mode.LEAST;
            case "max_over_time" -> Mode.MOST;
            default -> Mode.COURSE;
        };
    }

    /// Whether the course between two samples may be drawn as a line.
    boolean isOfChange() {
        return switch (hints.function()) {
            case "rate", "increase", "delta" -> true;
            default -> false;
        };
    }

    /// Whether a tier can answer this at all; else only where nothing better is left.
    boolean isGood() {
        return hasEdges
                && (hints.rangeMillis() == 0
                        ? hints.function().isEmpty() && hints.stepMillis() > 0
                        : GOOD.contains(hints.function()));
    }

    /// Whether every evaluation looks at whole windows of this length.
    boolean isAligned(long millis) {
        return hasEdges
                && hints.start() % millis == 0
                && hints.stepMillis() % millis == 0
                && hints.rangeMillis() % millis == 0
                && (hints.rangeMillis() > 0 || hints.stepMillis() > 0);
    }

    /// Whether windows of this length are fine enough.
    boolean isCoarse(long millis) {
        boolean stepIsLong = hints.stepMillis() == 0 || hints.stepMillis() >= ENOUGH * millis;
        return hints.rangeMillis() == 0
                ? hints.stepMillis() >= ENOUGH * millis
                : stepIsLong && hints.rangeMillis() >= ENOUGH * millis;
    }

    /// The first evaluation after a time, [Long#MAX_VALUE] when there is none.
    long evaluationAfter(long time) {
        return hasEdges ? edgeAfter(time, hints.start(), hints.end()) : Long.MAX_VALUE;
    }

    /// The first beginning of an evaluation's range after a time; that time itself is not in the
    /// range. [Long#MAX_VALUE] when there is none.
    long beginningAfter(long time) {
        long range = hints.rangeMillis();
        return hasEdges && range > 0
                ? edgeAfter(time, hints.start() - range, hints.end() - range)
                : Long.MAX_VALUE;
    }

    private long edgeAfter(long time, long first, long last) {
        if (time < first) {
            return first;
        }
        long step = hints.stepMillis();
        if (step == 0) {
            return Long.MAX_VALUE;
        }
        long edge = first + ((time - first) / step + 1) * step;
        return edge <= last ? edge : Long.MAX_VALUE;
    }
}
