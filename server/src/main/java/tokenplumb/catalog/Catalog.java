package tokenplumb.catalog;

import tokenplumb.config.Config;
import tokenplumb.config.ConfigError;
import tokenplumb.config.Section;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// An immutable set of sources and the vocabulary they are translated to, read from YAML files: the
/// ones shipped with the product, and the user's own on top. Adding an engine is adding one file.
public final class Catalog {
    private static final Comparator<ConfigError.Problem> IN_READING_ORDER =
            Comparator.comparing((ConfigError.Problem problem) -> problem.where().file())
                    .thenComparingInt(problem -> problem.where().line())
                    .thenComparingInt(problem -> problem.where().column());

    private final Map<String, Metric> metrics; // by name
    private final Map<String, Metric> metricBySeries = new TreeMap<>(); // _bucket and so on as well
    private final List<Source> sources;
    private final List<Signal> signals;
    private final Names names;
    private final Recogniser recogniser;
    private final Hints hints;

    private Catalog(Map<String, Metric> metrics, List<Source> sources, List<Signal> signals) {
        this.metrics = metrics;
        this.sources = sources;
        this.signals = signals;
        for (var metric : metrics.values()) {
            metric.seriesNames().forEach(series -> metricBySeries.put(series, metric));
        }
        this.names = new Names(metrics, sources);
        this.recogniser = new Recogniser(sources);
        this.hints = new Hints(this);
    }

    /// A YAML file of a catalog: its name for messages, and its text.
    record SourceText(String file, String text) {}

    /// The files shipped with the product.
    public static Catalog builtIn() {
        return of(Shipped.texts(), List.of());
    }

    /// The shipped files and every `*.yaml` and `*.yml` of the user's folders; a user's source
    /// replaces a shipped one of the same name. Throws [ConfigError] with every mistake found.
    public static Catalog load(List<Path> userFolders) throws IOException {
        var own = new ArrayList<SourceText>();
        for (var folder : userFolders) {
            own.addAll(read(folder));
        }
        return of(Shipped.texts(), own);
    }

    private static List<SourceText> read(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(
                            file -> {
                                var name = file.getFileName().toString();
                                return name.endsWith(".yaml") || name.endsWith(".yml");
                            })
                    .sorted()
                    .map(Catalog::text)
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static SourceText text(Path file) {
        try {
            return new SourceText(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What one file says; each file says one kind of thing.
    private record Content(
            Map<String, Metric> vocabulary, List<Source> sources, List<Signal> signals) {}

    static Catalog of(List<SourceText> shipped, List<SourceText> own) {
        var problems = new ArrayList<ConfigError.Problem>();
        var vocabulary = new TreeMap<String, Metric>();
        var all = new ArrayList<>(shipped);
        all.addAll(own);
        for (var file : all) {
            if (isVocabulary(file)) {
                read(file, vocabulary, problems);
            }
        }
        var sources = new LinkedHashMap<String, Source>();
        var signals = new LinkedHashMap<String, Signal>();
        for (var file : all) {
            if (!isVocabulary(file)) {
                var content = read(file, vocabulary, problems);
                content.sources().forEach(source -> sources.put(source.name(), source));
                content.signals().forEach(signal -> signals.put(signal.id(), signal));
            }
        }
        if (!problems.isEmpty()) {
            problems.sort(IN_READING_ORDER);
            throw new ConfigError(problems);
        }
        // Where a router repeats an engine's names, the names are the engine's.
        var sorted = new ArrayList<>(sources.values());
        sorted.sort(Comparator.comparingInt(source -> source.role().equals("engine") ? 0 : 1));
        return new Catalog(vocabulary, List.copyOf(sorted), List.copyOf(signals.values()));
    }

    private static boolean isVocabulary(SourceText file) {
        return file.text().lines().anyMatch(line -> line.startsWith("vocabulary:"));
    }

    private static Content read(
            SourceText file, Map<String, Metric> vocabulary, List<ConfigError.Problem> problems) {
        try {
            return Config.read(file.file(), file.text(), section -> content(section, vocabulary));
        } catch (ConfigError e) {
            problems.addAll(e.problems());
            return new Content(Map.of(), List.of(), List.of());
        }
    }

    private static Content content(Section file, Map<String, Metric> vocabulary) {
        if (file.has("vocabulary")) {
            SourceFile.readVocabulary(file, vocabulary);
            return new Content(vocabulary, List.of(), List.of());
        }
        if (file.has("signals")) {
            return new Content(vocabulary, List.of(), SourceFile.readSignals(file));
        }
        if (file.has("source")) {
            return new Content(vocabulary, List.of(SourceFile.read(file, vocabulary)), List.of());
        }
        throw SourceFile.unknown(file);
    }

    /// Every canonical metric, sorted by name.
    public List<Metric> metrics() {
        return List.copyOf(metrics.values());
    }

    /// The canonical metric that a series name belongs to, `_bucket`, `_count` and `_sum` of a
    /// histogram included.
    public Optional<Metric> metric(String seriesName) {
        return Optional.ofNullable(metricBySeries.get(seriesName))
                .or(() -> Optional.ofNullable(metrics.get(seriesName)));
    }

    /// The default signals of every overview, in order.
    public List<Signal> signals() {
        return signals;
    }

    /// What exposes these metric names; empty when nothing known does. The likeliest when several
    /// do.
    public Optional<Recognition> recognise(Collection<String> metricNames) {
        return recogniser.all(metricNames).stream().findFirst();
    }

    /// Everything known that exposes some of these metric names, likeliest first.
    public List<Recognition> recogniseAll(Collection<String> metricNames) {
        return recogniser.all(metricNames);
    }

    /// What is known to be wrong with a selector, without looking at any data: dead names, labels
    /// that such a metric never carries.
    public List<Hint> hints(List<Matcher> selector) {
        return hints.of(selector);
    }

    /// The same for labels that a query groups or joins a metric by.
    public List<Hint> hints(String metricName, Collection<String> labels) {
        return hints.labels(metricName, labels);
    }

    /// Everything that is known about sources, for people: name, kind, role, and how many canonical
    /// metrics each feeds.
    public List<SourceSummary> sources() {
        return sources.stream()
                .map(source ->
                        new SourceSummary(
                                source.name(),
                                source.title(),
                                source.kind(),
                                source.role(),
                                source.mappings().stream()
                                        .map(mapping -> mapping.to().name())
                                        .toList(),
                                source.at().file()))
                .sorted(Comparator.comparing(SourceSummary::name))
                .toList();
    }

    /// One source at a glance.
    public record SourceSummary(
            String name,
            String title,
            String kind,
            String role,
            List<String> metrics,
            String file) {
        public SourceSummary {
            metrics = List.copyOf(metrics);
        }
    }

    List<Source> allSources() {
        return sources;
    }

    Names names() {
        return names;
    }
}
