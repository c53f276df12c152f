package tokenplumb.rules;

import tokenplumb.signal.Labels;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A rule and how its last evaluation went. `query` is printed in Prometheus' canonical spelling;
/// `lastError` is empty when there is none; `lastEvaluation` is empty before the first.
public sealed interface RuleStatus {
    String name();

    String query();

    Labels labels();

    Health health();

    String lastError();

    Duration evaluationTime();

    Optional<Instant> lastEvaluation();

    /// Prometheus' three words for it.
    enum Health {
        UNKNOWN("unknown"),
        OK("ok"),
        ERR("err");

        private final String text;

        Health(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    record Recording(
            String name,
            String query,
            Labels labels,
            Health health,
            String lastError,
            Duration evaluationTime,
            Optional<Instant> lastEvaluation)
            implements RuleStatus {}

    /// `labels` and `annotations` are the templates as written; those of `alerts` (pending and
    /// firing ones only) are expanded.
    record Alerting(
            String name,
            String query,
            Labels labels,
            Health health,
            String lastError,
            Duration evaluationTime,
            Optional<Instant> lastEvaluation,
            AlertStatus.State state,
            Duration hold,
            Duration keepFiring,
            Map<String, String> annotations,
            List<AlertStatus> alerts)
            implements RuleStatus {
        public Alerting {
            annotations = Collections.unmodifiableMap(new TreeMap<>(annotations));
            alerts = List.copyOf(alerts);
        }
    }
}
