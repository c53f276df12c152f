package tokenplumb.promql;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.util.List;
import java.util.Optional;

/// The answer to a query. Times are milliseconds since the epoch.
public sealed interface Value {
    record Scalar(long time, double value) implements Value {}

    record Text(long time, String value) implements Value {}

    /// In the order of the query's result (sorted only where the query sorts).
    record Vector(List<Sample> samples) implements Value {
        public Vector {
            samples = List.copyOf(samples);
        }
    }

    /// Sorted by labels.
    record Matrix(List<Column> columns) implements Value {
        public Matrix {
            columns = List.copyOf(columns);
        }
    }

    /// A float, or a native histogram, whose `value` is then 0.
    record Sample(Labels labels, long time, double value, Optional<Histogram> histogram) {
        public Sample(Labels labels, long time, double value) {
            this(labels, time, value, Optional.empty());
        }
    }

    /// Floats and native histograms, as [Samples] holds them.
    record Column(Labels labels, Samples samples) {}
}
