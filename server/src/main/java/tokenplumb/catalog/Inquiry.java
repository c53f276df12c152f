package tokenplumb.catalog;

import tokenplumb.config.Nearest;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Finds out what one selector resolves to and why that is nothing: first whether its name means
/// anything, then whether anything is stored under it, then whether in this range, then which
/// condition excludes it.
final class Inquiry {
    private static final long[] WINDOWS = {3_600_000L, 86_400_000L, 30 * 86_400_000L};
    private static final int SHOWN = 8;

    private final Querier raw;
    private final Catalog catalog;
    private final ViewQuerier views;
    private final Resolver resolver;
    private final List<Matcher> matchers;
    private final List<Matcher> conditions;
    private final List<Matcher> onName;
    private final Optional<String> name;
    private final long from;
    private final long to;
    private final List<Explanation.Finding> findings = new ArrayList<>();

    Inquiry(Querier raw, Catalog catalog, List<Matcher> matchers, long from, long to) {
        this.raw = raw;
        this.catalog = catalog;
        this.views = new ViewQuerier(raw, catalog);
        this.resolver = new Resolver(raw);
        this.matchers = matchers;
        this.conditions = ViewQuerier.withoutName(matchers);
        this.onName =
                matchers.stream().filter(matcher -> matcher.name().equals(Labels.NAME)).toList();
        this.name = ViewQuerier.onlyName(matchers);
        this.from = from;
        this.to = to;
    }

    Explanation explain() {
        int series = count(conditions);
        if (series == 0) {
            whyNothing();
        }
        for (var hint : catalog.hints(matchers)) {
            var code = name.equals(Optional.of(hint.subject())) ? "dead_name" : "label";
            boolean isSaid =
                    findings.stream()
                            .anyMatch(finding ->
                                    finding.code().equals("dead_name")
                                            || finding.text().equals(hint.text()));
            if (!isSaid) {
                findings.add(new Explanation.Finding(code, hint.text(), hint.better()));
            }
        }
        return new Explanation(text(matchers), kind(series), series, parts(series), findings);
    }

    private Optional<View> view() {
        return name.flatMap(it ->
                catalog.names()
                        .canonical(it)
                        .or(() ->
                                catalog.names()
                                        .raw(it)
                                        .flatMap(Names.Raw::alias)
                                        .map(Names.Alias::view)));
    }

    private Explanation.Kind kind(int series) {
        if (name.isEmpty()) {
            return Explanation.Kind.PATTERN;
        }
        var view = view();
        if (view.isPresent() && !view.get().isAlias()) {
            return Explanation.Kind.CANONICAL;
        }
        boolean isItself =
                series == 0
                        || !raw.series(from, to, List.of(Matcher.equal(Labels.NAME, name.get())), 1)
                                .isEmpty();
        return isItself ? Explanation.Kind.RAW : Explanation.Kind.ALIAS;
    }

    private int count(List<Matcher> some) {
        return series(some, from, to, 0).size();
    }

    private List<Labels> series(List<Matcher> some, long start, long end, int limit) {
        var all = new ArrayList<>(onName);
        all.addAll(some);
        return views.series(start, end, all, limit);
    }

    // --- What it resolves to -----------------------------------------------------------------

    private List<Explanation.Part> parts(int series) {
        var parts = parts(conditions);
        boolean isTranslated = series > 0 && parts.stream().allMatch(part -> part.series() == 0);
        if (isTranslated && name.isPresent()) {
            // Only found with canonical labels put on raw ones.
            var known = catalog.names().raw(name.get());
            if (known.isPresent()) {
                parts = new ArrayList<>();
                for (var other : ViewQuerier.withRawLabels(known.get().labels(), conditions)) {
                    parts.addAll(parts(other));
                }
            }
        }
        if (parts.stream().anyMatch(part -> part.series() > 0)) {
            parts.removeIf(part -> part.series() == 0);
        } else {
            keepScrapedSources(parts);
        }
        return parts;
    }

    /// Of parts that all find nothing, those of sources that are there are worth reading.
    private void keepScrapedSources(List<Explanation.Part> parts) {
        var there = new TreeSet<String>();
        catalog.recogniseAll(everyName()).forEach(it -> there.add(it.source()));
        if (parts.stream().anyMatch(part -> there.contains(part.source()))) {
            parts.removeIf(part -> !there.contains(part.source()));
        }
    }

