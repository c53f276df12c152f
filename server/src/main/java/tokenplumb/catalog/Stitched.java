package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/// One series made of the series that tell the same thing under different names.
///
/// At every time the best-ranked name that is alive speaks, alone. A name is alive from one of its
/// samples to the next, unless the next is a stale marker or further than [#REACH] away; after its
/// last sample it stays alive for one and a half of its intervals. So during an upgrade the old
/// name speaks until the new one does, at the very scrape: no gap and no overlap, and a counter
/// that starts again at zero is the ordinary reset that it is. Where an engine exposes both names
/// the old one is never heard. A stale marker counts only when no other name is alive.
///
/// Members of one rank are the same value told several times (or, when they sum, parts of it) and
/// are merged scrape by scrape.
///
/// @param own what this series is made of
/// @param group everything that tells the same thing, `own` included
record Stitched(Labels labels, List<Member> own, List<Member> group) implements Series {
    /// How far apart two samples of one series may be, in milliseconds, as PromQL's look-back.
    static final long REACH = 5 * 60_000;

    /// A raw series, what happens to its values, and the labels it has in the view.
    record Member(Series raw, int rank, Values values, boolean sums, Labels labels) {
        void read(long from, long to, Samples into) {
            int start = into.size();
            raw.read(from, to, into);
            values.apply(into, start, raw.labels());
        }
    }

    @Override
    public void read(long from, long to, Samples into) {
        if (group.size() == 1) {
            own.getFirst().read(from, to, into);
            return;
        }
        new Reading(from, to).write(into);
    }

    /// One reading of a group: columns by rank, best first.
    private final class Reading {
        private final long from;
        private final long to;
        private final TreeMap<Integer, Column> columns = new TreeMap<>();

        Reading(long from, long to) {
            this.from = from;
            this.to = to;
            for (var member : group) {
                var column = columns.computeIfAbsent(member.rank(), rank -> new Column());
                var samples = new Samples();
                // What is alive at `from` may be so by a sample REACH before, for as long as the
                // one
                // before that says; so whatever is asked for, the same is answered for a time.
                member.read(Times.minus(from, 2 * REACH), Times.plus(to, REACH), samples);
                column.alive.addAll(Alive.of(samples));
                if (own.contains(member)) {
                    column.samples = merge(column.samples, samples, member.sums());
                }
            }
            columns.values().forEach(column -> column.alive = Alive.union(column.alive));
        }

        void write(Samples into) {
            var heads = new ArrayList<Cursor>();
            List<Alive> better = List.of();
            for (var column : columns.values()) {
                heads.add(new Cursor(column, better));
                var all = new ArrayList<>(better);
                all.addAll(column.alive);
                better = Alive.union(all);
            }
            while (true) {
                long time = Long.MAX_VALUE;
                boolean isDone = true;
                for (var head : heads) {
                    if (!head.isAtEnd()) {
                        time = Math.min(time, head.time());
                        isDone = false;
                    }
                }
                if (isDone || time > to) {
                    return;
                }
                step(heads, time, into);
            }
        }

        /// Writes the one sample of a time, if there is one.
        private void step(List<Cursor> heads, long time, Samples into) {
            boolean isWritten = false;
            boolean isStale = false;
            for (var head : heads) {
                if (head.isAtEnd() || head.time() != time) {
                    continue;
                }
                double weight = head.weight();
                double value = head.next();
                if (isWritten || time < from) {
                    continue;
                }
                if (StaleMarker.is(value)) {
                    isStale = true;
                } else if (!head.isSilenced(time)) {
                    into.add(time, value, weight);
                    isWritten = true;
                }
            }
            if (isStale && !isWritten && !isAnyAlive(time)) {
                into.add(time, StaleMarker.VALUE);
            }
        }

        private boolean isAnyAlive(long time) {
            return columns.values().stream().anyMatch(column -> Alive.covers(column.alive, time));
        }
    }

    /// What one rank says.
    private static final class Column {
        private Samples samples = new Samples();
        private List<Alive> alive = new ArrayList<>();
    }

    /// Walks a column.
    private static final class Cursor {
        private final Column column;
        private final List<Alive> better;
        private int next;

        Cursor(Column column, List<Alive> better) {
            this.column = column;
            this.better = better;
        }

        boolean isAtEnd() {
            return next == column.samples.size();
        }

        long time() {
            return column.samples.time(next);
        }

        double weight() {
            return column.samples.weight(next);
        }

        double next() {
            return column.samples.value(next++);
        }

        boolean isSilenced(long time) {
            return Alive.covers(better, time);
        }
    }

    /// Two columns of one rank as one.
    private static Samples merge(Samples a, Samples b, boolean sums) {
        if (a.size() == 0) {
            return b;
        }
        var merged = new Samples();
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            if (j == b.size() || i < a.size() && a.time(i) < b.time(j)) {
                merged.add(a.time(i), a.value(i), a.weight(i++));
            } else if (i == a.size() || b.time(j) < a.time(i)) {
                merged.add(b.time(j), b.value(j), b.weight(j++));
            } else {
                merged.add(
                        a.time(i),
                        both(a.value(i), b.value(j), sums),
                        Math.max(a.weight(i++), b.weight(j++)));
            }
        }
        return merged;
    }

    private static double both(double a, double b, boolean sums) {
        if (StaleMarker.is(a)) {
            return b;
        }
        if (StaleMarker.is(b)) {
            return a;
        }
        return sums ? a + b : Math.max(a, b);
    }

    /// A span of time in which a series is alive, both ends included.
    record Alive(long from, long to) {
        static List<Alive> of(Samples samples) {
            var spans = new ArrayList<Alive>();
            long start = 0;
            long end = Long.MIN_VALUE; // of the span being built; MIN_VALUE: none yet
            long lastInterval = 0;
            for (int i = 0; i < samples.size(); i++) {
                if (StaleMarker.is(samples.value(i))) {
                    lastInterval = 0;
                    continue;
                }
                long time = samples.time(i);
                long hold = Math.min(REACH, lastInterval + lastInterval / 2);
                if (end == Long.MIN_VALUE) {
                    start = time;
                } else if (time > end + 1) {
                    spans.add(new Alive(start, end));
                    start = time;
                }
                boolean isLast = i + 1 == samples.size();
                long interval = isLast ? Long.MAX_VALUE : samples.time(i + 1) - time;
                end = interval > REACH ? time + hold : time + interval - 1;
                lastInterval = interval > REACH ? 0 : interval;
            }
            if (end != Long.MIN_VALUE) {
                spans.add(new Alive(start, end));
            }
            return spans;
        }

        /// The same time in spans that neither touch nor overlap, sorted.
        static List<Alive> union(List<Alive> spans) {
            var sorted = new ArrayList<>(spans);
            sorted.sort(Comparator.comparingLong(Alive::from));
            var union = new ArrayList<Alive>();
            for (var span : sorted) {
                if (!union.isEmpty() && span.from() <= union.getLast().to() + 1) {
                    var last = union.removeLast();
                    union.add(new Alive(last.from(), Math.max(last.to(), span.to())));
                } else {
                    union.add(span);
                }
            }
            return union;
        }

        static boolean covers(List<Alive> union, long time) {
            int low = 0;
            int high = union.size() - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                var span = union.get(middle);
                if (time < span.from()) {
                    high = middle - 1;
                } else if (time > span.to()) {
                    low = middle + 1;
                } else {
                    return true;
                }
            }
            return false;
        }
    }
}
