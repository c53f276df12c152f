package tokenplumb.tsdb.dense;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

/// A series of a dense block: where its chunks are. Chunks that cannot be read are left out and
/// told. Thread-safe.
final class DenseSeries implements KeptSeries {
    private final DenseBlock block;
    private final int family;
    private final long number; // of the series in the block
    private final Labels labels;
    private final BucketLayout layout;
    private final int[] track;
    private final long offset; // of the first chunk
    private final int[] lengths; // of chunks, slice by slice where it has times; 0: as before
    private final long[] deleted; // from, to, from, to, …

    DenseSeries(
            DenseBlock block,
            int family,
            long number,
            Labels labels,
            BucketLayout layout,
            int[] track,
            long offset,
            int[] lengths,
            long[] deleted) {
        this.block = block;
        this.family = family;
        this.number = number;
        this.labels = labels;
        this.layout = layout;
        this.track = track;
        this.offset = offset;
        this.lengths = lengths;
        this.deleted = deleted;
    }

    DenseBlock block() {
        return block;
    }

    long number() {
        return number;
    }

    @Override
    public Labels labels() {
        return labels;
    }

    @Override
    public BucketLayout layout() {
        return layout;
    }

    /// Whether some slice with samples of a track is within a range.
    static boolean isIn(IndexReader index, int[] track, long from, long to) {
        for (int slice = 0; slice < track.length; slice++) {
            if (track[slice] != 0
                    && index.sliceStart(slice) <= to
                    && index.sliceStart(slice + 1) > from) {
                return true;
            }
        }
        return false;
    }

    /// Takes in chunks in time order.
    private interface Chunk {
        void read(SliceReader reader, Models models, int column, long offset, int length)
                throws Damaged;
    }

    @Override
    public void read(long from, long to, Samples into) {
        if (deleted.length == 0) {
            chunks(
                    from,
                    to,
                    (reader, models, column, at, length) ->
                            reader.plain(models, column, at, length, from, to, into));
            return;
        }
        long start = from;
        for (int i = 0; i <= deleted.length; i += 2) {
            long end = i == deleted.length ? to : Math.min(to, deleted[i] - 1);
            long begin = start;
            if (begin <= end) {
                chunks(
                        begin,
                        end,
                        (reader, models, column, at, length) ->
                                reader.plain(models, column, at, length, begin, end, into));
            }
            if (i < deleted.length) {
                start = Math.max(start, deleted[i + 1] + 1);
            }
        }
    }

    @Override
    public void read(long from, long to, FoldedSamples into) {
        long start = from;
        for (int i = 0; i <= deleted.length; i += 2) {
            long end = i == deleted.length ? to : Math.min(to, deleted[i] - 1);
            long begin = start;
            if (begin <= end) {
                chunks(
                        begin,
                        end,
                        (reader, models, column, at, length) ->
                                reader.folded(models, column, at, length, begin, end, into));
            }
            if (i < deleted.length) {
                start = Math.max(start, deleted[i + 1] + 1);
            }
        }
    }

    private void chunks(long from, long to, Chunk chunk) {
        var index = block.index();
        var reader = block.borrow();
        try {
            var models = block.models(family);
            long next = offset;
            long at = -1;
            int length = 0;
            int chunks = 0;
            for (int slice = 0; slice < track.length; slice++) {
                if (track[slice] == 0) {
                    continue;
                }
                if (chunks == lengths.length) {
                    break; // told when it was read
                }
                if (lengths[chunks] != 0) {
                    at = next;
                    length = lengths[chunks];
                    next += length + 4L;
                }
                chunks++;
                if (index.sliceStart(slice) > to) {
                    break;
                }
                if (index.sliceStart(slice + 1) > from) {
                    read(chunk, reader, models, track[slice] - 1, at, length);
                }
            }
        } catch (Damaged e) {
            block.damage().tell(e);
        } finally {
            block.giveBack(reader);
        }
    }

    private void read(
            Chunk chunk, SliceReader reader, Models models, int column, long at, int length) {
        try {
            chunk.read(reader, models, column, at, length);
        } catch (Damaged e) {
            block.damage().tell(e);
        }
    }

    /// Reads every chunk, whatever the range, and fails at the first that cannot be.
    void verify() throws Damaged {
        var reader = block.borrow();
        try {
            var models = block.models(family);
            long next = offset;
            long at = -1;
            int length = 0;
            int chunks = 0;
            var plain = new Samples();
            var folded = new FoldedSamples();
            long last = Long.MIN_VALUE;
            for (int column : track) {
                if (column == 0) {
                    continue;
                }
                if (chunks == lengths.length) {
                    throw new Damaged(block.dataFile(), next, labels + " has too few chunks");
                }
                if (lengths[chunks] != 0) {
                    at = next;
                    length = lengths[chunks];
                    next += length + 4L;
                }
                chunks++;
                plain.clear();
                folded.reset(layout.size());
                if (layout.isNone()) {
                    reader.plain(
                            models, column - 1, at, length, Long.MIN_VALUE, Long.MAX_VALUE, plain);
                } else {
                    reader.folded(
                            models, column - 1, at, length, Long.MIN_VALUE, Long.MAX_VALUE, folded);
                }
                int size = layout.isNone() ? plain.size() : folded.size();
                for (int i = 0; i < size; i++) {
                    long time = layout.isNone() ? plain.time(i) : folded.time(i);
                    if (time <= last && last != Long.MIN_VALUE) {
                        throw new Damaged(
                                block.dataFile(), at, "%s: times do not ascend".formatted(labels));
                    }
                    if (time < block.meta().minTime() || time >= block.meta().maxTime()) {
                        throw new Damaged(
                                block.dataFile(),
                                at,
                                "%s: a sample at %d is out of the block's range"
                                        .formatted(labels, time));
                    }
                    last = time;
                }
            }
        } finally {
            block.giveBack(reader);
        }
    }
}
