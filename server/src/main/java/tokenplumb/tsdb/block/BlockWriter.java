package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;

/// Writes a block in Prometheus' format, which Prometheus itself can read: a folded histogram as a
/// native one with custom bounds.
@SuppressWarnings("DoNotCallSuggester") // until it is written
public final class BlockWriter implements SeriesSink {
    /// Of a block that will stand below `parent` (`""` is the root) by its name in `meta`, whose
    /// numbers are counted here.
    public BlockWriter(Disk disk, String parent, BlockMeta meta) throws IOException {}

    @Override
    public void series(Labels labels, BucketLayout layout) throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public void append(Samples samples) throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public void append(FoldedSamples samples) throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public BlockMeta finish() throws IOException {
        throw new UnsupportedOperationException("on its way");
    }

    @Override
    public void close() throws IOException {}
}
