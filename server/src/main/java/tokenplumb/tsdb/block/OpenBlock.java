package tokenplumb.tsdb.block;

import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/// A block opened to read, whatever its encoding. Thread-safe; whoever closes it waits until every
/// querier and iterator has ended.
public interface OpenBlock extends AutoCloseable {
    BlockMeta meta();

    String folder();

    /// Bytes of all files.
    long bytes();

    /// Finds series in it; what was deleted is not there.
    KeptQuerier kept();

    /// All series, plain and folded, in the order of [SeriesOrder].
    Iterator<KeptSeries> inOrder();

    /// Marks samples as deleted, `from` to `to` (both included), of whole series this block's own
    /// queriers answered. Durable when it returns; queriers opened later do not see them. How many
    /// series it hit.
    int delete(Collection<? extends KeptSeries> series, long from, long to) throws IOException;

    /// Reads everything and tells what is wrong: checksums, order, references, times out of the
    /// block's range. Empty when all is well.
    List<String> verify();

    @Override
    void close();
}
