package tokenplumb.tsdb.block;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.function.Consumer;

/// A series of a block. Its chunks are looked up when it is read.
final class BlockSeries implements KeptSeries {
    private final Block block;
    private final int id;
    private final Labels labels;
    private final BucketLayout layout;
    private final long[] deleted; // from, to, from, to, …

    BlockSeries(Block block, int id, Labels labels, BucketLayout layout, long... deleted) {
        this.block = block;
        this.id = id;
        this.labels = labels;
        this.layout = layout;
        this.deleted = deleted;
    }

    int id() {
        return id;
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
        var scratch = block.lend();
        try {
            var target = deleted.length == 0 ? into : scratch.samples;
            scratch.samples.clear();
            readChunks(
                    scratch,
                    from,
                    to,
                    chunk -> {
                        int sound = target.size();
                        try {
                            chunk.read(from, to, target);
                        } catch (IndexOutOfBoundsException e) {
                            target.cut(
                                    sound); // what the damaged chunk gave before it turned out so
                            throw e;
                        }
                    });
            if (deleted.length > 0) {
                for (int i = 0; i < target.size(); i++) {
                    if (isKept(target.time(i))) {
                        add(target, i, into);
                    }
                }
            }
        } finally {
            block.giveBack(scratch);
        }
    }

    private static void add(Samples from, int i, Samples into) {
        if (from.isHistogram(i)) {
            into.add(from.time(i), from.histogram(i));
        } else {
            into.add(from.time(i), from.value(i));
        }
    }

    @Override
    public void read(long from, long to, FoldedSamples into) {
        var scratch = block.lend();
        try {
            double[] bounds = layout.bounds();
            readChunks(
                    scratch,
                    from,
                    to,
                    chunk -> {
                        if (deleted.length == 0) {
                            int sound = into.size();
                            try {
                                chunk.read(bounds, from, to, into);
                            } catch (IndexOutOfBoundsException e) {
                                into.truncate(sound);
                                throw e;
                            }
                            return;
                        }
                        var read = scratch.folded;
                        read.reset(layout.size());
                        chunk.read(bounds, from, to, read);
                        for (int i = 0; i < read.size(); i++) {
                            if (isKept(read.time(i))) {
                                into.add(
                                        read.time(i),
                                        read.sum(i),
                                        read.counts(),
                                        i * read.buckets());
                            }
                        }
                    });
        } finally {
            block.giveBack(scratch);
        }
    }

    private boolean isKept(long time) {
        for (int i = 0; i < deleted.length; i += 2) {
            if (time >= deleted[i] && time <= deleted[i + 1]) {
                return false;
            }
        }
        return true;
    }

    /// Gives each chunk with samples in the range; a damaged one is left out and told.
    private void readChunks(
            Block.Scratch scratch, long from, long to, Consumer<ChunkFiles.Copy> reading) {
        var entry = scratch.entry;
        if (!block.read(id, entry)) {
            return;
        }
        for (int i = 0; i < entry.chunks && entry.minTimes[i] <= to; i++) {
            if (entry.maxTimes[i] < from || entry.isDeleted(i, deleted)) {
                continue;
            }
            long reference = entry.references[i];
            try {
                block.chunks().copy(reference, scratch.chunk);
                reading.accept(scratch.chunk);
            } catch (IndexOutOfBoundsException | InternalError e) {
                block.damage()
                        .damaged(
                                block.chunks().file(reference),
                                reference & 0xffff_ffffL,
                                String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public String toString() {
        return labels + " in " + block;
    }
}
