package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/// A block on disk, opened to read: an index and chunks in Prometheus' format, mapped, and a
/// sidecar that says which of its series are folded histograms. Thread-safe. Whoever closes it
/// waits until every querier is closed.
@SuppressWarnings("DoNotCallSuggester") // until it is written
public final class Block implements AutoCloseable {
    /// Opens the block of a folder. Fails when it cannot be used as a whole (no meta.json, a
    /// damaged table of contents); lesser damage costs what it hits and is told to `damage`, at
    /// most once for each place.
    public static Block open(Disk disk, String folder, BlockDamage damage) throws IOException {
        BlockMeta.read(disk, folder);
        throw new UnsupportedOperationException("on its way");
    }

    public BlockMeta meta() {
        throw new UnsupportedOperationException("on its way");
    }

    public String folder() {
        throw new UnsupportedOperationException("on its way");
    }

    /// Bytes of all files.
    public long bytes() {
        throw new UnsupportedOperationException("on its way");
    }

    /// Finds series in it; what was deleted is not there.
    public KeptQuerier kept() {
        throw new UnsupportedOperationException("on its way");
    }

    /// All series, plain and folded, in the order of [SeriesOrder], as compaction reads them: one
    /// at a time, nothing of the others in memory.
    public Iterator<KeptSeries> inOrder() {
        throw new UnsupportedOperationException("on its way");
    }

    /// Marks samples as deleted, `from` to `to` (both included), of series this block's own
    /// queriers answered. Durable when it returns; queriers opened later do not see them. How many
    /// series it hit.
    public int delete(Collection<KeptSeries> series, long from, long to) throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    public Tombstones tombstones() {
        throw new UnsupportedOperationException("on its way");
    }

    /// Reads everything and tells what is wrong: checksums, order, overlaps, references, times out
    /// of the block's range. Empty when all is well.
    public List<String> verify() {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public void close() {}
}
