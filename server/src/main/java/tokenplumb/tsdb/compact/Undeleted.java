package tokenplumb.tsdb.compact;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A place where series are kept, without what was deleted from it. A folded histogram of which
/// only some members were deleted is shown as its members, plain.
final class Undeleted implements KeptQuerier {
    private final KeptQuerier place;
    private final Deleted deleted;

    private Undeleted(KeptQuerier place, Deleted deleted) {
        this.place = place;
        this.deleted = deleted;
    }

    /// The place itself where nothing was deleted.
    static KeptQuerier in(KeptQuerier place, Deleted deleted) {
        return deleted.isEmpty() ? place : new Undeleted(place, deleted);
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var series : place.plain(from, to, matchers)) {
            addLeft(series, from, to, found);
        }
        var members = members(from, to, matchers);
        return members.isEmpty() ? found : together(found, members);
    }

    /// Each set of labels once.
    private static List<KeptSeries> together(List<KeptSeries> plain, List<KeptSeries> members) {
        var byLabels = new LinkedHashMap<Labels, List<KeptSeries>>();
        for (var each : List.of(plain, members)) {
            for (var series : each) {
                byLabels.computeIfAbsent(series.labels(), key -> new ArrayList<>(1)).add(series);
            }
        }
        var found = new ArrayList<KeptSeries>(byLabels.size());
        for (var parts : byLabels.values()) {
            found.add(parts.size() == 1 ? parts.getFirst() : new Together(parts));
        }
        return found;
    }

    private void addLeft(KeptSeries series, long from, long to, List<KeptSeries> into) {
        var ranges = deleted.of(series);
        if (!ranges.covers(from, to)) {
            into.add(Gaps.in(series, ranges));
        }
    }

    private List<KeptSeries> members(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var family : taken(from, to)) {
            for (var member : deleted.membersOf(family)) {
                boolean isGone = member instanceof Gaps gaps && gaps.deleted().covers(from, to);
                if (!isGone && passes(member.labels(), matchers)) {
                    found.add(member);
                }
            }
        }
        return found;
    }

    private static boolean passes(Labels labels, List<Matcher> matchers) {
        for (var matcher : matchers) {
            if (!matcher.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /// The folded histograms that are shown as members.
    private List<KeptSeries> taken(long from, long to) {
        if (deleted.members().isEmpty()) {
            return List.of();
        }
        var names = new HashSet<String>();
        deleted.members().keySet().forEach(family -> names.add(family.metricName()));
        return place.folded(from, to, Optional.of(names), List.of()).stream()
                .filter(deleted::hasMembers)
                .toList();
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var series : place.folded(from, to, families, matchers)) {
            if (!deleted.hasMembers(series)) {
                addLeft(series, from, to, found);
            }
        }
        return found;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        var names = new HashSet<>(place.labelNames(from, to, matchers));
        for (var member : members(from, to, matchers)) {
            for (int i = 0; i < member.labels().size(); i++) {
                names.add(member.labels().name(i));
            }
        }
        return names;
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        var values = new HashSet<>(place.labelValues(label, from, to, matchers));
        for (var member : members(from, to, matchers)) {
            if (member.labels().has(label)) {
                values.add(member.labels().get(label));
            }
        }
        return values;
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return place.foldedLabelNames(from, to);
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return place.foldedLabelValues(label, from, to);
    }

    @Override
    public void close() {
        place.close();
    }
}
