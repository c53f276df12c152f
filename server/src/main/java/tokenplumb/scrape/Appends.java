package tokenplumb.scrape;

import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;

/// Appends to the rows of one target, round after round, and counts what became of them. Whatever
/// is appended counts in exposition lines: a folded histogram is as many as it has members. Not
/// thread-safe.
final class Appends {
    private final Rows rows;
    private final boolean trackTimestamps;

    private Batch batch;
    private long time;
    private int round;

    private long added;
    private long refused;
    private long duplicates;
    private long outOfOrder;
    private long tooOld;

    Appends(Rows rows, boolean trackTimestamps) {
        this.rows = rows;
        this.trackTimestamps = trackTimestamps;
    }

    /// Starts a round that has appended nothing yet.
    void begin(int ofRound) {
        round = ofRound;
        added = 0;
        refused = 0;
        duplicates = 0;
        outOfOrder = 0;
        tooOld = 0;
    }

    /// Goes on with a batch, at the time of all samples that bring none of their own.
    void into(Batch nextBatch, long scrapeTime) {
        batch = nextBatch;
        time = scrapeTime;
    }

    Batch batch() {
        return batch;
    }

    /// The time of the scrape.
    long time() {
        return time;
    }

    int round() {
        return round;
    }

    /// Appends a sample, `isOwn` when the target gave its time. False when the store has forgotten
    /// the series.
    boolean append(int row, long at, boolean isOwn, double value) {
        if (!isOwn && rows.seen(row) == round) {
            duplicates++;
            return true;
        }
        return took(row, isOwn, 1, batch.append(rows.reference(row), at, value));
    }

    /// Appends a sample of a folded histogram of so many lines; likewise.
    boolean append(int row, long at, boolean isOwn, long[] counts, double sum, int lines) {
        return took(row, isOwn, lines, batch.append(rows.reference(row), at, counts, 0, sum));
    }

    private boolean took(int row, boolean isOwn, int lines, Batch.Outcome outcome) {
        switch (outcome) {
            case APPENDED -> {}
            case DUPLICATE -> duplicates += lines;
            case OUT_OF_ORDER -> outOfOrder += lines;
            case TOO_OLD -> tooOld += lines;
            case UNKNOWN_SERIES -> {
                return false;
            }
        }
        if (!isOwn || trackTimestamps) {
            rows.see(row, round);
        }
        return true;
    }

    /// The row of a series, made if need be; -1 when the store refuses it.
    int admit(Labels labels) {
        long reference = batch.series(labels);
        if (reference == 0) {
            refused++;
            return -1;
        }
        return rows.of(reference, false);
    }

    /// Appends to a row that the store has just given, or has forgotten: then it is asked again.
    void append(int row, long at, boolean isOwn, double value, Labels labels) {
        if (append(row, at, isOwn, value)) {
            return;
        }
        long reference = batch.series(labels);
        if (reference == 0) {
            refused++;
            return;
        }
        rows.renew(row, reference);
        if (!append(row, at, isOwn, value)) {
            throw new IllegalStateException("bug: the store does not know the series it just gave");
        }
    }

    /// A line of the exposition that brought nothing new: its series had a sample in this round.
    void duplicate() {
        duplicates++;
    }

    void added(int lines) {
        added += lines;
    }

    void refused(int lines) {
        refused += lines;
    }

    long added() {
        return added;
    }

    long refused() {
        return refused;
    }

    long duplicates() {
        return duplicates;
    }

    long outOfOrder() {
        return outOfOrder;
    }

    long tooOld() {
        return tooOld;
    }
}
