package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Puts a target's samples into batches, scrape after scrape, and remembers the series its lines
/// mean.
///
/// An exposition's layout repeats. A hash of the bytes before each value is remembered together
/// with the series they mean ([Layout]), so that for a sample that stands where it stood one pass
/// over its bytes and one number are all the work: no String, no label, no map. A line that has
/// moved is found by its hash; only a new one is parsed, relabeled and looked up in storage.
/// Classic histograms are [Folding]'s.
///
/// A round goes [#begin], [#read], then [#markVanished], then, once its batch is committed,
/// [#keep]; or, when anything fails, [#abandon] and [#markAll] into a batch of its own. Not
/// thread-safe.
final class SeriesCache {
    private static final int MOST_ASKED_AGAIN = 200; // refused lines in a round
    private static final long[] NO_COUNTS = {};

    private final SampleLabels sampleLabels;
    private final boolean honorTimestamps;
    // With times of its own *and* staleness by them, a fold and its single members would end at
    // times that no marker of theirs can say.
    private final boolean folds;
    private final long sampleLimit;
    private final Scratch.Pool scratches;

    private final Rows rows = new Rows();
    private final Appends appends;
    private final Folding folding;
    private final Feeds feeds;
    private final boolean sums; // what is the same without its forbidden labels
    private final Admission admission;
    private final long mostRefused; // refused lines are remembered up to so many lines in all
    private Layout known = new Layout();
    private Layout next = new Layout();
    private Format knownFormat = Format.TEXT;
    private Format readFormat = Format.TEXT;
    private long knownEnd; // a hash of what stands behind the last sample
    private long readEnd;
    private int round;

    // This round.
    private int rowsBefore;
    private boolean changed; // the layout of this round is in `next`, not in `known`
    private boolean typesChanged; // TYPE, HELP or UNIT lines were among what has changed
    private int[] recoded = {}; // line and code before, of `known`
    private int recodedSize;
    private Exposition exposition = NONE;
    private boolean reranked; // some value keeps a series of its own no more, or does now
    private int askedAgain;
    private final List<String> droppedLabels = new ArrayList<>();
    private long scraped;
    private long kept;

    private static final Exposition NONE = new Exposition();

    SeriesCache(ScrapeJob job, SampleLabels sampleLabels, Scratch.Pool scratches) {
        this.sampleLabels = sampleLabels;
        this.honorTimestamps = job.honorTimestamps();
        this.folds = !job.trackTimestampsStaleness();
        this.sampleLimit = job.limits().samples();
        this.scratches = scratches;
        this.appends = new Appends(rows, job.trackTimestampsStaleness());
        this.folding = new Folding(rows, appends, sampleLabels);
        this.feeds = new Feeds(appends, job.rails().top());
        this.sums = job.rails().sums();
        long most = job.rails().maxSeries();
        this.admission = new Admission(most);
        this.mostRefused = most == 0 ? Long.MAX_VALUE : 2 * most + 10_000;
    }

    /// Goes on for a target whose job has changed: what was alive gets its stale marker when it is
    /// not there any more.
    SeriesCache(ScrapeJob job, SampleLabels sampleLabels, SeriesCache before) {
        this(job, sampleLabels, before.scratches);
        for (int row = 0; row < before.rows.size(); row++) {
            if (before.rows.isAlive(row)) {
                rows.alive(rows.of(before.rows.reference(row), before.rows.isFolded(row)), true);
            }
        }
    }

    /// Starts a round that has seen nothing yet.
    void begin() {
        round++;
        rowsBefore = rows.size();
        changed = false;
        typesChanged = false;
        recodedSize = 0;
        askedAgain = 0;
        scraped = 0;
        kept = 0;
        appends.begin(round);
        admission.begin();
        feeds.begin();
        folding.begin(known.size() == 0);
    }

