package tokenplumb.tsdb.folded;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// One series whose samples are kept in several places. Of two samples at the same time the real
/// one wins over a stale marker, else the one from the earlier source.
final class Merged implements Series {
    private record Part(int source, Series series) {}

    private final Labels labels;
    private final List<Part> parts = new ArrayList<>(2); // by source

    Merged(Labels labels) {
        this.labels = labels;
    }

    /// One more place; not while it is read.
    Merged add(int source, Series series) {
        int at = parts.size();
        while (at > 0 && parts.get(at - 1).source > source) {
            at--;
        }
        parts.add(at, new Part(source, series));
        return this;
    }

    @Override
    public Labels labels() {
        return labels;
    }

    @Override
    public void read(long from, long to, Samples into) {
        var found = new ArrayList<Samples>(parts.size());
        var samples = new Samples();
        for (var part : parts) {
            part.series.read(from, to, samples);
            if (samples.size() > 0) {
                found.add(samples);
                samples = new Samples();
            }
        }
        merge(found, into);
    }

    /// `found` by source, none empty.
    private static void merge(List<Samples> found, Samples into) {
        var byTime = new ArrayList<>(found);
        byTime.sort(Comparator.comparingLong(samples -> samples.time(0)));
        if (areApart(byTime)) {
            byTime.forEach(samples -> append(samples, into));
            return;
        }
        var merged = found.getFirst();
        for (int i = 1; i < found.size(); i++) {
            merged = merge(merged, found.get(i));
        }
        append(merged, into);
    }

    private static boolean areApart(List<Samples> byTime) {
        for (int i = 1; i < byTime.size(); i++) {
            var before = byTime.get(i - 1);
            if (before.time(before.size() - 1) >= byTime.get(i).time(0)) {
                return false;
            }
        }
        return true;
    }

    private static void append(Samples samples, Samples into) {
        for (int i = 0; i < samples.size(); i++) {
            add(samples, i, into);
        }
    }

    private static void add(Samples samples, int i, Samples into) {
        if (samples.isHistogram(i)) {
            into.add(samples.time(i), samples.histogram(i));
        } else {
            into.add(samples.time(i), samples.value(i), samples.weight(i));
        }
    }

    private static Samples merge(Samples first, Samples second) {
        var merged = new Samples();
        int i = 0;
        int j = 0;
        while (i < first.size() || j < second.size()) {
            long a = i < first.size() ? first.time(i) : Long.MAX_VALUE;
            long b = j < second.size() ? second.time(j) : Long.MAX_VALUE;
            if (a == b && i < first.size() && j < second.size()) {
                boolean isSecond =
                        StaleMarker.is(first.value(i)) && !StaleMarker.is(second.value(j));
                add(isSecond ? second : first, isSecond ? j : i, merged);
                i++;
                j++;
            } else if (j == second.size() || i < first.size() && a < b) {
                add(first, i++, merged);
            } else {
                add(second, j++, merged);
            }
        }
        return merged;
    }

    @Override
    public String toString() {
        return labels.toString();
    }
}
