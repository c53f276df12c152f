package tokenplumb.tsdb.dense;

import static org.assertj.core.api.Assertions.assertThat;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.block.SeriesSink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/// Made-up series of every kind there is, in the order of a block.
final class RandomSeries {
    static final long START = 1_790_000_000_000L;
    static final long END = START + 7 * 3_600_000L;

    /// One of them; either plain or folded has its samples.
    record One(Labels labels, BucketLayout layout, Samples plain, FoldedSamples folded) {
        int size() {
            return layout.isNone() ? plain.size() : folded.size();
        }

        long time(int i) {
            return layout.isNone() ? plain.time(i) : folded.time(i);
        }
    }

    private static final List<Histogram.Reset> HINTS = List.of(Histogram.Reset.values());

    private final Random random;
    private final List<long[]> targets = new ArrayList<>(); // times

    private final boolean isWild;

    private RandomSeries(Random random, boolean isWild) {
        this.random = random;
        this.isWild = isWild;
    }

    static List<One> of(Random random, int count) {
        return new RandomSeries(random, true).all(count);
    }

    /// Without what Prometheus' format writes otherwise: spans of no buckets, and histograms whose
    /// buckets change, which it pads.
    static List<One> tidy(Random random, int count) {
        return new RandomSeries(random, false).all(count);
    }

    private List<One> all(int count) {
        for (int i = 0; i < 3; i++) {
            targets.add(times());
        }
        var byLabels =
                new TreeMap<Labels, List<One>>(
                        Comparator.comparing((Labels each) -> each, SeriesOrder.BY_BYTES));
        for (int i = 0; i < count; i++) {
            var labels = labels();
            var times = random.nextInt(4) == 0 ? times() : targets.get(random.nextInt(3));
            var list = byLabels.computeIfAbsent(labels, key -> new ArrayList<>());
            boolean hasFolded = list.stream().anyMatch(each -> !each.layout.isNone());
            boolean hasPlain = list.stream().anyMatch(each -> each.layout.isNone());
            if (random.nextInt(3) == 0 && !hasFolded) {
                var layout = layout();
                list.add(new One(labels, layout, new Samples(), folded(times, layout)));
            } else if (!hasPlain) {
                list.addFirst(
                        new One(labels, BucketLayout.NONE, plain(times), new FoldedSamples()));
            }
        }
        return byLabels.values().stream().flatMap(List::stream).toList();
    }

    private Labels labels() {
        var builder = Labels.builder();
        builder.set(Labels.NAME, "m" + random.nextInt(6));
        for (int i = random.nextInt(5); i > 0; i--) {
            var names = List.of("UUID", "job", "instance", "größe", "\ud83d\ude00");
            builder.set(
                    names.get(random.nextInt(names.size())),
                    List.of("a", "b", "node-", "\uffee", "\ud83d\ude00").get(random.nextInt(5))
                            + random.nextInt(4));
        }
        return random.nextInt(20) == 0 ? builder.remove(Labels.NAME).build() : builder.build();
    }

    private BucketLayout layout() {
        return List.of(
                        BucketLayout.of(List.of("0.5", "1", "2.50", "+Inf")),
                        BucketLayout.of(List.of("0.5", "1.0", "2.5", "Inf")),
                        BucketLayout.of(List.of("+Inf")))
                .get(random.nextInt(3));
    }

    private long[] times() {
        int kind = random.nextInt(4);
        long step = List.of(15_000L, 5_000L, 60_000L).get(random.nextInt(3));
        long at = START + random.nextInt(3_600_000);
        long start = at;
        var times = new ArrayList<Long>();
        long last = Math.min(END - 1, at + random.nextInt(6 * 3_600_000));
        for (int i = 0; at <= last; i++) {
            times.add(at);
            long next =
                    switch (kind) {
                        case 0 -> at + step;
                        case 1 -> start + (i + 1) * step + random.nextInt(20);
                        case 2 ->
                                at + step * (random.nextInt(10) == 0 ? random.nextInt(50) + 1 : 1);
                        default -> at + 1 + random.nextInt(120_000);
                    };
            at = Math.max(at + 1, next);
        }
        return times.stream().mapToLong(Long::longValue).toArray();
    }

    private Samples plain(long[] times) {
        var samples = new Samples();
        int kind = random.nextInt(11);
        double value = kind == 5 ? 1e12 : random.nextInt(1000);
        Histogram histogram = histogram();
        for (long time : times) {
            value =
                    switch (kind) {
                        case 0 -> value;
                        case 1 -> value + random.nextInt(50);
                        case 2 -> random.nextInt(100) == 0 ? 0 : value + random.nextInt(3);
                        case 3 -> Math.round(random.nextGaussian() * 1000) / 100.0;
                        case 4 -> random.nextInt(34_567) / 34_567.0;
                        case 5 -> value + 327_680.0 * random.nextInt(100);
                        case 6 -> value + random.nextDouble();
                        case 7 -> Double.longBitsToDouble(random.nextLong());
                        case 8 -> random.nextInt(3) == 0 ? -0.0 : 0.0;
                        case 9 -> (double) random.nextLong();
                        default -> random.nextInt(4);
                    };
            double odd =
                    switch (random.nextInt(kind == 7 ? 3000 : 300)) {
                        case 0 -> StaleMarker.VALUE;
                        case 1 -> Double.longBitsToDouble(0xfff8_0000_dead_beefL);
                        case 2 -> Double.NaN;
                        case 3 -> Double.NEGATIVE_INFINITY;
                        case 4 -> -0.0;
                        case 5 -> Double.MIN_VALUE;
                        default -> value;
                    };
            if (kind == 10 && random.nextInt(10) != 0) {
                histogram = isWild && random.nextInt(30) == 0 ? histogram() : changed(histogram);
                samples.add(time, random.nextInt(50) == 0 ? Histogram.STALE : histogram);
            } else {
                samples.add(time, odd);
            }
        }
        return samples;
    }

