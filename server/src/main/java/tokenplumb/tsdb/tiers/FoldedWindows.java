package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;

/// What a tier keeps of a folded histogram: of each window the first and the last sample, and both
/// samples around each place where any bucket falls, so that the growth of every bucket is exact.
final class FoldedWindows extends Windows {
    private final int buckets;
    double[] firstSum = new double[16];
    double[] lastSum = new double[16];
    double[] sideSum = new double[4];
    private long[] firstCounts; // window by window
    private long[] lastCounts;
    private long[] sideCounts;

    FoldedWindows(long millis, int buckets) {
        super(millis);
        this.buckets = buckets;
        this.firstCounts = new long[16 * buckets];
        this.lastCounts = new long[16 * buckets];
        this.sideCounts = new long[4 * buckets];
    }

    // --- made of samples

    static FoldedWindows of(long millis, FoldedSamples samples) {
        var windows = new FoldedWindows(millis, samples.buckets());
        int before = -1;
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isStale(i)) {
                windows.end(samples.time(i));
                continue;
            }
            int window = windows.windowOf(samples.time(i));
            if (windows.count[window] > 0 && falls(samples, before, i)) {
                windows.side(samples.time(before), samples.sum(before), samples.counts(), before);
                windows.side(samples.time(i), samples.sum(i), samples.counts(), i);
            }
            windows.add(window, samples, i);
            before = i;
        }
        return windows;
    }

    private static boolean falls(FoldedSamples samples, int before, int now) {
        for (int b = 0; b < samples.buckets(); b++) {
            if (samples.count(now, b) < samples.count(before, b)) {
                return true;
            }
        }
        return samples.sum(now) < samples.sum(before);
    }

    private void side(long time, double sum, long[] counts, int row) {
        int side = addSide(time);
        if (side >= 0) {
            sideSum[side] = sum;
            System.arraycopy(counts, row * buckets, sideCounts, side * buckets, buckets);
        }
    }

    private void add(int w, FoldedSamples samples, int i) {
        if (count[w]++ == 0) {
            firstSum[w] = samples.sum(i);
            System.arraycopy(samples.counts(), i * buckets, firstCounts, w * buckets, buckets);
        }
        lastTime[w] = samples.time(i);
        lastSum[w] = samples.sum(i);
        System.arraycopy(samples.counts(), i * buckets, lastCounts, w * buckets, buckets);
    }

    /// Adds windows of a finer tier, later than all before.
    void add(FoldedWindows finer) {
        int nextSide = 0;
        int nextEnd = 0;
        for (int i = 0; i < finer.size; i++) {
            for (; nextEnd < finer.ends && finer.endTime[nextEnd] < finer.firstTime[i]; nextEnd++) {
                end(finer.endTime[nextEnd]);
            }
            int w = windowOf(finer.firstTime[i]);
            if (count[w] > 0 && fallsTo(w, finer, i)) {
                side(lastTime[w], lastSum[w], lastCounts, w);
                side(finer.firstTime[i], finer.firstSum[i], finer.firstCounts, i);
            }
            for (;
                    nextSide < finer.sides && finer.sideTime[nextSide] <= finer.lastTime[i];
                    nextSide++) {
                side(finer.sideTime[nextSide], finer.sideSum[nextSide], finer.sideCounts, nextSide);
            }
            join(w, finer, i);
        }
        for (; nextEnd < finer.ends; nextEnd++) {
            end(finer.endTime[nextEnd]);
        }
    }

    private boolean fallsTo(int w, FoldedWindows finer, int i) {
        for (int b = 0; b < buckets; b++) {
            if (finer.firstCounts[i * buckets + b] < lastCounts[w * buckets + b]) {
                return true;
            }
        }
        return finer.firstSum[i] < lastSum[w];
    }

    private void join(int w, FoldedWindows other, int i) {
        if (count[w] == 0) {
            firstTime[w] = other.firstTime[i];
            firstSum[w] = other.firstSum[i];
            System.arraycopy(other.firstCounts, i * buckets, firstCounts, w * buckets, buckets);
        }
        count[w] += other.count[i];
        lastTime[w] = other.lastTime[i];
        lastSum[w] = other.lastSum[i];
        System.arraycopy(other.lastCounts, i * buckets, lastCounts, w * buckets, buckets);
    }

    @Override
    void growWindows(int to) {
        super.growWindows(to);
        firstSum = Arrays.copyOf(firstSum, to);
        lastSum = Arrays.copyOf(lastSum, to);
        firstCounts = Arrays.copyOf(firstCounts, to * buckets);
        lastCounts = Arrays.copyOf(lastCounts, to * buckets);
    }

    @Override
    void growSides(int to) {
        super.growSides(to);
        sideSum = Arrays.copyOf(sideSum, to);
        sideCounts = Arrays.copyOf(sideCounts, to * buckets);
    }

    // --- on disk

    void write(Buffer into) {
        writeTimes(into);
        PlainWindows.putPairs(firstSum, lastSum, size, into);
        var foretold = new double[sides];
        for (int i = 1; i < sides; i++) {
            foretold[i] = sideSum[i - 1];
        }
        Numbers.put(sideSum, foretold, sides, into);
        var before = new long[buckets];
        int zeros = 0;
        for (int i = 0; i < size; i++) {
            zeros = putRow(firstCounts, i, before, zeros, into);
            zeros = putRow(lastCounts, i, before, zeros, into);
        }
        Arrays.fill(before, 0);
        for (int i = 0; i < sides; i++) {
            zeros = putRow(sideCounts, i, before, zeros, into);
        }
        Numbers.endZeros(zeros, into);
    }

    /// How much each bucket alone has grown since the row before.
    private int putRow(long[] counts, int row, long[] before, int zeros, Buffer into) {
        int pending = zeros;
        long below = 0;
        for (int b = 0; b < buckets; b++) {
            long grown = counts[row * buckets + b] - before[b];
            pending = Numbers.putOff(grown - below, pending, into);
            below = grown;
            before[b] = counts[row * buckets + b];
        }
        return pending;
    }

    static FoldedWindows read(long millis, int buckets, ByteReader from) {
        var w = new FoldedWindows(millis, buckets);
        w.readTimes(from);
        int size = w.size;
        double[] pairs = PlainWindows.getPairs(size, from);
        w.firstSum = new double[size];
        w.lastSum = new double[size];
        for (int i = 0; i < size; i++) {
            w.firstSum[i] = pairs[2 * i];
            w.lastSum[i] = pairs[2 * i + 1];
        }
        w.sideSum = Numbers.get(w.sides, (i, before) -> i == 0 ? 0 : before[i - 1], from);
        w.firstCounts = new long[size * buckets];
        w.lastCounts = new long[size * buckets];
        w.sideCounts = new long[w.sides * buckets];
        var offs = new Numbers.Offs(from);
        var before = new long[buckets];
        for (int i = 0; i < size; i++) {
            getRow(offs, before, w.firstCounts, i);
            getRow(offs, before, w.lastCounts, i);
        }
        Arrays.fill(before, 0);
        for (int i = 0; i < w.sides; i++) {
            getRow(offs, before, w.sideCounts, i);
        }
        return w;
    }

    private static void getRow(Numbers.Offs offs, long[] before, long[] counts, int row) {
        long grown = 0;
        for (int b = 0; b < before.length; b++) {
            grown += offs.next();
            before[b] += grown;
            counts[row * before.length + b] = before[b];
        }
    }

    // --- telling

    @Override
    boolean isFall(int point, int next) {
        long[] now = counts(point);
        long[] then = counts(next);
        for (int b = 0; b < buckets; b++) {
            if (then[next / 3 * buckets + b] < now[point / 3 * buckets + b]) {
                return true;
            }
        }
        return sum(next) < sum(point);
    }

    private long[] counts(int point) {
        return switch (point % 3) {
            case 0 -> firstCounts;
            case 1 -> lastCounts;
            default -> sideCounts;
        };
    }

    private double sum(int point) {
        return switch (point % 3) {
            case 0 -> firstSum[point / 3];
            case 1 -> lastSum[point / 3];
            default -> sideSum[point / 3];
        };
    }

    /// Of parts of windows the last sample is told: means and extremes of a bucket's count, which
    /// only grows, have little meaning.
    void tell(Ask ask, long from, long to, FoldedSamples into) {
        var row = new long[buckets];
        tell(
                ask,
                from,
                to,
                new Listener() {
                    @Override
                    public void point(int point, double weight) {
                        into.add(time(point), sum(point), counts(point), point / 3 * buckets);
                        into.weigh(weight);
                    }

                    @Override
                    public void between(int point, int next, long time) {
                        double share = (double) (time - time(point)) / (time(next) - time(point));
                        int a = point / 3 * buckets;
                        int b = next / 3 * buckets;
                        for (int i = 0; i < buckets; i++) {
                            long grown = counts(next)[b + i] - counts(point)[a + i];
                            row[i] = counts(point)[a + i] + Math.round(share * grown);
                        }
                        double sum = sum(point) + share * (sum(next) - sum(point));
                        into.add(time, sum, row, 0);
                        into.weigh(0);
                    }

                    @Override
                    public void part(int window, long time, double weight) {
                        into.add(time, lastSum[window], lastCounts, window * buckets);
                        into.weigh(weight);
                    }

                    @Override
                    public void held(int point, long time) {
                        into.add(time, sum(point), counts(point), point / 3 * buckets);
                        into.weigh(0);
                    }

                    @Override
                    public void end(long time) {
                        into.add(time, StaleMarker.VALUE, row, 0);
                    }
                });
    }
}
