package tokenplumb.rules;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.Optional;

/// A sample that a rule writes back: a native histogram, or else the value.
record Output(Labels labels, double value, Optional<Histogram> histogram) {
    Output(Labels labels, double value) {
        this(labels, value, Optional.empty());
    }
}
