package tokenplumb.rules;

import tokenplumb.signal.Labels;

/// A sample that a rule writes back.
record Output(Labels labels, double value) {}
