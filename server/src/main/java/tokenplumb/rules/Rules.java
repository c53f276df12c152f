package tokenplumb.rules;

import tokenplumb.disk.Disk;
import tokenplumb.promql.Promql;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Evaluates rule groups on schedule, each on its own virtual thread and at its own offset within
/// the interval. Recorded series and `ALERTS` go to the storage, alerts to the sink. What is
/// pending, firing or resolved survives a restart: the state is saved within a second of a change,
/// every quarter of a minute while there are alerts, and on [#close]. Thread-safe.
public final class Rules implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.rules");
    private static final Duration SAVE_SOON = Duration.ofSeconds(1);
    private static final int SAVE_ANYWAY = 15; // every so many of the above

    private final InstantSource clock;
    private final StateFile state;
    private final RunningGroup.Surroundings around;
    private final Restoring restoring;
    private final AtomicBoolean unsaved = new AtomicBoolean();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Map<String, RunningGroup> groups = Map.of(); // replaced under this
    private volatile boolean closed;

    /// `disk` keeps the state of alerts. Nothing runs before [#apply].
    public Rules(
            Promql promql,
            Storage storage,
            Disk disk,
            InstantSource clock,
            Meters meters,
            AlertSink sink) {
        this.clock = clock;
        this.state = new StateFile(disk);
        this.restoring = new Restoring(storage, state.load(), clock.instant());
        this.around =
                new RunningGroup.Surroundings(
                        new Questions(promql),
                        storage,
                        clock,
                        meters,
                        sink,
                        restoring,
                        () -> unsaved.set(true));
        Thread.ofVirtual().name("rules state").start(this::keepSaving);
    }

    /// Runs these rules from now on. Groups that are the same go on without a gap; alerts of
    /// changed groups live on as far as the rules still exist; series of removed rules end.
    public synchronized void apply(RulesConfig config) {
        if (closed) {
            throw new IllegalStateException("rules are closed");
        }
        var old = new LinkedHashMap<>(groups);
        var next = new LinkedHashMap<String, RunningGroup>();
        var fresh = new ArrayList<RunningGroup>();
        for (var file : config.files()) {
            for (var group : file.groups()) {
                var running = new RunningGroup(file.name(), group, config, around);
                var before = old.remove(running.key());
                if (before != null && before.isSameAs(running)) {
                    next.put(running.key(), before);
                    continue;
                }
                if (before != null) {
                    before.stop();
                    running.continueFrom(before);
                }
                next.put(running.key(), running);
                fresh.add(running);
            }
        }
        groups = next;
        fresh.forEach(RunningGroup::start);
        old.values().forEach(this::remove);
        unsaved.set(true);
    }

    /// Series end only after two rounds, so that a renamed group can take them over without a gap.
    private void remove(RunningGroup group) {
        group.stop();
        var removedAt = clock.instant();
        Thread.ofVirtual()
                .name("rules end " + group.key())
                .start(() -> {
                    if (!closesWithin(group.interval().multipliedBy(2))) {
                        group.endAllSeries(removedAt);
                    }
                });
    }

    /// Waits without being interrupted, which would close files that are being written.
    private boolean closesWithin(Duration time) {
        try {
            return closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /// By file, then name.
    public List<GroupStatus> groups() {
        return groups.values().stream()
                .map(RunningGroup::status)
                .sorted(Comparator.comparing(GroupStatus::file).thenComparing(GroupStatus::name))
                .toList();
    }

    /// Pending and firing alerts of all rules.
    public List<AlertStatus> alerts() {
        return running().stream()
                .flatMap(rule -> rule.alerts().stream())
                .flatMap(alerts -> alerts.list().stream())
                .filter(Alert::isActive)
                .map(Alert::status)
                .toList();
    }

    private List<RunningRule> running() {
        return groups.values().stream().flatMap(group -> group.rules().stream()).toList();
    }

    /// One round of every group as of `now`, on the caller's thread: for tests, which feed the
    /// time.
    void evaluateAll(Instant now) throws InterruptedException {
        for (var group : groups.values()) {
            group.evaluate(now);
        }
    }

    // ---- state

    private void keepSaving() {
        int idle = 0;
        while (!closesWithin(SAVE_SOON)) {
            boolean due = ++idle >= SAVE_ANYWAY && !alerts().isEmpty();
            if (unsaved.getAndSet(false) || due) {
                idle = 0;
                save();
            }
        }
    }

    private synchronized void save() {
        var rules = new ArrayList<>(restoring.notYetRestored(clock.instant()));
        for (var group : groups.values()) {
            for (var rule : group.rules()) {
                boolean known = rule.alerts().isPresent() && rule.hasRun();
                if (known && !rule.alerts().get().list().isEmpty()) {
                    rules.add(SavedRule.of(group, rule));
                }
            }
        }
        try {
            state.save(rules);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the state of alerts is not saved: {0}", e.getMessage());
        }
    }

    /// Stops all groups and keeps the state of the alerts.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing.countDown();
        groups.values().forEach(RunningGroup::stop);
        save();
    }
}