    /// Appends every sample of a body; those without a time of their own at `time`.
    void read(byte[] body, int length, Format format, Batch batch, long time) throws IOException {
        var scratch = scratches.take();
        exposition = scratch.exposition;
        try {
            readFormat = format;
            appends.into(batch, time);
            admission.at(time);
            folding.read(scratch);
            if (feeds.wantsRanking()) {
                exposition.reset(format, body, length);
                rank();
            }
            exposition.reset(format, body, length);
            readLines(body, length, time);
            if (sampleLimit > 0 && kept > sampleLimit) {
                throw new ScrapeException(
                        ScrapeException.Reason.SAMPLE_LIMIT, "sample limit exceeded");
            }
            folding.finish(this::code);
            feeds.finish();
        } finally {
            exposition = NONE;
            folding.release();
            scratches.give(scratch);
        }
    }

    /// Weighs the values of labels that only the largest keep. What is wrong with the body is left
    /// to who reads it next.
    private void rank() {
        var totals = new HashMap<String, Map<String, Double>>();
        try {
            for (Exposition.Entry entry; (entry = exposition.next()) != Exposition.Entry.END; ) {
                if (entry == Exposition.Entry.SERIES) {
                    double value = exposition.value();
                    var labels = labels(exposition.seriesAt());
                    if (labels.isPresent()) {
                        feeds.weigh(labels.get(), exposition.type(), value, totals);
                    }
                }
            }
        } catch (IOException broken) {
            return;
        }
        reranked |= feeds.rank(totals) && known.size() > 0;
    }

    private void readLines(byte[] body, int length, long time) throws IOException {
        int comparable = readFormat == knownFormat ? known.size() : 0;
        int line = 0;
        while (true) {
            int position = exposition.position();
            if (line < comparable) {
                int code = known.code(line);
                if (code <= Layout.COMMENT) {
                    if (known.matchesComment(line, body, position, length)) {
                        exposition.skipTo(
                                position + known.length(line),
                                code == Layout.TYPED ? known.type(line) : exposition.type());
                        if (changed) {
                            next.addAll(known, line, line + 1);
                        }
                        line++;
                        continue;
                    }
                } else if (known.matches(line, body, position, length, exposition.type())) {
                    exposition.resumeAtValue(position + known.length(line), known.type(line));
                    int at = changed ? next.size() : line;
                    if (changed) {
                        next.addAll(known, line, line + 1);
                    }
                    int codeNow = append(code, at, position, time, false);
                    if (codeNow != code) {
                        code(at, codeNow);
                    }
                    line++;
                    continue;
                }
            }
            boolean setsType = false;
            boolean saysMore = false;
            Exposition.Entry entry;
            while ((entry = exposition.next()) != Exposition.Entry.SERIES
                    && entry != Exposition.Entry.END) {
                setsType |= entry == Exposition.Entry.TYPE;
                saysMore |= entry != Exposition.Entry.COMMENT;
            }
            if (entry == Exposition.Entry.END) {
                readEnd = position < length ? Layout.hash(body, position, length) : 0;
                typesChanged |= saysMore && readEnd != knownEnd;
                break;
            }
            typesChanged |= saysMore;
            if (!changed) {
                change(line);
            }
            int nameAt = exposition.seriesAt();
            int valueAt = exposition.valueAt();
            var type = exposition.type();
            if (nameAt > position) {
                next.add(
                        Layout.hash(body, position, nameAt),
                        nameAt - position,
                        type,
                        setsType ? Layout.TYPED : Layout.COMMENT);
            }
            long hash = Layout.hash(body, nameAt, valueAt);
            int found = comparable > 0 ? known.find(hash, valueAt - nameAt, type) : -1;
            if (found >= 0) {
                line = found + 1;
            }
            int code = found >= 0 ? known.code(found) : Layout.REFUSED;
            next.add(hash, valueAt - nameAt, type, code);
            int at = next.size() - 1;
            int codeNow = append(code, at, nameAt, time, found < 0);
            if (codeNow == Layout.REFUSED && at >= mostRefused) {
                next.removeLast();
            } else {
                next.code(at, codeNow);
            }
        }
        if (!changed && line < known.size()) {
            change(line);
        }
    }

    /// From here on this round's layout differs from the known one.
    private void change(int line) {
        changed = true;
        next = new Layout(known.size() + 16);
        next.addAll(known, 0, line);
        known.index();
    }

