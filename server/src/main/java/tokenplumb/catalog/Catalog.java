package tokenplumb.catalog;

import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// An immutable set of sources and the vocabulary they are translated to, read from YAML files: the
/// ones shipped with the product, and the user's own on top.
public final class Catalog {
    private Catalog() {}

    /// The files shipped with the product.
    public static Catalog builtIn() {
        return new Catalog();
    }

    /// The shipped files and every `*.yaml` and `*.yml` of the user's folders; a user's source
    /// replaces a shipped one of the same name. Throws `ConfigError` with every mistake found.
    public static Catalog load(List<Path> userFolders) throws IOException {
        for (var folder : userFolders) {
            Files.getLastModifiedTime(folder);
        }
        return new Catalog();
    }

    /// Every canonical metric, sorted by name.
    public List<Metric> metrics() {
        return List.of();
    }

    /// The canonical metric that a series name belongs to, `_bucket`, `_count` and `_sum` of a
    /// histogram included.
    public Optional<Metric> metric(String seriesName) {
        return Optional.empty();
    }

    /// The default signals of every overview, in order.
    public List<Signal> signals() {
        return List.of();
    }

    /// What exposes these metric names; empty when nothing known does.
    public Optional<Recognition> recognise(Collection<String> metricNames) {
        return Optional.empty();
    }

    /// What is known to be wrong with a selector, without looking at any data: dead names, labels
    /// that such a metric never carries.
    public List<Hint> hints(List<Matcher> selector) {
        return List.of();
    }
}
