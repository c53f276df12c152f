package tokenplumb.scrape;

import tokenplumb.discovery.TargetGroup;
import tokenplumb.scrape.ScrapeLoop.Surroundings;
import tokenplumb.signal.Labels;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// All loops of one job. Guarded by its [Scraping].
final class ScrapePool {
    private static final System.Logger LOG = System.getLogger("tokenplumb.scrape");
    private static final int MOST_DROPPED = 10_000;

    private final Surroundings surroundings;
    private ScrapeJob job;
    private long seed;
    private List<TargetGroup> groups = List.of();
    private volatile Map<ScrapeTarget, ScrapeLoop> loops = Map.of(); // never changed, only replaced
    private List<DroppedTarget> dropped = List.of();
    private volatile String refusal = "";

    ScrapePool(Surroundings surroundings, ScrapeJob job, long seed) {
        this.surroundings = surroundings;
        this.job = job;
        this.seed = seed;
        surroundings.meters().pool(job.name(), () -> loops.size());
    }

    /// Takes a new version of the job. Loops go on untouched when it scrapes the same; otherwise
    /// each target gets a new loop that goes on with the series of the old one.
    void apply(ScrapeJob other, long otherSeed) {
        boolean same = other.scrapesAs(job);
        job = other;
        seed = otherSeed;
        if (!same) {
            sync(true);
        }
    }

    /// Takes the targets found now.
    void targets(List<TargetGroup> found) {
        groups = List.copyOf(found);
        sync(false);
    }

    private void sync(boolean replace) {
        var wanted = wanted();
        refusal = refusalFor(wanted.size());
        var before = loops;
        var now = new LinkedHashMap<ScrapeTarget, ScrapeLoop>();
        var leaving = new LinkedHashMap<ScrapeTarget, ScrapeLoop>(before);
        if (!replace) {
            leaving.keySet().removeAll(wanted.keySet());
        }
        var starting = new ArrayList<ScrapeLoop>();
        wanted.forEach((target, discovered) -> {
            var loop = before.get(target);
            if (loop == null || replace) {
                loop = successor(target, discovered, leaving);
                starting.add(loop);
            }
            now.put(target, loop);
        });
        leaving.values().forEach(ScrapeLoop::remove);
        loops = now;
        starting.forEach(ScrapeLoop::start);
    }

    /// A changed interval, path or job makes another target with the same labels. Its series go on,
    /// so they must not be ended: the new loop takes them over from one that leaves.
    private ScrapeLoop successor(
            ScrapeTarget target, Labels discovered, Map<ScrapeTarget, ScrapeLoop> leaving) {
        for (var entry : leaving.entrySet()) {
            if (entry.getKey().labels().equals(target.labels())) {
                leaving.remove(entry.getKey());
                return loop(target, discovered, Optional.of(entry.getValue()));
            }
        }
        return loop(target, discovered, Optional.empty());
    }

    private ScrapeLoop loop(
            ScrapeTarget target, Labels discovered, Optional<ScrapeLoop> predecessor) {
        var ticks =
                new AlignedTicks(
                        surroundings.clock(),
                        Thread::sleep,
                        target.interval(),
                        target.hash(seed),
                        predecessor.isEmpty());
        var plan = new ScrapeLoop.Plan(job, target, discovered, ticks, () -> refusal);
        return predecessor
                .map(loop -> loop.replacement(plan))
                .orElseGet(() -> new ScrapeLoop(surroundings, plan));
    }

    /// The targets after relabeling, each with what was discovered.
    private Map<ScrapeTarget, Labels> wanted() {
        var wanted = new LinkedHashMap<ScrapeTarget, Labels>();
        var refused = new ArrayList<DroppedTarget>();
        long most = job.limits().keptDroppedTargets();
        most = most == 0 ? MOST_DROPPED : Math.min(most, MOST_DROPPED);
        for (var group : groups) {
            for (var found : group.combined()) {
                var discovered = ScrapeTarget.discovered(job, found);
                try {
                    var target = ScrapeTarget.of(job, discovered);
                    if (target.isPresent()) {
                        wanted.putIfAbsent(target.get(), discovered);
                    } else if (refused.size() < most) {
                        refused.add(new DroppedTarget(job.name(), discovered));
                    }
                } catch (IllegalArgumentException e) {
                    surroundings.meters().badTargets.increment();
                    LOG.log(
                            Level.WARNING,
                            "job {0}: target {1} cannot be scraped: {2}",
                            job.name(),
                            discovered.get("__address__").replaceFirst(".*@", ""),
                            e.getMessage());
                }
            }
        }
        dropped = List.copyOf(refused);
        return wanted;
    }

    private String refusalFor(int targets) {
        if (!job.access().refusals().isEmpty()) {
            return String.join(", ", job.access().refusals());
        }
        long limit = job.limits().targets();
        if (limit == 0 || targets <= limit) {
            return "";
        }
        surroundings.meters().targetLimit.increment();
        return "target_limit exceeded (number of targets: %d, limit: %d)".formatted(targets, limit);
    }

    Stream<ActiveTarget> active() {
        return loops.values().stream()
                .map(loop -> {
                    var status = loop.status();
                    return new ActiveTarget(
                            job.name(),
                            loop.discovered(),
                            loop.target().labels(),
                            loop.target().uri(),
                            status.health(),
                            status.error(),
                            status.at(),
                            status.duration(),
                            loop.target().interval(),
                            loop.target().timeout(),
                            status.samples(),
                            status.bytes(),
                            status.recognised(),
                            status.warnings());
                });
    }

    List<DroppedTarget> dropped() {
        return dropped;
    }

    Stream<TargetMetadata> metadata() {
        return loops.values().stream()
                .flatMap(loop ->
                        loop.status().families().metadata().entrySet().stream()
                                .map(entry ->
                                        new TargetMetadata(
                                                loop.target().labels(),
                                                entry.getKey(),
                                                entry.getValue())));
    }

    /// The job is gone: all its series end.
    void remove() {
        loops.values().forEach(ScrapeLoop::remove);
        loops = Map.of();
    }

    /// The process goes down.
    void shutDown() {
        loops.values().forEach(ScrapeLoop::shutDown);
    }
}
