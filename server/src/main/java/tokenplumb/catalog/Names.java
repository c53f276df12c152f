package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Metadata;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Every series name the catalog knows, and what stands behind it. Immutable; one look-up tells
/// whether a name concerns the catalog at all.
final class Names {
    /// A raw series name: where it comes from, and which other names may answer for it.
    record Raw(Source source, Source.Origin origin, LabelRules labels, Optional<Alias> alias) {}

    /// Other names for a raw one: the view over all of them, and a condition that the others pass.
    record Alias(View view, Matcher others) {}

    private final Map<String, View> canonical = new TreeMap<>();
    private final Map<String, Raw> raw = new HashMap<>();
    private final Map<String, Unmapped> unmapped = new HashMap<>();

    /// A raw name that is known and not translated.
    record Unmapped(Source source, Source.Unmapped entry) {}

    Names(Map<String, Metric> metrics, List<Source> sources) {
        for (var metric : metrics.values()) {
            for (var suffix : suffixes(metric)) {
                canonical.put(metric.name() + suffix, canonicalView(metric, suffix, sources));
            }
        }
        for (var source : sources) {
            addRaw(source);
            for (var entry : source.unmapped()) {
                addUnmapped(source, entry);
            }
        }
    }

    static List<String> suffixes(Metric metric) {
        return metric.type() == Metadata.Type.HISTOGRAM
                ? List.of("_bucket", "_count", "_sum")
                : List.of("");
    }

    private static View canonicalView(Metric metric, String suffix, List<Source> sources) {
        var parts = new ArrayList<View.Part>();
        int rank = 0;
        for (var source : sources) {
            for (var mapping : source.mappings()) {
                if (!mapping.to().name().equals(metric.name())) {
                    continue;
                }
                for (var origin : mapping.from()) {
                    rank += origin.together() ? 0 : 1;
                    parts.add(
                            new View.Part(
                                    source,
                                    origin,
                                    mapping.splits(),
                                    rank,
                                    source.spellings(origin.name() + suffix),
                                    LabelRules.of(source, origin, suffix.equals("_bucket")),
                                    values(source, origin, suffix)));
                }
            }
        }
        return new View(metric.name() + suffix, false, parts);
    }

    private static Values values(Source source, Source.Origin origin, String suffix) {
        boolean counts = suffix.equals("_bucket") || suffix.equals("_count");
        var none = new ArrayList<>(source.blanks());
        none.addAll(origin.dropValues());
        return new Values(
                counts ? 1 : origin.scale(), origin.offset(), List.copyOf(none), origin.valueOf());
    }

    private void addRaw(Source source) {
        // Raw series name, in the source's own spelling, to its origin and its renames.
        var families = new LinkedHashMap<String, List<View.Part>>();
        for (var mapping : source.mappings()) {
            for (var origin : mapping.from()) {
                for (var suffix : suffixes(mapping.to())) {
                    var family =
                            families.computeIfAbsent(
                                    origin.name() + suffix, name -> new ArrayList<>());
                    family.addAll(renames(source, mapping, origin, suffix));
                }
            }
        }
        families.forEach((own, family) -> addSpellings(source, own, family));
    }

    /// The origin itself, then its other names in order.
    private static List<View.Part> renames(
            Source source, Source.Mapping mapping, Source.Origin origin, String suffix) {
        var parts = new ArrayList<View.Part>();
        parts.add(aliasPart(source, mapping, origin, origin, suffix));
        for (var other : mapping.from()) {
            if (!other.name().equals(origin.name()) && origin.isRenameOf(other)) {
                parts.add(aliasPart(source, mapping, origin, other, suffix));
            }
        }
        return parts;
    }

    /// How `other` answers for `asked`: the same quantity, in the unit that was asked for.
    private static View.Part aliasPart(
            Source source,
            Source.Mapping mapping,
            Source.Origin asked,
            Source.Origin other,
            String suffix) {
        boolean counts = suffix.equals("_bucket") || suffix.equals("_count");
        double scale =
                counts
                        ? 1
                        : BigDecimal.valueOf(other.scale())
                                .divide(
                                        BigDecimal.valueOf(asked.scale()),
                                        java.math.MathContext.DECIMAL64)
                                .doubleValue();
        double offset = (other.offset() - asked.offset()) / asked.scale();
        return new View.Part(
                source,
                other,
                mapping.splits(),
                0,
                List.of(other.name() + suffix),
                LabelRules.identityOf(source),
                new Values(scale, offset, List.of(), List.of()));
    }

    private void addSpellings(Source source, String own, List<View.Part> family) {
        for (var spelling : source.spellings(own)) {
            var parts = new LinkedHashMap<String, View.Part>();
            put(parts, family.getFirst(), spelling);
            for (var part : family) {
                for (var name : source.spellings(part.names().getFirst())) {
                    put(parts, part, name);
                }
            }
            var others = new ArrayList<>(parts.keySet());
            others.remove(spelling);
            var alias =
                    others.isEmpty()
                            ? Optional.<Alias>empty()
                            : Optional.of(
                                    new Alias(
                                            new View(spelling, true, List.copyOf(parts.values())),
                                            Matcher.of(
                                                    Matcher.Type.REGEX,
                                                    Labels.NAME,
                                                    String.join("|", others))));
            var origin = family.getFirst().origin();
            raw.putIfAbsent(
                    spelling, new Raw(source, origin, LabelRules.of(source, origin, false), alias));
        }
    }

    private static void put(Map<String, View.Part> parts, View.Part part, String name) {
        parts.putIfAbsent(
                name,
                new View.Part(
                        part.source(),
                        part.origin(),
                        part.splits(),
                        parts.size(),
                        List.of(name),
                        part.labels(),
                        part.values()));
    }

    private void addUnmapped(Source source, Source.Unmapped entry) {
        var suffixes = entry.histogram() ? List.of("_bucket", "_count", "_sum") : List.of("");
        for (var suffix : suffixes) {
            for (var spelling : source.spellings(entry.name() + suffix)) {
                unmapped.putIfAbsent(spelling, new Unmapped(source, entry));
            }
        }
    }

    Optional<View> canonical(String seriesName) {
        return Optional.ofNullable(canonical.get(seriesName));
    }

    /// All canonical series names, sorted.
    Iterable<View> allCanonical() {
        return canonical.values();
    }

    Optional<Raw> raw(String seriesName) {
        return Optional.ofNullable(raw.get(seriesName));
    }

    Iterable<String> allRaw() {
        return raw.keySet();
    }

    Optional<Unmapped> unmapped(String seriesName) {
        return Optional.ofNullable(unmapped.get(seriesName));
    }
}
