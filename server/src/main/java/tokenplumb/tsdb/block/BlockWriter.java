package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.chunks.Chunk;
import tokenplumb.chunks.FoldedChunk;
import tokenplumb.chunks.HistogramChunk;
import tokenplumb.chunks.XorChunk;
import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;

/// Writes a block in Prometheus' format, which Prometheus itself can read: a folded histogram as a
/// native one with custom bounds, and beside the index a sidecar for what that does not say.
///
/// Memory holds the samples of one or two chunks, and all symbols and postings. The block is
/// written under `<ULID>.tmp-for-creation`, synced, and takes its name at once.
public final class BlockWriter implements SeriesSink {
    /// Samples in a chunk at most. Prometheus itself aims at 120, for the sake of its head; it
    /// reads any number. Longer ones share headers and index entries among more samples.
    static final int MOST_SAMPLES = 240;

    private final Disk disk;
    private final String folder;
    private final String unfinished;
    private final BlockMeta meta;
    private final int mostSamples;
    private final ChunkWriter chunks;
    private final IndexWriter index;
    private final FoldedFile.Writer foldedFile = new FoldedFile.Writer();
    private final Buffer data = new Buffer(4096);
    private final Samples plain = new Samples();
    private final FoldedSamples folded = new FoldedSamples();
    private int done; // samples of the series that are in chunks already
    private Labels labels = Labels.EMPTY;
    private BucketLayout layout = BucketLayout.NONE;
    private long lastTime;
    private final Buffer entries = new Buffer(256); // the series' chunks, as the index has them
    private final Buffer counted = new Buffer(256); // the same after their count
    private int chunksOfSeries;
    private long chunkMaxTime;
    private long reference;
    private boolean isFirst = true;
    private boolean isFinished;
    private long floatSamples;
    private long histogramSamples;
    private long allChunks;

    /// Of a block that will stand below `parent` (`""` is the root) by its name in `meta`, whose
    /// numbers are counted here.
    public BlockWriter(Disk disk, String parent, BlockMeta meta) throws IOException {
        this(disk, parent, meta, MOST_SAMPLES, ChunkWriter.LARGEST);
    }

    BlockWriter(Disk disk, String parent, BlockMeta meta, int mostSamples, long largestFile)
            throws IOException {
        this.disk = disk;
        this.folder = BlockFolders.of(parent, meta.ulid());
        this.unfinished = folder + BlockFolders.CREATION;
        this.meta = meta;
        this.mostSamples = mostSamples;
        disk.deleteFolder(unfinished);
        this.chunks = new ChunkWriter(disk, unfinished, largestFile);
        this.index = new IndexWriter(disk, unfinished);
    }

    /// Samples it got so far, a folded histogram's as one each.
    public long samples() {
        return floatSamples + histogramSamples;
    }

    @Override
    public void series(Labels next, BucketLayout nextLayout) throws IOException {
        end();
        int order = isFirst ? -1 : SeriesOrder.BY_BYTES.compare(labels, next);
        boolean isTwin = order == 0 && layout.isNone() && !nextLayout.isNone();
        if (order > 0 || order == 0 && !isTwin) {
            throw new IllegalStateException(
                    "bug: series %s comes after %s in a block".formatted(next, labels));
        }
        labels = next;
        layout = nextLayout;
        isFirst = false;
        lastTime = Long.MIN_VALUE;
        if (!layout.isNone()) {
            folded.reset(layout.size());
        }
    }

    @Override
    public void append(Samples samples) throws IOException {
        assert layout.isNone() : "bug: plain samples for a folded series";
        for (int i = 0; i < samples.size(); i++) {
            check(samples.time(i));
            if (samples.isHistogram(i)) {
                plain.add(samples.time(i), samples.histogram(i));
            } else {
                plain.add(samples.time(i), samples.value(i));
            }
        }
        cutPlain(false);
    }

    @Override
    public void append(FoldedSamples samples) throws IOException {
        assert samples.buckets() == layout.size() : "bug: samples of another layout";
        for (int i = 0; i < samples.size(); i++) {
            check(samples.time(i));
            folded.add(samples.time(i), samples.sum(i), samples.counts(), i * samples.buckets());
        }
        cutFolded(false);
    }

    private void check(long time) {
        if (time <= lastTime || time < meta.minTime() || time >= meta.maxTime()) {
            throw new IllegalStateException(
                    "bug: sample at %d of %s after one at %d, in a block from %d to %d"
                            .formatted(time, labels, lastTime, meta.minTime(), meta.maxTime()));
        }
        lastTime = time;
    }

    // --- chunks

    /// Puts samples into chunks; those that may still share one with younger samples wait, unless
    /// the series ends.
    private void cutPlain(boolean isEnd) throws IOException {
        while (done < plain.size()) {
            int limit = Math.min(plain.size(), done + 2 * mostSamples);
            int end = plainRunEnd(limit);
            int take = take(end, limit, plain.size(), isEnd);
            if (take == 0) {
                break;
            }
            data.reset();
            int encoding = Chunk.XOR;
            if (plain.isHistogram(done)) {
                encoding = HistogramChunk.encoding(plain.histogram(done));
                var reset = HistogramChunk.reset(plain, done);
                HistogramChunk.write(plain, done, done + take, reset, data);
                histogramSamples += take;
            } else {
                XorChunk.write(plain, done, done + take, data);
                floatSamples += take;
            }
            add(encoding, plain.time(done), plain.time(done + take - 1));
            done += take;
        }
        if (done == plain.size() && isEnd) {
            plain.clear();
            done = 0;
        } else if (done > 8 * mostSamples) {
            forgetPlain();
        }
    }

