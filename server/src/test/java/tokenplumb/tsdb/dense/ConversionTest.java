package tokenplumb.tsdb.dense;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.Block;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.BlockWriter;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.block.Ulid;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Random;

/// A dense block made into Prometheus' and back loses nothing.
class ConversionTest {
    private static final String FIRST = Ulid.next(1, new Random(1));
    private static final String SECOND = Ulid.next(2, new Random(2));
    private static final String THIRD = Ulid.next(3, new Random(3));

    private static BlockMeta meta(String ulid) {
        return BlockMeta.ofHead(ulid, RandomSeries.START, RandomSeries.END);
    }

    private static DenseBlock dense(Disk disk, String ulid) throws IOException {
        return DenseBlock.open(
                disk,
                "dense/" + ulid,
                (file, offset, what) -> {
                    throw new AssertionError(file + " " + offset + " " + what);
                });
    }

    private static void copy(Iterator<KeptSeries> all, SeriesSink sink) throws IOException {
        var plain = new Samples();
        var folded = new FoldedSamples();
        while (all.hasNext()) {
            var series = all.next();
            sink.series(series.labels(), series.layout());
            if (series.layout().isNone()) {
                plain.clear();
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, plain);
                sink.append(plain);
            } else {
                folded.reset(series.layout().size());
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, folded);
                sink.append(folded);
            }
        }
        sink.finish();
    }

    @Test
    void denseToPrometheusAndBackIsTheSameToTheLastBit() {
        Seeds.forEach(
                8,
                random -> {
                    var disk = new MemoryDisk();
                    var series = RandomSeries.tidy(random, 40);
                    try (var writer = new DenseWriter(disk, "dense", meta(FIRST))) {
                        RandomSeries.write(series, writer);
                        writer.finish();
                    }
                    try (var first = dense(disk, FIRST);
                            var writer = new BlockWriter(disk, "", meta(SECOND))) {
                        first.copyTo(writer);
                        writer.finish();
                    }
                    try (var second =
                                    Block.open(
                                            disk,
                                            SECOND,
                                            (file, offset, what) -> {
                                                throw new AssertionError(file + " " + what);
                                            });
                            var writer = new DenseWriter(disk, "dense", meta(THIRD))) {
                        copy(second.inOrder(), writer);
                    }
                    try (var third = dense(disk, THIRD)) {
                        same(third, series);
                        assertThat(third.verify()).isEmpty();
                    }
                });
    }

    private static void same(DenseBlock block, List<RandomSeries.One> series) {
        var all = block.inOrder();
        for (var expected : series) {
            var actual = all.next();
            assertThat(actual.labels()).isEqualTo(expected.labels());
            assertThat(actual.layout()).isEqualTo(expected.layout());
            if (expected.layout().isNone()) {
                var samples = new Samples();
                actual.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                RandomSeries.same(
                        withoutHints(samples),
                        withoutHints(expected.plain()),
                        Long.MIN_VALUE,
                        Long.MAX_VALUE);
            } else {
                var samples = new FoldedSamples();
                samples.reset(expected.layout().size());
                actual.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                RandomSeries.same(samples, expected.folded(), Long.MIN_VALUE, Long.MAX_VALUE);
            }
        }
        assertThat(all.hasNext()).isFalse();
    }

    /// Prometheus keeps hints for a chunk, not for a sample.
    private static Samples withoutHints(Samples of) {
        var without = new Samples();
        for (int i = 0; i < of.size(); i++) {
            if (!of.isHistogram(i)) {
                without.add(of.time(i), of.value(i));
                continue;
            }
            var h = of.histogram(i);
            without.add(
                    of.time(i),
                    h.isStale()
                            ? Histogram.STALE
                            : new Histogram(
                                    h.isInteger(),
                                    Histogram.Reset.UNKNOWN,
                                    h.schema(),
                                    h.zeroThreshold(),
                                    h.zeroCount(),
                                    h.count(),
                                    h.sum(),
                                    h.positive(),
                                    h.positiveCounts(),
                                    h.negative(),
                                    h.negativeCounts(),
                                    h.bounds()));
        }
        return without;
    }
}
