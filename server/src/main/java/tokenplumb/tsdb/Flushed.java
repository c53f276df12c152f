package tokenplumb.tsdb;

import java.util.Arrays;

/// The time ranges of full chunks that may also stand in the log, by series: what lies in one of
/// them need not be replayed. Used at start-up only.
final class Flushed {
    private long[] references = new long[1024];
    private long[] mins = new long[1024];
    private long[] maxes = new long[1024];
    private int size;
    private int[] starts = new int[1]; // by row: its first in order; one more at the end
    private int[] order = new int[0];

    void add(long reference, long min, long max) {
        if (size == references.length) {
            references = Arrays.copyOf(references, size * 2);
            mins = Arrays.copyOf(mins, size * 2);
            maxes = Arrays.copyOf(maxes, size * 2);
        }
        references[size] = reference;
        mins[size] = min;
        maxes[size++] = max;
    }

    /// Makes what was added findable.
    void index() {
        int rows = 0;
        for (int i = 0; i < size; i++) {
            rows = Math.max(rows, (int) references[i] + 1);
        }
        starts = new int[rows + 1];
        for (int i = 0; i < size; i++) {
            starts[(int) references[i] + 1]++;
        }
        for (int row = 0; row < rows; row++) {
            starts[row + 1] += starts[row];
        }
        order = new int[size];
        var next = starts.clone();
        for (int i = 0; i < size; i++) {
            order[next[(int) references[i]]++] = i;
        }
    }

    /// The latest time in any range of a series, [Long#MIN_VALUE] when it has none.
    long latest(long reference) {
        long latest = Long.MIN_VALUE;
        int row = (int) reference;
        if (row + 1 < starts.length) {
            for (int i = starts[row]; i < starts[row + 1]; i++) {
                if (references[order[i]] == reference) {
                    latest = Math.max(latest, maxes[order[i]]);
                }
            }
        }
        return latest;
    }

    /// The earliest time in any range of a series, [Long#MAX_VALUE] when it has none.
    long earliest(long reference) {
        long earliest = Long.MAX_VALUE;
        int row = (int) reference;
        if (row + 1 < starts.length) {
            for (int i = starts[row]; i < starts[row + 1]; i++) {
                if (references[order[i]] == reference) {
                    earliest = Math.min(earliest, mins[order[i]]);
                }
            }
        }
        return earliest;
    }

    /// Whether a range of the series touches the given one.
    boolean touches(long reference, long from, long to) {
        int row = (int) reference;
        if (row + 1 < starts.length) {
            for (int i = starts[row]; i < starts[row + 1]; i++) {
                int at = order[i];
                if (references[at] == reference && mins[at] <= to && maxes[at] >= from) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Every reference there is a range of.
    long[] references() {
        return Arrays.stream(references, 0, size).distinct().toArray();
    }
}