    /// Takes what a line of this round's layout stands for.
    private void code(int line, int code) {
        if (changed) {
            next.code(line, code);
            return;
        }
        if (recodedSize == recoded.length) {
            recoded = Arrays.copyOf(recoded, Math.max(16, recodedSize * 2));
        }
        recoded[recodedSize++] = line;
        recoded[recodedSize++] = known.code(line);
        known.code(line, code);
    }

    /// Appends the sample just read and returns what its line stands for, which may be new.
    private int append(int code, int line, int nameAt, long time, boolean isNew)
            throws IOException {
        scraped++;
        if (code == Layout.DROPPED) {
            return code;
        }
        var exemplar = exposition.hasExemplar() ? exemplar(time) : Folding.NO_EXEMPLAR;
        if (code < 0) {
            return introduce(code, line, nameAt, time, isNew, exemplar);
        }
        if (reranked) {
            int codeNow = reconsidered(code, nameAt);
            if (codeNow < 0) {
                return introduce(codeNow, line, nameAt, time, false, exemplar);
            }
            return append(codeNow, nameAt, time, exemplar);
        }
        return append(code, nameAt, time, exemplar);
    }

    /// What a line is to be after values have changed sides; [Layout#UNPLANNED] to ask anew.
    private int reconsidered(int code, int nameAt) throws IOException {
        var labels = labels(nameAt);
        boolean isFeed = Layout.kind(code) == Layout.FEED;
        boolean isSummed = labels.isPresent() && isSummed(labels.get());
        return isFeed == isSummed ? code : Layout.UNPLANNED;
    }

    private boolean isSummed(Labels labels) {
        return sums && !droppedLabels.isEmpty() || !feeds.diverted(labels).equals(labels);
    }

    /// Appends the sample just read, of a line that stands for something.
    private int append(int code, int nameAt, long time, Exemplar exemplar) throws IOException {
        kept++;
        if (sampleLimit > 0 && kept > sampleLimit) {
            return code;
        }
        boolean isOwn = honorTimestamps && exposition.hasTimestamp();
        long at = isOwn ? exposition.timestamp() : time;
        double value = exposition.value();
        int number = Layout.number(code);
        switch (Layout.kind(code)) {
            case Layout.FEED -> feeds.take(number, value);
            case Layout.SLOT -> folding.take(number, nameAt, isOwn, at, value, exemplar);
            default -> {
                if (!appends.append(number, at, isOwn, value)) {
                    renew(number, nameAt, at, isOwn, value);
                }
                if (Folding.isThere(exemplar)) {
                    appends.batch().exemplar(rows.reference(number), -1, exemplar);
                }
            }
        }
        return code;
    }

    private Exemplar exemplar(long time) throws ExpositionException {
        var written = exposition.exemplar().orElseThrow();
        long sampleTime =
                honorTimestamps && exposition.hasTimestamp() ? exposition.timestamp() : time;
        return new Exemplar(
                written.labels(), written.value(), written.timeMillis().orElse(sampleTime));
    }

    /// A sample never seen before, or not admitted so far.
    private int introduce(
            int code, int line, int nameAt, long time, boolean isNew, Exemplar exemplar)
            throws IOException {
        boolean isAskedAgain = code == Layout.REFUSED && !isNew;
        if (isAskedAgain && ++askedAgain > MOST_ASKED_AGAIN) {
            kept++;
            if (admission.isFull()) {
                admission.refuse();
            } else {
                appends.refused(1);
            }
            return code;
        }
        boolean counts = code == Layout.REFUSED;
        boolean isFull = counts && admission.isFull();
        if (isFull && !admission.looks() && !feeds.diverts()) {
            kept++;
            admission.refuse();
            return Layout.REFUSED;
        }
        var labels = labels(nameAt);
        if (labels.isEmpty()) {
            return Layout.DROPPED;
        }
        if (counts && !droppedLabels.isEmpty()) {
            admission.dropped(droppedLabels);
        }
        kept++;
        if (sampleLimit > 0 && kept > sampleLimit) {
            return code;
        }
        if (isSummed(labels.get()) && feeds.size() < mostRefused) {
            var into = feeds.diverted(labels.get());
            boolean wasThere = !isNew || known.size() == 0;
            int feed = feeds.introduce(into, exposition.type(), exposition.value(), wasThere);
            return feed < 0 ? Layout.DROPPED : Layout.feed(feed);
        }
        if (isFull) {
            admission.refuse(labels.get());
            return Layout.REFUSED;
        }
        if (counts) {
            admission.admit();
        }
        boolean isOwn = honorTimestamps && exposition.hasTimestamp();
        long at = isOwn ? exposition.timestamp() : time;
        double value = exposition.value();
        if (folds && Folding.isMember(labels.get())) {
            var type = exposition.type();
            folding.introduce(labels.get(), type, counts, line, nameAt, value, isOwn, at, exemplar);
            return Layout.UNPLANNED;
        }
        int row = appends.admit(labels.get());
        if (row < 0) {
            return Layout.REFUSED;
        }
        appends.append(row, at, isOwn, value, labels.get());
        appends.added(counts ? 1 : 0);
        if (Folding.isThere(exemplar)) {
            appends.batch().exemplar(rows.reference(row), -1, exemplar);
        }
        return row;
    }

