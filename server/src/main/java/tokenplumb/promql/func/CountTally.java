package tokenplumb.promql.func;

/// A compensated sum that can be scaled, copied and merged on the way.
final class CountTally {
    private double sum;
    private double lost;

    void set(double value) {
        sum = value;
        lost = 0;
    }

    void copy(CountTally other) {
        sum = other.sum;
        lost = other.lost;
    }

    void add(double value) {
        double next = sum + value;
        double virtual = next - sum;
        lost += (sum - (next - virtual)) + (value - virtual);
        sum = next;
    }

    void merge(CountTally other) {
        double rest = Double.isInfinite(other.sum) ? 0 : other.lost;
        add(other.sum);
        lost += rest;
    }

    void scale(double factor) {
        sum *= factor;
        lost *= factor;
    }

    boolean isInfinite() {
        return Double.isInfinite(sum);
    }

    /// Nothing is lost of what is infinite.
    double value() {
        return Double.isInfinite(sum) ? sum : sum + lost;
    }
}
