package tokenplumb.tsdb.block;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;

/// Takes in a new block, series by series in the order of [SeriesOrder], each one's samples in time
/// order. Nothing is kept unless [#finish] returns. Used by one thread.
public interface SeriesSink extends AutoCloseable {
    /// Begins a series: a folded histogram (labels with the family's name, no `le`) of a layout, or
    /// a plain one ([BucketLayout#NONE]). A plain and a folded series may have the same labels, the
    /// plain one first. One that gets no samples leaves no trace.
    void series(Labels labels, BucketLayout layout) throws IOException;

    /// Appends to a plain series, everything younger than what it got before.
    void append(Samples samples) throws IOException;

    /// Appends to a folded series, everything younger than what it got before.
    void append(FoldedSamples samples) throws IOException;

    /// Makes the block durable and visible at once.
    BlockMeta finish() throws IOException;

    /// Removes what was written, unless finished.
    @Override
    void close() throws IOException;
}
