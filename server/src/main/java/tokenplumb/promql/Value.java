package tokenplumb.promql;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.util.List;

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

    record Sample(Labels labels, long time, double value) {}

    record Column(Labels labels, Samples samples) {}
}
