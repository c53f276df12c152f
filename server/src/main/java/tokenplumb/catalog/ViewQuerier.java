package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// A raw querier that understands canonical names and other spellings.
final class ViewQuerier implements Querier {
    private final Querier raw;
    private final Catalog catalog;
    private final Resolver resolver;
    private volatile boolean dependsOnRange; // of something that was answered

    ViewQuerier(Querier raw, Catalog catalog) {
        this.raw = raw;
        this.catalog = catalog;
        this.resolver = new Resolver(raw);
    }

    @Override
    public void close() {
        raw.close();
    }

    @Override
    public List<String> warnings() {
        return raw.warnings();
    }

    @Override
    public List<String> infos() {
        return raw.infos();
    }

    @Override
    public long reach() {
        long views = dependsOnRange ? Long.MAX_VALUE : resolver.reach();
        return Math.max(views, raw.reach());
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        return select(from, to, matchers, SelectHints.NONE);
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers, SelectHints hints) {
        var name = onlyName(matchers);
        if (name.isPresent()) {
            return selectName(name.get(), from, to, matchers, hints);
        }
        var views = matchedViews(matchers);
        if (views.isEmpty()) {
            return raw.select(from, to, matchers, hints);
        }
        var series = new ArrayList<Series>();
        for (var found : raw.select(from, to, matchers, hints)) {
            if (views.stream().noneMatch(view -> view.name().equals(found.labels().metricName()))) {
                series.add(found);
            }
        }
        var conditions = withoutName(matchers);
        for (var view : views) {
            series.addAll(resolver.select(view, conditions, from, to, hints));
        }
        return series;
    }

