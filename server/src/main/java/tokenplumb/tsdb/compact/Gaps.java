package tokenplumb.tsdb.compact;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

/// A series without the samples of some ranges.
record Gaps(KeptSeries series, Ranges deleted) implements KeptSeries {
    /// The series itself where there are no gaps.
    static KeptSeries in(KeptSeries series, Ranges deleted) {
        return deleted.isEmpty() ? series : new Gaps(series, deleted);
    }

    @Override
    public Labels labels() {
        return series.labels();
    }

    @Override
    public BucketLayout layout() {
        return series.layout();
    }

    /// What is to be read between the gaps.
    private interface Piece {
        void read(long from, long to);
    }

    private void between(long from, long to, Piece piece) {
        long start = from;
        for (int i = 0; i < deleted.size() && start <= to; i++) {
            if (deleted.to(i) < start) {
                continue;
            }
            if (deleted.from(i) > start) {
                piece.read(start, Math.min(to, deleted.from(i) - 1));
            }
            if (deleted.to(i) == Long.MAX_VALUE) {
                return;
            }
            start = deleted.to(i) + 1;
        }
        if (start <= to) {
            piece.read(start, to);
        }
    }

    @Override
    public void read(long from, long to, Samples into) {
        between(from, to, (start, end) -> series.read(start, end, into));
    }

    @Override
    public void read(long from, long to, FoldedSamples into) {
        between(from, to, (start, end) -> series.read(start, end, into));
    }
}
