package tokenplumb.catalog;

import tokenplumb.config.Nearest;
import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What the catalog alone, without data, knows to be wrong with names and labels.
final class Hints {
    private static final Set<String> OUR_PREFIXES = Set.of("llm_", "gpu_", "host_");

    private final Catalog catalog;

    Hints(Catalog catalog) {
        this.catalog = catalog;
    }

    List<Hint> of(List<Matcher> selector) {
        var name = ViewQuerier.onlyName(selector);
        if (name.isEmpty()) {
            return List.of();
        }
        var hints = new ArrayList<Hint>();
        name(name.get()).ifPresent(hints::add);
        var labels = new LinkedHashSet<String>();
        for (var matcher : ViewQuerier.withoutName(selector)) {
            if (!matcher.matchesEmpty()) {
                labels.add(matcher.name());
            }
        }
        hints.addAll(labels(name.get(), labels));
        return hints;
    }

    private Optional<Hint> name(String name) {
        var names = catalog.names();
        if (names.canonical(name).isPresent()) {
            return Optional.empty();
        }
        var raw = names.raw(name);
        if (raw.isPresent()) {
            return raw.get().origin().until().isKnown()
                    ? Optional.of(dead(name, raw.get()))
                    : Optional.empty();
        }
        var unmapped = names.unmapped(name);
        if (unmapped.isPresent()) {
            return unmapped(name, unmapped.get());
        }
        return OUR_PREFIXES.stream().anyMatch(name::startsWith) ? misspelt(name) : Optional.empty();
    }

    /// A name that newer versions no longer emit.
    private Hint dead(String name, Names.Raw raw) {
        var since = "%s %s".formatted(raw.source().title(), raw.origin().until());
        var newer = newerName(name, raw);
        var canonical = canonicalOf(name, raw);
        if (newer.isEmpty()) {
            return new Hint(
                    name,
                    "%s is gone since %s and nothing replaces it%s"
                            .formatted(name, since, because(raw)),
                    canonical.orElse(""));
        }
        return new Hint(
                name,
                "%s is gone since %s: it is called %s now%s"
                        .formatted(
                                name,
                                since,
                                newer.get(),
                                canonical.map("; %s answers for both"::formatted).orElse("")),
                canonical.orElse(newer.get()));
    }

    private static String because(Names.Raw raw) {
        for (var mapping : raw.source().mappings()) {
            if (mapping.from().contains(raw.origin()) && !mapping.fact().isEmpty()) {
                return " (" + mapping.fact() + ")";
            }
        }
        return "";
    }

    /// The best other name of the same mapping.
    private Optional<String> newerName(String name, Names.Raw raw) {
        var suffix = suffix(name, raw);
        for (var mapping : raw.source().mappings()) {
            if (mapping.from().contains(raw.origin())) {
                return mapping.from().stream()
                        .filter(origin ->
                                !origin.until().isKnown()
                                        && !origin.name().equals(raw.origin().name()))
                        .filter(origin -> origin.add().equals(raw.origin().add()))
                        .map(origin -> origin.name() + suffix)
                        .findFirst();
            }
        }
        return Optional.empty();
    }

    Optional<String> canonicalOf(String name, Names.Raw raw) {
        var suffix = suffix(name, raw);
        for (var mapping : raw.source().mappings()) {
            if (mapping.from().contains(raw.origin())) {
                return Optional.of(mapping.to().name() + suffix);
            }
        }
        return Optional.empty();
    }

    private static String suffix(String name, Names.Raw raw) {
        return raw.source().ownSpelling(name).substring(raw.origin().name().length());
    }

    private static Optional<Hint> unmapped(String name, Names.Unmapped unmapped) {
        var entry = unmapped.entry();
        if (!entry.until().isKnown() && entry.better().isEmpty()) {
            return Optional.empty();
        }
        var gone =
                entry.until().isKnown()
                        ? " is gone since %s %s".formatted(unmapped.source().title(), entry.until())
                        : " is not translated";
        var better = entry.better().isEmpty() ? "" : "; use " + entry.better();
        return Optional.of(
                new Hint(name, name + gone + ": " + entry.why() + better, entry.better()));
    }

    private Optional<Hint> misspelt(String name) {
        var known = new ArrayList<String>();
        catalog.names().allCanonical().forEach(view -> known.add(view.name()));
        return Nearest.of(name, known)
                .map(nearest ->
                        new Hint(
                                name,
                                "no canonical metric is called %s; did you mean %s?"
                                        .formatted(name, nearest),
                                nearest));
    }

    /// Labels that a metric goes by under another name.
    List<Hint> labels(String name, Collection<String> labels) {
        var hints = new ArrayList<Hint>();
        for (var label : labels) {
            label(name, label).ifPresent(hints::add);
        }
        return hints;
    }

    private Optional<Hint> label(String name, String label) {
        var view = catalog.names().canonical(name);
        if (view.isPresent()) {
            return onCanonical(view.get(), label);
        }
        return catalog.names().raw(name).flatMap(raw -> onRaw(name, raw, label));
    }

    private static Optional<Hint> onCanonical(View view, String label) {
        var becomes = new TreeSet<String>();
        for (var part : view.parts()) {
            if (part.labels().constant(label).isPresent()
                    || !part.labels().sourcesOf(label).isEmpty()) {
                return Optional.empty();
            }
            part.labels().becomes(label).ifPresent(becomes::add);
        }
        return becomes.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Hint(
                                label,
                                "%s has no label %s: there it is called %s"
                                        .formatted(view.name(), label, becomes.first()),
                                becomes.first()));
    }

    private Optional<Hint> onRaw(String name, Names.Raw raw, String label) {
        var sources = raw.labels().sourcesOf(label);
        if (sources.isEmpty() || sources.contains(label) && sources.getFirst().equals(label)) {
            return Optional.empty();
        }
        var canonical = canonicalOf(name, raw);
        return Optional.of(
                new Hint(
                        label,
                        "%s has no label %s: %s calls it %s%s"
                                .formatted(
                                        name,
                                        label,
                                        raw.source().title(),
                                        sources.getFirst(),
                                        canonical
                                                .map(
                                                        (" (on %s it is called " + label + ")")
                                                                ::formatted)
                                                .orElse("")),
                        sources.getFirst()));
    }
}
