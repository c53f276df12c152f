package tokenplumb.tsdb.folded;

import tokenplumb.signal.Labels;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Series from several places, each set of labels once. Not thread-safe.
final class Union {
    private final List<Series> series = new ArrayList<>();
    private final Map<Labels, Integer> places = new HashMap<>(); // of those that may come again
    private final Map<Integer, Integer> sources = new HashMap<>(); // of those by their place

    /// Adds a series that has not come yet and will not come again.
    void addOnly(Series only) {
        series.add(only);
    }

    /// Adds a series that may come, or have come, from elsewhere.
    void add(int source, Series other) {
        var place = places.putIfAbsent(other.labels(), series.size());
        if (place == null) {
            sources.put(series.size(), source);
            series.add(other);
        } else {
            mergeAt(place, source, other);
        }
    }

    /// Adds a member of a folded histogram, of which that histogram has no other part.
    void add(Member member) {
        var place = places.isEmpty() ? null : places.get(member.labels());
        if (place == null) {
            series.add(member);
        } else {
            mergeAt(place, member.source(), member);
        }
    }

    /// Adds a member of a folded histogram, all parts of it.
    void add(List<Member> parts) {
        if (parts.size() == 1) {
            add(parts.getFirst());
            return;
        }
        for (var part : parts) {
            add(part.source(), part);
        }
    }

    private void mergeAt(int place, int source, Series other) {
        var there = series.get(place);
        var merged =
                there instanceof Merged already
                        ? already
                        : new Merged(there.labels()).add(sources.get(place), there);
        series.set(place, merged.add(source, other));
    }

    List<Series> all() {
        return series;
    }
}
