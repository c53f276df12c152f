package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

/// Hands each column on with its values changed, and if need be without its metric's name.
final class Mapped implements Sink {
    /// Reads `from`, writes `into`; they may be the same array. Absent stays absent unless the map
    /// says otherwise.
    @FunctionalInterface
    interface Values {
        void map(double[] from, double[] into);

        /// What becomes of native histograms, if there are any: histograms again, in an array of
        /// its own, or values where `into` has none so far. By default they go away.
        default Histogram[] map(Histogram[] from, double[] into) {
            return Column.NO_HISTOGRAMS;
        }

        /// The same, and histograms mapped by `histograms`.
        default Values and(Histograms histograms) {
            var floats = this;
            return new Values() {
                @Override
                public void map(double[] from, double[] into) {
                    floats.map(from, into);
                }

                @Override
                public Histogram[] map(Histogram[] from, double[] into) {
                    return histograms.map(from, into);
                }
            };
        }
    }

    /// As [Values#map(Histogram[], double[])].
    @FunctionalInterface
    interface Histograms {
        Histogram[] map(Histogram[] from, double[] into);

        /// Each for itself; null where nothing is left.
        static Histograms each(StepFunction function) {
            return (from, into) -> {
                var mapped = new Histogram[from.length];
                for (int i = 0; i < from.length; i++) {
                    if (from[i] != null) {
                        mapped[i] = function.of(from[i], i);
                    }
                }
                return mapped;
            };
        }

        /// A number for each.
        static Histograms toValues(StepValue function) {
            return (from, into) -> {
                for (int i = 0; i < from.length; i++) {
                    if (from[i] != null) {
                        into[i] = function.of(from[i], i);
                    }
                }
                return Column.NO_HISTOGRAMS;
            };
        }
    }

    /// Of the histogram at a step.
    @FunctionalInterface
    interface StepFunction {
        Histogram of(Histogram histogram, int step);
    }

    /// Of the histogram at a step.
    @FunctionalInterface
    interface StepValue {
        double of(Histogram histogram, int step);
    }

    /// What becomes of the name.
    enum Name {
        KEEP,
        DROP,
        MARK
    }

    private final Sink next;
    private final Values values;
    private final Name name;
    private final boolean mayVanish;
    private double[] spare; // an array that the next sink has not kept

    /// `mayVanish`: the map can turn values into absence, so that whole columns may disappear.
    Mapped(Sink next, Values values, Name name, boolean mayVanish) {
        this.next = next;
        this.values = values;
        this.name = name;
        this.mayVanish = mayVanish;
    }

    @Override
    public boolean take(Labels labels, double[] from, Histogram[] histograms, boolean nameless) {
        if (spare == null || spare.length != from.length) {
            spare = new double[from.length];
        }
        values.map(from, spare);
        var mapped = Column.NO_HISTOGRAMS;
        boolean vanishes = mayVanish;
        if (histograms.length > 0) {
            mapped = values.map(histograms, spare);
            vanishes = true;
        }
        if (vanishes && !Column.hasAny(spare, mapped)) {
            return false;
        }
        var kept =
                next.take(
                        name == Name.DROP ? Names.drop(labels) : labels,
                        spare,
                        mapped,
                        nameless || name == Name.MARK);
        if (kept) {
            spare = null;
        }
        return false;
    }

    @Override
    public Sink fork() {
        return new Mapped(next.fork(), values, name, mayVanish);
    }

    @Override
    public void join(Sink forked) {
        next.join(((Mapped) forked).next);
    }
}
