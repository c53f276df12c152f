package tokenplumb.tsdb.compact;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Merges the series of several places into one new block, in order, each series once and each
/// sample once: of two at the same time the real one wins over a stale marker, else the one of the
/// earlier place.
///
/// In a block a folded histogram has one layout, and its labels are those of no other series. Where
/// several layouts come together, the one with most samples stays folded and the others are taken
/// apart into classic series; where a plain series has the same labels, or single members were
/// deleted, all are.
///
/// Two passes over the places' series: the first looks for such histograms (only these are held in
/// memory), the second writes. Samples go through slice by slice, so a series may be of any length.
final class SeriesMerge {
    private static final long SLICE_MILLIS = 48 * 3600_000L;
    private static final int MOST_SLICES = 64;

    private static final Comparator<KeptSeries> ORDER =
            Comparator.comparing(KeptSeries::labels, SeriesOrder.BY_BYTES)
                    .thenComparingInt(series -> series.layout().isNone() ? 0 : 1);

    /// Where series come from: in order, from the start each time it is asked; and what of them was
    /// deleted without the place knowing it.
    record Place(Supplier<Iterator<KeptSeries>> series, Deleted deleted) {
        /// A place that answers in no order.
        static Place of(KeptQuerier querier, long from, long to) {
            return new Place(
                    () -> {
                        var all = new ArrayList<>(querier.plain(from, to, List.of()));
                        all.addAll(querier.folded(from, to, Optional.empty(), List.of()));
                        all.sort(ORDER);
                        return all.iterator();
                    },
                    Deleted.NOTHING);
        }
    }

    private record Part(int place, KeptSeries series) {}

    private final List<Place> places;
    private final long from;
    private final long to;
    private final BooleanSupplier isStopped;
    private boolean isClassic;
    private boolean hasSamples;
    private boolean begun; // the series that is being written
    private final Samples[] plain = {new Samples(), new Samples(), new Samples()};
    private final FoldedSamples[] folded = {
        new FoldedSamples(), new FoldedSamples(), new FoldedSamples()
    };

    /// Merges samples from `from` to `to`, both included; `isStopped` is asked now and then whether
    /// to give up.
    SeriesMerge(List<Place> places, long from, long to, BooleanSupplier isStopped) {
        this.places = List.copyOf(places);
        this.from = from;
        this.to = to;
        this.isStopped = isStopped;
    }

    /// As [#into], every folded histogram taken apart.
    boolean intoClassic(SeriesSink sink) throws IOException {
        isClassic = true;
        return into(sink);
    }

    /// Writes everything; the caller finishes the sink. False when there was not a single sample.
    boolean into(SeriesSink sink) throws IOException {
        var staying = new HashMap<Labels, BucketLayout>(); // where not all layouts can stay folded
        var apart = new ArrayList<Part>();
        forEachGroup(List.of(), group -> takeApart(group, staying, apart));
        apart.sort(Comparator.comparing(Part::series, ORDER).thenComparingInt(Part::place));
        forEachGroup(apart, group -> write(group, staying, sink));
        return hasSamples;
    }

    // --- groups of equal labels

    private interface GroupWork {
        void of(List<Part> group) throws IOException;
    }

    private static final class Cursor {
        final int place;
        final Iterator<Part> rest;
        Part part;

        Cursor(int place, Iterator<Part> rest) {
            this.place = place;
            this.rest = rest;
        }

        boolean next() {
            if (!rest.hasNext()) {
                return false;
            }
            part = rest.next();
            return true;
        }
    }

    private void forEachGroup(List<Part> apart, GroupWork work) throws IOException {
        var cursors =
                new PriorityQueue<Cursor>(
                        Comparator.comparing((Cursor cursor) -> cursor.part.series, ORDER)
                                .thenComparingInt(cursor -> cursor.place));
        for (int i = 0; i < places.size(); i++) {
            add(new Cursor(i, parts(i)), cursors);
        }
        add(new Cursor(places.size(), apart.iterator()), cursors);
        var group = new ArrayList<Part>();
        while (!cursors.isEmpty()) {
            var cursor = cursors.poll();
            var part = cursor.part;
            if (!group.isEmpty()
                    && !group.getFirst().series.labels().equals(part.series.labels())) {
                finish(group, work);
            }
            group.add(part);
            add(cursor, cursors);
        }
        if (!group.isEmpty()) {
            finish(group, work);
        }
    }

