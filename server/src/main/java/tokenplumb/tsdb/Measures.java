package tokenplumb.tsdb;

import tokenplumb.sdk.Meters;

/// What the store tells of itself, under Prometheus' names where Prometheus has one.
final class Measures {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final double[] SYNC_SECONDS = {
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5
    };

    final Meters.Counter appended;
    final Meters.Counter appendedHistograms;
    final Meters.Counter appendedFolded;
    final Meters.Counter appendedLate;
    final Meters.Counter outOfOrder;
    final Meters.Counter tooOld;
    final Meters.Counter duplicates;
    final Meters.Counter unknown;
    final Meters.Counter seriesCreated;
    final Meters.Counter seriesRemoved;
    final Meters.Counter chunksCreated;
    final Meters.Counter chunksRemoved;
    final Meters.Counter corruptions;
    final Meters.Counter unreadableChunks;
    final Meters.Counter failedWrites;
    final Meters.Counter failedSyncs;
    final Meters.Counter checkpoints;
    final Meters.Counter failedCheckpoints;
    final Meters.Counter timeRetentions;
    final Meters.Counter sizeRetentions;
    final Meters.Histogram syncSeconds;

    private final Meters meters;

    Measures(Meters meters) {
        this.meters = meters;
        appended =
                meters.counter(
                        "prometheus_tsdb_head_samples_appended_total",
                        "Total number of appended samples.",
                        "type",
                        "float");
        appendedHistograms =
                meters.counter(
                        "prometheus_tsdb_head_samples_appended_total",
                        "Total number of appended samples.",
                        "type",
                        "histogram");
        appendedFolded =
                meters.counter(
                        "tokenplumb_tsdb_folded_samples_appended_total",
                        "Samples of classic histograms kept as one series each; their lines count"
                                + " in prometheus_tsdb_head_samples_appended_total.");
        appendedLate =
                meters.counter(
                        "prometheus_tsdb_head_out_of_order_samples_appended_total",
                        "Total number of appended samples that came late, within the window.",
                        "type",
                        "float");
        outOfOrder =
                meters.counter(
                        "prometheus_tsdb_out_of_order_samples_total",
                        "Total number of out of order samples that were dropped.",
                        "type",
                        "float");
        tooOld =
                meters.counter(
                        "prometheus_tsdb_too_old_samples_total",
                        "Total number of samples dropped because they are older than the"
                                + " retention.",
                        "type",
                        "float");
        duplicates =
                meters.counter(
                        "tokenplumb_tsdb_duplicate_samples_total",
                        "Samples dropped because their series has another value at the same time.");
        unknown =
                meters.counter(
                        "tokenplumb_tsdb_unknown_series_samples_total",
                        "Samples dropped because their series was removed before the commit.");
        seriesCreated =
                meters.counter(
                        "prometheus_tsdb_head_series_created_total",
                        "Total number of series created in the head.");
        seriesRemoved =
                meters.counter(
                        "prometheus_tsdb_head_series_removed_total",
                        "Total number of series removed in the head.");
        chunksCreated =
                meters.counter(
                        "prometheus_tsdb_head_chunks_created_total",
                        "Total number of chunks begun in the head.");
        chunksRemoved =
                meters.counter(
                        "prometheus_tsdb_head_chunks_removed_total",
                        "Total number of chunks moved from the head to a segment.");
        corruptions =
                meters.counter(
                        "prometheus_tsdb_wal_corruptions_total",
                        "Total number of damaged places found and mended at start-up.");
        unreadableChunks =
                meters.counter(
                        "tokenplumb_tsdb_unreadable_chunks_total",
                        "Chunks left out of answers because they are damaged on disk.");
        failedWrites =
                meters.counter(
                        "prometheus_tsdb_wal_writes_failed_total",
                        "Total number of commits refused because the log could not be written.");
        failedSyncs =
                meters.counter(
                        "tokenplumb_tsdb_wal_syncs_failed_total",
                        "Syncs of the log or of segments that failed.");
        checkpoints =
                meters.counter(
                        "prometheus_tsdb_checkpoint_creations_total",
                        "Total number of checkpoints attempted.");
        failedCheckpoints =
                meters.counter(
                        "prometheus_tsdb_checkpoint_creations_failed_total",
                        "Total number of checkpoints that failed.");
        timeRetentions =
                meters.counter(
                        "prometheus_tsdb_time_retentions_total",
                        "Number of segments deleted because of their age.");
        sizeRetentions =
                meters.counter(
                        "prometheus_tsdb_size_retentions_total",
                        "Number of segments deleted because of the size limit.");
        syncSeconds =
                meters.histogram(
                        "prometheus_tsdb_wal_fsync_duration_seconds",
                        "Duration of log syncs.",
                        SYNC_SECONDS);
    }

    Meters meters() {
        return meters;
    }

    /// Notes bytes of a segment that cannot be read and so are left out of answers.
    void unreadable(String file, long offset, String what) {
        if (unreadableChunks.value() < 10) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} at byte {1}: {2}; what cannot be read is left out of answers",
                    file,
                    Long.toString(offset),
                    what);
        }
        unreadableChunks.increment();
    }

    /// Adds what is asked for at each exposition.
    void watch(Head head, Wal wal, Tsdb.Options options, double replaySeconds) {
        meters.gauge(
                "prometheus_tsdb_head_series",
                "Total number of series in the head.",
                () -> head.index.size());
        meters.gauge(
                "prometheus_tsdb_head_chunks",
                "Total number of open chunks in the head.",
                () -> head.locked(head.rows::openChunks));
        meters.gauge(
                "prometheus_tsdb_head_min_time",
                "Minimum time of the store, in milliseconds.",
                () -> head.locked(head::minTime));
        meters.gauge(
                "prometheus_tsdb_head_max_time",
                "Maximum time of the store, in milliseconds.",
                () -> head.locked(head::maxTime));
        meters.gauge(
                "prometheus_tsdb_lowest_timestamp",
                "Lowest time stored, in milliseconds.",
                () -> head.locked(head::minTime));
        meters.gauge(
                "prometheus_tsdb_wal_storage_size_bytes", "Size of the log.", () -> wal.bytes());
        meters.gauge(
                "prometheus_tsdb_storage_blocks_bytes",
                "Size of all chunk segments.",
                () -> head.locked(() -> head.segments().bytes()));
        meters.gauge(
                "prometheus_tsdb_blocks_loaded",
                "Number of sealed chunk segments.",
                () -> head.locked(() -> head.segments().sealed.size()));
        meters.gauge(
                "prometheus_tsdb_retention_limit_bytes",
                "Bytes the store may take, 0 when it is not bounded.",
                () -> options.retentionBytes());
        meters.gauge(
                "prometheus_tsdb_retention_limit_seconds",
                "Seconds the store keeps samples, 0 when for ever.",
                () -> options.retention().toSeconds());
        meters.gauge(
                "prometheus_tsdb_data_replay_duration_seconds",
                "Time taken to replay the log at the start.",
                () -> replaySeconds);
    }
}
