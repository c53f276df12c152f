package tokenplumb.scrape;

import tokenplumb.http.Fetch;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Storage;

import java.time.InstantSource;
import java.util.List;

/// Everything that is scraped: a pool for each job, a loop for each target. Thread-safe.
/// `apply(List<ScrapeJob>)` and `targets(job, List<TargetGroup>)` follow as soon as the rooms
/// `config`, `relabel` and `discovery` stand.
public final class Scraping implements AutoCloseable {
    public Scraping(
            Storage storage,
            Fetch fetch,
            InstantSource clock,
            Meters meters,
            Recogniser recogniser) {}

    /// What is scraped now, by pool, then by address.
    public List<ActiveTarget> active() {
        return List.of();
    }

    /// What relabeling has dropped, by pool; bounded by `keep_dropped_targets`.
    public List<DroppedTarget> dropped() {
        return List.of();
    }

    /// What the targets say about their metrics.
    public List<TargetMetadata> metadata() {
        return List.of();
    }

    /// Stops all loops; no stale markers, as the next start goes on where this one stopped.
    @Override
    public void close() {}
}
