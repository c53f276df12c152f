package tokenplumb.tsdb.compact;

import java.util.Arrays;

/// Ranges of time in which samples do not count: both ends included, apart from each other,
/// ascending. Immutable.
final class Ranges {
    static final Ranges NONE = new Ranges(new long[0]);

    private final long[] ends; // from, to, from, to, …

    private Ranges(long[] ends) {
        this.ends = ends;
    }

    boolean isEmpty() {
        return ends.length == 0;
    }

    int size() {
        return ends.length / 2;
    }

    long from(int i) {
        return ends[2 * i];
    }

    long to(int i) {
        return ends[2 * i + 1];
    }

    /// These and one more.
    Ranges with(long from, long to) {
        var merged = new long[ends.length + 2];
        int size = 0;
        long start = from;
        long end = to;
        boolean isPlaced = false;
        for (int i = 0; i < ends.length; i += 2) {
            if (ends[i + 1] < start && ends[i + 1] + 1 < start) {
                merged[size++] = ends[i];
                merged[size++] = ends[i + 1];
            } else if (ends[i] > end && ends[i] - 1 > end) {
                if (!isPlaced) {
                    merged[size++] = start;
                    merged[size++] = end;
                    isPlaced = true;
                }
                merged[size++] = ends[i];
                merged[size++] = ends[i + 1];
            } else {
                start = Math.min(start, ends[i]);
                end = Math.max(end, ends[i + 1]);
            }
        }
        if (!isPlaced) {
            merged[size++] = start;
            merged[size++] = end;
        }
        return new Ranges(Arrays.copyOf(merged, size));
    }

    /// These and all of the others.
    Ranges with(Ranges others) {
        var all = this;
        for (int i = 0; i < others.size(); i++) {
            all = all.with(others.from(i), others.to(i));
        }
        return all;
    }

    /// Those that reach to `time` or later.
    Ranges after(long time) {
        int i = 0;
        while (i < ends.length && ends[i + 1] < time) {
            i += 2;
        }
        return i == 0 ? this : new Ranges(Arrays.copyOfRange(ends, i, ends.length));
    }

    boolean contains(long time) {
        for (int i = 0; i < ends.length && ends[i] <= time; i += 2) {
            if (time <= ends[i + 1]) {
                return true;
            }
        }
        return false;
    }

    /// Whether nothing from `from` to `to` is left.
    boolean covers(long from, long to) {
        for (int i = 0; i < ends.length; i += 2) {
            if (ends[i] <= from && to <= ends[i + 1]) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Ranges ranges && Arrays.equals(ends, ranges.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ends);
    }

    @Override
    public String toString() {
        return Arrays.toString(ends);
    }
}
