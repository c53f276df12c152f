package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Samples on their way into the store.
final class HeadBatch implements Batch {
    private static final long[] NO_COUNTS = new long[0];

    private final Tsdb tsdb;
    private final Head head;
    private final Rows rows;
    private final Measures measures;
    private final int stamp; // tells this batch from every other that may be open
    private final long oldest; // earlier samples are refused
    private Columns columns; // null once closed
    private final List<Exemplars.Found> exemplars = new ArrayList<>(0);

    HeadBatch(Tsdb tsdb, Head head, Measures measures, int stamp, long oldest, Columns columns) {
        this.tsdb = tsdb;
        this.head = head;
        this.rows = head.rows;
        this.measures = measures;
        this.stamp = stamp;
        this.oldest = oldest;
        this.columns = columns;
    }

    @Override
    public long series(Labels labels) {
        return head.series(labels);
    }

    @Override
    public long folded(Labels family, BucketLayout layout) {
        return head.folded(family, layout);
    }

    @Override
    public Outcome append(long series, long timeMillis, double value) {
        int row = (int) series;
        long[] line = rows.line(row);
        int at = Rows.at(row);
        if (series == 0 || line.length == 0 || Rows.generation(line, at) != (int) (series >>> 32)) {
            return Outcome.UNKNOWN_SERIES;
        }
        if (timeMillis < oldest) {
            measures.tooOld.increment();
            return Outcome.TOO_OLD;
        }
        long bits = Double.doubleToRawLongBits(value);
        long newest = Rows.time(line, at);
        long newestBits = Rows.value(line, at);
        long mark = Rows.stamp(line, at);
        if ((int) (mark >>> 32) == stamp) { // this batch holds a sample of the series already
            int before = (int) mark;
            if (before < 0) {
                return appendAfterNative(series, timeMillis, bits);
            }
            if (before < columns.size && columns.references[before] == series) {
                newest = columns.times[before];
                newestBits = columns.values[before];
            }
        }
        if (timeMillis == newest) {
            return again(bits == newestBits);
        }
        if (timeMillis < newest || timeMillis < head.minAppend()) {
            return late(series, timeMillis, newest, bits, NO_COUNTS, 0, 0);
        }
        Rows.stamp(line, at, (long) stamp << 32 | columns.size);
        columns.add(series, timeMillis, bits);
        return Outcome.APPENDED;
    }

    /// A float of a series of which this batch holds a native histogram: it must not be applied
    /// before that.
    private Outcome appendAfterNative(long series, long timeMillis, long bits) {
        var outcome = judgeNative(series, timeMillis, bits);
        if (outcome == Judged.NEW) {
            mark((int) series);
            columns.natives.add(series, timeMillis, bits);
            return Outcome.APPENDED;
        }
        return outcome == Judged.LATE
                ? late(series, timeMillis, Long.MAX_VALUE, bits, NO_COUNTS, 0, 0)
                : again(outcome == Judged.SAME);
    }

    @Override
    public Outcome append(long series, long timeMillis, Histogram histogram) {
        int row = (int) series;
        if (series == 0
                || rows.generation(row) != (int) (series >>> 32)
                || rows.counts(row) != null) {
            return Outcome.UNKNOWN_SERIES;
        }
        if (timeMillis < oldest) {
            measures.tooOld.increment();
            return Outcome.TOO_OLD;
        }
        long print = HistogramBytes.fingerprint(histogram);
        return switch (judgeNative(series, timeMillis, print)) {
            case NEW -> {
                mark(row);
                columns.natives.add(series, timeMillis, histogram);
                yield Outcome.APPENDED;
            }
            case SAME -> Outcome.APPENDED;
            case OTHER -> again(false);
            case LATE ->
                    late(
                            series,
                            timeMillis,
                            rows.time(row),
                            print,
                            NO_COUNTS,
                            0,
                            0,
                            Optional.of(histogram));
        };
    }

    /// What a sample is to the newest of its series.
    private enum Judged {
        NEW,
        SAME,
        OTHER,
        LATE
    }

    private void mark(int row) {
        rows.stamp(row, (long) stamp << 32 | ~columns.natives.size & 0xffffffffL);
    }

