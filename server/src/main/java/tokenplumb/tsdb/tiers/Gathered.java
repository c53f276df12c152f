package tokenplumb.tsdb.tiers;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// One series out of several places, to be read as one: of two samples at the same time the real
/// one wins over a stale marker, else the one from the earlier place.
final class Gathered {
    final Labels labels;
    final BucketLayout layout;
    private final List<KeptSeries> parts = new ArrayList<>(2); // by place

    Gathered(Labels labels, BucketLayout layout) {
        this.labels = labels;
        this.layout = layout;
    }

    void add(KeptSeries part) {
        parts.add(part);
    }

    Samples samples(long from, long to) {
        var columns = new ArrayList<Samples>(parts.size());
        for (var part : parts) {
            var samples = new Samples();
            part.read(from, to, samples);
            if (samples.size() > 0) {
                columns.add(samples);
            }
        }
        if (columns.size() < 2) {
            return columns.isEmpty() ? new Samples() : columns.getFirst();
        }
        record At(int column, int index, long time, boolean stale) {}
        var all = new ArrayList<At>();
        for (int c = 0; c < columns.size(); c++) {
            var column = columns.get(c);
            for (int i = 0; i < column.size(); i++) {
                all.add(new At(c, i, column.time(i), StaleMarker.is(column.value(i))));
            }
        }
        all.sort(
                Comparator.comparingLong(At::time)
                        .thenComparing(At::stale)
                        .thenComparingInt(At::column));
        var merged = new Samples();
        for (var at : all) {
            var column = columns.get(at.column);
            if (merged.size() > 0 && merged.time(merged.size() - 1) == at.time) {
                continue;
            }
            if (column.isHistogram(at.index)) {
                merged.add(at.time, column.histogram(at.index));
            } else {
                merged.add(at.time, column.value(at.index));
            }
        }
        return merged;
    }

    FoldedSamples folded(long from, long to) {
        var columns = new ArrayList<FoldedSamples>(parts.size());
        for (var part : parts) {
            var samples = new FoldedSamples();
            samples.reset(layout.size());
            part.read(from, to, samples);
            if (samples.size() > 0) {
                columns.add(samples);
            }
        }
        if (columns.size() == 1) {
            return columns.getFirst();
        }
        record At(int column, int index, long time, boolean stale) {}
        var all = new ArrayList<At>();
        for (int c = 0; c < columns.size(); c++) {
            var column = columns.get(c);
            for (int i = 0; i < column.size(); i++) {
                all.add(new At(c, i, column.time(i), column.isStale(i)));
            }
        }
        all.sort(
                Comparator.comparingLong(At::time)
                        .thenComparing(At::stale)
                        .thenComparingInt(At::column));
        var merged = new FoldedSamples();
        merged.reset(layout.size());
        for (var at : all) {
            var column = columns.get(at.column);
            if (merged.size() == 0 || merged.time(merged.size() - 1) != at.time) {
                int row = at.index * layout.size();
                merged.add(at.time, column.sum(at.index), column.counts(), row);
            }
        }
        return merged;
    }
}
