package tokenplumb.catalog;

import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Exemplars under canonical names too: those of the raw series behind them, with canonical labels
/// and values.
final class ViewExemplars {
    private final Storage raw;
    private final Catalog catalog;
    private final Map<Labels, List<Exemplar>> found = new TreeMap<>();

    ViewExemplars(Storage raw, Catalog catalog) {
        this.raw = raw;
        this.catalog = catalog;
    }

    List<SeriesExemplars> find(long from, long to, List<List<Matcher>> selectors) {
        var plain = new ArrayList<List<Matcher>>();
        for (var selector : selectors) {
            plain.add(selector);
            var view = ViewQuerier.onlyName(selector).flatMap(catalog.names()::canonical);
            if (view.isPresent()) {
                addView(view.get(), ViewQuerier.withoutName(selector), from, to);
            }
        }
        for (var series : raw.exemplars(from, to, plain)) {
            add(series.series(), series.exemplars());
        }
        var sorted = new ArrayList<SeriesExemplars>();
        found.forEach((labels, exemplars) -> {
            exemplars.sort(Comparator.comparingLong(Exemplar::timeMillis));
            sorted.add(new SeriesExemplars(labels, exemplars));
        });
        return sorted;
    }

    private void addView(View view, List<Matcher> conditions, long from, long to) {
        for (var part : view.parts()) {
            var selectors = Resolver.selectors(view, part, conditions);
            for (var series : raw.exemplars(from, to, selectors)) {
                var canonical = part.labels().apply(series.series(), view.name());
                boolean passes = Resolver.passes(canonical, conditions);
                if (passes && !part.source().excludes(series.series())) {
                    add(canonical, scaled(part, series.exemplars()));
                }
            }
        }
    }

    /// An exemplar's value is an observation, so it has the unit of the bounds.
    private static List<Exemplar> scaled(View.Part part, List<Exemplar> exemplars) {
        return exemplars.stream()
                .map(exemplar ->
                        new Exemplar(
                                exemplar.labels(),
                                part.labels().scaled(exemplar.value()),
                                exemplar.timeMillis()))
                .toList();
    }

    private void add(Labels labels, List<Exemplar> exemplars) {
        found.computeIfAbsent(labels, key -> new ArrayList<>()).addAll(exemplars);
    }
}
