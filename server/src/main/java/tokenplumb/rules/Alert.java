package tokenplumb.rules;

import tokenplumb.rules.AlertStatus.State;
import tokenplumb.signal.Labels;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// One alert of a rule, between evaluations. Immutable; times that have not come yet are empty.
record Alert(
        Labels labels,
        Map<String, String> annotations,
        State state,
        double value,
        Instant activeAt,
        Optional<Instant> firedAt,
        Optional<Instant> resolvedAt,
        Optional<Instant> lastSentAt,
        Optional<Instant> keepFiringSince) {
    static Alert pending(
            Labels labels, Map<String, String> annotations, double value, Instant now) {
        return new Alert(
                labels,
                annotations,
                State.PENDING,
                value,
                now,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    boolean isActive() {
        return resolvedAt.isEmpty();
    }

    /// The same alert, seen again.
    Alert seen(Map<String, String> newAnnotations, double newValue) {
        return new Alert(
                labels,
                newAnnotations,
                state,
                newValue,
                activeAt,
                firedAt,
                resolvedAt,
                lastSentAt,
                Optional.empty());
    }

    Alert withActiveAt(Instant time) {
        return new Alert(
                labels,
                annotations,
                state,
                value,
                time,
                firedAt,
                resolvedAt,
                lastSentAt,
                keepFiringSince);
    }

    Alert firing(Instant now) {
        return new Alert(
                labels,
                annotations,
                State.FIRING,
                value,
                activeAt,
                Optional.of(now),
                Optional.empty(),
                lastSentAt,
                keepFiringSince);
    }

    /// Back to pending, because the rule waits longer now.
    Alert waitingAgain() {
        return new Alert(
                labels,
                annotations,
                State.PENDING,
                value,
                activeAt,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    Alert keptFiringSince(Instant time) {
        return new Alert(
                labels,
                annotations,
                state,
                value,
                activeAt,
                firedAt,
                resolvedAt,
                lastSentAt,
                Optional.of(time));
    }

    Alert resolved(Instant now) {
        return new Alert(
                labels,
                annotations,
                State.INACTIVE,
                value,
                activeAt,
                firedAt,
                Optional.of(now),
                lastSentAt,
                keepFiringSince);
    }

    Alert sent(Instant now) {
        return new Alert(
                labels,
                annotations,
                state,
                value,
                activeAt,
                firedAt,
                resolvedAt,
                Optional.of(now),
                keepFiringSince);
    }

    AlertStatus status() {
        return new AlertStatus(
                labels, annotations, state, value, activeAt, firedAt, resolvedAt, keepFiringSince);
    }
}
