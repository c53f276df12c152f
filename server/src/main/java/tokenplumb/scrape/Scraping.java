package tokenplumb.scrape;

import tokenplumb.discovery.TargetGroup;
import tokenplumb.http.Fetch;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Storage;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// Everything that is scraped: a pool for each job, a loop for each target. Thread-safe.
///
/// Jobs come from [#apply], their targets from [#targets]; either may come first. The storage, the
/// fetch and the clock belong to the caller.
public final class Scraping implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.scrape");

    private final ScrapeLoop.Surroundings surroundings;
    private final Object lock = new Object();
    private final Map<String, ScrapePool> pools = new TreeMap<>(); // guarded by lock
    private final Map<String, List<TargetGroup>> found = new HashMap<>(); // guarded by lock
    private boolean closed; // guarded by lock

    public Scraping(
            Storage storage,
            Fetch fetch,
            InstantSource clock,
            Meters meters,
            Recogniser recogniser) {
        this.surroundings =
                new ScrapeLoop.Surroundings(
                        storage,
                        fetch,
                        clock,
                        new ScrapeMeters(meters),
                        recogniser,
                        new Scratch.Pool(),
                        new Families.Shared(),
                        ConcurrentHashMap.newKeySet());
        meters.gauge(
                "prometheus_target_scrape_pools",
                "Number of scrape pools.",
                () -> {
                    synchronized (lock) {
                        return pools.size();
                    }
                });
    }

    /// Scrapes these jobs and no others from now on. Loops whose job scrapes the same as before go
    /// on without a gap; the series of jobs that are gone end. `external` are the external labels:
    /// they shift the phase, so that twin servers do not ask the same target at the same moment.
    public void apply(List<ScrapeJob> jobs, Labels external) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            long seed = external.hashCode() * 0x9e3779b97f4a7c15L;
            var gone = new TreeMap<>(pools);
            for (var job : jobs) {
                gone.remove(job.name());
                job.notes()
                        .forEach(note -> LOG.log(Level.WARNING, "job {0}: {1}", job.name(), note));
                var pool = pools.get(job.name());
                if (pool == null) {
                    pool = new ScrapePool(surroundings, job, seed);
                    pools.put(job.name(), pool);
                    pool.targets(found.getOrDefault(job.name(), List.of()));
                } else {
                    pool.apply(job, seed);
                }
            }
            gone.values().forEach(ScrapePool::remove);
            pools.keySet().removeAll(gone.keySet());
            found.keySet().retainAll(pools.keySet());
        }
    }

    /// The complete targets of a job as discovery sees them now.
    public void targets(String job, List<TargetGroup> groups) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            found.put(job, List.copyOf(groups));
            var pool = pools.get(job);
            if (pool != null) {
                pool.targets(groups);
            }
        }
    }

    /// The names of the jobs, sorted.
    public List<String> pools() {
        synchronized (lock) {
            return List.copyOf(pools.keySet());
        }
    }

    /// What is scraped now, by pool, then by address.
    public List<ActiveTarget> active() {
        synchronized (lock) {
            return pools.values().stream()
                    .flatMap(pool ->
                            pool.active()
                                    .sorted(
                                            Comparator.comparing(ActiveTarget::uri)
                                                    .thenComparing(ActiveTarget::labels)))
                    .toList();
        }
    }

    /// What relabeling has dropped, by pool; bounded by `keep_dropped_targets`.
    public List<DroppedTarget> dropped() {
        synchronized (lock) {
            return pools.values().stream().flatMap(pool -> pool.dropped().stream()).toList();
        }
    }

    /// What the targets say about their metrics.
    public List<TargetMetadata> metadata() {
        synchronized (lock) {
            return pools.values().stream().flatMap(ScrapePool::metadata).toList();
        }
    }

    /// Stops all loops and waits for them; no stale markers, as the next start goes on where this
    /// one stopped.
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            pools.values().forEach(ScrapePool::shutDown);
            pools.clear();
        }
        try {
            for (var loop : List.copyOf(surroundings.running())) {
                loop.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