    private Histogram histogram() {
        boolean isInteger = random.nextBoolean();
        boolean isCustom = random.nextBoolean();
        var positive =
                new Histogram.Spans(
                        new int[] {
                            isCustom ? 0 : random.nextInt(20) - 10,
                            random.nextInt(2) + (isWild ? 0 : 1)
                        },
                        new int[] {random.nextInt(2) + (isWild ? 0 : 1), 1 + random.nextInt(2)});
        var negative = random.nextBoolean() || isCustom ? Histogram.Spans.NONE : positive;
        return new Histogram(
                isInteger,
                HINTS.get(random.nextInt(4)),
                isCustom ? Histogram.CUSTOM_BOUNDS : random.nextInt(13) - 4,
                isCustom ? 0 : 1e-128,
                isInteger ? random.nextInt(10) : random.nextDouble(),
                isInteger ? random.nextInt(1000) : random.nextDouble(),
                random.nextGaussian(),
                positive,
                counts(isInteger, positive.buckets()),
                negative,
                counts(isInteger, negative.buckets()),
                isCustom ? new double[] {0.1, 2.5, 10} : new double[0]);
    }

    private double[] counts(boolean isInteger, int count) {
        return random.doubles(count, 0, 100)
                .map(each -> isInteger ? Math.rint(each) : each)
                .toArray();
    }

    private Histogram changed(Histogram of) {
        var counts = of.positiveCounts().clone();
        for (int i = 0; i < counts.length; i++) {
            counts[i] += of.isInteger() ? random.nextInt(5) : random.nextDouble();
        }
        return new Histogram(
                of.isInteger(),
                Histogram.Reset.NOT_RESET,
                of.schema(),
                of.zeroThreshold(),
                of.zeroCount(),
                of.count() + 1,
                of.sum() + random.nextDouble(),
                of.positive(),
                counts,
                of.negative(),
                of.negativeCounts(),
                of.bounds());
    }

    private FoldedSamples folded(long[] times, BucketLayout layout) {
        var samples = new FoldedSamples();
        samples.reset(layout.size());
        var counts = new long[layout.size()];
        int busy = random.nextInt(4) * random.nextInt(400);
        boolean isWhole = random.nextBoolean();
        double sum = 0;
        for (long time : times) {
            if (random.nextInt(200) == 0) {
                samples.add(time, StaleMarker.VALUE, counts, 0);
                continue;
            }
            if (random.nextInt(200) == 0) {
                counts = new long[layout.size()];
                sum = 0;
            }
            long more = 0;
            for (int i = 0; i < counts.length; i++) {
                int own = busy == 0 ? 0 : random.nextInt(busy);
                more += own;
                counts[i] += more;
                sum += isWhole ? own : own * random.nextDouble();
            }
            samples.add(time, random.nextInt(100) == 0 ? Double.NaN : sum, counts, 0);
        }
        return samples;
    }

    static void write(List<One> series, SeriesSink sink) throws IOException {
        for (var one : series) {
            sink.series(one.labels, one.layout);
            if (one.layout.isNone()) {
                sink.append(one.plain);
            } else {
                sink.append(one.folded);
            }
        }
    }

    /// Fails unless both have the same samples to the last bit, those of `expected` outside of
    /// `from` to `to` left out.
    static void same(Samples actual, Samples expected, long from, long to) {
        int at = 0;
        for (int i = 0; i < expected.size(); i++) {
            if (expected.time(i) < from || expected.time(i) > to) {
                continue;
            }
            assertThat(at).isLessThan(actual.size());
            assertThat(actual.time(at)).isEqualTo(expected.time(i));
            assertThat(Double.doubleToRawLongBits(actual.value(at)))
                    .isEqualTo(Double.doubleToRawLongBits(expected.value(i)));
            assertThat(actual.isHistogram(at)).isEqualTo(expected.isHistogram(i));
            if (expected.isHistogram(i)) {
                assertThat(actual.histogram(at)).isEqualTo(expected.histogram(i));
            }
            at++;
        }
        assertThat(actual.size()).isEqualTo(at);
    }

    static void same(FoldedSamples actual, FoldedSamples expected, long from, long to) {
        int at = 0;
        for (int i = 0; i < expected.size(); i++) {
            if (expected.time(i) < from || expected.time(i) > to) {
                continue;
            }
            assertThat(at).isLessThan(actual.size());
            assertThat(actual.time(at)).isEqualTo(expected.time(i));
            assertThat(Double.doubleToRawLongBits(actual.sum(at)))
                    .isEqualTo(Double.doubleToRawLongBits(expected.sum(i)));
            for (int bucket = 0; bucket < expected.buckets(); bucket++) {
                assertThat(actual.count(at, bucket)).isEqualTo(expected.count(i, bucket));
            }
            at++;
        }
        assertThat(actual.size()).isEqualTo(at);
    }
}
