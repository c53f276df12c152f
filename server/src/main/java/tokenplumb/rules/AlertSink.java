package tokenplumb.rules;

import tokenplumb.signal.Labels;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Takes alerts to whoever must hear of them. Called after each evaluation of an alerting rule on
/// the group's thread, so it must not block for long.
@FunctionalInterface
public interface AlertSink {
    /// A firing or resolved alert, as Prometheus sends them to an Alertmanager. `endsAt` lies in
    /// the future while the alert fires: unless it is sent again before, it counts as resolved
    /// then.
    record Notice(
            Labels labels,
            Map<String, String> annotations,
            Instant startsAt,
            Instant endsAt,
            boolean resolved,
            String generatorUrl) {
        public Notice {
            annotations = Collections.unmodifiableMap(new TreeMap<>(annotations));
        }
    }

    /// External labels are not added yet.
    void send(List<Notice> notices);
}
