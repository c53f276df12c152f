package tokenplumb.tsdb.dense;

import tokenplumb.disk.Disk;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.Tombstones;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/// A dense block on disk, opened to read: mapped, and used just as [tokenplumb.tsdb.block.Block]
/// is. Thread-safe. Whoever closes it waits until every querier is closed.
@SuppressWarnings("DoNotCallSuggester") // until it is written
public final class DenseBlock implements AutoCloseable {
    /// Opens the block of a folder. Fails when it cannot be used as a whole (no meta.json, a
    /// damaged table of contents); lesser damage costs what it hits and is told to `damage`, at
    /// most once for each place.
    public static DenseBlock open(Disk disk, String folder, BlockDamage damage) throws IOException {
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

    /// All series, plain and folded, in the order of [tokenplumb.tsdb.block.SeriesOrder].
    public Iterator<KeptSeries> inOrder() {
        throw new UnsupportedOperationException("on its way");
    }

    /// As [tokenplumb.tsdb.block.Block#delete].
    public int delete(Collection<KeptSeries> series, long from, long to) throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    public Tombstones tombstones() {
        throw new UnsupportedOperationException("on its way");
    }

    /// Reads everything and tells what is wrong. Empty when all is well.
    public List<String> verify() {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public void close() {}
}
