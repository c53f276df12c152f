package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Sees the store as it was when this querier was opened ([Snapshot]).
final class HeadQuerier implements Querier {
    private static final int ROWS_AT_ONCE = 1024;

    private final Head head;
    private final Index index;
    private final Rows rows;
    private final Segment.Damage damage;
    private final Snapshot snapshot;
    private final List<SegmentSet> sets = new ArrayList<>(1); // in use until closed; guarded by it
    private final ConcurrentLinkedQueue<Found> idle = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    HeadQuerier(Head head, Segment.Damage damage) {
        this.head = head;
        this.index = head.index;
        this.rows = head.rows;
        this.damage = damage;
        head.lock.lock();
        try {
            snapshot = head.openSnapshot();
        } finally {
            head.lock.unlock();
        }
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<Series>();
        forEach(
                from,
                to,
                matchers,
                (reference, labels) -> found.add(new HeadSeries(reference, labels)));
        return found;
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        var found = new ArrayList<Labels>();
        forEach(from, to, matchers, (reference, labels) -> found.add(labels));
        found.sort(null);
        return limited(found, limit);
    }

    private interface Visitor {
        void series(long reference, Labels labels);
    }

    private void forEach(long from, long to, List<Matcher> matchers, Visitor visitor) {
        checkOpen();
        int[] matching = new Selection(index).rows(matchers).toArray();
        for (int start = 0; start < matching.length; start += ROWS_AT_ONCE) {
            int end = Math.min(matching.length, start + ROWS_AT_ONCE);
            index.lock
                    .readLock()
                    .lock(); // let go in between, so that new series need not wait long
            try {
                for (int i = start; i < end; i++) {
                    int row = matching[i];
                    if (isIn(row, from, to)) {
                        visitor.series(rows.reference(row), index.labels(row));
                    }
                }
            } finally {
                index.lock.readLock().unlock();
            }
        }
    }

    /// Whether a series may have samples in the range.
    private boolean isIn(int row, long from, long to) {
        long newest = rows.time(row);
        return newest != Rows.NEVER
                && newest >= from
                && rows.firstTime(row) <= to
                && index.has(row);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        checkOpen();
        var names = new TreeSet<String>();
        if (matchers.isEmpty()) {
            index.lock.readLock().lock();
            try {
                for (var name : index.names().values()) {
                    if (anyIn(name, from, to)) {
                        names.add(name.name);
                    }
                }
            } finally {
                index.lock.readLock().unlock();
            }
            return limited(names, limit);
        }
        var rowsIn = rowsIn(from, to, matchers);
        index.lock.readLock().lock();
        try {
            var seen = new RoaringBitmap();
            for (var each = rowsIn.getIntIterator(); each.hasNext(); ) {
                int row = each.next();
                if (index.has(row)) {
                    for (int id : index.idsOf(row)) {
                        if (seen.checkedAdd(id)) {
                            names.add(index.pair(id).name.name);
                        }
                    }
                }
            }
        } finally {
            index.lock.readLock().unlock();
        }
        return limited(names, limit);
    }

    private boolean anyIn(LabelName name, long from, long to) {
        for (var pair : name.values.values()) {
            if (pair.anyRow(row -> isIn(row, from, to))) {
                return true;
            }
        }
        return false;
    }

    private RoaringBitmap rowsIn(long from, long to, List<Matcher> matchers) {
        var found = new RoaringBitmap();
        var matching = new Selection(index).rows(matchers);
        for (var each = matching.getIntIterator(); each.hasNext(); ) {
            int row = each.next();
            if (isIn(row, from, to)) {
                found.add(row);
            }
        }
        return found;
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        checkOpen();
        var values = new TreeSet<String>();
        var rowsIn = matchers.isEmpty() ? null : rowsIn(from, to, matchers);
        index.lock.readLock().lock();
        try {
            var name = index.names().get(label);
            if (name == null) {
                return List.of();
            }
            if (rowsIn == null) {
                for (var pair : name.values.values()) {
                    if (pair.anyRow(row -> isIn(row, from, to))) {
                        values.add(pair.value);
                    }
                }
            } else {
                for (var each = rowsIn.getIntIterator(); each.hasNext(); ) {
                    int row = each.next();
                    var value = index.has(row) ? index.value(row, name) : "";
                    if (!value.isEmpty()) {
                        values.add(value);
                    }
                }
            }
        } finally {
            index.lock.readLock().unlock();
        }
        return limited(values, limit);
    }

    private static <T> List<T> limited(Collection<T> sorted, int limit) {
        return limit > 0 && sorted.size() > limit
                ? sorted.stream().limit(limit).toList()
                : List.copyOf(sorted);
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
        head.closeSnapshot();
    }

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

    private final class HeadSeries implements Series {
        private final long reference;
        private final Labels labels;

        HeadSeries(long reference, Labels labels) {
            this.reference = reference;
            this.labels = labels;
        }

        @Override
        public Labels labels() {
            return labels;
        }

        @Override
        public void read(long from, long to, Samples into) {
            var pooled = idle.poll();
            var found = pooled == null ? new Found() : pooled;
            int size = into.size();
            collectAndDecode(from, to, found, into);
            if (!isSorted(into, size)) {
                sort(into, size);
            }
            found.clear();
            idle.offer(found);
        }

        private void collectAndDecode(long from, long to, Found found, Samples into) {
            int row = (int) reference;
            SegmentSet set;
            long last;
            head.lock.lock();
            try {
                set = use();
                last = Math.min(to, snapshot.visibleTo(row));
                if (rows.generation(row) == (int) (reference >>> 32)) {
                    for (var open : set.open) {
                        open.collect(reference, from, last, found, damage);
                    }
                    if (rows.count(row) > 0 && rows.start(row) <= last && rows.time(row) >= from) {
                        found.add(found.bytes.size());
                        rows.writeChunk(row, found.bytes);
                    }
                }
            } finally {
                head.lock.unlock();
            }
            if (!set.sealed.isEmpty()) {
                var older = idle.poll();
                var sealed = older == null ? new Found() : older;
                for (var segment : set.sealed) {
                    segment.collect(reference, from, last, sealed, damage);
                }
                sealed.decode(from, last, into);
                sealed.clear();
                idle.offer(sealed);
            }
            found.decode(from, last, into);
        }

        @Override
        public String toString() {
            return labels.toString();
        }
    }

    private static boolean isSorted(Samples samples, int from) {
        long[] times = samples.times();
        for (int i = from + 1; i < samples.size(); i++) {
            if (times[i] <= times[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /// Chunks overlap only where a damaged segment was made good from the log.
    private static void sort(Samples samples, int from) {
        var order = new Integer[samples.size() - from];
        Arrays.setAll(order, i -> from + i);
        Arrays.sort(order, (a, b) -> Long.compare(samples.time(a), samples.time(b)));
        var sorted = new Samples();
        for (int i = 0; i < from; i++) {
            sorted.add(samples.time(i), samples.value(i));
        }
        long before = Long.MIN_VALUE;
        for (int i : order) {
            if (samples.time(i) > before) {
                sorted.add(samples.time(i), samples.value(i));
                before = samples.time(i);
            }
        }
        samples.clear();
        for (int i = 0; i < sorted.size(); i++) {
            samples.add(sorted.time(i), sorted.value(i));
        }
    }
}
