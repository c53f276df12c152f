package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Sees the head as it was when this querier was opened ([Snapshot]).
final class HeadKept implements KeptQuerier {
    private static final int ROWS_AT_ONCE = 1024;

    private final Head head;
    private final Index index;
    private final Rows rows;
    private final Segment.Damage damage;
    private final boolean onlyLate;
    private final Snapshot snapshot;
    private final long minValid; // other samples than late ones begin here
    private final int epoch;
    private final List<SegmentSet> sets = new ArrayList<>(1); // in use until closed; guarded by it
    private final ConcurrentLinkedQueue<Found> idle = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /// `onlyLate`: of late samples those for which blocks may be there already, and nothing else.
    HeadKept(Head head, Segment.Damage damage, boolean onlyLate) {
        this.onlyLate = onlyLate;
        this.head = head;
        this.index = head.index;
        this.rows = head.rows;
        this.damage = damage;
        head.lock.lock();
        try {
            snapshot = head.openSnapshot();
            minValid = head.minValid();
            epoch = head.truncations();
            use();
        } finally {
            head.lock.unlock();
        }
    }

    /// The last commit it sees.
    int commit() {
        return snapshot.commit;
    }

    // --- finding

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        return found(plainRows(matchers), from, to);
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        checkOpen();
        var rows = foldedRows(families);
        if (!rows.isEmpty() && !matchers.isEmpty()) {
            rows.and(new Selection(index).rows(matchers));
        }
        return found(rows, from, to);
    }

    private RoaringBitmap plainRows(List<Matcher> matchers) {
        checkOpen();
        var matching = new Selection(index).rows(matchers);
        index.lock.readLock().lock();
        try {
            matching.andNot(index.folded());
        } finally {
            index.lock.readLock().unlock();
        }
        return matching;
    }

    private RoaringBitmap foldedRows(Optional<Set<String>> families) {
        index.lock.readLock().lock();
        try {
            if (families.isEmpty()) {
                return index.folded().clone();
            }
            var rows = new RoaringBitmap();
            var name = index.names().get(FoldedLabels.FAMILY);
            if (name != null) {
                for (var family : families.get()) {
                    var pair = name.values.get(family);
                    if (pair != null) {
                        pair.addTo(rows);
                    }
                }
            }
            return rows;
        } finally {
            index.lock.readLock().unlock();
        }
    }

    private List<KeptSeries> found(RoaringBitmap matching, long from, long to) {
        var found = new ArrayList<KeptSeries>(matching.getCardinality());
        forEachIn(matching, from, to, row -> found.add(series(row)));
        return found;
    }

    private HeadSeries series(int row) {
        var labels = index.labels(row);
        var layout = index.layout(row);
        return new HeadSeries(
                rows.reference(row), layout.isNone() ? labels : FoldedLabels.show(labels), layout);
    }

    private interface Visitor {
        void row(int row);
    }

    /// Visits, under the index's lock, the rows that may have samples in the range.
    private void forEachIn(RoaringBitmap matching, long from, long to, Visitor visitor) {
        int[] all = matching.toArray();
        for (int start = 0; start < all.length; start += ROWS_AT_ONCE) {
            int end = Math.min(all.length, start + ROWS_AT_ONCE);
            index.lock
                    .readLock()
                    .lock(); // let go in between, so that new series need not wait long
            try {
                for (int i = start; i < end; i++) {
                    if (isIn(all[i], from, to)) {
                        visitor.row(all[i]);
                    }
                }
            } finally {
                index.lock.readLock().unlock();
            }
        }
    }

    /// Whether a series may have samples in the range; under the index's lock.
    private boolean isIn(int row, long from, long to) {
        if (!index.has(row)) {
            return false;
        }
        if (rows.isLate(row)) {
            return true; // or nearly
        }
        long newest = rows.time(row);
        return !onlyLate
                && newest != Rows.NEVER
                && newest >= Math.max(from, minValid)
                && Math.max(rows.firstTime(row), minValid) <= to;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        checkOpen();
        return matchers.isEmpty()
                ? namesOf(from, to, false)
                : namesOf(plainRows(matchers), from, to);
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        checkOpen();
        return namesOf(from, to, true);
    }

    private Set<String> namesOf(RoaringBitmap matching, long from, long to) {
        var names = new HashSet<String>();
        var seen = new RoaringBitmap();
        forEachIn(
                matching,
                from,
                to,
                row -> {
                    for (int id : index.idsOf(row)) {
                        if (seen.checkedAdd(id)) {
                            names.add(index.pair(id).name.name);
                        }
                    }
                });
        return names;
    }

    private Set<String> namesOf(long from, long to, boolean ofFolded) {
        var names = new HashSet<String>();
        index.lock.readLock().lock();
        try {
            for (var name : index.names().values()) {
                if (!FoldedLabels.isHidden(name.name)) {
                    if (anyIn(name, from, to, ofFolded)) {
                        names.add(name.name);
                    }
                } else if (ofFolded && anyIn(name, from, to, true)) {
                    names.add(Labels.NAME);
                }
            }
        } finally {
            index.lock.readLock().unlock();
        }
        return names;
    }

    private boolean anyIn(LabelName name, long from, long to, boolean ofFolded) {
        for (var pair : name.values.values()) {
            if (pair.anyRow(row -> isIn(row, from, to, ofFolded))) {
                return true;
            }
        }
        return false;
    }

    private boolean isIn(int row, long from, long to, boolean ofFolded) {
        return rows.counts(row) != null == ofFolded && isIn(row, from, to);
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        checkOpen();
        if (FoldedLabels.isHidden(label)) {
            return Set.of();
        }
        if (matchers.isEmpty()) {
            return valuesOf(label, from, to, false);
        }
        var values = new HashSet<String>();
        forEachIn(
                plainRows(matchers),
                from,
                to,
                row -> {
                    var name = index.names().get(label);
                    var value = name == null ? "" : index.value(row, name);
                    if (!value.isEmpty()) {
                        values.add(value);
                    }
                });
        return values;
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        checkOpen();
        if (label.equals(Labels.NAME)) {
            return valuesOf(FoldedLabels.FAMILY, from, to, true);
        }
        return FoldedLabels.isHidden(label) ? Set.of() : valuesOf(label, from, to, true);
    }

    private Set<String> valuesOf(String label, long from, long to, boolean ofFolded) {
        var values = new HashSet<String>();
        index.lock.readLock().lock();
        try {
            var name = index.names().get(label);
            if (name != null) {
                for (var pair : name.values.values()) {
                    if (pair.anyRow(row -> isIn(row, from, to, ofFolded))) {
                        values.add(pair.value);
                    }
                }
            }
        } finally {
            index.lock.readLock().unlock();
        }
        return values;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("bug: querier used after its close");
        }
    }

    @Override
    public void close() {
        synchronized (sets) {
            if (closed) {
                return;
            }
            closed = true;
            sets.forEach(SegmentSet::release);
        }
        head.closeSnapshot(epoch);
    }

    // --- reading

    /// Takes the segments of now into use until this querier closes; under the head's lock.
    private SegmentSet use() {
        var now = head.segments();
        synchronized (sets) {
            checkOpen();
            if (!sets.contains(now)) {
                now.use();
                sets.add(now);
            }
        }
        return now;
    }

    /// Every sealed segment in use, oldest first: also those that were given up since.
    private List<SealedSegment> allSealed() {
        synchronized (sets) {
            if (sets.size() == 1) {
                return sets.getFirst().sealed;
            }
            var all = new TreeMap<Long, SealedSegment>();
            for (var set : sets) {
                set.sealed.forEach(segment -> all.put(segment.number(), segment));
            }
            return List.copyOf(all.values());
        }
    }

    private boolean sees(long time, int commit) {
        return commit - snapshot.commit <= 0 && !head.isWritten(time, commit, epoch);
    }

    private Found idle() {
        var pooled = idle.poll();
        return pooled == null ? new Found() : pooled;
    }

    private void idle(Found found) {
        found.clear();
        idle.offer(found);
    }

    private final class HeadSeries implements KeptSeries {
        private final long reference;
        private final Labels labels;
        private final BucketLayout layout;

        HeadSeries(long reference, Labels labels, BucketLayout layout) {
            this.reference = reference;
            this.labels = labels;
            this.layout = layout;
        }

        @Override
        public Labels labels() {
            return labels;
        }

        @Override
        public BucketLayout layout() {
            return layout;
        }

        @Override
        public void read(long from, long to, Samples into) {
            var sealed = idle();
            var open = idle();
            var late = rows.isLate((int) reference) ? new Samples() : null;
            long first = Math.max(from, minValid);
            long last = collect(first, to, sealed, open, () -> copyLate(from, to, late));
            var whole = late == null ? into : new Samples();
            int size = whole.size();
            sealed.decode(first, last, whole);
            open.decode(first, last, whole);
            idle(sealed);
            idle(open);
            if (!isSorted(whole.times(), size, whole.size())) {
                sort(whole, size);
            }
            if (late != null) {
                merge(whole, late, into);
            }
        }

        private void copyLate(long from, long to, Samples into) {
            if (into != null) {
                head.late.copy(reference, from, lastLate(to), HeadKept.this::sees, into);
            }
        }

        private long lastLate(long to) {
            return onlyLate ? Math.min(to, minValid - 1) : to;
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            var sealed = idle();
            var open = idle();
            var late = rows.isLate((int) reference) ? folded() : null;
            long first = Math.max(from, minValid);
            long last = collect(first, to, sealed, open, () -> copyLate(from, to, late));
            var whole = late == null ? into : folded();
            int size = whole.size();
            sealed.decode(first, last, whole);
            open.decode(first, last, whole);
            idle(sealed);
            idle(open);
            if (!isSorted(whole, size)) {
                sort(whole, size);
            }
            if (late != null) {
                merge(whole, late, into);
            }
        }

        private void copyLate(long from, long to, FoldedSamples into) {
            if (into != null) {
                head.late.copy(reference, from, lastLate(to), HeadKept.this::sees, into);
            }
        }

        private FoldedSamples folded() {
            var samples = new FoldedSamples();
            samples.reset(layout.size());
            return samples;
        }

        /// Copies the chunks that touch the range, and under the same lock what `late` copies;
        /// returns the latest time this querier sees of the series.
        private long collect(long from, long to, Found sealed, Found open, Runnable late) {
            int row = (int) reference;
            List<SealedSegment> segments;
            long last;
            head.lock.lock();
            try {
                late.run();
                if (onlyLate) {
                    return Long.MIN_VALUE;
                }
                var set = use();
                segments = allSealed();
                last = Math.min(to, snapshot.visibleTo(row));
                if (rows.generation(row) == (int) (reference >>> 32)) {
                    for (var segment : set.open) {
                        segment.collect(reference, from, last, open, damage);
                    }
                    if (rows.count(row) > 0 && rows.start(row) <= last && rows.time(row) >= from) {
                        open.add(open.bytes.size(), rows.encoding(row));
                        rows.writeChunk(row, open.bytes);
                    }
                }
            } finally {
                head.lock.unlock();
            }
            for (var segment : segments) {
                segment.collect(reference, from, last, sealed, damage);
            }
            return last;
        }

        @Override
        public String toString() {
            return labels.toString();
        }
    }

    // --- late samples among the others; at one time a real one wins over a stale one

    private static void merge(Samples whole, Samples late, Samples into) {
        int i = 0;
        int j = 0;
        while (i < whole.size() || j < late.size()) {
            if (j == late.size() || i < whole.size() && whole.time(i) < late.time(j)) {
                copy(whole, i++, into);
            } else if (i == whole.size() || late.time(j) < whole.time(i)) {
                copy(late, j++, into);
            } else if (StaleMarker.is(whole.value(i))) {
                i++;
            } else {
                j++;
            }
        }
    }

    private static void merge(FoldedSamples whole, FoldedSamples late, FoldedSamples into) {
        int i = 0;
        int j = 0;
        while (i < whole.size() || j < late.size()) {
            if (j == late.size() || i < whole.size() && whole.time(i) < late.time(j)) {
                copy(whole, i++, into);
            } else if (i == whole.size() || late.time(j) < whole.time(i)) {
                copy(late, j++, into);
            } else if (whole.isStale(i)) {
                i++;
            } else {
                j++;
            }
        }
    }

    // --- chunks overlap only where a damaged segment was made good from the log

    private static boolean isSorted(long[] times, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            if (times[i] <= times[i - 1]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSorted(FoldedSamples samples, int from) {
        for (int i = from + 1; i < samples.size(); i++) {
            if (samples.time(i) <= samples.time(i - 1)) {
                return false;
            }
        }
        return true;
    }

    private static void sort(Samples samples, int from) {
        var order = new Integer[samples.size() - from];
        Arrays.setAll(order, i -> from + i);
        Arrays.sort(order, (a, b) -> Long.compare(samples.time(a), samples.time(b)));
        var sorted = new Samples();
        for (int i = 0; i < from; i++) {
            copy(samples, i, sorted);
        }
        long before = Long.MIN_VALUE;
        for (int i : order) {
            if (samples.time(i) > before) {
                copy(samples, i, sorted);
                before = samples.time(i);
            }
        }
        samples.clear();
        for (int i = 0; i < sorted.size(); i++) {
            copy(sorted, i, samples);
        }
    }

    private static void copy(Samples from, int i, Samples into) {
        if (from.isHistogram(i)) {
            into.add(from.time(i), from.histogram(i));
        } else {
            into.add(from.time(i), from.value(i));
        }
    }

    private static void sort(FoldedSamples samples, int from) {
        var order = new Integer[samples.size() - from];
        Arrays.setAll(order, i -> from + i);
        Arrays.sort(order, (a, b) -> Long.compare(samples.time(a), samples.time(b)));
        var sorted = new FoldedSamples();
        sorted.reset(samples.buckets());
        for (int i = 0; i < from; i++) {
            copy(samples, i, sorted);
        }
        long before = Long.MIN_VALUE;
        for (int i : order) {
            if (samples.time(i) > before) {
                copy(samples, i, sorted);
                before = samples.time(i);
            }
        }
        samples.reset(samples.buckets());
        for (int i = 0; i < sorted.size(); i++) {
            copy(sorted, i, samples);
        }
    }

    private static void copy(FoldedSamples from, int i, FoldedSamples into) {
        into.add(from.time(i), from.sum(i), from.counts(), i * from.buckets());
    }
}
