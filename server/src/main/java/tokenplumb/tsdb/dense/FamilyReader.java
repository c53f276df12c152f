package tokenplumb.tsdb.dense;

import tokenplumb.signal.BucketLayout;
import tokenplumb.tsdb.block.Tombstones;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds the series of families, page by page. Lives as long as one question. Not thread-safe.
final class FamilyReader {
    private final DenseBlock block;
    private final LabelsReader labels;
    private final Tombstones tombstones;
    private final Map<Integer, int[]> tracks = new HashMap<>();
    private final Map<Integer, BucketLayout> layouts = new HashMap<>();

    FamilyReader(DenseBlock block, LabelsReader labels, Tombstones tombstones) {
        this.block = block;
        this.labels = labels;
        this.tombstones = tombstones;
    }

    /// Takes in the place of a series, before its labels are read.
    private interface Places {
        void at(int number, int set, int track, int layout, long offset, int[] lengths)
                throws Damaged;
    }

    private int places(Families.Family family, int page, Places to) throws Damaged {
        var index = block.index();
        int pageNumber = family.firstPage() + page;
        var in = index.page(Section.SERIES, pageNumber);
        try {
            int set = (int) in.getUvarint();
            long offset = in.getUvarint();
            int track = 0;
            int inPage =
                    Math.min(
                            Section.SERIES.perPage,
                            family.series() - page * Section.SERIES.perPage);
            for (int i = 0; i < inPage; i++) {
                set += (int) in.getUvarint();
                track += (int) in.getVarint();
                int layout = family.isFolded() ? (int) in.getUvarint() : -1;
                var lengths = new int[in.getCount(1)];
                long next = offset;
                for (int k = 0; k < lengths.length; k++) {
                    lengths[k] = (int) in.getUvarint();
                    if (lengths[k] < 0 || k == 0 && lengths[k] == 0) {
                        throw new IndexOutOfBoundsException("a chunk's length that cannot be");
                    }
                    next += lengths[k] == 0 ? 0 : lengths[k] + 4L;
                }
                to.at(pageNumber * Section.SERIES.perPage + i, set, track, layout, offset, lengths);
                offset = next;
            }
            return set;
        } catch (IndexOutOfBoundsException e) {
            throw index.impossible(Section.SERIES, pageNumber, e);
        }
    }

    /// Adds the series of a family that are in some sets and may have samples in a range.
    void select(Families.Family family, BitSet sets, long from, long to, List<DenseSeries> into) {
        String name;
        try {
            name = labels.symbol(family.name());
        } catch (Damaged e) {
            block.damage().tell(e);
            return;
        }
        int page = sets.cardinality() < family.pages() ? pageOf(family, sets.nextSetBit(0)) : 0;
        for (; page < family.pages(); page++) {
            try {
                int last =
                        places(
                                family,
                                page,
                                (number, set, track, layout, offset, lengths) -> {
                                    if (sets.get(set)) {
                                        add(
                                                family, name, number, set, track, layout, offset,
                                                lengths, from, to, into);
                                    }
                                });
                if (sets.nextSetBit(last + 1) < 0) {
                    return;
                }
            } catch (Damaged e) {
                block.damage().tell(e);
            }
        }
    }

    /// The page where a set would be.
    private int pageOf(Families.Family family, int set) {
        int low = 0;
        int high = family.pages() - 1;
        try {
            while (low < high && set >= 0) {
                int middle = (low + high + 1) >>> 1;
                var in = block.index().page(Section.SERIES, family.firstPage() + middle);
                if (in.getUvarint() <= set) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low;
        } catch (Damaged | IndexOutOfBoundsException e) {
            return 0; // told when the page is read
        }
    }

    private void add(
            Families.Family family,
            String name,
            int number,
            int set,
            int track,
            int layout,
            long offset,
            int[] lengths,
            long from,
            long to,
            List<DenseSeries> into) {
        try {
            var times = tracks.get(track);
            if (times == null) {
                times = labels.track(track);
                tracks.put(track, times);
            }
            if (!DenseSeries.isIn(block.index(), times, from, to)) {
                return;
            }
            var buckets = BucketLayout.NONE;
            if (layout >= 0) {
                buckets = layouts.get(layout);
                if (buckets == null) {
                    buckets = labels.layout(layout);
                    layouts.put(layout, buckets);
                }
            }
            into.add(
                    new DenseSeries(
                            block,
                            family.number(),
                            number,
                            labels.labels(name, labels.set(set)),
                            buckets,
                            times,
                            offset,
                            lengths,
                            tombstones.of(number)));
        } catch (Damaged e) {
            block.damage().tell(e); // costs this series
        }
    }

    /// Adds the sets of a family's series that may have samples in a range.
    void sets(Families.Family family, BitSet within, long from, long to, BitSet into) {
        for (int page = 0; page < family.pages(); page++) {
            try {
                places(
                        family,
                        page,
                        (number, set, track, layout, offset, lengths) -> {
                            if (within.get(set) && !into.get(set)) {
                                var times = tracks.get(track);
                                if (times == null) {
                                    times = labels.track(track);
                                    tracks.put(track, times);
                                }
                                if (DenseSeries.isIn(block.index(), times, from, to)) {
                                    into.set(set);
                                }
                            }
                        });
            } catch (Damaged e) {
                block.damage().tell(e);
            }
        }
    }

    /// The series of one page of a family, in order.
    List<DenseSeries> page(Families.Family family, int page) throws Damaged {
        var name = labels.symbol(family.name());
        var found = new ArrayList<DenseSeries>(Section.SERIES.perPage);
        places(
                family,
                page,
                (number, set, track, layout, offset, lengths) ->
                        add(
                                family,
                                name,
                                number,
                                set,
                                track,
                                layout,
                                offset,
                                lengths,
                                Long.MIN_VALUE,
                                Long.MAX_VALUE,
                                found));
        return found;
    }
}