    private Judged judgeNative(long series, long time, long value) {
        int row = (int) series;
        long newest = rows.time(row);
        long newestValue = rows.value(row);
        long mark = rows.stamp(row);
        if ((int) (mark >>> 32) == stamp) {
            int before = (int) mark;
            var natives = columns.natives;
            if (before >= 0 && before < columns.size && columns.references[before] == series) {
                newest = columns.times[before];
                newestValue = columns.values[before];
            } else if (before < 0
                    && ~before < natives.size
                    && natives.references[~before] == series) {
                newest = natives.times[~before];
                newestValue = natives.values[~before];
            }
        }
        if (time == newest) {
            return value == newestValue ? Judged.SAME : Judged.OTHER;
        }
        return time < newest || time < head.minAppend() ? Judged.LATE : Judged.NEW;
    }

    @Override
    public Outcome append(long series, long timeMillis, long[] counts, int at, double sum) {
        int row = (int) series;
        if (series == 0 || rows.generation(row) != (int) (series >>> 32)) {
            return Outcome.UNKNOWN_SERIES;
        }
        if (timeMillis < oldest) {
            measures.tooOld.increment();
            return Outcome.TOO_OLD;
        }
        long bits = Double.doubleToRawLongBits(sum);
        int buckets = StaleMarker.is(sum) ? 0 : rows.counts(row).length;
        var folded = columns.folded;
        long newest = rows.time(row);
        int before = -1; // in this batch
        long mark = rows.stamp(row);
        if ((int) (mark >>> 32) == stamp
                && (int) mark < folded.size
                && folded.references[(int) mark] == series) {
            before = (int) mark;
            newest = folded.times[before];
        }
        if (timeMillis == newest) {
            return again(
                    before < 0
                            ? head.isSame(row, bits, counts, at, buckets)
                            : folded.isSame(before, bits, counts, at, buckets));
        }
        if (timeMillis < newest || timeMillis < head.minAppend()) {
            return late(series, timeMillis, newest, bits, counts, at, buckets);
        }
        rows.stamp(row, (long) stamp << 32 | folded.size);
        folded.add(series, timeMillis, bits, counts, at, buckets);
        return Outcome.APPENDED;
    }

    @Override
    public void exemplar(long series, int bucket, Exemplar exemplar) {
        var labels = head.labels(series);
        if (FoldedLabels.isFolded(labels)) {
            labels = FoldedLabels.bucket(labels, bucket);
        }
        if (!labels.isEmpty()) {
            exemplars.add(new Exemplars.Found(labels, exemplar));
        }
    }

    private Outcome again(boolean isSame) {
        if (isSame) {
            return Outcome.APPENDED; // it is there already
        }
        measures.duplicates.increment();
        return Outcome.DUPLICATE;
    }

    /// Judges a sample that is older than the newest of its series, or than the head's open end.
    private Outcome late(
            long series, long time, long newest, long value, long[] counts, int at, int buckets) {
        return late(series, time, newest, value, counts, at, buckets, Optional.empty());
    }

    private Outcome late(
            long series,
            long time,
            long newest,
            long value,
            long[] counts,
            int at,
            int buckets,
            Optional<Histogram> histogram) {
        if (time < head.latest()) {
            if (time >= newest || head.takesLate()) {
                measures.tooOld.increment();
                return Outcome.TOO_OLD;
            }
            measures.outOfOrder.increment();
            return Outcome.OUT_OF_ORDER;
        }
        return switch (head.askLate(series, time, value, counts, at, buckets)) {
            case SAME -> Outcome.APPENDED;
            case OTHER -> again(false);
            case FULL -> {
                measures.outOfOrder.increment();
                yield Outcome.OUT_OF_ORDER;
            }
            case ADDED -> {
                if (histogram.isPresent()) {
                    columns.late().natives.add(series, time, histogram.get());
                } else if (rows.counts((int) series) == null) {
                    columns.late().add(series, time, value);
                } else {
                    columns.late().folded.add(series, time, value, counts, at, buckets);
                }
                yield Outcome.APPENDED;
            }
        };
    }

    @Override
    public void commit() throws IOException {
        if (!columns.isEmpty()) {
            tsdb.commit(this);
            columns.clear();
        }
        if (!exemplars.isEmpty()) {
            tsdb.add(exemplars);
            exemplars.clear();
        }
    }

