package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;

import java.io.IOException;

/// Samples on their way into the store.
final class HeadBatch implements Batch {
    private final Tsdb tsdb;
    private final Head head;
    private final Rows rows;
    private final Measures measures;
    private final int stamp; // tells this batch from every other that may be open
    private final long oldest; // earlier samples are refused
    private Columns columns; // null once closed

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
    public Outcome append(long series, long timeMillis, double value) {
        int row = (int) series;
        if (series == 0 || rows.generation(row) != (int) (series >>> 32)) {
            return Outcome.UNKNOWN_SERIES;
        }
        if (timeMillis < oldest) {
            measures.tooOld.increment();
            return Outcome.TOO_OLD;
        }
        long bits = Double.doubleToRawLongBits(value);
        long newest = rows.time(row);
        long newestBits = rows.value(row);
        long mark = rows.stamp(row);
        if ((int) (mark >>> 32) == stamp) { // this batch holds a sample of the series already
            int before = (int) mark;
            if (before < columns.size && columns.references[before] == series) {
                newest = columns.times[before];
                newestBits = columns.values[before];
            }
        }
        if (timeMillis <= newest) {
            return late(timeMillis < newest, bits == newestBits);
        }
        rows.stamp(row, (long) stamp << 32 | columns.size);
        columns.add(series, timeMillis, bits);
        return Outcome.APPENDED;
    }

    private Outcome late(boolean isOlder, boolean isSame) {
        if (isOlder) {
            measures.outOfOrder.increment();
            return Outcome.OUT_OF_ORDER;
        }
        if (isSame) {
            return Outcome.APPENDED; // it is there already
        }
        measures.duplicates.increment();
        return Outcome.DUPLICATE;
    }

    @Override
    public void commit() throws IOException {
        if (columns.size == 0) {
            return;
        }
        tsdb.commit(this);
        columns.size = 0;
    }

    /// The commit as the log keeps it.
    Buffer frame() {
        var frame = columns.frame;
        frame.reset();
        int begun = Frame.begin(frame);
        frame.putByte(Records.COMMIT);
        writeNewSeries(frame);
        Records.writeSamples(columns, frame);
        Frame.end(frame, begun);
        return frame;
    }

    private void writeNewSeries(Buffer frame) {
        SeriesTable table = null;
        for (int i = 0; i < columns.size; i++) {
            if (!rows.isLogged((int) columns.references[i])) {
                var labels = head.labels(columns.references[i]);
                if (!labels.isEmpty()) {
                    table = table == null ? new SeriesTable() : table;
                    table.add(columns.references[i], labels);
                }
            }
        }
        frame.putByte(table == null ? 0 : 1);
        if (table != null) {
            table.flush(frame);
        }
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
    }

    @Override
    public void close() {
        if (columns != null) {
            tsdb.closed(stamp, columns);
            columns = null;
        }
    }
}
