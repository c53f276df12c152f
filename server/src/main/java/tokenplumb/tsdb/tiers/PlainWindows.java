package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;

/// What a tier keeps of a plain series: of each window the first and the last sample, the least and
/// the largest value, the sum; and where it falls seldom, as counters do, the samples on both sides
/// of each fall, so that a counter's growth is exact over its resets.
final class PlainWindows extends Windows {
    private static final int SELDOM = 64; // samples to a fall

    double[] first = new double[16];
    double[] last = new double[16];
    double[] least = new double[16];
    double[] most = new double[16];
    double[] sum = new double[16];
    private double[] lost = new double[16]; // what rounding took from the sums
    double[] sideValue = new double[4];
    private boolean hasSides = true; // else it falls often, and its falls are not kept

    PlainWindows(long millis) {
        super(millis);
    }

    // --- made of samples

    /// Of samples as they were measured; native histograms are left out.
    static PlainWindows of(long millis, Samples samples, boolean isCounter) {
        var windows = new PlainWindows(millis);
        double before = Double.NaN;
        int beforeAt = -1;
        int falls = 0;
        for (int i = 0; i < samples.size(); i++) {
            double value = samples.value(i);
            if (samples.isHistogram(i)) {
                continue;
            }
            if (StaleMarker.is(value)) {
                windows.end(samples.time(i));
                continue;
            }
            int window = windows.windowOf(samples.time(i));
            if (value < before) {
                falls++;
                if (windows.count[window] > 0) {
                    windows.side(samples.time(beforeAt), before);
                    windows.side(samples.time(i), value);
                }
            }
            windows.add(window, samples.time(i), value);
            before = value;
            beforeAt = i;
        }
        windows.dropSidesUnless(isCounter || (long) falls * SELDOM <= samples.size());
        windows.settle();
        return windows;
    }

    private void dropSidesUnless(boolean kept) {
        if (!kept) {
            hasSides = false;
            sides = 0;
        }
    }

    private void side(long time, double value) {
        int side = addSide(time);
        if (side >= 0) {
            sideValue[side] = value;
        }
    }

    private void add(int w, long time, double value) {
        if (count[w]++ == 0) {
            first[w] = value;
            least[w] = value;
            most[w] = value;
            sum[w] = value;
            lost[w] = 0;
        } else {
            least[w] = value < least[w] || Double.isNaN(least[w]) ? value : least[w];
            most[w] = value > most[w] || Double.isNaN(most[w]) ? value : most[w];
            addTo(w, value);
        }
        lastTime[w] = time;
        last[w] = value;
    }

    /// Neumaier's sum, as PromQL's.
    private void addTo(int w, double value) {
        double next = sum[w] + value;
        if (Double.isInfinite(next)) {
            lost[w] = 0;
        } else if (Math.abs(sum[w]) >= Math.abs(value)) {
            lost[w] += (sum[w] - next) + value;
        } else {
            lost[w] += (value - next) + sum[w];
        }
        sum[w] = next;
    }

    void settle() {
        for (int i = 0; i < size; i++) {
            if (!Double.isInfinite(sum[i])) {
                sum[i] += lost[i];
            }
        }
    }

    /// Adds windows of a finer tier, later than all before; [#settle] when all have come.
    void add(PlainWindows finer) {
        hasSides &= finer.hasSides;
        int nextSide = 0;
        int nextEnd = 0;
        for (int i = 0; i < finer.size; i++) {
            for (; nextEnd < finer.ends && finer.endTime[nextEnd] < finer.firstTime[i]; nextEnd++) {
                end(finer.endTime[nextEnd]);
            }
            int w = windowOf(finer.firstTime[i]);
            if (hasSides && count[w] > 0 && finer.first[i] < last[w]) {
                side(lastTime[w], last[w]);
                side(finer.firstTime[i], finer.first[i]);
            }
            for (;
                    nextSide < finer.sides && finer.sideTime[nextSide] <= finer.lastTime[i];
                    nextSide++) {
                side(finer.sideTime[nextSide], finer.sideValue[nextSide]);
            }
            join(w, finer, i);
        }
        for (; nextEnd < finer.ends; nextEnd++) {
            end(finer.endTime[nextEnd]);
        }
        dropSidesUnless(hasSides);
    }

    private void join(int w, PlainWindows other, int i) {
        if (count[w] == 0) {
            first[w] = other.first[i];
            firstTime[w] = other.firstTime[i];
            least[w] = other.least[i];
            most[w] = other.most[i];
            sum[w] = other.sum[i];
            lost[w] = 0;
        } else {
            boolean isLess = other.least[i] < least[w] || Double.isNaN(least[w]);
            boolean isMore = other.most[i] > most[w] || Double.isNaN(most[w]);
            least[w] = isLess ? other.least[i] : least[w];
            most[w] = isMore ? other.most[i] : most[w];
            addTo(w, other.sum[i]);
        }
        count[w] += other.count[i];
        lastTime[w] = other.lastTime[i];
        last[w] = other.last[i];
    }