    private List<Explanation.Part> parts(List<Matcher> some) {
        var parts = new ArrayList<Explanation.Part>();
        var views =
                name.isPresent()
                        ? view().map(List::of).orElse(List.of())
                        : this.views.matchedViews(matchers);
        for (var view : views) {
            // The other spellings of a name are worth a line only where something is found.
            boolean isOther = false;
            for (var part : view.parts()) {
                var shown = part(view, part, some);
                if (!view.isAlias() || !isOther || shown.series() > 0) {
                    parts.add(shown);
                }
                isOther = true;
            }
        }
        if (views.isEmpty()) {
            var all = new ArrayList<>(onName);
            all.addAll(some);
            parts.add(
                    new Explanation.Part(
                            sourceOf(name.orElse("")),
                            name.orElse(""),
                            text(all),
                            "",
                            "",
                            "",
                            raw.series(from, to, all, 0).size()));
        }
        return parts;
    }

    private String sourceOf(String rawName) {
        return catalog.names().raw(rawName).map(known -> known.source().name()).orElse("");
    }

    private Explanation.Part part(View view, View.Part part, List<Matcher> some) {
        var found = resolver.members(view, part, some, from, to, SelectHints.NONE);
        var names = new TreeSet<String>();
        found.forEach(member -> names.add(member.raw().labels().metricName()));
        var selectors = Resolver.selectors(view, part, some);
        var rawName = names.isEmpty() ? part.names().getFirst() : String.join(", ", names);
        return new Explanation.Part(
                part.source().name(),
                rawName,
                selectors.stream()
                        .map(selector -> named(rawName, selector))
                        .collect(Collectors.joining(" or ")),
                part.origin().since().toString(),
                part.origin().until().toString(),
                part.values().text(),
                found.size());
    }

    private static String named(String rawName, List<Matcher> selector) {
        var shown = new ArrayList<Matcher>();
        for (var name : rawName.split(", ", -1)) {
            shown.add(Matcher.equal(Labels.NAME, name));
        }
        if (shown.size() > 1) {
            return text(selector);
        }
        shown.addAll(ViewQuerier.withoutName(selector));
        return text(shown);
    }

    static String text(List<Matcher> matchers) {
        var name = ViewQuerier.onlyName(matchers);
        var shown = name.isPresent() ? ViewQuerier.withoutName(matchers) : matchers;
        var braces =
                shown.stream().map(Matcher::toString).collect(Collectors.joining(", ", "{", "}"));
        return name.map(it -> shown.isEmpty() ? it : it + braces).orElse(braces);
    }

    // --- Why it is nothing ---------------------------------------------------------------------

    private void whyNothing() {
        if (name.isPresent() && storedNames().isEmpty()) {
            whyNoName(name.get());
        } else if (name.isEmpty()
                && series(List.of(), Long.MIN_VALUE, Long.MAX_VALUE, 1).isEmpty()) {
            find("unknown_name", "no stored name matches " + text(onName), "");
        } else if (count(List.of()) == 0) {
            whyNotNow();
        } else {
            whyExcluded();
        }
    }

    /// The names behind the asked one that are stored at all, whenever.
    private Set<String> storedNames() {
        var names = new LinkedHashSet<String>();
        name.ifPresent(names::add);
        view().ifPresent(view -> view.parts().forEach(part -> names.addAll(part.names())));
        names.retainAll(everyName());
        return names;
    }

    private Set<String> everyName() {
        return new TreeSet<>(
                raw.labelValues(Labels.NAME, Long.MIN_VALUE, Long.MAX_VALUE, List.of(), 0));
    }

