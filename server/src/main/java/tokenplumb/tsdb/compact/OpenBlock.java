package tokenplumb.tsdb.compact;

import tokenplumb.tsdb.block.BlockMeta;
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

    /// Bytes of all its files.
    long bytes();

    KeptQuerier kept();

    /// All series, plain and folded, in the order of [tokenplumb.tsdb.block.SeriesOrder].
    Iterator<KeptSeries> inOrder();

    /// Marks samples of whole series, which this block's queriers answered, as deleted, in its own
    /// files; queriers opened later do not see them. False when its format knows no such marks.
    boolean delete(Collection<KeptSeries> series, long from, long to) throws IOException;

    /// Reads everything and tells what is wrong.
    List<String> verify();

    @Override
    void close();
}
