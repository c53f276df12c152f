package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Puts a target's samples into batches, scrape after scrape, and remembers the series its lines
/// mean.
///
/// An exposition's layout repeats. The bytes before each value are remembered together with the
/// series they mean, so that for a sample that stands where it stood one comparison of bytes in
/// place and one number are all the work: no String, no label, no map. A line that has moved is
/// found by the hash of its bytes; only a new one is parsed, relabeled and looked up in storage.
/// The result is always the same as if nothing were remembered.
///
/// A round goes [#read], then [#markVanished], then, once its batch is committed, [#keep]; or, when
/// anything fails, [#abandon] and [#markAll] into a batch of its own. Not thread-safe.
final class SeriesCache {
    private static final int DROPPED = -1; // by metric relabeling
    private static final int REFUSED = -2; // by a limit of the store; asked again each round

    private final SampleLabels sampleLabels;
    private final boolean honorTimestamps;
    private final boolean trackTimestamps;
    private final long sampleLimit;

    private final Exposition exposition = new Exposition();
    private final Rows rows = new Rows();
    private Layout known = new Layout();
    private Layout next = new Layout();
    private Format knownFormat = Format.TEXT;
    private Format readFormat = Format.TEXT;
    private int round;
    private int rowsBefore;
    private boolean changed; // the layout of this round is in `next`, not in `known`
    private boolean typesChanged; // TYPE, HELP or UNIT lines were among what has changed

    // What the current round has seen.
    private long scraped;
    private long kept;
    private long added;
    private long refused;
    private long duplicates;
    private long outOfOrder;
    private long tooOld;

    SeriesCache(ScrapeJob job, SampleLabels sampleLabels) {
        this.sampleLabels = sampleLabels;
        this.honorTimestamps = job.honorTimestamps();
        this.trackTimestamps = job.trackTimestampsStaleness();
        this.sampleLimit = job.limits().samples();
    }

    /// Goes on for a target whose job has changed: what was alive gets its stale marker when it is
    /// not there any more.
    SeriesCache(ScrapeJob job, SampleLabels sampleLabels, SeriesCache before) {
        this(job, sampleLabels);
        for (int row = 0; row < before.rows.size(); row++) {
            if (before.rows.isAlive(row)) {
                rows.alive(rows.of(before.rows.reference(row)), true);
            }
        }
    }

    /// Starts a round that has seen nothing yet.
    void begin() {
        round++;
        rowsBefore = rows.size();
        changed = false;
        typesChanged = false;
        scraped = 0;
        kept = 0;
        added = 0;
        refused = 0;
        duplicates = 0;
        outOfOrder = 0;
        tooOld = 0;
    }

    /// Appends every sample of a body; those without a time of their own at `time`.
    void read(byte[] body, int length, Format format, Batch batch, long time) throws IOException {
        readFormat = format;
        boolean isComparable = format == knownFormat;
        exposition.reset(format, body, length);
        int line = 0;
        while (true) {
            int position = exposition.position();
            if (isComparable
                    && line < known.size()
                    && known.matches(line, body, position, length, exposition.type())) {
                int valueAt = position + known.length(line);
                exposition.resumeAtValue(valueAt, known.type(line));
                int row = append(known.row(line), position + known.seriesAt(line), batch, time);
                if (changed) {
                    next.addAll(known, line, line + 1);
                    next.row(next.size() - 1, row);
                } else {
                    known.row(line, row);
                }
                line++;
                continue;
            }
            boolean setsType = false;
            Exposition.Entry entry;
            while ((entry = exposition.next()) != Exposition.Entry.SERIES
                    && entry != Exposition.Entry.END) {
                setsType |= entry == Exposition.Entry.TYPE;
                typesChanged |= entry != Exposition.Entry.COMMENT;
            }
            if (entry == Exposition.Entry.END) {
                break;
            }
            if (!changed) {
                change(line);
            }
            int nameAt = exposition.seriesAt();
            int valueAt = exposition.valueAt();
            long hash = Layout.hash(body, nameAt, valueAt);
            int found =
                    isComparable ? known.find(hash, body, nameAt, valueAt, exposition.type()) : -1;
            int row = REFUSED;
            if (found >= 0) {
                row = known.row(found);
                line = found + 1;
            }
            row = append(row, nameAt, batch, time);
            next.add(body, position, nameAt, valueAt, exposition.type(), setsType, hash, row);
        }
        if (!changed && line < known.size()) {
            change(line);
        }
        if (sampleLimit > 0 && kept > sampleLimit) {
            throw new ScrapeException(ScrapeException.Reason.SAMPLE_LIMIT, "sample limit exceeded");
        }
    }

    /// From here on this round's layout differs from the known one.
    private void change(int line) {
        changed = true;
        next.clear();
        next.addAll(known, 0, line);
        known.index();
    }

    /// Appends the sample just read and returns its row, which may be new.
    private int append(int row, int nameAt, Batch batch, long time) throws IOException {
        scraped++;
        if (row == DROPPED) {
            return row;
        }
        if (row == REFUSED) {
            return introduce(nameAt, batch, time);
        }
        kept++;
        if (sampleLimit > 0 && kept > sampleLimit) {
            return row;
        }
        if (appendTo(row, batch, time) == Batch.Outcome.UNKNOWN_SERIES) {
            return renew(row, nameAt, batch, time);
        }
        return row;
    }

