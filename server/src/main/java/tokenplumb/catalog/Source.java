package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Regex;
import tokenplumb.yaml.Position;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An engine, exporter or gateway: what betrays it, and what its metrics mean in our words. Read
/// from one YAML file; `docs/catalog.md` describes every key.
record Source(
        String name,
        String title,
        String kind,
        String role,
        List<String> prefixes,
        List<String> betrayedBy,
        List<String> notWith,
        List<Matcher> except,
        Map<String, List<String>> identity,
        Map<String, String> defaults,
        Map<String, String> constants,
        Map<String, Map<String, String>> values,
        List<Regex> drop,
        List<Range> blanks,
        List<Mapping> mappings,
        List<Unmapped> unmapped,
        Position at) {

    /// Values that mean "none", both ends included.
    record Range(double from, double to) {
        boolean contains(double value) {
            return value >= from && value <= to;
        }
    }

    /// One canonical metric and the raw names that say it, best first. Series of different origins
    /// that differ only in the labels named by `splits` tell the same thing twice.
    record Mapping(Metric to, List<String> splits, List<Origin> from, String fact, Position at) {
        Mapping {
            splits = List.copyOf(splits);
            from = List.copyOf(from);
        }
    }

    /// One raw name and how its series become canonical.
    record Origin(
            String name,
            Version since,
            Version until,
            boolean approximate,
            boolean together,
            boolean sums,
            String when,
            List<Matcher> where,
            Map<String, String> rename,
            Map<String, String> add,
            Map<String, Map<String, String>> values,
            List<Regex> drop,
            List<String> valueOf,
            double scale,
            double offset,
            List<Range> dropValues,
            Position at) {

        /// Whether both names mean the same thing, so that either may answer for the other.
        boolean isRenameOf(Origin other) {
            return !approximate
                    && !other.approximate
                    && where.equals(other.where)
                    && rename.equals(other.rename)
                    && add.equals(other.add)
                    && values.equals(other.values)
                    && drop.equals(other.drop)
                    && valueOf.equals(other.valueOf);
        }

        Origin with(List<Matcher> moreWhere, List<Regex> moreDrop, boolean nowTogether) {
            var allWhere = new ArrayList<>(where);
            allWhere.addAll(moreWhere);
            var allDrop = new ArrayList<>(drop);
            allDrop.addAll(moreDrop);
            return new Origin(
                    name,
                    since,
                    until,
                    approximate,
                    nowTogether,
                    sums,
                    when,
                    List.copyOf(allWhere),
                    rename,
                    add,
                    values,
                    List.copyOf(allDrop),
                    valueOf,
                    scale,
                    offset,
                    dropValues,
                    at);
        }
    }

    /// A raw name that is known and not translated, or a pattern of names (`*` for anything).
    record Unmapped(
            String name,
            boolean histogram,
            Version since,
            Version until,
            String why,
            String better) {}

    /// All spellings of a name, the source's own first.
    List<String> spellings(String rawName) {
        if (prefixes.isEmpty() || !rawName.startsWith(prefixes.getFirst())) {
            return List.of(rawName);
        }
        var rest = rawName.substring(prefixes.getFirst().length());
        return prefixes.stream().map(prefix -> prefix + rest).toList();
    }

    /// The source's own spelling of a name.
    String ownSpelling(String rawName) {
        for (int i = 1; i < prefixes.size(); i++) {
            if (rawName.startsWith(prefixes.get(i))) {
                return prefixes.getFirst() + rawName.substring(prefixes.get(i).length());
            }
        }
        return rawName;
    }

    /// Whether a series under one of our names belongs to someone else.
    boolean excludes(Labels raw) {
        return !except.isEmpty() && except.stream().allMatch(matcher -> matcher.matches(raw));
    }
}