    private int plainRunEnd(int limit) {
        if (plain.isHistogram(done)) {
            return HistogramChunk.runEnd(plain, done, limit);
        }
        int end = done + 1;
        while (end < limit && !plain.isHistogram(end)) {
            end++;
        }
        return end;
    }

    /// How many samples go into the next chunk; 0 when more must come first.
    private int take(int end, int limit, int size, boolean isEnd) {
        int run = end - done;
        boolean isComplete = end < limit || limit == size && isEnd;
        if (!isComplete) {
            return run < 2 * mostSamples ? 0 : mostSamples;
        }
        return run <= mostSamples ? run : (run + 1) / 2;
    }

    private void cutFolded(boolean isEnd) throws IOException {
        while (done < folded.size()) {
            int limit = Math.min(folded.size(), done + 2 * mostSamples);
            int end = FoldedChunk.runEnd(folded, done, limit);
            int take = take(end, limit, folded.size(), isEnd);
            if (take == 0) {
                break;
            }
            data.reset();
            var reset = FoldedChunk.reset(folded, done);
            FoldedChunk.write(folded, done, done + take, layout.bounds(), reset, data);
            histogramSamples += take;
            add(Chunk.HISTOGRAM, folded.time(done), folded.time(done + take - 1));
            done += take;
        }
        if (done > 8 * mostSamples) {
            forgetFolded();
        }
    }

    /// Drops what is in chunks, all but the last, which says whether a counter is reset after it.
    private void forgetPlain() {
        var rest = new Samples();
        for (int i = done - 1; i < plain.size(); i++) {
            if (plain.isHistogram(i)) {
                rest.add(plain.time(i), plain.histogram(i));
            } else {
                rest.add(plain.time(i), plain.value(i));
            }
        }
        plain.clear();
        for (int i = 0; i < rest.size(); i++) {
            if (rest.isHistogram(i)) {
                plain.add(rest.time(i), rest.histogram(i));
            } else {
                plain.add(rest.time(i), rest.value(i));
            }
        }
        done = 1;
    }

    private void forgetFolded() {
        var rest = new FoldedSamples();
        int buckets = folded.buckets();
        rest.reset(buckets);
        for (int i = done - 1; i < folded.size(); i++) {
            rest.add(folded.time(i), folded.sum(i), folded.counts(), i * buckets);
        }
        folded.reset(buckets);
        for (int i = 0; i < rest.size(); i++) {
            folded.add(rest.time(i), rest.sum(i), rest.counts(), i * buckets);
        }
        done = 1;
    }

    private void add(int encoding, long minTime, long maxTime) throws IOException {
        long at = chunks.add(encoding, data);
        if (chunksOfSeries == 0) {
            entries.putVarint(minTime);
            entries.putUvarint(maxTime - minTime);
            entries.putUvarint(at);
        } else {
            entries.putUvarint(minTime - chunkMaxTime);
            entries.putUvarint(maxTime - minTime);
            entries.putVarint(at - reference);
        }
        chunkMaxTime = maxTime;
        reference = at;
        chunksOfSeries++;
        allChunks++;
    }

    /// Ends the series: its last chunks, and its place in the index.
    private void end() throws IOException {
        if (layout.isNone()) {
            cutPlain(true);
        } else {
            cutFolded(true);
            folded.reset(layout.size());
            done = 0;
        }
        if (chunksOfSeries == 0) {
            return;
        }
        counted.reset();
        counted.putUvarint(chunksOfSeries);
        counted.put(entries.array(), 0, entries.size());
        index.add(pairs(), counted, layout.isNone() ? -1 : foldedFile.layout(layout));
        entries.reset();
        chunksOfSeries = 0;
    }

    /// Numbers of the symbols, names in the order of their bytes.
    private int[] pairs() {
        var pairs = new int[labels.size() * 2];
        for (int i = 0; i < labels.size(); i++) {
            int at = i;
            while (at > 0 && SeriesOrder.compare(labels.name(i), nameAt(pairs, at - 1)) < 0) {
                pairs[at * 2] = pairs[at * 2 - 2];
                pairs[at * 2 + 1] = pairs[at * 2 - 1];
                at--;
            }
            pairs[at * 2] = index.symbols().number(labels.name(i));
            pairs[at * 2 + 1] = index.symbols().number(labels.value(i));
        }
        return pairs;
    }

    private String nameAt(int[] pairs, int at) {
        return index.symbols().text(pairs[at * 2]);
    }

    // --- the end

    @Override
    public BlockMeta finish() throws IOException {
        end();
        chunks.finish();
        index.finish(foldedFile);
        if (!foldedFile.isEmpty()) {
            try (var file = new FileWriter(disk, unfinished + "/" + FoldedFile.FILE)) {
                file.put(foldedFile.bytes());
                file.sync();
            }
        }
        Tombstones.NONE.write(disk, unfinished);
        var written =
                meta.with(
                        new BlockMeta.Stats(
                                samples(),
                                floatSamples,
                                histogramSamples,
                                index.series(),
                                allChunks,
                                0));
        written.write(disk, unfinished);
        disk.rename(unfinished, folder);
        isFinished = true;
        return written;
    }

    @Override
    public void close() throws IOException {
        if (isFinished) {
            return;
        }
        chunks.close();
        index.close();
        disk.deleteFolder(unfinished);
    }
}