    /// The store has forgotten a series; it is asked for again.
    private void renew(int row, int nameAt, long at, boolean isOwn, double value)
            throws IOException {
        var labels = labels(nameAt);
        if (labels.isPresent()) {
            appends.append(row, at, isOwn, value, labels.get());
        }
    }

    private Optional<Labels> labels(int nameAt) throws ExpositionException, ScrapeException {
        droppedLabels.clear();
        exposition.rereadSeries(nameAt);
        return sampleLabels.of(exposition, droppedLabels);
    }

    /// Ends, at `time`, the series that were there before and are not any more.
    void markVanished(Batch batch, long time) {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.isAlive(row) && rows.seen(row) != round) {
                end(row, batch, time);
            }
        }
    }

    /// What the store has forgotten needs no marker: its last sample is long past.
    private void end(int row, Batch batch, long time) {
        long reference = rows.reference(row);
        if (rows.isFolded(row)) {
            batch.append(reference, time, NO_COUNTS, 0, StaleMarker.VALUE);
        } else {
            batch.append(reference, time, StaleMarker.VALUE);
        }
    }

    /// The round's batch is committed.
    void keep() {
        for (int row = 0; row < rows.size(); row++) {
            rows.alive(row, rows.seen(row) == round);
        }
        if (changed) {
            known = next;
            knownFormat = readFormat;
            next = new Layout();
        }
        knownEnd = readEnd;
        admission.keep(kept - admission.refused() - appends.refused() - feeds.size());
        feeds.keep();
        reranked = false;
        if (changed || recodedSize > 0 || folding.isUnsettled()) {
            folding.settle(known, feeds);
            known.trim();
        }
        rows.trim();
        recoded = recoded.length > 64 ? new int[0] : recoded;
    }

    /// The round has failed: nothing of it counts, but what was counted so far stays for the
    /// report.
    void abandon() {
        while (recodedSize > 0) {
            recodedSize -= 2;
            known.code(recoded[recodedSize], recoded[recodedSize + 1]);
        }
        folding.abandon(rowsBefore);
        feeds.abandon(rowsBefore);
        rows.truncate(rowsBefore);
        known.trim();
        next = new Layout();
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

    /// Lines that are remembered.
    int lines() {
        return known.size();
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
        return appends.added();
    }

    /// Samples whose series the store would not make.
    long refused() {
        return appends.refused();
    }

    /// Samples that would have been too many series of this target.
    long capped() {
        return admission.refused();
    }

    /// Forbidden labels that new lines have lost in this round, and how many lost each.
    Map<String, Long> droppedLabels() {
        return admission.droppedNow();
    }

    /// What the user must know about the target's series.
    List<String> warnings() {
        return admission.warnings();
    }

    long duplicates() {
        return appends.duplicates();
    }

    long outOfOrder() {
        return appends.outOfOrder();
    }

    long tooOld() {
        return appends.tooOld();
    }

    /// Whether lines that speak about families were new or have moved in this round.
    boolean typesChanged() {
        return typesChanged;
    }
}
