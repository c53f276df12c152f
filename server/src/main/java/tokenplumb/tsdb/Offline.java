package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;
import tokenplumb.tsdb.bulk.TextImport;
import tokenplumb.tsdb.compact.BlockAnalysis;
import tokenplumb.tsdb.compact.BlockFormat;
import tokenplumb.tsdb.compact.Blocks;
import tokenplumb.tsdb.dense.DenseFormat;

import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A store's folder in the hands of the command line, while no server uses it (or, to read, beside
/// one). Used by one thread.
public final class Offline implements AutoCloseable {
    private static final DenseFormat NEVER_DENSE = new DenseFormat(Integer.MAX_VALUE);
    private static final DenseFormat ALWAYS_DENSE = new DenseFormat(1);

    /// A block as it is listed.
    ///
    /// @param format `prometheus` or `dense`
    /// @param deleted series of which something was deleted and is still in its files
    public record Listed(
            String ulid,
            long minTime,
            long maxTime,
            long samples,
            long chunks,
            long series,
            int level,
            String format,
            long bytes,
            long deleted) {}

    /// What a block is made of: the figures of `promtool tsdb analyze`, and how many series stand
    /// for how many.
    ///
    /// @param classicSeries as if every histogram was kept apart
    /// @param samples lines of an exposition: each bucket counts
    /// @param entries labels of all series
    /// @param churningPairs by how much of the block's time their series do not cover
    /// @param valueLengths bytes of all values of a label
    /// @param memberSeries series that a metric stands for; of a folded histogram its members
    public record Analysis(
            String ulid,
            long minTime,
            long maxTime,
            long bytes,
            long series,
            long foldedSeries,
            long classicSeries,
            long samples,
            long foldedSamples,
            int labelNames,
            int labelPairs,
            long entries,
            List<TsdbStatus.Count> churningPairs,
            List<TsdbStatus.Count> churningLabels,
            List<TsdbStatus.Count> commonPairs,
            List<TsdbStatus.Count> valueLengths,
            List<TsdbStatus.Count> labelValues,
            List<TsdbStatus.Count> metricSeries,
            List<TsdbStatus.Count> memberSeries) {
        private static Analysis of(BlockAnalysis block) {
            return new Analysis(
                    block.meta().ulid(),
                    block.meta().minTime(),
                    block.meta().maxTime(),
                    block.bytes(),
                    block.series(),
                    block.foldedSeries(),
                    block.classicSeries(),
                    block.samples(),
                    block.foldedSamples(),
                    block.labelNames(),
                    block.labelPairs(),
                    block.entries(),
                    counts(block.churningPairs()),
                    counts(block.churningLabels()),
                    counts(block.commonPairs()),
                    counts(block.valueLengths()),
                    counts(block.labelValues()),
                    counts(block.metricSeries()),
                    counts(block.memberSeries()));
        }

        private static List<TsdbStatus.Count> counts(List<BlockAnalysis.Count> counts) {
            return counts.stream()
                    .map(each -> new TsdbStatus.Count(each.name(), each.value()))
                    .toList();
        }
    }

    /// What came in: samples, series, blocks written, and the times of the first and last sample.
    public record Imported(long samples, long series, long blocks, long minTime, long maxTime) {}

    private final Disk disk;
    private final Blocks blocks;
    private final List<String> damages = new ArrayList<>();

    /// `isDense`: blocks that are written are written so.
    public Offline(Disk disk, boolean isDense) throws IOException {
        this.disk = disk;
        this.blocks =
                new Blocks(
                        disk,
                        new Blocks.Options(
                                Duration.ZERO,
                                0,
                                isDense
                                        ? List.of(ALWAYS_DENSE, BlockFormat.PROMETHEUS)
                                        : List.of(BlockFormat.PROMETHEUS, NEVER_DENSE)),
                        InstantSource.system(),
                        new SecureRandom(),
                        new Meters(),
                        (file, offset, what) ->
                                damages.add("%s at byte %d: %s".formatted(file, offset, what)));
    }

    /// Blocks, oldest samples first.
    public List<Listed> list() {
        return blocks.listed().stream()
                .map(each ->
                        new Listed(
                                each.meta().ulid(),
                                each.meta().minTime(),
                                each.meta().maxTime(),
                                each.meta().stats().samples(),
                                each.meta().stats().chunks(),
                                each.meta().stats().series(),
                                each.meta().level(),
                                each.format(),
                                each.bytes(),
                                each.tombstones()))
                .toList();
    }

    /// Folders of blocks that cannot be opened, each with the reason.
    public List<String> broken() {
        return blocks.broken().stream().map(each -> each.folder() + ": " + each.why()).toList();
    }

    /// Reads everything in all blocks and tells what is wrong.
    public List<String> verify() throws IOException {
        var wrong = new ArrayList<>(broken());
        wrong.addAll(damages);
        wrong.addAll(blocks.verify());
        return wrong;
    }

    /// What a block is made of; absent when there is no such block (`""`: the newest).
    public Optional<Analysis> analyze(String ulid) {
        return blocks.analyze(ulid).map(Analysis::of);
    }

    /// Reads text with timestamps into blocks: OpenMetrics (seconds) or Prometheus' (milliseconds).
    /// At most `mostBytes` of samples are held in memory.
    public Imported importText(
            InputStream in, boolean isOpenMetrics, Duration blockLength, long mostBytes)
            throws IOException {
        var reading = new TextImport(blocks, blockLength.toMillis(), mostBytes, isOpenMetrics);
        var read = reading.read(in);
        while (blocks.mergeOverlapping()) {
            // until each time is in one block
        }
        return new Imported(
                read.samples(), read.series(), read.blocks(), read.minTime(), read.maxTime());
    }

    /// Copies blocks of another folder into this one; how many. Those that are here already, by
    /// name, are passed over.
    public int importBlocks(Disk from) throws IOException {
        return blocks.copyFrom(from);
    }

    /// Writes all blocks to another folder, in Prometheus' format. `isClassic`: histograms that are
    /// stored as one series are written as the classic series they came as, for Prometheus 2.
    public int export(Disk to, boolean isClassic) throws IOException {
        return blocks.export(to, isClassic);
    }

    /// Writes every block anew that is not in the format this was opened with; how many.
    public int convert() throws IOException {
        return blocks.convert();
    }

    /// Takes a sample of a dump.
    public interface Line {
        void of(Labels labels, Samples samples) throws IOException;
    }

    /// Hands out every series that passes all matchers of any of the selectors (all when there are
    /// none) with its samples from `from` to `to`, those of the head too, by labels.
    public static void dump(Disk disk, long from, long to, List<List<Matcher>> selectors, Line line)
            throws IOException {
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofSeconds(1), 0);
        try (var tsdb = new Tsdb(disk, options, InstantSource.system(), new Meters(), false);
                var querier = tsdb.querier()) {
            var asked = selectors.isEmpty() ? List.of(List.<Matcher>of()) : selectors;
            for (var selector : asked) {
                var found = new ArrayList<>(querier.select(from, to, selector));
                found.sort(Comparator.comparing(Series::labels));
                var samples = new Samples();
                for (var series : found) {
                    samples.clear();
                    series.read(from, to, samples);
                    if (samples.size() > 0) {
                        line.of(series.labels(), samples);
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        blocks.close();
    }

    @Override
    public String toString() {
        return disk.toString();
    }
}
