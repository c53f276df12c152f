package tokenplumb.catalog;

import tokenplumb.signal.Bound;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Answers one view out of raw series.
final class Resolver {
    private final Querier raw;
    private volatile long reach;

    Resolver(Querier raw) {
        this.raw = raw;
    }

    /// How much later than the times that were read samples may be that had a say in what was read:
    /// where one series was made of several, whose aliveness decides. Where old and new name became
    /// one, the labels depend on the whole range.
    long reach() {
        return reach;
    }

    /// The series of a view that pass the conditions on its own labels (the name's left out), and
    /// may have samples in the range. Raw series that already have the view's name count as well,
    /// and are believed first.
    List<Series> select(
            View view, List<Matcher> conditions, long from, long to, SelectHints hints) {
        // A name that spoke shortly before or after the range may still silence another inside it.
        long margin = view.parts().size() > 1 ? Stitched.REACH : 0;
        return find(view, conditions, Times.minus(from, margin), Times.plus(to, margin), hints);
    }

    private List<Series> find(
            View view, List<Matcher> conditions, long from, long to, SelectHints hints) {
        var groups = new LinkedHashMap<Labels, List<Stitched.Member>>();
        for (var part : view.parts()) {
            for (var member : members(view, part, conditions, from, to, hints)) {
                var canonical =
                        view.isAlias()
                                ? part.labels().apply(member.raw().labels(), "")
                                : member.labels();
                add(groups, part.key(canonical), member);
            }
        }
        if (!view.isAlias()) {
            for (var own : raw.select(from, to, withName(view.name(), conditions), hints)) {
                add(groups, ownKey(view, groups, own.labels()), own(own));
            }
        }
        var series = new ArrayList<Series>();
        for (var group : groups.values()) {
            if (group.size() > 1) {
                reach = Stitched.REACH;
            }
            series.addAll(view.isAlias() ? stitchAliases(group) : stitch(group));
        }
        return series;
    }

    /// The group that a raw series of the view's own name belongs to.
    private static Labels ownKey(
            View view, Map<Labels, List<Stitched.Member>> groups, Labels labels) {
        for (var part : view.parts()) {
            if (groups.containsKey(part.key(labels))) {
                return part.key(labels);
            }
        }
        return labels;
    }

    private static void add(
            Map<Labels, List<Stitched.Member>> groups, Labels key, Stitched.Member member) {
        groups.computeIfAbsent(key, labels -> new ArrayList<>()).add(member);
    }

    static List<Matcher> withName(String name, List<Matcher> conditions) {
        var matchers = new ArrayList<Matcher>(conditions.size() + 1);
        matchers.add(Matcher.equal(Labels.NAME, name));
        matchers.addAll(conditions);
        return matchers;
    }

    /// The raw selectors of one part.
    static List<List<Matcher>> selectors(View view, View.Part part, List<Matcher> conditions) {
        var name =
                part.names().size() == 1
                        ? Matcher.equal(Labels.NAME, part.names().getFirst())
                        : Matcher.of(
                                Matcher.Type.REGEX, Labels.NAME, String.join("|", part.names()));
        var pushed = view.isAlias() ? List.of(conditions) : part.labels().push(conditions);
        var selectors = new ArrayList<List<Matcher>>();
        for (var matchers : pushed) {
            var selector = new ArrayList<Matcher>();
            selector.add(name);
            if (!view.isAlias()) {
                selector.addAll(part.origin().where());
            }
            selector.addAll(matchers);
            selectors.add(selector);
        }
        return selectors;
    }

    List<Stitched.Member> members(
            View view,
            View.Part part,
            List<Matcher> conditions,
            long from,
            long to,
            SelectHints hints) {
        var members = new ArrayList<Stitched.Member>();
        for (var selector : selectors(view, part, conditions)) {
            for (var found : raw.select(from, to, selector, part.values().of(hints))) {
                var labels = found.labels();
                if (view.isAlias()) {
                    members.add(member(part, found, LabelRules.renamed(labels, view.name())));
                } else if (!part.source().excludes(labels)) {
                    var canonical = part.labels().apply(labels, view.name());
                    if (passes(canonical, conditions)
                            && !(Double.isNaN(part.values().told(labels)))) {
                        members.add(member(part, found, canonical));
                    }
                }
            }
        }
        return members;
    }

    private static Stitched.Member member(View.Part part, Series raw, Labels labels) {
        return new Stitched.Member(raw, part.rank(), part.values(), part.origin().sums(), labels);
    }

    /// A raw series that has the view's name itself.
    private static Stitched.Member own(Series raw) {
        return new Stitched.Member(raw, -1, Values.SAME, false, raw.labels());
    }

    static boolean passes(Labels labels, List<Matcher> conditions) {
        for (var condition : conditions) {
            if (!Bound.passes(condition, labels)) {
                return false;
            }
        }
        return true;
    }

    /// One series for each set of canonical labels in the group.
    private static List<Series> stitch(List<Stitched.Member> group) {
        if (group.size() == 1) {
            return List.of(new Stitched(group.getFirst().labels(), group, group));
        }
        var byLabels = new TreeMap<Labels, List<Stitched.Member>>();
        for (var member : group) {
            byLabels.computeIfAbsent(member.labels(), labels -> new ArrayList<>()).add(member);
        }
        var series = new ArrayList<Series>();
        byLabels.forEach((labels, own) -> series.add(new Stitched(labels, own, group)));
        return series;
    }

    /// Old and new name of one series become one, under the labels of the best. Where a name has
    /// several series for one thing their labels are all that tells them apart, so each stays
    /// alone.
    private static List<Series> stitchAliases(List<Stitched.Member> group) {
        boolean isClear = true;
        Set<Integer> ranks = new LinkedHashSet<>();
        for (var member : group) {
            isClear &= ranks.add(member.rank());
        }
        if (!isClear) {
            return stitch(group);
        }
        var best = group.getFirst();
        for (var member : group) {
            best = member.rank() < best.rank() ? member : best;
        }
        return List.of(new Stitched(best.labels(), group, group));
    }

    /// The labels of what [#select] finds, sorted and each once.
    List<Labels> labels(View view, List<Matcher> conditions, long from, long to) {
        Map<Labels, Boolean> labels = new TreeMap<>();
        for (var series : find(view, conditions, from, to, SelectHints.NONE)) {
            labels.put(series.labels(), true);
        }
        return List.copyOf(labels.keySet());
    }
}
