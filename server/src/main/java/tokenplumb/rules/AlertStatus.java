package tokenplumb.rules;

import tokenplumb.signal.Labels;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// One alert as of now. Annotations are expanded. A resolved alert is shown as [State#INACTIVE] for
/// a quarter of an hour, with the time it ended.
public record AlertStatus(
        Labels labels,
        Map<String, String> annotations,
        State state,
        double value,
        Instant activeAt,
        Optional<Instant> firedAt,
        Optional<Instant> resolvedAt,
        Optional<Instant> keepFiringSince) {
    /// Ordered from mild to severe, as a rule's state is that of its worst alert.
    public enum State {
        /// The rule has not been evaluated yet.
        UNKNOWN("unknown"),
        INACTIVE("inactive"),
        PENDING("pending"),
        FIRING("firing");

        private final String text;

        State(String text) {
            this.text = text;
        }

        /// As Prometheus' API writes it.
        public String text() {
            return text;
        }
    }

    public AlertStatus {
        annotations = Collections.unmodifiableMap(new TreeMap<>(annotations));
    }
}