    private void whyNoName(String asked) {
        var parts = view().map(View::parts).orElse(List.of());
        var known = catalog.names().raw(asked);
        if (parts.isEmpty() && known.isPresent()) {
            var only = known.get();
            parts =
                    List.of(
                            new View.Part(
                                    only.source(),
                                    only.origin(),
                                    List.of(),
                                    0,
                                    List.of(asked),
                                    only.labels(),
                                    Values.SAME));
        }
        if (!parts.isEmpty()) {
            whyNotEmitted(asked, parts);
            return;
        }
        var unmapped = catalog.names().unmapped(asked);
        if (unmapped.isPresent()) {
            var entry = unmapped.get().entry();
            boolean isDead = entry.until().isKnown();
            find(
                    isDead ? "dead_name" : "no_target",
                    isDead
                            ? "%s is gone since %s %s: %s"
                                    .formatted(
                                            asked,
                                            unmapped.get().source().title(),
                                            entry.until(),
                                            entry.why())
                            : "nothing that is scraped exposes %s (%s: %s)"
                                    .formatted(asked, unmapped.get().source().title(), entry.why()),
                    entry.better());
            return;
        }
        var candidates = new TreeSet<>(everyName());
        catalog.names().allCanonical().forEach(view -> candidates.add(view.name()));
        catalog.names().allRaw().forEach(candidates::add);
        var nearest = Nearest.of(asked, candidates);
        find(
                "unknown_name",
                "no series is called %s, and the catalog does not know the name%s"
                        .formatted(asked, nearest.map("; did you mean %s?"::formatted).orElse("")),
                nearest.orElse(""));
    }

    private void whyNotEmitted(String asked, List<View.Part> parts) {
        var there = new LinkedHashMap<String, Recognition>();
        for (var recognition : catalog.recogniseAll(everyName())) {
            there.put(recognition.source(), recognition);
        }
        var told = new LinkedHashSet<String>();
        var off = new LinkedHashMap<String, Set<String>>(); // reason -> names
        var absent = new LinkedHashMap<String, Set<String>>(); // source -> names
        for (var part : parts) {
            var recognition = there.get(part.source().name());
            if (recognition == null) {
                absent.computeIfAbsent(part.source().title(), title -> new LinkedHashSet<>())
                        .add(part.names().getFirst());
            } else if (told.add(part.origin().name())) {
                whyNotEmitted(part, recognition, off);
            }
        }
        off.forEach((reason, names) ->
                find("not_enabled", reason.formatted(String.join(" or ", names)), ""));
        if (told.isEmpty()) {
            var who = new ArrayList<String>();
            absent.forEach((title, names) -> who.add(title + " (" + some(names) + ")"));
            find(
                    "no_target",
                    "nothing that is scraped exposes %s; it would come from %s"
                            .formatted(asked, some(who)),
                    "");
        } else if (findings.isEmpty()) {
            find(
                    "missing",
                    "%s is scraped, but without %s: look whether relabeling drops it, or whether the target has been idle since its start"
                            .formatted(
                                    parts.getFirst().source().title(), String.join(" or ", told)),
                    "");
        }
    }

    private void whyNotEmitted(View.Part part, Recognition there, Map<String, Set<String>> off) {
        var origin = part.origin();
        var rawName = part.names().getFirst();
        var title = part.source().title();
        if (origin.until().isKnown() && isAtLeast(there.since(), origin.until())) {
            find(
                    "not_emitted_by_version",
                    "%s is not emitted by this version: gone since %s %s, and %s is scraped"
                            .formatted(rawName, title, origin.until(), there.text()),
                    "");
        } else if (origin.since().isKnown() && isAtMost(there.before(), origin.since())) {
            find(
                    "not_emitted_by_version",
                    "%s is not emitted by this version: it came with %s %s, and %s is scraped"
                            .formatted(rawName, title, origin.since(), there.text()),
                    "");
        } else if (!origin.when().isEmpty()) {
            var cure =
                    origin.when().equals("csv")
                            ? "add one of them to the exporter's collector CSV"
                            : "it is emitted only with " + origin.when().replace("%", "%%");
            off.computeIfAbsent(
                            title + " is scraped, but without %s: " + cure,
                            reason -> new LinkedHashSet<>())
                    .add(rawName);
        }
    }

    private static boolean isAtLeast(String since, Version version) {
        return !since.isEmpty() && Version.parse(since).compareTo(version) >= 0;
    }

    private static boolean isAtMost(String before, Version version) {
        return !before.isEmpty() && Version.parse(before).compareTo(version) <= 0;
    }

