package tokenplumb.tsdb;

import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/// Samples that came later than others of their series that are younger, or for a time that blocks
/// have already: sorted by time, series by series, until a compaction has put them into blocks.
/// Each knows the commit it came with, so that queriers see one moment here too.
///
/// Guarded by the head's lock.
final class Late {
    /// Beyond this many bytes late samples are refused like those outside the window.
    private static final long MOST_BYTES = 64 << 20;

    private static final int HISTOGRAM_BYTES = 200;
    private static final int BYTES_EACH = 8 + 8 + 4;

    /// What became of a late sample.
    enum Added {
        ADDED,
        /// It is there already.
        SAME,
        /// Another one is there.
        OTHER,
        FULL
    }

    private final Map<Integer, Column> columns = new HashMap<>(); // by row
    private long samples;
    private long bytes;

    /// The late samples of one series.
    static final class Column {
        final long reference;
        final int buckets; // 0 of a plain series
        long[] times = new long[4];
        long[] values = new long[4]; // or sums; raw bits
        long[] counts; // cumulative, sample by sample
        private int[] commits = new int[4];
        private Histogram[] histograms; // null until there is one
        int size;

        Column(long reference, int buckets) {
            this.reference = reference;
            this.buckets = buckets;
            this.counts = new long[4 * buckets];
        }

        boolean isStale(int i) {
            return Late.isStale(values[i]);
        }

        /// The native histogram there, null where it is none.
        Histogram histogram(int i) {
            return histograms == null ? null : histograms[i];
        }

        private long bytes(int i) {
            var histogram = histogram(i);
            return BYTES_EACH
                    + 8L * buckets
                    + (histogram == null ? 0 : HISTOGRAM_BYTES + 8L * numbers(histogram));
        }

        private int find(long time) {
            return Arrays.binarySearch(times, 0, size, time);
        }

        private boolean isSame(int i, long value, long[] from, int at) {
            return values[i] == value
                    && (Late.isStale(value)
                            || Arrays.equals(
                                    counts,
                                    i * buckets,
                                    (i + 1) * buckets,
                                    from,
                                    at,
                                    at + buckets));
        }

        int commit(int i) {
            return commits[i];
        }

        private void insert(int i, long time, long value, long[] from, int at, int commit) {
            if (size == times.length) {
                times = Arrays.copyOf(times, size * 2);
                values = Arrays.copyOf(values, size * 2);
                commits = Arrays.copyOf(commits, size * 2);
                counts = Arrays.copyOf(counts, size * 2 * buckets);
                if (histograms != null) {
                    histograms = Arrays.copyOf(histograms, size * 2);
                }
            }
            move(i, i + 1, size - i);
            times[i] = time;
            values[i] = value;
            commits[i] = commit;
            if (buckets > 0 && !Late.isStale(value)) {
                System.arraycopy(from, at, counts, i * buckets, buckets);
            }
            if (histograms != null) {
                histograms[i] = null;
            }
            size++;
        }

        private void put(int i, Histogram histogram) {
            if (histograms == null) {
                histograms = new Histogram[times.length];
            }
            histograms[i] = histogram;
        }

        private void move(int from, int to, int length) {
            System.arraycopy(times, from, times, to, length);
            System.arraycopy(values, from, values, to, length);
            System.arraycopy(commits, from, commits, to, length);
            System.arraycopy(counts, from * buckets, counts, to * buckets, length * buckets);
            if (histograms != null) {
                System.arraycopy(histograms, from, histograms, to, length);
            }
        }

        private long drop(long before, int commit) {
            int kept = 0;
            long dropped = 0;
            for (int i = 0; i < size; i++) {
                if (times[i] >= before || commits[i] - commit > 0) {
                    move(i, kept++, 1);
                } else {
                    dropped += bytes(i);
                }
            }
            size = kept;
            return dropped;
        }
    }

    private static boolean isStale(long value) {
        return StaleMarker.is(Double.longBitsToDouble(value));
    }

    private static final long[] NO_COUNTS = new long[0];

    /// Adds a plain sample.
    Added add(long reference, long time, long value, int commit) {
        return add(reference, time, value, NO_COUNTS, 0, 0, commit);
    }