    private Iterator<Part> parts(int place) {
        var series = places.get(place).series.get();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return series.hasNext();
            }

            @Override
            public Part next() {
                return new Part(place, series.next());
            }
        };
    }

    private static void add(Cursor cursor, PriorityQueue<Cursor> to) {
        if (cursor.next()) {
            to.add(cursor);
        }
    }

    private void finish(List<Part> group, GroupWork work) throws IOException {
        if (isStopped.getAsBoolean()) {
            throw new InterruptedIOException("stopped");
        }
        work.of(group);
        group.clear();
    }

    // --- first pass

    private void takeApart(List<Part> group, Map<Labels, BucketLayout> staying, List<Part> apart) {
        boolean isClear = !isClassic;
        BucketLayout only = BucketLayout.NONE;
        for (var part : group) {
            var layout = part.series.layout();
            isClear &= layout.isNone() || only.isNone() || only.equals(layout);
            isClear &= !places.get(part.place).deleted.hasMembers(part.series);
            only = layout.isNone() ? only : layout;
        }
        if (only.isNone() || isClear && !group.getFirst().series.layout().isNone()) {
            return;
        }
        var stays = isClassic ? BucketLayout.NONE : mostSamples(group);
        if (stays.isNone() && !isWanted(group)) {
            return; // nothing of the folded ones is in the range
        }
        staying.put(group.getFirst().series.labels(), stays);
        for (var part : group) {
            var layout = part.series.layout();
            if (!layout.isNone() && !layout.equals(stays)) {
                var deleted = places.get(part.place).deleted;
                for (var member : deleted.membersOf(part.series)) {
                    apart.add(new Part(part.place, member));
                }
            }
        }
    }

    private boolean isWanted(List<Part> group) {
        for (var part : group) {
            if (!part.series.layout().isNone() && count(part) > 0) {
                return true;
            }
        }
        return false;
    }

    /// The layout that may stay folded; none when no one may.
    private BucketLayout mostSamples(List<Part> group) {
        var counts = new HashMap<BucketLayout, Long>();
        for (var part : group) {
            if (part.series.layout().isNone()) {
                if (hasSamples(part)) {
                    return BucketLayout.NONE;
                }
                continue;
            }
            if (places.get(part.place).deleted.hasMembers(part.series)) {
                return BucketLayout.NONE;
            }
            counts.merge(part.series.layout(), count(part), Long::sum);
        }
        return counts.entrySet().stream()
                .max(
                        Map.Entry.<BucketLayout, Long>comparingByValue()
                                .thenComparing(entry -> entry.getKey().toString()))
                .map(Map.Entry::getKey)
                .orElse(BucketLayout.NONE);
    }

    private boolean hasSamples(Part part) {
        var samples = plain[0];
        samples.clear();
        undeleted(part).read(from, to, samples);
        return samples.size() > 0;
    }

    private long count(Part part) {
        var samples = folded[0];
        samples.reset(part.series.layout().size());
        undeleted(part).read(from, to, samples);
        return samples.size();
    }

    private KeptSeries undeleted(Part part) {
        if (part.place < places.size()) {
            var deleted = places.get(part.place).deleted;
            return Gaps.in(part.series, deleted.of(part.series));
        }
        return part.series;
    }

    // --- second pass

    private void write(List<Part> group, Map<Labels, BucketLayout> staying, SeriesSink sink)
            throws IOException {
        var labels = group.getFirst().series.labels();
        var plainOnes = new ArrayList<KeptSeries>();
        var foldedOnes = new ArrayList<KeptSeries>();
        group.sort(Comparator.comparingInt(Part::place)); // members among the plain ones
        for (var part : group) {
            var layout = part.series.layout();
            if (layout.isNone()) {
                plainOnes.add(undeleted(part));
            } else if (layout.equals(staying.getOrDefault(labels, layout))) {
                foldedOnes.add(undeleted(part));
            }
        }
        if (!plainOnes.isEmpty()) {
            begun = false;
            writePlain(labels, plainOnes, sink);
        }
        if (!foldedOnes.isEmpty()) {
            begun = false;
            writeFolded(labels, foldedOnes, sink);
        }
    }

    private interface Slice {
        void write(long from, long to) throws IOException;
    }

    private void slices(Slice slice) throws IOException {
        long span = to - from;
        if (span < 0) { // more than a long holds
            slice.write(from, to);
            return;
        }
        long length = Math.max(SLICE_MILLIS, span / MOST_SLICES + 1);
        for (long start = from; ; start += length) {
            boolean isLast = to - start < length;
            slice.write(start, isLast ? to : start + length - 1);
            if (isLast) {
                return;
            }
        }
    }

    /// Begins a series with its first samples: those without any are left out.
    private void begin(Labels labels, BucketLayout layout, SeriesSink sink) throws IOException {
        if (!begun) {
            sink.series(labels, layout);
            begun = true;
            hasSamples = true;
        }
    }

    private void writePlain(Labels labels, List<KeptSeries> parts, SeriesSink sink)
            throws IOException {
        slices((start, end) -> {
            var merged = plain[0];
            var other = plain[1];
            var next = plain[2];
            merged.clear();
            for (var part : parts) {
                next.clear();
                part.read(start, end, next);
                if (next.size() == 0) {
                    continue;
                }
                if (merged.size() == 0) {
                    var empty = merged;
                    merged = next;
                    next = empty;
                    continue;
                }
                other.clear();
                merge(merged, next, other);
                var done = merged;
                merged = other;
                other = done;
            }
            if (merged.size() > 0) {
                begin(labels, BucketLayout.NONE, sink);
                sink.append(merged);
            }
        });
    }

    /// Appends both, of equal times the one that wins.
    static void merge(Samples first, Samples second, Samples into) {
        int i = 0;
        int j = 0;
        while (i < first.size() && j < second.size()) {
            if (first.time(i) < second.time(j)) {
                add(first, i++, into);
            } else if (first.time(i) > second.time(j)) {
                add(second, j++, into);
            } else {
                boolean isSecond =
                        StaleMarker.is(first.value(i)) && !StaleMarker.is(second.value(j));
                add(isSecond ? second : first, isSecond ? j : i, into);
                i++;
                j++;
            }
        }
        while (i < first.size()) {
            add(first, i++, into);
        }
        while (j < second.size()) {
            add(second, j++, into);
        }
    }

    private static void add(Samples from, int i, Samples into) {
        if (from.isHistogram(i)) {
            into.add(from.time(i), from.histogram(i));
        } else {
            into.add(from.time(i), from.value(i));
        }
    }

    private void writeFolded(Labels labels, List<KeptSeries> parts, SeriesSink sink)
            throws IOException {
        int buckets = parts.getFirst().layout().size();
        slices((start, end) -> {
            var merged = folded[0];
            var other = folded[1];
            var next = folded[2];
            merged.reset(buckets);
            for (var part : parts) {
                next.reset(buckets);
                part.read(start, end, next);
                if (next.size() == 0) {
                    continue;
                }
                if (merged.size() == 0) {
                    var empty = merged;
                    merged = next;
                    next = empty;
                    continue;
                }
                other.reset(buckets);
                merge(merged, next, other);
                var done = merged;
                merged = other;
                other = done;
            }
            if (merged.size() > 0) {
                begin(labels, parts.getFirst().layout(), sink);
                sink.append(merged);
            }
        });
    }

    private static void merge(FoldedSamples first, FoldedSamples second, FoldedSamples into) {
        int i = 0;
        int j = 0;
        while (i < first.size() && j < second.size()) {
            if (first.time(i) < second.time(j)) {
                add(first, i++, into);
            } else if (first.time(i) > second.time(j)) {
                add(second, j++, into);
            } else {
                boolean isSecond = first.isStale(i) && !second.isStale(j);
                add(isSecond ? second : first, isSecond ? j : i, into);
                i++;
                j++;
            }
        }
        while (i < first.size()) {
            add(first, i++, into);
        }
        while (j < second.size()) {
            add(second, j++, into);
        }
    }

    private static void add(FoldedSamples from, int i, FoldedSamples into) {
        into.add(from.time(i), from.sum(i), from.counts(), i * from.buckets());
    }
}
