package tokenplumb.tsdb.compact;

import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.OpenBlock;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a block is made of: the figures of `promtool tsdb analyze`, and how many series stand for
/// how many.
///
/// @param classicSeries as if every histogram was kept apart
/// @param samples lines of an exposition: each bucket counts
/// @param entries labels of all series
/// @param churningPairs by how much of the block's time their series do not cover
/// @param valueLengths bytes of all values of a label
/// @param memberSeries series that a metric stands for; of a folded histogram its members
public record BlockAnalysis(
        BlockMeta meta,
        long bytes,
        long series,
        long foldedSeries,
        long classicSeries,
        long samples,
        long foldedSamples,
        int labelNames,
        int labelPairs,
        long entries,
        List<Count> churningPairs,
        List<Count> churningLabels,
        List<Count> commonPairs,
        List<Count> valueLengths,
        List<Count> labelValues,
        List<Count> metricSeries,
        List<Count> memberSeries) {
    /// A name with how many, or how much.
    public record Count(String name, long value) {}

    static BlockAnalysis of(OpenBlock block) {
        var meta = block.meta();
        long span = meta.maxTime() - meta.minTime();
        var pairs = new HashMap<String, long[]>(); // series, time not covered
        var labels = new HashMap<String, long[]>(); // time not covered
        var values = new HashMap<String, Set<String>>();
        var metrics = new HashMap<String, long[]>(); // series, members
        long series = 0;
        long foldedSeries = 0;
        long classic = 0;
        long samples = 0;
        long foldedSamples = 0;
        long entries = 0;
        var plain = new Samples();
        var folded = new FoldedSamples();
        for (var all = block.inOrder(); all.hasNext(); ) {
            var next = all.next();
            boolean isFolded = !next.layout().isNone();
            int members = isFolded ? next.layout().size() + 2 : 1;
            long first;
            long last;
            int size;
            if (isFolded) {
                folded.reset(next.layout().size());
                next.read(Long.MIN_VALUE, Long.MAX_VALUE, folded);
                size = folded.size();
                first = size == 0 ? 0 : folded.time(0);
                last = size == 0 ? 0 : folded.time(size - 1);
                foldedSamples += (long) size * members;
                foldedSeries++;
            } else {
                plain.clear();
                next.read(Long.MIN_VALUE, Long.MAX_VALUE, plain);
                size = plain.size();
                first = size == 0 ? 0 : plain.time(0);
                last = size == 0 ? 0 : plain.time(size - 1);
            }
            series++;
            classic += members;
            samples += (long) size * members;
            long uncovered = span - (last - first);
            var of = next.labels();
            entries += of.size();
            for (int i = 0; i < of.size(); i++) {
                var pair = pairs.computeIfAbsent(of.name(i) + "=" + of.value(i), k -> new long[2]);
                pair[0]++;
                pair[1] += uncovered;
                labels.computeIfAbsent(of.name(i), k -> new long[1])[0] += uncovered;
                values.computeIfAbsent(of.name(i), k -> new HashSet<>()).add(of.value(i));
            }
            if (of.has(Labels.NAME)) {
                var metric = metrics.computeIfAbsent(of.metricName(), k -> new long[2]);
                metric[0]++;
                metric[1] += members;
            }
        }
        var lengths = new HashMap<String, long[]>();
        values.forEach((name, all) ->
                lengths.put(
                        name,
                        new long[] {
                            all.stream().mapToLong(BlockAnalysis::utf8).sum(), all.size()
                        }));
        return new BlockAnalysis(
                meta,
                block.bytes(),
                series,
                foldedSeries,
                classic,
                samples,
                foldedSamples,
                values.size(),
                pairs.size(),
                entries,
                sorted(pairs, 1, span),
                sorted(labels, 0, span),
                sorted(pairs, 0, 1),
                sorted(lengths, 0, 1),
                sorted(lengths, 1, 1),
                sorted(metrics, 0, 1),
                sorted(metrics, 1, 1));
    }

    private static long utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static List<Count> sorted(Map<String, long[]> counts, int which, long unit) {
        var all = new ArrayList<Count>(counts.size());
        counts.forEach(
                (name, each) -> all.add(new Count(name, (long) ((double) each[which] / unit))));
        all.sort(Comparator.comparingLong(Count::value).reversed().thenComparing(Count::name));
        return all;
    }
}