    /// Only what a raw name finds under itself is left together.
    @Override
    public Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        var name = onlyName(matchers);
        if (name.isPresent() && catalog.names().canonical(name.get()).isEmpty()) {
            var known = catalog.names().raw(name.get());
            if (known.isEmpty() || !isRenamed(known.get(), from, to)) {
                var found = raw.selectFolded(from, to, matchers, hints);
                if (known.isEmpty() || !found.series().isEmpty() || !found.folded().isEmpty()) {
                    return found;
                }
            }
        }
        return new Selected(select(from, to, matchers, hints), List.of());
    }

    private List<Series> selectName(
            String name, long from, long to, List<Matcher> matchers, SelectHints hints) {
        var view = catalog.names().canonical(name);
        if (view.isPresent()) {
            return resolver.select(view.get(), withoutName(matchers), from, to, hints);
        }
        var known = catalog.names().raw(name);
        if (known.isEmpty()) {
            return raw.select(from, to, matchers, hints);
        }
        var found = selectKnown(known.get(), from, to, matchers, hints);
        if (!found.isEmpty()) {
            return found;
        }
        var otherwise = withRawLabels(known.get().labels(), matchers);
        if (otherwise.isEmpty()) {
            return found;
        }
        dependsOnRange = true; // in which the labels as asked for may be found
        return selectAny(known.get(), from, to, otherwise, hints);
    }

    private List<Series> selectKnown(
            Names.Raw known, long from, long to, List<Matcher> matchers, SelectHints hints) {
        if (!isRenamed(known, from, to)) {
            return raw.select(from, to, matchers, hints);
        }
        dependsOnRange = true; // in which the other name may be missing
        return resolver.select(known.alias().get().view(), withoutName(matchers), from, to, hints);
    }

    /// Whether any other name of a raw one is stored around this time; where none is, the raw name
    /// is answered as it is.
    private boolean isRenamed(Names.Raw known, long from, long to) {
        return known.alias().isPresent()
                && !raw.series(
                                Times.minus(from, Stitched.REACH),
                                Times.plus(to, Stitched.REACH),
                                List.of(known.alias().get().others()),
                                1)
                        .isEmpty();
    }

    private List<Series> selectAny(
            Names.Raw known, long from, long to, List<List<Matcher>> selectors, SelectHints hints) {
        var series = new ArrayList<Series>();
        for (var selector : selectors) {
            series.addAll(selectKnown(known, from, to, selector, hints));
        }
        return series;
    }

    /// The same selector with a canonical label's condition put on the label that such a raw series
    /// really has (`model` on `model_name`), for a selector that would find nothing as it stands;
    /// empty when there is nothing to translate. The selectors do not overlap.
    static List<List<Matcher>> withRawLabels(LabelRules labels, List<Matcher> matchers) {
        for (var matcher : matchers) {
            var sources = labels.sourcesOf(matcher.name());
            if (sources.isEmpty()
                    || matcher.matchesEmpty()
                    || sources.getFirst().equals(matcher.name())) {
                continue;
            }
            var rest = new ArrayList<>(matchers);
            rest.remove(matcher);
            var selectors = new ArrayList<List<Matcher>>();
            for (var alternative : labels.alternatives(matcher)) {
                var selector = new ArrayList<>(rest);
                selector.addAll(alternative);
                selectors.add(selector);
            }
            return selectors;
        }
        return List.of();
    }

    /// The one name that a selector asks for, if it asks for one.
    static Optional<String> onlyName(List<Matcher> matchers) {
        Optional<String> name = Optional.empty();
        for (var matcher : matchers) {
            if (matcher.name().equals(Labels.NAME)) {
                if (matcher.type() != Matcher.Type.EQUAL || name.isPresent()) {
                    return Optional.empty();
                }
                name = Optional.of(matcher.value());
            }
        }
        return name;
    }

    static List<Matcher> withoutName(List<Matcher> matchers) {
        return matchers.stream().filter(matcher -> !matcher.name().equals(Labels.NAME)).toList();
    }

    /// Views that a pattern of names matches, but for those whose raw names it matches as well.
    List<View> matchedViews(List<Matcher> matchers) {
        var onName =
                matchers.stream().filter(matcher -> matcher.name().equals(Labels.NAME)).toList();
        boolean isPositive =
                onName.stream()
                        .anyMatch(matcher ->
                                matcher.type() == Matcher.Type.EQUAL
                                        || matcher.type() == Matcher.Type.REGEX);
        if (!isPositive) {
            return List.of();
        }
        var views = new ArrayList<View>();
        for (var view : catalog.names().allCanonical()) {
            if (matchesAll(onName, view.name()) && !matchesRaw(onName, view)) {
                views.add(view);
            }
        }
        return views;
    }

    private static boolean matchesAll(List<Matcher> matchers, String name) {
        for (var matcher : matchers) {
            if (!matcher.matches(name)) {
                return false;
            }
        }
        return true;
    }

    private static boolean matchesRaw(List<Matcher> onName, View view) {
        return view.parts().stream()
                .flatMap(part -> part.names().stream())
                .anyMatch(name -> matchesAll(onName, name));
    }

    /// Whether the catalog has a hand in what a selector finds.
    private boolean concernsViews(long from, long to, List<Matcher> matchers) {
        var name = onlyName(matchers);
        if (name.isEmpty()) {
            return !matchedViews(matchers).isEmpty();
        }
        var known = catalog.names().raw(name.get());
        return catalog.names().canonical(name.get()).isPresent()
                || known.isPresent()
                        && (isRenamed(known.get(), from, to)
                                || !withRawLabels(known.get().labels(), matchers).isEmpty());
    }

    private Set<Labels> labels(long from, long to, List<Matcher> matchers) {
        var labels = new TreeSet<Labels>();
        var view = onlyName(matchers).flatMap(catalog.names()::canonical);
        if (view.isPresent()) {
            labels.addAll(resolver.labels(view.get(), withoutName(matchers), from, to));
        } else {
            select(from, to, matchers).forEach(series -> labels.add(series.labels()));
        }
        return labels;
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        return concernsViews(from, to, matchers)
                ? first(labels(from, to, matchers), limit)
                : raw.series(from, to, matchers, limit);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        if (!concernsViews(from, to, matchers)) {
            return raw.labelNames(from, to, matchers, limit);
        }
        var names = new TreeSet<String>();
        for (var labels : labels(from, to, matchers)) {
            for (int i = 0; i < labels.size(); i++) {
                names.add(labels.name(i));
            }
        }
        return first(names, limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        var name = onlyName(matchers);
        if (name.isPresent()) {
            if (!concernsViews(from, to, matchers)) {
                return raw.labelValues(label, from, to, matchers, limit);
            }
            var values = new TreeSet<String>();
            labels(from, to, matchers).forEach(labels -> values.add(labels.get(label)));
            values.remove("");
            return first(values, limit);
        }
        return label.equals(Labels.NAME)
                ? metricNames(from, to, matchers, limit)
                : valuesOfAnyMetric(label, from, to, matchers, limit);
    }

    /// Raw names, and the canonical ones that would resolve.
    private List<String> metricNames(long from, long to, List<Matcher> matchers, int limit) {
        var names = new TreeSet<>(raw.labelValues(Labels.NAME, from, to, matchers, 0));
        var conditions = withoutName(matchers);
        var onName =
                matchers.stream().filter(matcher -> matcher.name().equals(Labels.NAME)).toList();
        var stored =
                matchers.isEmpty()
                        ? Set.copyOf(names)
                        : Set.copyOf(raw.labelValues(Labels.NAME, from, to, List.of(), 0));
        for (var view : catalog.names().allCanonical()) {
            if (matchesAll(onName, view.name()) && resolves(view, stored, conditions, from, to)) {
                names.add(view.name());
            }
        }
        return first(names, limit);
    }

    private boolean resolves(
            View view, Set<String> stored, List<Matcher> conditions, long from, long to) {
        for (var part : view.parts()) {
            if (part.names().stream().noneMatch(stored::contains)) {
                continue;
            }
            boolean isPlain =
                    conditions.isEmpty()
                            && part.origin().where().isEmpty()
                            && part.source().except().isEmpty()
                            && part.origin().valueOf().isEmpty();
            if (isPlain
                    || !resolver.select(view, conditions, from, to, SelectHints.NONE).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /// Values of a label on whatever metric: raw ones, and for a label that the catalog makes out
    /// of others also theirs.
    private List<String> valuesOfAnyMetric(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        var origins = new HashSet<String>();
        if (matchers.isEmpty()) {
            for (var source : catalog.allSources()) {
                origins.addAll(source.identity().getOrDefault(label, List.of()));
            }
            origins.remove(label);
        }
        var views = matchedViews(matchers);
        if (origins.isEmpty() && views.isEmpty()) {
            return raw.labelValues(label, from, to, matchers, limit);
        }
        var values = new TreeSet<>(raw.labelValues(label, from, to, matchers, 0));
        for (var origin : origins) {
            values.addAll(valuesFrom(label, origin, from, to));
        }
        for (var view : views) {
            resolver.labels(view, withoutName(matchers), from, to)
                    .forEach(labels -> values.add(labels.get(label)));
        }
        values.remove("");
        return first(values, limit);
    }

    /// Only from metrics of sources that take `label` from `origin`.
    private Collection<String> valuesFrom(String label, String origin, long from, long to) {
        var values = new TreeSet<String>();
        for (var source : catalog.allSources()) {
            if (source.identity().getOrDefault(label, List.of()).contains(origin)) {
                var names = new TreeSet<String>();
                for (var mapping : source.mappings()) {
                    for (var rawName : mapping.from()) {
                        for (var suffix : Names.suffixes(mapping.to())) {
                            names.addAll(source.spellings(rawName.name() + suffix));
                        }
                    }
                }
                var ofSource = Matcher.of(Matcher.Type.REGEX, Labels.NAME, String.join("|", names));
                values.addAll(raw.labelValues(origin, from, to, List.of(ofSource), 0));
            }
        }
        return values;
    }

    private static <T> List<T> first(Collection<T> all, int limit) {
        return limit <= 0 || all.size() <= limit
                ? List.copyOf(all)
                : all.stream().limit(limit).toList();
    }
}
