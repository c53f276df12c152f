package tokenplumb.rules;

import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A group at work on a virtual thread of its own. All its rules are evaluated one after the other
/// as of the same moment, so that a later rule sees what an earlier one has written.
final class RunningGroup implements Runnable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.rules");
    private static final double[] SECONDS = {0.001, 0.01, 0.1, 1, 10};

    private final String file;
    private final RuleGroup group;
    private final RulesConfig config;
    private final List<RunningRule> rules;
    private final Duration interval;
    private final Duration queryOffset;
    private final Questions questions;
    private final Storage storage;
    private final InstantSource clock;
    private final Meters meters;
    private final AlertSink sink;
    private final Restoring restoring;
    private final Runnable changed; // called when an alert has changed its state
    private final List<Labels> ended = new ArrayList<>(); // series of rules that are gone
    private final Thread thread;
    private final Object writing = new Object();
    private boolean isWriting; // guarded by writing
    private volatile boolean stopping;
    private volatile Optional<Instant> lastEvaluation = Optional.empty();
    private volatile Duration evaluationTime = Duration.ZERO;
    private volatile double lastSamples;

    /// What all groups share.
    record Surroundings(
            Questions questions,
            Storage storage,
            InstantSource clock,
            Meters meters,
            AlertSink sink,
            Restoring restoring,
            Runnable changed) {}

    RunningGroup(String file, RuleGroup group, RulesConfig config, Surroundings around) {
        this.file = file;
        this.group = group;
        this.config = config;
        this.rules = group.rules().stream().map(rule -> new RunningRule(rule, config)).toList();
        this.interval = group.interval().orElse(config.interval());
        this.queryOffset = group.queryOffset().orElse(config.queryOffset());
        this.questions = around.questions();
        this.storage = around.storage();
        this.clock = around.clock();
        this.meters = around.meters();
        this.sink = around.sink();
        this.restoring = around.restoring();
        this.changed = around.changed();
        this.thread = Thread.ofVirtual().name("rules " + key()).unstarted(this);
    }

    String file() {
        return file;
    }

    String name() {
        return group.name();
    }

    /// As Prometheus' label `rule_group` has it.
    String key() {
        return file + ";" + group.name();
    }

    List<RunningRule> rules() {
        return rules;
    }

    Duration interval() {
        return interval;
    }

    void start() {
        describe();
        thread.start();
    }

    /// Interrupts an evaluation that runs, and waits for its end. Never interrupts a write, which
    /// would close the store's files.
    void stop() {
        synchronized (writing) {
            stopping = true;
            if (!isWriting) {
                thread.interrupt();
            }
        }
        boolean interrupted = false;
        while (thread.getState() != Thread.State.NEW) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether nothing that matters differs, so that this group can go on in the other's stead.
    boolean isSameAs(RunningGroup other) {
        return interval.equals(other.interval)
                && queryOffset.equals(other.queryOffset)
                && group.limit() == other.group.limit()
                && config.external().equals(other.config.external())
                && config.externalUrl().equals(other.config.externalUrl())
                && rules.size() == other.rules.size()
                && allSame(other);
    }

    private boolean allSame(RunningGroup other) {
        for (int i = 0; i < rules.size(); i++) {
            if (!rules.get(i).isSameAs(other.rules.get(i))) {
                return false;
            }
        }
        return true;
    }

    /// Goes on where an older version of this group has stopped. Rules are known again by name and
    /// labels, equal ones in their order; series of the rest end with the next evaluation.
    void continueFrom(RunningGroup from) {
        lastEvaluation = from.lastEvaluation;
        evaluationTime = from.evaluationTime;
        ended.addAll(from.ended);
        var left = new ArrayList<>(from.rules);
        for (var rule : rules) {
            var match =
                    left.stream()
                            .filter(old -> old.nameAndLabels().equals(rule.nameAndLabels()))
                            .findFirst();
            match.ifPresent(old -> {
                rule.continueFrom(old);
                left.remove(old);
            });
        }
        left.forEach(old -> ended.addAll(old.written()));
    }

    // ---- time

    @Override
    public void run() {
        try {
            var next = slotAfter(clock.instant());
            while (!stopping) {
                sleepUntil(next);
                evaluate(next);
                next = afterMissed(next);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void sleepUntil(Instant time) throws InterruptedException {
        var wait = Duration.between(clock.instant(), time);
        while (wait.isPositive()) {
            Thread.sleep(wait);
            wait = Duration.between(clock.instant(), time);
        }
    }

    /// Groups stand at different offsets within their interval, always the same for each.
    private Instant slotAfter(Instant now) {
        long step = Math.max(1, interval.toMillis());
        long mixed = key().hashCode() * 0x9e3779b97f4a7c15L;
        long offset = Long.remainderUnsigned(mixed ^ mixed >>> 32, step);
        long base = Math.floorDiv(now.toEpochMilli() - offset, step) * step + offset;
        return Instant.ofEpochMilli(base + step);
    }

    private Instant afterMissed(Instant done) {
        long late = Duration.between(done, clock.instant()).toMillis();
        long missed = Math.max(0, late / Math.max(1, interval.toMillis()) - 1);
        counter("prometheus_rule_group_iterations_missed_total", MISSED).add(missed);
        counter("prometheus_rule_group_iterations_total", ITERATIONS).add(missed);
        return done.plus(interval.multipliedBy(missed + 1));
    }

    // ---- evaluation

    /// One round as of `now`. Failing rules do not stop the others.
    void evaluate(Instant now) throws InterruptedException {
        counter("prometheus_rule_group_iterations_total", ITERATIONS).increment();
        var started = System.nanoTime();
        restoring.restore(this, now);
        double samples = 0;
        for (var rule : rules) {
            if (stopping) {
                return;
            }
            samples += evaluate(rule, now);
        }
        endSeries(now);
        lastSamples = samples;
        evaluationTime = Duration.ofNanos(System.nanoTime() - started);
        lastEvaluation = Optional.of(now);
        meters.histogram(
                        "prometheus_rule_group_duration_seconds",
                        "The duration of rule group evaluations.",
                        SECONDS)
                .observe(evaluationTime.toNanos() / 1e9);
    }

    private double evaluate(RunningRule rule, Instant now) throws InterruptedException {
        var started = System.nanoTime();
        counter("prometheus_rule_evaluations_total", EVALUATIONS).increment();
        try {
            var result = rule.evaluate(questions, now, queryOffset, group.limit());
            var dropped = writeUninterrupted(rule, result.outputs(), now);
            var took = Duration.ofNanos(System.nanoTime() - started);
            if (dropped.isPresent()) {
                rule.failed(dropped.get(), took, now);
            } else {
                rule.ran(took, now);
            }
            var notices = rule.notices(now, interval);
            if (!notices.isEmpty()) {
                sink.send(notices);
            }
            if (result.changed()) {
                changed.run();
            }
            return result.outputs().size();
        } catch (RuntimeException | IOException e) { // whatever it is, other rules go on
            if (stopping || Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            rule.failed(e.getMessage(), Duration.ofNanos(System.nanoTime() - started), now);
            counter("prometheus_rule_evaluation_failures_total", FAILURES).increment();
            LOG.log(
                    Level.WARNING,
                    "{0}: rule \"{1}\" failed: {2}",
                    rule.rule().where(),
                    rule.rule().name(),
                    e.getMessage());
            return 0;
        } finally {
            meters.histogram(
                            "prometheus_rule_evaluation_duration_seconds",
                            "The duration for a rule to execute.",
                            SECONDS)
                    .observe((System.nanoTime() - started) / 1e9);
        }
    }

    private Optional<String> writeUninterrupted(RunningRule rule, List<Output> outputs, Instant now)
            throws IOException, InterruptedException {
        synchronized (writing) {
            if (stopping) {
                throw new InterruptedException();
            }
            isWriting = true;
        }
        try {
            return write(rule, outputs, now);
        } finally {
            synchronized (writing) {
                isWriting = false;
            }
        }
    }

    /// Writes the samples, and ends the series that are no longer there. Answers why samples were
    /// dropped, if any were.
    private Optional<String> write(RunningRule rule, List<Output> outputs, Instant now)
            throws IOException {
        long time = now.minus(queryOffset).toEpochMilli();
        var series = new HashSet<Labels>();
        var dropped = Optional.<String>empty();
        try (var batch = storage.batch()) {
            for (var output : outputs) {
                var outcome = append(batch, output, time);
                if (outcome == Batch.Outcome.APPENDED) {
                    series.add(output.labels());
                } else {
                    dropped = Optional.of(reason(outcome) + ": " + output.labels());
                }
            }
            end(batch, rule.written(), series, time);
            batch.commit();
        }
        rule.written(series);
        return dropped;
    }

    private static Batch.Outcome append(Batch batch, Output output, long time) {
        if (output.histogram().isEmpty()) {
            return append(batch, output.labels(), time, output.value());
        }
        long reference = batch.series(output.labels());
        return reference == 0
                ? Batch.Outcome.UNKNOWN_SERIES
                : batch.append(reference, time, output.histogram().get());
    }

    private static Batch.Outcome append(Batch batch, Labels labels, long time, double value) {
        long reference = batch.series(labels);
        return reference == 0 ? Batch.Outcome.UNKNOWN_SERIES : batch.append(reference, time, value);
    }

    private static String reason(Batch.Outcome outcome) {
        return switch (outcome) {
            case APPENDED -> "appended";
            case DUPLICATE -> "duplicate sample for timestamp";
            case OUT_OF_ORDER -> "out of order sample";
            case TOO_OLD -> "too old sample";
            case UNKNOWN_SERIES -> "the store's series limit is reached";
        };
    }

    private static void end(Batch batch, Set<Labels> before, Set<Labels> now, long time) {
        for (var labels : before) {
            if (!now.contains(labels)) {
                append(batch, labels, time, StaleMarker.VALUE);
            }
        }
    }

    private void endSeries(Instant now) {
        if (ended.isEmpty() || stopping) {
            return;
        }
        endAt(ended, now);
        ended.clear();
    }

    private void endAt(List<Labels> series, Instant now) {
        try (var batch = storage.batch()) {
            end(batch, Set.copyOf(series), Set.of(), now.minus(queryOffset).toEpochMilli());
            batch.commit();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "series of removed rules not ended: {0}", e.getMessage());
        }
    }

    /// Ends all series as of `removedAt`: the group is gone. Series that another rule has taken
    /// over since have newer samples, so the store drops the marker.
    void endAllSeries(Instant removedAt) {
        var series = new ArrayList<>(ended);
        rules.forEach(rule -> series.addAll(rule.written()));
        if (!series.isEmpty()) {
            endAt(series, removedAt);
        }
    }

    GroupStatus status() {
        return new GroupStatus(
                group.name(),
                file,
                rules.stream().map(RunningRule::status).toList(),
                interval,
                group.limit(),
                evaluationTime,
                lastEvaluation);
    }

    // ---- meters

    private static final String MISSED =
            "The total number of rule group evaluations missed due to slow rule group evaluation.";
    private static final String ITERATIONS =
            "The total number of scheduled rule group evaluations, whether executed or missed.";
    private static final String EVALUATIONS = "The total number of rule evaluations.";
    private static final String FAILURES = "The total number of rule evaluation failures.";

    private Meters.Counter counter(String name, String help) {
        return meters.counter(name, help, "rule_group", key());
    }

    private void describe() {
        counter("prometheus_rule_group_iterations_missed_total", MISSED);
        counter("prometheus_rule_evaluations_total", EVALUATIONS);
        counter("prometheus_rule_evaluation_failures_total", FAILURES);
        meters.gauge(
                "prometheus_rule_group_interval_seconds",
                "The interval of a rule group.",
                () -> interval.toMillis() / 1000.0,
                "rule_group",
                key());
        meters.gauge(
                "prometheus_rule_group_rules",
                "The number of rules.",
                rules::size,
                "rule_group",
                key());
        meters.gauge(
                "prometheus_rule_group_last_evaluation_timestamp_seconds",
                "The timestamp of the last rule group evaluation in seconds.",
                () -> lastEvaluation.map(at -> at.toEpochMilli() / 1000.0).orElse(0.0),
                "rule_group",
                key());
        meters.gauge(
                "prometheus_rule_group_last_duration_seconds",
                "The duration of the last rule group evaluation.",
                () -> evaluationTime.toNanos() / 1e9,
                "rule_group",
                key());
        meters.gauge(
                "prometheus_rule_group_last_evaluation_samples",
                "The number of samples returned during the last rule group evaluation.",
                () -> lastSamples,
                "rule_group",
                key());
    }
}
