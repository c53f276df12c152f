package tokenplumb.scrape;

import tokenplumb.sdk.Meters;

import java.util.function.DoubleSupplier;

/// What scraping counts about itself, under the names Prometheus made known.
final class ScrapeMeters {
    final Meters.Counter sampleLimit;
    final Meters.Counter bodyLimit;
    final Meters.Counter labelLimit;
    final Meters.Counter targetLimit;
    final Meters.Counter duplicates;
    final Meters.Counter outOfOrder;
    final Meters.Counter tooOld;
    final Meters.Counter refused;
    final Meters.Counter capped;
    final Meters.Counter badTargets;
    final Meters.Counter bugs;
    final Meters.Counter scrapes;
    final Meters.Counter samples;
    final Meters.Counter bytes;
    final Meters.Histogram duration;
    private final Meters meters;

    ScrapeMeters(Meters meters) {
        this.meters = meters;
        sampleLimit =
                meters.counter(
                        "prometheus_target_scrapes_exceeded_sample_limit_total",
                        "Scrapes that hit the sample limit and were rejected.");
        bodyLimit =
                meters.counter(
                        "prometheus_target_scrapes_exceeded_body_size_limit_total",
                        "Scrapes that hit the body size limit.");
        labelLimit =
                meters.counter(
                        "prometheus_target_scrape_pool_exceeded_label_limits_total",
                        "Scrapes that hit a label limit and were rejected.");
        targetLimit =
                meters.counter(
                        "prometheus_target_scrape_pool_exceeded_target_limit_total",
                        "Times a scrape pool hit its target limit.");
        duplicates =
                meters.counter(
                        "prometheus_target_scrapes_sample_duplicate_timestamp_total",
                        "Samples rejected for a timestamp seen before with another value.");
        outOfOrder =
                meters.counter(
                        "prometheus_target_scrapes_sample_out_of_order_total",
                        "Samples rejected for not being in the expected order.");
        tooOld =
                meters.counter(
                        "prometheus_target_scrapes_sample_out_of_bounds_total",
                        "Samples rejected for being outside the time bounds.");
        refused =
                meters.counter(
                        "tokenplumb_target_scrapes_sample_series_limit_total",
                        "Samples dropped because a series limit of the store refused their"
                                + " series.");
        capped =
                meters.counter(
                        "tokenplumb_scrape_samples_refused_total",
                        "Samples that would have made more series of a target than"
                                + " guard_rails.max_series allows.");
        badTargets =
                meters.counter(
                        "prometheus_target_sync_failed_total",
                        "Targets that were found but cannot be scraped.");
        bugs =
                meters.counter(
                        "tokenplumb_scrape_bugs_total",
                        "Scrapes that failed for a mistake of ours.");
        scrapes = meters.counter("tokenplumb_target_scrapes_total", "Scrapes made.");
        samples =
                meters.counter(
                        "tokenplumb_target_scraped_samples_total", "Samples read from targets.");
        bytes =
                meters.counter(
                        "tokenplumb_target_scraped_bytes_total",
                        "Bytes read from targets, after decompression.");
        duration =
                meters.histogram(
                        "tokenplumb_target_scrape_duration_seconds",
                        "From asking a target to its samples being committed.",
                        new double[] {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30});
    }

    /// A gauge that follows a pool.
    void pool(String job, DoubleSupplier targets) {
        meters.gauge(
                "prometheus_target_scrape_pool_targets",
                "Current number of targets in this scrape pool.",
                targets,
                "scrape_job",
                job);
    }

    void count(SeriesCache cache) {
        samples.add(cache.scraped());
        duplicates.add(cache.duplicates());
        outOfOrder.add(cache.outOfOrder());
        tooOld.add(cache.tooOld());
        refused.add(cache.refused());
        capped.add(cache.capped());
        cache.droppedLabels()
                .forEach((label, lines) ->
                        meters.counter(
                                        "tokenplumb_scrape_labels_dropped_total",
                                        "New lines of targets that lost a forbidden label.",
                                        "label",
                                        label)
                                .add(lines));
    }

    void count(ScrapeException.Reason reason) {
        switch (reason) {
            case SAMPLE_LIMIT -> sampleLimit.increment();
            case LABEL_LIMIT -> labelLimit.increment();
            case TARGET_LIMIT, CONTENT, STATUS, REFUSED -> {}
        }
    }
}