    /// The time of the oldest sample.
    long oldest() {
        return columns.oldest();
    }

    long newest() {
        return columns.newest();
    }

    /// The commit as the log keeps it.
    Buffer frame() {
        var frame = columns.frame;
        frame.reset();
        int begun = Frame.begin(frame);
        boolean isMixed = !columns.isOnlyFloats();
        frame.putByte(isMixed ? Records.MIXED_COMMIT : Records.COMMIT);
        writeNewSeries(frame);
        if (isMixed) {
            Records.writeMixed(columns, frame);
        } else {
            Records.writeFloats(columns, frame);
        }
        Frame.end(frame, begun);
        return frame;
    }

    private void writeNewSeries(Buffer frame) {
        var table = addNewSeries(columns, null);
        if (columns.hasLate()) {
            table = addNewSeries(columns.late(), table);
        }
        frame.putByte(table == null ? 0 : 1);
        if (table != null) {
            table.flush(frame);
        }
    }

    private SeriesTable addNewSeries(Columns of, SeriesTable before) {
        var table = addNewSeries(of.references, of.size, before);
        table = addNewSeries(of.folded.references, of.folded.size, table);
        return addNewSeries(of.natives.references, of.natives.size, table);
    }

    private SeriesTable addNewSeries(long[] references, int size, SeriesTable before) {
        var table = before;
        for (int i = 0; i < size; i++) {
            if (!rows.isLogged((int) references[i])) {
                var labels = head.labels(references[i]);
                if (!labels.isEmpty()) {
                    table = table == null ? new SeriesTable() : table;
                    table.add(references[i], labels);
                }
            }
        }
        return table;
    }

    /// Makes the samples visible; under the head's lock, after they are logged.
    void apply() {
        head.nextCommit();
        int kept = 0;
        for (int i = 0; i < columns.size; i++) {
            if (head.append(columns.references[i], columns.times[i], columns.values[i])) {
                kept++;
            }
        }
        measures.appended.add(kept);
        if (columns.folded.size > 0) {
            applyFolded();
        }
        if (columns.natives.size > 0) {
            applyNatives();
        }
        if (columns.hasLate()) {
            applyLate(columns.late());
        }
    }

    private void applyNatives() {
        var natives = columns.natives;
        int kept = 0;
        for (int i = 0; i < natives.size; i++) {
            long reference = natives.references[i];
            var histogram = natives.histograms[i];
            boolean isKept =
                    histogram == null
                            ? head.append(reference, natives.times[i], natives.values[i])
                            : head.append(reference, natives.times[i], histogram);
            kept += isKept ? 1 : 0;
        }
        measures.appendedHistograms.add(kept);
    }

    private void applyLate(Columns late) {
        int kept = 0;
        for (int i = 0; i < late.size; i++) {
            if (head.appendLate(
                    late.references[i], late.times[i], late.values[i], NO_COUNTS, 0, 0)) {
                kept++;
            }
        }
        var folded = late.folded;
        for (int i = 0; i < folded.size; i++) {
            if (head.appendLate(
                    folded.references[i],
                    folded.times[i],
                    folded.sums[i],
                    folded.counts,
                    folded.starts[i],
                    folded.buckets(i))) {
                kept++;
            }
        }
        var natives = late.natives;
        for (int i = 0; i < natives.size; i++) {
            if (head.appendLate(natives.references[i], natives.times[i], natives.histograms[i])) {
                kept++;
            }
        }
        measures.appendedLate.add(kept);
    }

    /// Counted are the lines of the exposition that a histogram stands for: a sample means the same
    /// whether or not it was folded.
    private void applyFolded() {
        var folded = columns.folded;
        int kept = 0;
        long lines = 0;
        for (int i = 0; i < folded.size; i++) {
            if (head.append(
                    folded.references[i],
                    folded.times[i],
                    folded.sums[i],
                    folded.counts,
                    folded.starts[i],
                    folded.buckets(i))) {
                kept++;
                lines += folded.buckets(i) + 2L;
            }
        }
        measures.appended.add(lines);
        measures.appendedFolded.add(kept);
    }

    @Override
    public void close() {
        if (columns != null) {
            tsdb.closed(stamp, columns);
            columns = null;
        }
    }
}