    /// Adds a sample, of a folded histogram when its series has `buckets`.
    Added add(
            long reference, long time, long value, long[] counts, int at, int buckets, int commit) {
        var column = column(reference, buckets);
        int i = column.find(time);
        if (i >= 0) {
            return column.isSame(i, value, counts, at) ? Added.SAME : Added.OTHER;
        }
        long more = BYTES_EACH + 8L * buckets;
        if (bytes + more > MOST_BYTES) {
            return Added.FULL;
        }
        column.insert(-i - 1, time, value, counts, at, commit);
        samples++;
        bytes += more;
        return Added.ADDED;
    }

    /// Adds a native histogram.
    Added add(long reference, long time, Histogram histogram, int commit) {
        long more = HISTOGRAM_BYTES + 8L * numbers(histogram);
        if (bytes + more > MOST_BYTES) {
            return Added.FULL;
        }
        var added = add(reference, time, HistogramBytes.fingerprint(histogram), commit);
        if (added == Added.ADDED) {
            var column = column(reference, 0);
            column.put(column.find(time), histogram);
            bytes += more;
        }
        return added;
    }

    private static int numbers(Histogram histogram) {
        return histogram.positiveCounts().length
                + histogram.negativeCounts().length
                + histogram.bounds().length;
    }

    private Column column(long reference, int buckets) {
        var column = columns.get((int) reference);
        if (column == null || column.reference != reference) {
            column = new Column(reference, buckets);
            columns.put((int) reference, column);
        }
        return column;
    }

    /// What would become of a sample.
    Added ask(long reference, long time, long value, long[] counts, int at, int buckets) {
        var column = columns.get((int) reference);
        int i = column == null || column.reference != reference ? -1 : column.find(time);
        if (i >= 0) {
            return column.isSame(i, value, counts, at) ? Added.SAME : Added.OTHER;
        }
        return bytes + BYTES_EACH + 8L * buckets > MOST_BYTES ? Added.FULL : Added.ADDED;
    }

    long samples() {
        return samples;
    }

    boolean has(long reference) {
        var column = columns.get((int) reference);
        return column != null && column.reference == reference && column.size > 0;
    }

    /// Which samples somebody sees.
    interface Visible {
        boolean sees(long time, int commit);
    }

    /// Copies what can be seen of a plain series.
    void copy(long reference, long from, long to, Visible visible, Samples into) {
        var column = columns.get((int) reference);
        if (column == null || column.reference != reference) {
            return;
        }
        for (int i = 0; i < column.size; i++) {
            if (column.times[i] >= from
                    && column.times[i] <= to
                    && visible.sees(column.times[i], column.commits[i])) {
                var histogram = column.histogram(i);
                if (histogram != null) {
                    into.add(column.times[i], histogram);
                } else {
                    into.add(column.times[i], Double.longBitsToDouble(column.values[i]));
                }
            }
        }
    }

    /// As above, of a folded histogram.
    void copy(long reference, long from, long to, Visible visible, FoldedSamples into) {
        var column = columns.get((int) reference);
        if (column == null || column.reference != reference) {
            return;
        }
        for (int i = 0; i < column.size; i++) {
            if (column.times[i] >= from
                    && column.times[i] <= to
                    && visible.sees(column.times[i], column.commits[i])) {
                into.add(
                        column.times[i],
                        Double.longBitsToDouble(column.values[i]),
                        column.counts,
                        i * column.buckets);
            }
        }
    }

    /// The rows that have any, in no particular order.
    Iterable<Integer> rows() {
        return columns.keySet();
    }

    /// All samples of a row, for a checkpoint; not to be changed.
    Column column(int row) {
        return columns.get(row);
    }

    /// Hears of rows that have no late samples any more.
    interface Emptied {
        void row(int row);
    }

    /// Forgets the samples before a time that came with the commit given or an earlier one.
    void drop(long before, int commit, Emptied emptied) {
        for (Iterator<Column> all = columns.values().iterator(); all.hasNext(); ) {
            var column = all.next();
            samples -= column.size;
            bytes -= column.drop(before, commit);
            samples += column.size;
            if (column.size == 0) {
                all.remove();
                emptied.row((int) column.reference);
            }
        }
    }

    /// Forgets those of a row that goes to another series.
    void forget(int row) {
        var column = columns.remove(row);
        if (column != null) {
            samples -= column.size;
            for (int i = 0; i < column.size; i++) {
                bytes -= column.bytes(i);
            }
        }
    }
}
