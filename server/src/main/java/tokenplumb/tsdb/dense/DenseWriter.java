package tokenplumb.tsdb.dense;

import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.SeriesSink;

import java.io.IOException;

/// Writes a dense block. Samples are spooled to a file beside it first, as the models of a family
/// must be learnt before its series are written.
@SuppressWarnings("DoNotCallSuggester") // until it is written
public final class DenseWriter implements SeriesSink {
    /// Of a block that will stand below `parent` (most often `dense`) by its name in `meta`, whose
    /// numbers are counted here.
    public DenseWriter(Disk disk, String parent, BlockMeta meta) throws IOException {}

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
