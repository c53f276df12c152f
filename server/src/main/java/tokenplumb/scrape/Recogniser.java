package tokenplumb.scrape;

import java.util.Set;

/// Tells by its metric names what serves an exposition; plugged in by `app`. Called on the loop's
/// thread whenever a target's families have changed.
@FunctionalInterface
public interface Recogniser {
    /// The engine's or exporter's name, or `""`.
    String recognise(Set<String> metricNames);
}