    @Override
    void growWindows(int to) {
        super.growWindows(to);
        first = Arrays.copyOf(first, to);
        last = Arrays.copyOf(last, to);
        least = Arrays.copyOf(least, to);
        most = Arrays.copyOf(most, to);
        sum = Arrays.copyOf(sum, to);
        lost = Arrays.copyOf(lost, to);
    }

    @Override
    void growSides(int to) {
        super.growSides(to);
        sideValue = Arrays.copyOf(sideValue, to);
    }

    // --- on disk

    void write(Buffer into) {
        into.putByte(hasSides ? 1 : 0);
        writeTimes(into);
        var foretold = new double[Math.max(size, sides)];
        putPairs(first, last, size, into);
        for (int i = 0; i < size; i++) {
            foretold[i] = lower(first[i], last[i]);
        }
        Numbers.put(least, foretold, size, into);
        for (int i = 0; i < size; i++) {
            foretold[i] = upper(first[i], last[i]);
        }
        Numbers.put(most, foretold, size, into);
        for (int i = 0; i < size; i++) {
            foretold[i] = middle(i, first[i], last[i]);
        }
        Numbers.put(sum, foretold, size, into);
        for (int i = 0; i < sides; i++) {
            foretold[i] = i == 0 ? 0 : sideValue[i - 1];
        }
        Numbers.put(sideValue, foretold, sides, into);
    }

    static PlainWindows read(long millis, ByteReader from) {
        var w = new PlainWindows(millis);
        w.hasSides = from.getByte() == 1;
        w.readTimes(from);
        int size = w.size;
        double[] pairs = getPairs(size, from);
        w.first = new double[size];
        w.last = new double[size];
        for (int i = 0; i < size; i++) {
            w.first[i] = pairs[2 * i];
            w.last[i] = pairs[2 * i + 1];
        }
        w.least = Numbers.get(size, (i, before) -> lower(w.first[i], w.last[i]), from);
        w.most = Numbers.get(size, (i, before) -> upper(w.first[i], w.last[i]), from);
        w.sum = Numbers.get(size, (i, before) -> w.middle(i, w.first[i], w.last[i]), from);
        w.sideValue = Numbers.get(w.sides, (i, before) -> i == 0 ? 0 : before[i - 1], from);
        return w;
    }

    /// First, last, first, last, …: each is near the one before.
    static void putPairs(double[] first, double[] last, int size, Buffer into) {
        var pairs = new double[2 * size];
        var foretold = new double[2 * size];
        for (int i = 0; i < size; i++) {
            pairs[2 * i] = first[i];
            pairs[2 * i + 1] = last[i];
            foretold[2 * i] = i == 0 ? 0 : last[i - 1];
            foretold[2 * i + 1] = first[i];
        }
        Numbers.put(pairs, foretold, 2 * size, into);
    }

    static double[] getPairs(int size, ByteReader from) {
        return Numbers.get(2 * size, (i, before) -> i == 0 ? 0 : before[i - 1], from);
    }

    private static double lower(double a, double b) {
        return b < a ? b : a;
    }

    private static double upper(double a, double b) {
        return b > a ? b : a;
    }

    private double middle(int window, double a, double b) {
        return count[window] == 1 ? a : (a + b) / 2 * count[window];
    }

    // --- telling

    @Override
    boolean isFall(int point, int next) {
        return value(next) < value(point) && hasSides;
    }

    private double value(int point) {
        return switch (point % 3) {
            case 0 -> first[point / 3];
            case 1 -> last[point / 3];
            default -> sideValue[point / 3];
        };
    }

    void tell(Ask ask, long from, long to, Samples into) {
        tell(
                ask,
                from,
                to,
                new Listener() {
                    @Override
                    public void point(int point, double weight) {
                        into.add(time(point), value(point), weight);
                    }

                    @Override
                    public void between(int point, int next, long time) {
                        double share = (double) (time - time(point)) / (time(next) - time(point));
                        double value = value(point) + share * (value(next) - value(point));
                        into.add(time, value, 0);
                    }

                    @Override
                    public void part(int window, long time, double weight) {
                        double value =
                                switch (ask.mode) {
                                    case LEAST -> least[window];
                                    case MOST -> most[window];
                                    default -> sum[window] / count[window];
                                };
                        into.add(time, value, weight);
                    }

                    @Override
                    public void held(int point, long time) {
                        into.add(time, value(point), 0);
                    }

                    @Override
                    public void end(long time) {
                        into.add(time, StaleMarker.VALUE);
                    }
                });
    }
}
