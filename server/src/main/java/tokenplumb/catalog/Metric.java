package tokenplumb.catalog;

import tokenplumb.signal.Metadata;

import java.util.List;
import java.util.Map;

/// A canonical metric: our own name for what all sources measure. `labels` holds what it carries
/// beyond the identity labels every series of its section has, each with its meaning.
public record Metric(
        String name,
        Metadata.Type type,
        String unit,
        String help,
        Aggregation aggregation,
        Map<String, String> labels) {
    /// How series of one metric combine into one number.
    public enum Aggregation {
        SUM,
        /// Never summed: a ratio.
        AVG,
        MAX,
        /// Not at all: information.
        NONE
    }

    public Metric {
        labels = Map.copyOf(labels);
    }

    public Metadata metadata() {
        return new Metadata(type, help, unit);
    }

    /// The names of its series: three for a histogram, else its own.
    public List<String> seriesNames() {
        return type == Metadata.Type.HISTOGRAM
                ? List.of(name + "_bucket", name + "_count", name + "_sum")
                : List.of(name);
    }
}
