package tokenplumb.rules;

import tokenplumb.signal.Labels;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What the state file knows of an alerting rule: when it was evaluated last, and its alerts then.
record SavedRule(
        String file, String group, String nameAndLabels, Instant evaluatedAt, List<Alert> alerts) {
    static SavedRule of(RunningGroup group, RunningRule rule) {
        return new SavedRule(
                group.file(),
                group.name(),
                rule.nameAndLabels(),
                rule.evaluatedAt(),
                rule.alerts().map(Alerts::list).orElse(List.of()));
    }

    /// As [Restoring] tells rules apart.
    String key() {
        return file + ";" + group + ";" + nameAndLabels;
    }

    boolean isOf(RunningGroup other, RunningRule rule) {
        return file.equals(other.file())
                && group.equals(other.name())
                && nameAndLabels.equals(rule.nameAndLabels());
    }

    Optional<Alert> alert(Labels labels) {
        return alerts.stream().filter(alert -> alert.labels().equals(labels)).findFirst();
    }
}
