package tokenplumb.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Tells by the names of its metrics what a target is, whatever its port, job or address, and
/// between which versions it must lie.
final class Recogniser {
    private final List<Source> sources;

    Recogniser(List<Source> sources) {
        this.sources = sources;
    }

    /// A recognition and how many of the names speak for it.
    private record Candidate(Recognition recognition, long evidence) {}

    /// Likeliest first.
    List<Recognition> all(Collection<String> metricNames) {
        var names = withSampleNames(metricNames);
        var candidates = new ArrayList<Candidate>();
        for (var source : sources) {
            long evidence = evidence(source, names);
            if (evidence > 0) {
                candidates.add(new Candidate(recognition(source, names), evidence));
            }
        }
        candidates.sort(Comparator.comparingLong(Candidate::evidence).reversed());
        return candidates.stream().map(Candidate::recognition).toList();
    }

    /// Callers may know families or samples: OpenMetrics calls the family of `x_total` just `x`,
    /// and a histogram's family has none of its series' suffixes.
    private static Set<String> withSampleNames(Collection<String> metricNames) {
        var names = new HashSet<>(metricNames);
        for (var name : metricNames) {
            names.add(name + "_total");
            names.add(name + "_bucket");
            names.add(name + "_count");
        }
        return names;
    }

    private static long evidence(Source source, Set<String> names) {
        boolean isDenied =
                source.notWith().stream()
                        .flatMap(name -> source.spellings(name).stream())
                        .anyMatch(names::contains);
        return isDenied
                ? 0
                : source.betrayedBy().stream()
                        .mapToLong(name -> occurrences(source, name, names))
                        .sum();
    }

    private static long occurrences(Source source, String name, Set<String> names) {
        if (name.endsWith("*")) {
            var prefix = name.substring(0, name.length() - 1);
            return names.stream().filter(candidate -> candidate.startsWith(prefix)).count();
        }
        return source.spellings(name).stream().filter(names::contains).count();
    }

    private static Recognition recognition(Source source, Set<String> names) {
        var present = presence(source, names);
        var since = Version.NONE;
        var before = Version.NONE;
        for (var mapping : source.mappings()) {
            for (var origin : mapping.from()) {
                // A name that several mappings read says no more than its earliest mention.
                boolean isThere = present.getOrDefault(origin.name(), false);
                if (isThere && since.compareTo(firstSince(source, origin.name())) < 0) {
                    since = firstSince(source, origin.name());
                }
                if (isThere && origin.until().isKnown()) {
                    before = earlier(before, origin.until());
                }
                boolean isMissed = !isThere && origin.when().isEmpty() && !origin.until().isKnown();
                if (isMissed && origin.since().isKnown()) {
                    before = earlier(before, firstSince(source, origin.name()));
                }
            }
        }
        if (before.isKnown() && before.compareTo(since) <= 0) {
            before = Version.NONE; // part of an exposition: what is missing says nothing
        }
        return new Recognition(
                source.name(),
                source.title(),
                source.kind(),
                source.role(),
                since.toString(),
                before.toString());
    }

    private static Version earlier(Version a, Version b) {
        return !a.isKnown() || b.compareTo(a) < 0 ? b : a;
    }

    private static Version firstSince(Source source, String name) {
        var first = Version.NONE;
        for (var mapping : source.mappings()) {
            for (var origin : mapping.from()) {
                if (origin.name().equals(name)) {
                    first = earlier(first, origin.since());
                }
            }
        }
        return first;
    }

    /// Which of a source's names are there, in any spelling, histograms by any of their series.
    private static Map<String, Boolean> presence(Source source, Set<String> names) {
        var families = new HashSet<String>();
        for (var name : names) {
            var own = source.ownSpelling(name);
            families.add(own);
            for (var suffix : List.of("_bucket", "_count", "_sum")) {
                if (own.endsWith(suffix)) {
                    families.add(own.substring(0, own.length() - suffix.length()));
                }
            }
        }
        var present = new HashMap<String, Boolean>();
        for (var mapping : source.mappings()) {
            for (var origin : mapping.from()) {
                present.put(origin.name(), families.contains(origin.name()));
            }
        }
        return present;
    }
}
