package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

import java.util.Arrays;

/// What a tier keeps of one series, as far as it does not matter what the samples are: windows that
/// hold samples, in order, with how many and from when to when; the times of samples on both sides
/// of each fall inside a window; when the series ended. Points are named by numbers: the first
/// sample of window w is 3w, the last 3w + 1, the e-th side of a fall 3e + 2.
abstract class Windows {
    private static final long MOST = 1 << 24;

    final long millis;
    int size;
    long[] number = new long[16];
    long[] count = new long[16];
    long[] firstTime = new long[16];
    long[] lastTime = new long[16];
    int sides;
    long[] sideTime = new long[4];
    int ends;
    long[] endTime = new long[2];

    Windows(long millis) {
        this.millis = millis;
    }

    boolean isEmpty() {
        return size == 0 && ends == 0;
    }

    static int first(int window) {
        return 3 * window;
    }

    static int last(int window) {
        return 3 * window + 1;
    }

    static int side(int side) {
        return 3 * side + 2;
    }

    final long time(int point) {
        return switch (point % 3) {
            case 0 -> firstTime[point / 3];
            case 1 -> lastTime[point / 3];
            default -> sideTime[point / 3];
        };
    }

    // --- growing

    /// The window of a sample at this time, which is later than all before.
    final int windowOf(long time) {
        long wanted = Tier.window(time, millis);
        if (size == 0 || number[size - 1] != wanted) {
            if (size == number.length) {
                growWindows(size * 2);
            }
            number[size] = wanted;
            count[size] = 0;
            firstTime[size] = time;
            size++;
        }
        if (ends > 0 && Tier.window(endTime[ends - 1], millis) == wanted) {
            ends--; // it has not ended in this window after all
        }
        return size - 1;
    }

    void growWindows(int to) {
        number = Arrays.copyOf(number, to);
        count = Arrays.copyOf(count, to);
        firstTime = Arrays.copyOf(firstTime, to);
        lastTime = Arrays.copyOf(lastTime, to);
    }

    void growSides(int to) {
        sideTime = Arrays.copyOf(sideTime, to);
    }

    /// One more side of a fall, unless it is there already. Its number, or -1.
    final int addSide(long time) {
        if (sides > 0 && sideTime[sides - 1] >= time) {
            return -1;
        }
        if (sides == sideTime.length) {
            growSides(sides * 2);
        }
        sideTime[sides] = time;
        return sides++;
    }

    final void end(long time) {
        if (ends > 0 && Tier.window(endTime[ends - 1], millis) == Tier.window(time, millis)) {
            endTime[ends - 1] = time;
            return;
        }
        if (ends == endTime.length) {
            endTime = Arrays.copyOf(endTime, ends * 2);
        }
        endTime[ends++] = time;
    }

    // --- on disk

    final void writeTimes(Buffer into) {
        into.putUvarint(size);
        into.putUvarint(sides);
        into.putUvarint(ends);
        var column = new long[Math.max(size, Math.max(sides, ends))];
        for (int i = 0; i < size; i++) {
            column[i] = number[i] - i; // the same for as long as no window is left out
        }
        Numbers.put(column, size, into);
        Numbers.put(count, size, into);
        for (int i = 0; i < size; i++) {
            column[i] = firstTime[i] - number[i] * millis;
        }
        Numbers.put(column, size, into);
        for (int i = 0; i < size; i++) {
            column[i] = (number[i] + 1) * millis - lastTime[i];
        }
        Numbers.put(column, size, into);
        Numbers.put(sideTime, sides, into);
        Numbers.put(endTime, ends, into);
    }

    private static int size(ByteReader from) {
        long size = from.getUvarint();
        if (size < 0 || size > MOST) {
            throw new IndexOutOfBoundsException("a column of " + size + " numbers");
        }
        return (int) size;
    }

    final void readTimes(ByteReader from) {
        size = size(from);
        sides = size(from);
        ends = size(from);
        number = Numbers.get(size, from);
        for (int i = 0; i < size; i++) {
            number[i] += i;
        }
        count = Numbers.get(size, from);
        firstTime = Numbers.get(size, from);
        lastTime = Numbers.get(size, from);
        for (int i = 0; i < size; i++) {
            firstTime[i] += number[i] * millis;
            lastTime[i] = (number[i] + 1) * millis - lastTime[i];
        }
        sideTime = Numbers.get(sides, from);
        endTime = Numbers.get(ends, from);
    }

    // --- telling

    /// Hears what is told, in the order of time.
    interface Listener {
        /// A sample as it was measured.
        void point(int point, double weight);

        /// A place on the line between two of them.
        void between(int point, int next, long time);

        /// A part of a window, as if all of it were at one time.
        void part(int window, long time, double weight);

        /// The value of a point, at a later time.
        void held(int point, long time);

