package tokenplumb.scrape;

import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Keeps what targets exposed in the past as scrapes would have kept it then: the same series,
/// folded alike, with `up` and the sample counts beside them. For a store that is to begin with a
/// past; used before scraping begins. Not thread-safe.
public final class PastScrapes {
    private record Key(String job, Labels target) {}

    private static final class Target {
        private final SeriesCache cache;
        private final ReportSeries up;
        private final ReportSeries scraped;
        private final ReportSeries kept;

        Target(ScrapeJob job, Labels labels, Scratch.Pool scratches) {
            this.cache = new SeriesCache(job, new SampleLabels(job, labels), scratches);
            this.up = new ReportSeries("up", labels);
            this.scraped = new ReportSeries("scrape_samples_scraped", labels);
            this.kept = new ReportSeries("scrape_samples_post_metric_relabeling", labels);
        }
    }

    private final Storage storage;
    private final Map<String, ScrapeJob> jobs = new HashMap<>();
    private final Map<Key, Target> targets = new HashMap<>();
    private final Scratch.Pool scratches = new Scratch.Pool();
    private long samples;

    public PastScrapes(Storage storage, List<ScrapeJob> jobs) {
        this.storage = storage;
        jobs.forEach(job -> this.jobs.put(job.name(), job));
    }

    /// Keeps a body of the text format that a target of the job, with these labels, exposed then.
    /// For each target oldest first.
    public void keep(String job, Labels labels, byte[] body, long timeMillis) throws IOException {
        var target = targets.computeIfAbsent(new Key(job, labels), this::target);
        var cache = target.cache;
        cache.begin();
        try (var batch = storage.batch()) {
            cache.read(body, body.length, Format.TEXT, batch, timeMillis);
            cache.markVanished(batch, timeMillis);
            target.up.append(batch, timeMillis, 1);
            target.scraped.append(batch, timeMillis, cache.scraped());
            target.kept.append(batch, timeMillis, cache.kept());
            batch.commit();
        }
        cache.keep();
        samples += cache.kept() + 3;
    }

    private Target target(Key key) {
        var job = jobs.get(key.job);
        if (job == null) {
            throw new IllegalArgumentException(
                    "no job \"%s\" is configured: choose one of %s"
                            .formatted(key.job, jobs.keySet()));
        }
        return new Target(job, key.target, scratches);
    }

    /// How many have been kept, those that a scrape adds among them.
    public long samples() {
        return samples;
    }
}
