package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Histogram;

import java.util.Arrays;

/// The samples of a batch, reused from batch to batch so that a sample of a known series allocates
/// nothing. Not thread-safe.
final class Columns {
    private static final int KEPT = 1 << 15;

    long[] references = new long[64];
    long[] times = new long[64];
    long[] values = new long[64]; // raw bits
    int size;
    final Folded folded = new Folded();
    final Buffer frame = new Buffer(0);
    final Natives natives = new Natives();
    private Columns late; // null until there is one

    /// Samples of folded histograms.
    static final class Folded {
        long[] references = new long[0];
        long[] times = references;
        long[] sums = references; // raw bits
        int[] starts = new int[1]; // of each in counts, and of the next; a stale one has none
        long[] counts = references; // cumulative
        int size;

        void add(long reference, long time, long sum, long[] from, int at, int buckets) {
            if (size == references.length) {
                int wanted = Math.max(16, size * 2);
                references = Arrays.copyOf(references, wanted);
                times = Arrays.copyOf(times, wanted);
                sums = Arrays.copyOf(sums, wanted);
                starts = Arrays.copyOf(starts, wanted + 1);
            }
            int start = starts[size];
            if (start + buckets > counts.length) {
                counts = Arrays.copyOf(counts, Math.max(start + buckets, counts.length * 2));
            }
            System.arraycopy(from, at, counts, start, buckets);
            references[size] = reference;
            times[size] = time;
            sums[size++] = sum;
            starts[size] = start + buckets;
        }

        boolean isSame(int i, long sum, long[] from, int at, int buckets) {
            return sums[i] == sum
                    && Arrays.equals(counts, starts[i], starts[i + 1], from, at, at + buckets);
        }

        int buckets(int i) {
            return starts[i + 1] - starts[i];
        }
    }

    /// Native histograms of plain series, and (null) floats that follow one in the batch.
    static final class Natives {
        long[] references = new long[0];
        long[] times = references;
        long[] values = references; // raw bits, or the histogram's fingerprint
        Histogram[] histograms = new Histogram[0];
        int size;

        void add(long reference, long time, Histogram histogram) {
            add(reference, time, HistogramBytes.fingerprint(histogram));
            histograms[size - 1] = histogram;
        }

        void add(long reference, long time, long value) {
            if (size == references.length) {
                int wanted = Math.max(16, size * 2);
                references = Arrays.copyOf(references, wanted);
                times = Arrays.copyOf(times, wanted);
                values = Arrays.copyOf(values, wanted);
                histograms = Arrays.copyOf(histograms, wanted);
            }
            references[size] = reference;
            times[size] = time;
            values[size] = value;
            histograms[size++] = null;
        }

        void clear() {
            Arrays.fill(histograms, 0, size, null);
            size = 0;
        }
    }

    void add(long reference, long time, long value) {
        if (size == references.length) {
            references = Arrays.copyOf(references, size * 2);
            times = Arrays.copyOf(times, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        references[size] = reference;
        times[size] = time;
        values[size++] = value;
    }

    /// The samples among them that are late, apart from the others; made on first use.
    Columns late() {
        if (late == null) {
            late = new Columns();
        }
        return late;
    }

    /// Adds the late samples of one series that can be seen.
    void addLate(Late.Column column, Late.Visible visible) {
        for (int i = 0; i < column.size; i++) {
            if (!visible.sees(column.times[i], column.commit(i))) {
                continue;
            }
            var histogram = column.histogram(i);
            if (histogram != null) {
                late().natives.add(column.reference, column.times[i], histogram);
            } else if (column.buckets == 0) {
                late().add(column.reference, column.times[i], column.values[i]);
            } else {
                int buckets = column.isStale(i) ? 0 : column.buckets;
                late().folded
                        .add(
                                column.reference,
                                column.times[i],
                                column.values[i],
                                column.counts,
                                i * column.buckets,
                                buckets);
            }
        }
    }

    boolean hasLate() {
        return late != null && !late.isEmpty();
    }

    /// Whether all of it are plain series' floats that are not late.
    boolean isOnlyFloats() {
        return folded.size == 0 && natives.size == 0 && !hasLate();
    }

    boolean isEmpty() {
        return size == 0 && isOnlyFloats();
    }

    /// The time of the oldest sample, [Long#MAX_VALUE] when there is none.
    long oldest() {
        long oldest = late == null ? Long.MAX_VALUE : late.oldest();
        for (int i = 0; i < size; i++) {
            oldest = Math.min(oldest, times[i]);
        }
        for (int i = 0; i < folded.size; i++) {
            oldest = Math.min(oldest, folded.times[i]);
        }
        for (int i = 0; i < natives.size; i++) {
            oldest = Math.min(oldest, natives.times[i]);
        }
        return oldest;
    }

    /// The time of the newest sample, [Long#MIN_VALUE] when there is none.
    long newest() {
        long newest = late == null ? Long.MIN_VALUE : late.newest();
        for (int i = 0; i < size; i++) {
            newest = Math.max(newest, times[i]);
        }
        for (int i = 0; i < folded.size; i++) {
            newest = Math.max(newest, folded.times[i]);
        }
        for (int i = 0; i < natives.size; i++) {
            newest = Math.max(newest, natives.times[i]);
        }
        return newest;
    }

    void clear() {
        size = 0;
        folded.size = 0;
        natives.clear();
        if (late != null) {
            late.clear();
        }
    }

    /// Whether the arrays are small enough to be kept for the next batch.
    boolean isWorthKeeping() {
        return references.length <= KEPT
                && folded.counts.length <= KEPT
                && natives.references.length <= KEPT
                && frame.capacity() <= KEPT * 16
                && (late == null || late.isWorthKeeping());
    }
}
