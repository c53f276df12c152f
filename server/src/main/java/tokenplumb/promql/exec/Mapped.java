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
        if (mayVanish && !Column.hasAny(spare)) {
            return false;
        }
        var kept =
                next.take(
                        name == Name.DROP ? Names.drop(labels) : labels,
                        spare,
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