        void end(long time);
    }

    /// Whether the line between two neighbouring points falls.
    abstract boolean isFall(int point, int next);

    /// Tells what is asked for, of `from` to `to`, both included.
    final void tell(Ask ask, long from, long to, Listener listener) {
        int nextEnd = 0;
        int nextSide = 0;
        long firstWindow = Tier.window(from, millis);
        long lastWindow = Tier.window(to, millis);
        int window = Arrays.binarySearch(number, 0, size, firstWindow);
        for (int i = window < 0 ? -window - 1 : window; i < size; i++) {
            if (number[i] > lastWindow) {
                break;
            }
            for (; nextEnd < ends && endTime[nextEnd] < firstTime[i]; nextEnd++) {
                tellEnd(endTime[nextEnd], from, to, listener);
            }
            while (nextSide < sides && sideTime[nextSide] <= firstTime[i]) {
                nextSide++;
            }
            switch (ask.mode) {
                case COURSE -> tellCourse(ask, i, nextSide, from, to, listener);
                case NEWEST -> tellNewest(ask, i, nextSide, from, to, listener);
                case MEAN, LEAST, MOST -> tellParts(ask, i, from, to, listener);
            }
        }
        for (; nextEnd < ends; nextEnd++) {
            tellEnd(endTime[nextEnd], from, to, listener);
        }
    }

    private static void tellEnd(long time, long from, long to, Listener listener) {
        if (time >= from && time <= to) {
            listener.end(time);
        }
    }

    private void tellCourse(Ask ask, int window, int side, long from, long to, Listener listener) {
        int point = first(window);
        tellPoint(point, 1, from, to, listener);
        if (count[window] == 1) {
            return;
        }
        for (int i = side; i < sides && sideTime[i] < lastTime[window]; i++) {
            tellLine(ask, point, side(i), from, to, listener);
            point = side(i);
            tellPoint(point, 0, from, to, listener);
        }
        tellLine(ask, point, last(window), from, to, listener);
        tellPoint(last(window), count[window] - 1, from, to, listener);
    }

    private void tellPoint(int point, double weight, long from, long to, Listener listener) {
        long time = time(point);
        if (time >= from && time <= to) {
            listener.point(point, weight);
        }
    }

    /// Where an evaluation ends, and just after where its range begins, strictly between two
    /// points.
    private void tellLine(Ask ask, int point, int next, long from, long to, Listener listener) {
        if (!ask.isOfChange()) {
            return;
        }
        long start = time(point);
        long end = Math.min(time(next), to + 1);
        long time = Math.max(start, from - 1);
        while (true) {
            long evaluation = ask.evaluationAfter(time);
            long beginning = ask.beginningAfter(time - 1);
            time = Math.min(evaluation, beginning == Long.MAX_VALUE ? beginning : beginning + 1);
            if (time >= end) {
                return;
            }
            if (isFall(point, next)) {
                listener.held(point, time);
            } else {
                listener.between(point, next, time);
            }
        }
    }

    private void tellNewest(Ask ask, int window, int side, long from, long to, Listener listener) {
        int point = first(window);
        tellPoint(point, 1, from, to, listener);
        for (int i = side; i < sides && sideTime[i] < lastTime[window]; i++) {
            tellHeld(ask, point, time(side(i)), from, to, listener);
            point = side(i);
            tellPoint(point, 0, from, to, listener);
        }
        if (count[window] > 1) {
            tellHeld(ask, point, lastTime[window], from, to, listener);
            tellPoint(last(window), count[window] - 1, from, to, listener);
        }
    }

    private void tellHeld(Ask ask, int point, long before, long from, long to, Listener listener) {
        long time = ask.evaluationAfter(Math.max(time(point), from - 1));
        while (time < before && time <= to) {
            listener.held(point, time);
            time = ask.evaluationAfter(time);
        }
    }

    /// A window is cut where an evaluation ends or begins inside it; its samples are taken to lie
    /// evenly.
    private void tellParts(Ask ask, int window, long from, long to, Listener listener) {
        long told = 0;
        long time = firstTime[window] - 1;
        long last = lastTime[window];
        while (time < last) {
            time = Math.min(last, Math.min(ask.evaluationAfter(time), ask.beginningAfter(time)));
            long until = samplesUntil(window, time);
            if (until > told && time >= from && time <= to) {
                listener.part(window, time, until - told);
            }
            told = until;
        }
    }

    private long samplesUntil(int window, long time) {
        if (time >= lastTime[window]) {
            return count[window];
        }
        if (time < firstTime[window]) {
            return 0;
        }
        double share = (double) (time - firstTime[window]) / (lastTime[window] - firstTime[window]);
        return 1 + (long) Math.floor((count[window] - 1) * share + 1e-9);
    }
}