    /// Stored, but not in this range.
    private void whyNotNow() {
        var before = nearest(true);
        var after = nearest(false);
        if (before.isEmpty() && after.isEmpty()) {
            find(
                    "no_target",
                    "no series of this name belongs to what the name stands for"
                            + " (a router's or an exporter's other series are left out)",
                    "");
            return;
        }
        var when = new ArrayList<String>();
        before.ifPresent(
                time -> when.add("the last sample before it is at " + Instant.ofEpochMilli(time)));
        after.ifPresent(
                time -> when.add("the first one after it at " + Instant.ofEpochMilli(time)));
        find(
                "outside_range",
                "no data from %s to %s: %s"
                        .formatted(
                                Instant.ofEpochMilli(from),
                                Instant.ofEpochMilli(to),
                                String.join(", ", when)),
                "");
    }

    /// The time of the sample closest to the range, looked for in growing windows.
    private Optional<Long> nearest(boolean isBefore) {
        for (int i = 0; i <= WINDOWS.length; i++) {
            long reach = i < WINDOWS.length ? WINDOWS[i] : Long.MAX_VALUE;
            long start = isBefore ? Times.minus(Times.minus(from, reach), 1) : Times.plus(to, 1);
            long end = isBefore ? Times.minus(from, 1) : Times.plus(to, reach);
            var found = closest(start, end, isBefore);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Long> closest(long start, long end, boolean isBefore) {
        var all = new ArrayList<>(onName);
        Optional<Long> closest = Optional.empty();
        int read = 0;
        for (var found : views.select(start, end, all)) {
            var samples = new Samples();
            found.read(start, end, samples);
            for (int i = 0; i < samples.size(); i++) {
                long time = samples.time(i);
                boolean isCloser =
                        closest.isEmpty()
                                || (isBefore ? time > closest.get() : time < closest.get());
                if (!StaleMarker.is(samples.value(i)) && isCloser) {
                    closest = Optional.of(time);
                }
            }
            if (++read == 20) {
                break; // enough to tell when
            }
        }
        return closest;
    }

    /// Stored in this range, but no series passes the conditions.
    private void whyExcluded() {
        boolean isOneGuilty = false;
        for (var condition : conditions) {
            var others = new ArrayList<>(conditions);
            others.remove(condition);
            var without = series(others, from, to, 0);
            boolean isAlone = series(List.of(condition), from, to, 1).isEmpty();
            if (!without.isEmpty() || isAlone) {
                isOneGuilty = true;
                whyExcludedBy(
                        condition, without.isEmpty() ? series(List.of(), from, to, 0) : without);
            }
        }
        if (!isOneGuilty) {
            find(
                    "matcher",
                    "every condition finds series alone, but none passes all of "
                            + text(conditions),
                    "");
        }
    }

    private void whyExcludedBy(Matcher condition, List<Labels> otherwise) {
        var label = condition.name();
        var values = new TreeSet<String>();
        var labels = new TreeSet<String>();
        for (var one : otherwise) {
            values.add(one.get(label));
            labels.addAll(one.toMap().keySet());
        }
        values.remove("");
        labels.remove(Labels.NAME);
        var subject = name.orElse("what the pattern matches");
        if (values.isEmpty()) {
            var hint = name.flatMap(it -> catalog.hints(it, List.of(label)).stream().findFirst());
            if (hint.isPresent()) {
                find("label", hint.get().text(), hint.get().better());
                return;
            }
            var nearest = Nearest.of(label, labels);
            find(
                    "label",
                    "%s has no label %s%s; it has %s"
                            .formatted(
                                    subject,
                                    label,
                                    nearest.map(" (did you mean %s?)"::formatted).orElse(""),
                                    some(labels)),
                    nearest.orElse(""));
            return;
        }
        var nearest =
                condition.type() == Matcher.Type.EQUAL
                        ? Nearest.of(condition.value(), values)
                        : Optional.<String>empty();
        find(
                "matcher",
                "%s leaves nothing of %d series; values of %s: %s%s"
                        .formatted(
                                condition,
                                otherwise.size(),
                                label,
                                some(values),
                                nearest.map("; did you mean %s?"::formatted).orElse("")),
                nearest.map(value -> Matcher.equal(label, value).toString()).orElse(""));
    }

    private static String some(Collection<String> words) {
        var shown = words.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return words.size() > SHOWN
                ? shown + " and %d more".formatted(words.size() - SHOWN)
                : shown;
    }

    private void find(String code, String text, String better) {
        findings.add(new Explanation.Finding(code, text, better));
    }
}
