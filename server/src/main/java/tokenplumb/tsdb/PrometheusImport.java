package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.PrometheusWal;
import tokenplumb.tsdb.bulk.Window;
import tokenplumb.tsdb.compact.Blocks;
import tokenplumb.tsdb.compact.HeadDeletions;
import tokenplumb.tsdb.compact.Planner;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/// Takes over what a Prometheus that ran in this folder before had not put into blocks yet. Its
/// samples are committed to our head; those that our head cannot take any more (they are older than
/// others of their series) become blocks of their own. Then its files are set aside, never deleted.
///
/// Should the process die meanwhile, the next start does it all again: samples that are there
/// already are dropped, or count once.
final class PrometheusImport {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final int SAMPLES_AT_ONCE = 50_000;
    private static final int PLAIN = -1; // an exemplar's bucket where there is none

    private final Disk disk;
    private final Tsdb tsdb;
    private final Blocks blocks;
    private final HeadDeletions deletions;
    private final List<TsdbStatus.Repair> repairs;
    private final List<Labels> labels = new ArrayList<>();
    private long[] references = new long[1024];
    private final TreeMap<Long, Window> late = new TreeMap<>(); // by start
    private Batch batch;
    private int inBatch;
    private long samples;
    private long lateSamples;
    private long lost;

    PrometheusImport(
            Disk disk,
            Tsdb tsdb,
            Blocks blocks,
            HeadDeletions deletions,
            List<TsdbStatus.Repair> repairs) {
        this.disk = disk;
        this.tsdb = tsdb;
        this.blocks = blocks;
        this.deletions = deletions;
        this.repairs = repairs;
    }

    /// Does it, and says so in the log; nothing where there is no such file.
    void run(Instant now) throws IOException {
        if (!PrometheusWal.isThere(disk)) {
            return;
        }
        LOG.log(Level.INFO, "{0}: taking over what a Prometheus has left in wal/", disk);
        batch = tsdb.batch();
        try {
            PrometheusWal.replay(disk, new Taking());
            batch.commit();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            batch.close();
        }
        for (var window : late.values()) {
            window.fold(labels);
            blocks.add(window, window.start(), window.end(), List.of(BlockMeta.FROM_OUT_OF_ORDER));
        }
        tsdb.upkeep().checkpoint(); // all of it is safe now
        var aside = "prometheus-imported-" + now.toString().replaceAll("[-:]|\\.[0-9]+", "");
        for (var folder : List.of("chunks_head", "wbl", "wal")) {
            if (disk.folders("").contains(folder)) {
                disk.rename(folder, aside + "/" + folder);
            }
        }
        LOG.log(
                Level.INFO,
                "{0} samples of {1} series were taken over from a Prometheus, {2} of them late"
                    + " ones; {3} could not be. Its files are in {4}/ now; delete that folder once"
                    + " you are sure you will not go back",
                samples,
                labels.size(),
                lateSamples,
                lost,
                aside);
    }

    private final class Taking implements PrometheusWal.Sink {
        @Override
        public long series(Labels of) {
            if (labels.size() == references.length) {
                references = Arrays.copyOf(references, references.length * 2);
            }
            references[labels.size()] = batch.series(of);
            labels.add(of);
            return labels.size() - 1L;
        }

        @Override
        public void sample(long series, long time, double value) {
            var outcome = batch.append(references[(int) series], time, value);
            if (outcome == Outcome.UNKNOWN_SERIES) {
                references[(int) series] = batch.series(labels.get((int) series));
                outcome = batch.append(references[(int) series], time, value);
            }
            switch (outcome) {
                case APPENDED -> samples++;
                case DUPLICATE -> {}
                case OUT_OF_ORDER, TOO_OLD -> {
                    long start = Math.floorDiv(time, Planner.SHORTEST) * Planner.SHORTEST;
                    late.computeIfAbsent(start, key -> new Window(start, start + Planner.SHORTEST))
                            .add((int) series, time, value);
                    samples++;
                    lateSamples++;
                }
                case UNKNOWN_SERIES -> lost++; // a guard rail refuses it
            }
            commitNowAndThen();
        }

        @Override
        public void histogram(long series, long time, Histogram histogram) {
            var outcome = batch.append(references[(int) series], time, histogram);
            if (outcome == Outcome.APPENDED) {
                samples++;
            } else if (outcome != Outcome.DUPLICATE) {
                lost++;
            }
            commitNowAndThen();
        }

        @Override
        public void exemplar(long series, Exemplar exemplar) {
            batch.exemplar(references[(int) series], PLAIN, exemplar);
        }

        @Override
        public void deleted(long series, long from, long to) {
            try {
                deletions.deleted(labels.get((int) series), from, to);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void commitNowAndThen() {
            if (++inBatch % SAMPLES_AT_ONCE == 0) {
                try {
                    batch.commit();
                    batch.close();
                    tsdb.upkeep().writeOut(0); // memory stays bounded
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                batch = tsdb.batch();
            }
        }

        @Override
        public void damaged(String file, long offset, String what) {
            repairs.add(new TsdbStatus.Repair(file, offset, what, "what stood there"));
        }
    }
}
