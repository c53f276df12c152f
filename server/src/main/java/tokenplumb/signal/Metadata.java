package tokenplumb.signal;

import java.util.Locale;

/// What an exposition says about a metric family. Missing parts are empty strings.
public record Metadata(Type type, String help, String unit) {
    /// The types of text format 0.0.4 and OpenMetrics 1.0.
    public enum Type {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        GAUGEHISTOGRAM,
        SUMMARY,
        INFO,
        STATESET,
        UNKNOWN;

        /// As the Prometheus API spells it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
