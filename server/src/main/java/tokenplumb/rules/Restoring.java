package tokenplumb.rules;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Storage;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Gives alerts back what they knew before a restart: from the state file, and what that lacks from
/// `ALERTS_FOR_STATE`, which the store may have kept a little longer. Each rule is restored once,
/// before its first evaluation in this process, and only when the server was away for less than an
/// hour. Thread-safe.
final class Restoring {
    private static final Duration TOLERANCE = Duration.ofHours(1);

    private final Storage storage;
    private final List<SavedRule> saved;
    private final Instant startedAt;
    private final Set<String> done = new HashSet<>(); // guarded by itself

    Restoring(Storage storage, List<SavedRule> saved, Instant startedAt) {
        this.storage = storage;
        this.saved = saved;
        this.startedAt = startedAt;
    }

    /// What must stay in the state file because its rules have not run yet.
    List<SavedRule> notYetRestored(Instant now) {
        var oldest = now.minus(TOLERANCE);
        synchronized (done) {
            return saved.stream()
                    .filter(known -> !done.contains(known.key()))
                    .filter(known -> known.evaluatedAt().isAfter(oldest))
                    .toList();
        }
    }

    void restore(RunningGroup group, Instant now) {
        for (var rule : group.rules()) {
            var key = group.key() + ";" + rule.nameAndLabels();
            boolean first;
            synchronized (done) {
                first = done.add(key);
            }
            if (first && !rule.hasRun() && rule.alerts().isPresent()) {
                restore(group, rule, rule.alerts().get(), now);
            }
        }
    }

    private void restore(RunningGroup group, RunningRule rule, Alerts alerts, Instant now) {
        var oldest = now.minus(TOLERANCE);
        var fromFile =
                saved.stream()
                        .filter(known -> known.isOf(group, rule))
                        .filter(known -> known.evaluatedAt().isAfter(oldest))
                        .findFirst();
        var kept = new HashMap<Labels, LastSample>();
        forState(rule.rule().name(), oldest).forEach(sample -> kept.put(sample.labels(), sample));
        for (var sample : kept.values()) {
            if (fromFile.isEmpty() || fromFile.get().alert(sample.labels()).isEmpty()) {
                restoreFromSeries(rule, alerts, sample, now);
            }
        }
        fromFile.ifPresent(known ->
                known.alerts().forEach(alert -> restoreFromFile(known, alert, kept, alerts, now)));
    }

    /// The store may have seen more rounds than the file, which is only written every now and then.
    private static void restoreFromFile(
            SavedRule known,
            Alert alert,
            Map<Labels, LastSample> kept,
            Alerts alerts,
            Instant now) {
        var sample = kept.get(alert.labels());
        if (sample == null || sample.at().isBefore(known.evaluatedAt())) {
            alerts.restore(alert, known.evaluatedAt(), now);
            return;
        }
        var activeAt = Instant.ofEpochSecond((long) sample.value());
        boolean same = activeAt.getEpochSecond() == alert.activeAt().getEpochSecond();
        alerts.restore(same ? alert : alert.withActiveAt(activeAt), sample.at(), now);
    }

    private void restoreFromSeries(
            RunningRule rule, Alerts alerts, LastSample series, Instant now) {
        if (!isOf(rule.rule(), series.labels())) {
            return;
        }
        var alert =
                Alert.pending(
                        series.labels(), Map.of(), 0, Instant.ofEpochSecond((long) series.value()));
        alerts.restore(alert, series.at(), now);
    }

    /// Several rules may have one name: labels that are no templates must agree.
    private static boolean isOf(Rule rule, Labels labels) {
        return rule.labels().entrySet().stream()
                .allMatch(label ->
                        label.getValue().contains("{{")
                                || labels.get(label.getKey()).equals(label.getValue()));
    }

    /// The newest sample of a series, whose name is left off its labels.
    private record LastSample(Labels labels, long time, double value) {
        private Instant at() {
            return Instant.ofEpochMilli(time);
        }
    }

    private List<LastSample> forState(String alert, Instant oldest) {
        var matchers =
                List.of(
                        Matcher.equal(Labels.NAME, RunningRule.FOR_STATE),
                        Matcher.equal("alertname", alert));
        long from = oldest.toEpochMilli();
        long to = startedAt.toEpochMilli();
        try (var querier = storage.querier()) {
            return querier.select(from, to, matchers).stream()
                    .map(series -> {
                        var samples = new Samples();
                        series.read(from, to, samples);
                        return last(series.labels(), samples);
                    })
                    .flatMap(Optional::stream)
                    .toList();
        }
    }

    private static Optional<LastSample> last(Labels labels, Samples samples) {
        int size = samples.size();
        if (size == 0 || StaleMarker.is(samples.value(size - 1))) {
            return Optional.empty(); // was no longer active
        }
        var bare = labels.toBuilder().remove(Labels.NAME).build();
        return Optional.of(new LastSample(bare, samples.time(size - 1), samples.value(size - 1)));
    }
}
