package tokenplumb.tsdb.compact;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.List;

/// One plain series that a place keeps in several parts, the preferred one first.
record Together(List<KeptSeries> parts) implements KeptSeries {
    @Override
    public Labels labels() {
        return parts.getFirst().labels();
    }

    @Override
    public BucketLayout layout() {
        return BucketLayout.NONE;
    }

    @Override
    public void read(long from, long to, Samples into) {
        var merged = new Samples();
        for (var part : parts) {
            var next = new Samples();
            part.read(from, to, next);
            var both = new Samples();
            SeriesMerge.merge(merged, next, both);
            merged = both;
        }
        SeriesMerge.merge(merged, new Samples(), into);
    }

    @Override
    public void read(long from, long to, FoldedSamples into) {
        throw new IllegalStateException("bug: not folded");
    }
}
