package tokenplumb.promql.func;

/// A mean that is a compensated sum divided by the count, for as long as that sum does not
/// overflow, and a running mean from there on.
public final class RunningMean {
    private double sum; // of all values; once running, their mean
    private double lost;
    private double count;
    private boolean running;

    public void add(double value) {
        count++;
        if (count == 1) {
            sum = value;
            return;
        }
        if (!running) {
            double next = sum + value;
            if (!Double.isInfinite(next)) {
                compensate(sum, value, next);
                return;
            }
            running = true;
            sum /= count - 1;
            lost /= count - 1;
        }
        double share = (count - 1) / count;
        lost *= share;
        double before = share * sum;
        double part = value / count;
        double next = before + part;
        if (Double.isInfinite(next)) {
            lost = 0;
            sum = next;
        } else {
            compensate(before, part, next);
        }
    }

    private void compensate(double before, double value, double next) {
        if (Math.abs(before) >= Math.abs(value)) {
            lost += (before - next) + value;
        } else {
            lost += (value - next) + before;
        }
        sum = next;
    }

    public double value() {
        return running ? sum + lost : sum / count + lost / count;
    }

    /// Takes over a mean of other values, which must not be used afterwards.
    public void merge(RunningMean other) {
        if (!running && !other.running && !Double.isInfinite(sum + other.sum)) {
            compensate(sum, other.sum, sum + other.sum);
            lost += other.lost;
            count += other.count;
            return;
        }
        double all = count + other.count;
        sum = value() * (count / all) + other.value() * (other.count / all);
        lost = 0;
        count = all;
        running = true;
    }
}
