package tokenplumb.rules;

import tokenplumb.rules.AlertStatus.State;
import tokenplumb.signal.Labels;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The alerts of one rule and how they go on from evaluation to evaluation: Prometheus' state
/// machine. A pending alert that vanishes is forgotten, a firing one is resolved and kept for a
/// quarter of an hour, so that news of its end gets through.
///
/// Thread-safe: written by the group's thread, read by the API.
final class Alerts {
    private static final Duration RESOLVED_KEPT = Duration.ofMinutes(15);
    private static final Duration RESEND_AFTER = Duration.ofMinutes(1);
    private static final Duration GRACE = Duration.ofMinutes(10);

    private final Duration hold;
    private final Duration keepFiring;
    private final Map<Labels, Alert> all = new LinkedHashMap<>(); // guarded by this
    private boolean settling; // restored just now: what is missing may only not be back yet

    Alerts(Duration hold, Duration keepFiring) {
        this.hold = hold;
        this.keepFiring = keepFiring;
    }

    synchronized List<Alert> list() {
        return List.copyOf(all.values());
    }

    /// The state of the worst alert.
    synchronized State state() {
        return all.values().stream().map(Alert::state).max(State::compareTo).orElse(State.INACTIVE);
    }

    /// Takes over alerts as they are, from a rule that this one replaces.
    synchronized void copy(Alerts from) {
        from.list().forEach(alert -> all.put(alert.labels(), alert));
    }

    /// Takes over an alert known before a restart. `lastSeen` is when it was evaluated last, `now`
    /// when it is again. Time spent down does not count as waiting, and whoever waits ten minutes
    /// or more waits ten at least after the restart: scrapes must have come back before a page goes
    /// out.
    synchronized void restore(Alert alert, Instant lastSeen, Instant now) {
        settling = true;
        if (alert.state() != State.PENDING) {
            all.putIfAbsent(alert.labels(), alert);
            return;
        }
        var remaining = hold.minus(Duration.between(alert.activeAt(), lastSeen));
        var activeAt = alert.activeAt();
        if (remaining.isPositive()) {
            boolean waitsGrace = hold.compareTo(GRACE) >= 0 && remaining.compareTo(GRACE) < 0;
            activeAt =
                    waitsGrace
                            ? now.plus(GRACE).minus(hold)
                            : activeAt.plus(Duration.between(lastSeen, now));
        }
        all.putIfAbsent(alert.labels(), alert.withActiveAt(activeAt));
    }

    /// Goes on with what the rule's query gave now. Answers whether any alert changed its state.
    /// When more than `limit` are active (0: no limit) all are dropped and [IllegalStateException]
    /// says so.
    synchronized boolean update(List<Alert> found, Instant now, long limit) {
        var present = new LinkedHashMap<Labels, Alert>();
        found.forEach(alert -> present.put(alert.labels(), alert));
        boolean changed = false;
        for (var alert : found) {
            var known = all.get(alert.labels());
            boolean goesOn = known != null && known.state() != State.INACTIVE;
            all.put(
                    alert.labels(),
                    goesOn ? known.seen(alert.annotations(), alert.value()) : alert);
            changed |= !goesOn;
        }
        int active = 0;
        for (var alert : List.copyOf(all.values())) {
            var next = next(alert, present.containsKey(alert.labels()), now);
            if (next.isEmpty()) {
                all.remove(alert.labels());
                changed = true;
                continue;
            }
            changed |= next.get().state() != alert.state();
            active += next.get().state() == State.INACTIVE ? 0 : 1;
            all.put(alert.labels(), next.get());
        }
        settling = false;
        if (limit > 0 && active > limit) {
            all.clear();
            throw new IllegalStateException(
                    "exceeded limit of %d with %d alerts".formatted(limit, active));
        }
        return changed;
    }

    /// The alert after this evaluation; empty when it is to be forgotten.
    private Optional<Alert> next(Alert alert, boolean present, Instant now) {
        if (present) {
            return Optional.of(timed(alert, now));
        }
        if (alert.state() == State.INACTIVE) {
            boolean kept = !now.isAfter(alert.resolvedAt().orElse(now).plus(RESOLVED_KEPT));
            return kept ? Optional.of(alert) : Optional.empty();
        }
        if (settling) {
            return Optional.of(alert);
        }
        if (alert.state() == State.PENDING) {
            return Optional.empty();
        }
        if (keepFiring.isPositive()) {
            var since = alert.keepFiringSince().orElse(now);
            if (Duration.between(since, now).compareTo(keepFiring) < 0) {
                return Optional.of(timed(alert.keptFiringSince(since), now));
            }
        }
        return Optional.of(alert.resolved(now));
    }

    private Alert timed(Alert alert, Instant now) {
        boolean longEnough = Duration.between(alert.activeAt(), now).compareTo(hold) >= 0;
        if (alert.state() == State.PENDING && longEnough) {
            return alert.firing(now);
        }
        return alert.state() == State.FIRING && !longEnough ? alert.waitingAgain() : alert;
    }

    /// Alerts that whoever is to be notified must hear of now; they count as sent.
    synchronized List<Alert> takeUnsent(Instant now) {
        var unsent = new ArrayList<Alert>();
        for (var alert : List.copyOf(all.values())) {
            if (alert.state() != State.PENDING && mustBeSent(alert, now)) {
                var sent = alert.sent(now);
                all.put(alert.labels(), sent);
                unsent.add(sent);
            }
        }
        return unsent;
    }

    private static boolean mustBeSent(Alert alert, Instant now) {
        var last = alert.lastSentAt().orElse(Instant.MIN);
        return alert.resolvedAt().isPresent() && alert.resolvedAt().get().isAfter(last)
                || last.isBefore(now.minus(RESEND_AFTER));
    }

    /// Until when a notice sent now holds without being repeated.
    static Instant holdsUntil(Instant now, Duration interval) {
        var longer = interval.compareTo(RESEND_AFTER) > 0 ? interval : RESEND_AFTER;
        return now.plus(longer.multipliedBy(4));
    }
}
