package tokenplumb.signal;

/// A reference from a sample to something outside, most often a trace.
///
/// @param labels its own labels, such as `trace_id`; at most 128 characters in all
/// @param value what was observed
/// @param timeMillis when, milliseconds since the epoch
public record Exemplar(Labels labels, double value, long timeMillis) {}