    private Batch.Outcome appendTo(int row, Batch batch, long time) {
        boolean own = honorTimestamps && exposition.hasTimestamp();
        if (!own && rows.seen(row) == round) {
            duplicates++;
            return Batch.Outcome.DUPLICATE;
        }
        var outcome =
                batch.append(
                        rows.reference(row),
                        own ? exposition.timestamp() : time,
                        exposition.value());
        switch (outcome) {
            case UNKNOWN_SERIES -> {
                return outcome;
            }
            case APPENDED -> {}
            case DUPLICATE -> duplicates++;
            case OUT_OF_ORDER -> outOfOrder++;
            case TOO_OLD -> tooOld++;
        }
        if (!own || trackTimestamps) {
            rows.see(row, round);
        }
        return outcome;
    }

    /// A sample never seen before, or not admitted so far.
    private int introduce(int nameAt, Batch batch, long time) throws IOException {
        var labels = labels(nameAt);
        if (labels.isEmpty()) {
            return DROPPED;
        }
        kept++;
        if (sampleLimit > 0 && kept > sampleLimit) {
            return REFUSED;
        }
        long reference = batch.series(labels.get());
        if (reference == 0) {
            refused++;
            return REFUSED;
        }
        int row = rows.of(reference);
        if (appendTo(row, batch, time) == Batch.Outcome.UNKNOWN_SERIES) {
            throw new IllegalStateException("bug: the store does not know the series it just gave");
        }
        added++;
        return row;
    }

    /// The store has forgotten a series; it is asked for again.
    private int renew(int row, int nameAt, Batch batch, long time) throws IOException {
        var labels = labels(nameAt);
        long reference = labels.isEmpty() ? 0 : batch.series(labels.get());
        if (reference == 0) {
            refused++;
            return row;
        }
        rows.renew(row, reference);
        if (appendTo(row, batch, time) == Batch.Outcome.UNKNOWN_SERIES) {
            throw new IllegalStateException("bug: the store does not know the series it just gave");
        }
        return row;
    }

    private Optional<Labels> labels(int nameAt) throws ExpositionException, ScrapeException {
        exposition.rereadSeries(nameAt);
        return sampleLabels.of(exposition);
    }

    /// Ends, at `time`, the series that were there before and are not any more.
    void markVanished(Batch batch, long time) {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.isAlive(row) && rows.seen(row) != round) {
                end(row, batch, time);
            }
        }
    }

    private void end(int row, Batch batch, long time) {
        if (batch.append(rows.reference(row), time, StaleMarker.VALUE)
                != Batch.Outcome.UNKNOWN_SERIES) {
            return;
        }
        for (int line = 0; line < known.size(); line++) {
            if (known.row(line) == row) {
                endForgotten(line, batch, time);
                return;
            }
        }
    }

    /// The store has forgotten a series that ends: its line, as remembered, says its labels.
    private void endForgotten(int line, Batch batch, long time) {
        try {
            var body = known.sample(line, " 0\n# EOF\n".getBytes(StandardCharsets.UTF_8));
            var reader = new Exposition();
            reader.reset(knownFormat, body, body.length);
            reader.resumeAtValue(known.length(line) + 1, known.type(line));
            reader.rereadSeries(known.seriesAt(line));
            var labels = sampleLabels.of(reader);
            long reference = labels.isEmpty() ? 0 : batch.series(labels.get());
            if (reference != 0) {
                batch.append(reference, time, StaleMarker.VALUE);
            }
        } catch (IOException e) {
            throw new IllegalStateException("bug: a line once read is not readable again", e);
        }
    }

    /// The round's batch is committed.
    void keep() {
        for (int row = 0; row < rows.size(); row++) {
            rows.alive(row, rows.seen(row) == round);
        }
        if (changed) {
            var before = known;
            known = next;
            knownFormat = readFormat;
            next = before;
            next.clear();
            rows.keepOnly(known);
        }
    }

    /// The round has failed: nothing of it counts, but what was counted so far stays for the
    /// report.
    void abandon() {
        rows.truncate(rowsBefore);
        for (int sample = 0; sample < known.size(); sample++) {
            if (known.row(sample) >= rowsBefore) {
                known.row(sample, REFUSED);
            }
        }
        changed = false;
    }

    /// Ends, at `time`, every series that is alive.
    void markAll(Batch batch, long time) {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.isAlive(row)) {
                end(row, batch, time);
            }
        }
    }

    /// The batch of [#markAll] is committed.
    void keepNoneAlive() {
        for (int row = 0; row < rows.size(); row++) {
            rows.alive(row, false);
        }
    }

    /// Samples in the body.
    long scraped() {
        return scraped;
    }

    /// Samples left after metric relabeling.
    long kept() {
        return kept;
    }

    /// Lines that were new in this round.
    long added() {
        return added;
    }

    /// Samples whose series the store would not make.
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

    /// Whether lines that speak about families were new or have moved in this round.
    boolean typesChanged() {
        return typesChanged;
    }
}
