package tokenplumb.promql.func;

/// A sum with Neumaier's compensation for what rounding loses. Once it overflows, nothing is left
/// to compensate.
public final class Sum {
    private double sum;
    private double lost;

    public void add(double value) {
        double next = sum + value;
        if (Double.isInfinite(next)) {
            lost = 0;
        } else if (Math.abs(sum) >= Math.abs(value)) {
            lost += (sum - next) + value;
        } else {
            lost += (value - next) + sum;
        }
        sum = next;
    }

    public double value() {
        return sum + lost;
    }
}
