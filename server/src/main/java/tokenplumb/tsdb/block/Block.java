package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A block on disk, opened to read: an index and chunks in Prometheus' format, mapped, and a
/// sidecar that says which of its series are folded histograms. Thread-safe. Whoever closes it
/// waits until every querier is closed.
public final class Block implements OpenBlock {
    private static final int MOST_TOLD = 1000;
    private static final int MOST_IDLE = 16;

    private final Disk disk;
    private final String folder;
    private final IndexFile index;
    private final ChunkFiles chunks;
    private final FoldedFile folded;
    private final BlockDamage damage;
    private final Postings postings;
    private final Set<String> told = new HashSet<>(); // places, guarded by itself
    private final ConcurrentLinkedQueue<Scratch> idle = new ConcurrentLinkedQueue<>();
    private volatile BlockMeta meta;
    private volatile Tombstones tombstones;
    private volatile long smallBytes;

    /// What one reader needs for itself, lent again and again.
    static final class Scratch {
        final SeriesEntry entry = new SeriesEntry();
        final ChunkFiles.Copy chunk = new ChunkFiles.Copy();
        final Samples samples = new Samples();
        final FoldedSamples folded = new FoldedSamples();
    }

    private Block(
            Disk disk,
            String folder,
            BlockMeta meta,
            IndexFile index,
            ChunkFiles chunks,
            FoldedFile folded,
            Tombstones tombstones,
            BlockDamage listener) {
        this.disk = disk;
        this.folder = folder;
        this.meta = meta;
        this.index = index;
        this.chunks = chunks;
        this.folded = folded;
        this.tombstones = tombstones;
        this.damage = (file, offset, what) -> tell(listener, file, offset, what);
        this.postings = new Postings(index, damage);
    }

    /// Opens the block of a folder. Fails when it cannot be used as a whole (no meta.json, a
    /// damaged table of contents); lesser damage costs what it hits and is told to `damage`, at
    /// most once for each place.
    public static Block open(Disk disk, String folder, BlockDamage damage) throws IOException {
        var meta = BlockMeta.read(disk, folder);
        var folded = FoldedFile.read(disk, folder, damage);
        var tombstones = Tombstones.read(disk, folder);
        var index = IndexFile.open(disk, folder, damage);
        try {
            var chunks = ChunkFiles.open(disk, folder, damage);
            var block = new Block(disk, folder, meta, index, chunks, folded, tombstones, damage);
            block.smallBytes = smallBytes(disk, folder);
            return block;
        } catch (IOException | RuntimeException e) {
            index.close();
            throw e;
        }
    }

    private void tell(BlockDamage listener, String file, long offset, String what) {
        synchronized (told) {
            if (told.size() >= MOST_TOLD || !told.add(file + ':' + offset)) {
                return;
            }
        }
        listener.damaged(file, offset, what);
    }

    @Override
    public BlockMeta meta() {
        return meta;
    }

    @Override
    public String folder() {
        return folder;
    }

    @Override
    public long bytes() {
        return chunks.bytes() + index.bytes() + smallBytes;
    }

    /// Bytes of the files beside chunks and index.
    private static long smallBytes(Disk disk, String folder) throws IOException {
        long sum = 0;
        for (var name : disk.list(folder)) {
            if (!name.endsWith("/index")) {
                sum += disk.size(name);
            }
        }
        return sum;
    }

    @Override
    public KeptQuerier kept() {
        return new BlockKept(this, tombstones);
    }

    /// All series, plain and folded, in the order of [SeriesOrder], as compaction reads them: one
    /// at a time, nothing of the others in memory.
    @Override
    public Iterator<KeptSeries> inOrder() {
        var seen = tombstones;
        int[] ids = postings.all();
        return new Iterator<>() {
            private final Map<Integer, String> texts = new HashMap<>();
            private int at;
            private KeptSeries next;

            @Override
            public boolean hasNext() {
                while (next == null && at < ids.length) {
                    if (texts.size() > 1 << 16) {
                        texts.clear();
                    }
                    next = seriesOrNull(ids[at++], seen, texts);
                }
                return next != null;
            }

            @Override
            public KeptSeries next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                var found = next;
                next = null;
                return found;
            }
        };
    }

    private KeptSeries seriesOrNull(int id, Tombstones seen, Map<Integer, String> texts) {
        var scratch = lend();
        try {
            if (!read(id, scratch.entry)) {
                return null;
            }
            return new BlockSeries(
                    this, id, labels(scratch.entry, texts), folded.layout(id), seen.of(id));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            damage.damaged(index.name(), IndexFile.offset(id), String.valueOf(e.getMessage()));
            return null;
        } finally {
            giveBack(scratch);
        }
    }

    @Override
    public int delete(Collection<? extends KeptSeries> series, long from, long to)
            throws IOException {
        long[] ids =
                series.stream()
                        .mapToLong(each -> ((BlockSeries) each).id() & 0xffff_ffffL)
                        .distinct()
                        .toArray();
        if (ids.length == 0 || from > to) {
            return 0;
        }
        synchronized (this) {
            var more = tombstones.with(ids, from, to);
            more.write(disk, folder);
            tombstones = more;
            var counted = meta.withTombstones(more.count());
            counted.write(disk, folder);
            meta = counted;
            smallBytes = smallBytes(disk, folder);
        }
        return ids.length;
    }

    public Tombstones tombstones() {
        return tombstones;
    }

    /// Reads everything and tells what is wrong: checksums, order, overlaps, references, times out
    /// of the block's range. Empty when all is well.
    @Override
    public List<String> verify() {
        var problems = new ArrayList<String>();
        try {
            problems.addAll(FoldedFile.check(disk, folder));
        } catch (IOException e) {
            problems.add("%s: cannot be read: %s".formatted(folder, e.getMessage()));
        }
        problems.addAll(new BlockCheck(meta, index, chunks, folded, tombstones).run());
        return List.copyOf(problems);
    }

    // --- for its queriers and series

    IndexFile index() {
        return index;
    }

    ChunkFiles chunks() {
        return chunks;
    }

    FoldedFile folded() {
        return folded;
    }

    Postings postings() {
        return postings;
    }

    BlockDamage damage() {
        return damage;
    }

    Scratch lend() {
        var scratch = idle.poll();
        return scratch == null ? new Scratch() : scratch;
    }

    void giveBack(Scratch scratch) {
        if (idle.size() < MOST_IDLE) {
            idle.add(scratch);
        }
    }

    /// Reads a series' entry; false, and told, when it is damaged.
    boolean read(int id, SeriesEntry into) {
        try {
            index.series(id, into);
            return true;
        } catch (IndexOutOfBoundsException | InternalError e) { // the latter: a failed page-in
            damage.damaged(index.name(), IndexFile.offset(id), String.valueOf(e.getMessage()));
            return false;
        }
    }

    /// The labels of an entry; `texts` are symbols read before.
    Labels labels(SeriesEntry entry, Map<Integer, String> texts) {
        var pairs = new String[entry.pairs * 2];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = texts.computeIfAbsent(entry.symbols[i], index::symbol);
        }
        return SeriesOrder.labels(pairs);
    }

    @Override
    public void close() {
        index.close();
        chunks.close();
    }

    @Override
    public String toString() {
        return folder;
    }
}
