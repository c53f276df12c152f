package tokenplumb.tsdb.block;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/// Series for tests: plain ones, folded ones and native histograms, with everything that happens to
/// them: gaps, resets, stale markers, odd values.
final class RandomSeries {
    static final long START = 1_700_000_000_000L;
    static final long END = START + 7_200_000;

    private static final List<List<String>> LAYOUTS =
            List.of(
                    List.of("0.1", "0.5", "1.0", "+Inf"),
                    List.of("0.001", "0.01", "0.1", "1", "10", "1e2", "1.5e6", "+Inf"),
                    List.of("-5", "0", "0.333333333", "5.000", "40000", "+Inf"),
                    List.of("+Inf"));

    private RandomSeries() {}

    /// One series and its samples.
    record Given(Labels labels, BucketLayout layout, Samples plain, FoldedSamples folded)
            implements KeptSeries {
        @Override
        public void read(long from, long to, Samples into) {
            for (int i = 0; i < plain.size(); i++) {
                if (plain.time(i) >= from && plain.time(i) <= to) {
                    if (plain.isHistogram(i)) {
                        into.add(plain.time(i), plain.histogram(i));
                    } else {
                        into.add(plain.time(i), plain.value(i));
                    }
                }
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            for (int i = 0; i < folded.size(); i++) {
                if (folded.time(i) >= from && folded.time(i) <= to) {
                    into.add(folded.time(i), folded.sum(i), folded.counts(), i * folded.buckets());
                }
            }
        }
    }

    /// Series in the order of a block.
    static List<Given> list(Random random, int count, boolean withFolded, boolean withNative) {
        var byLabels = new TreeMap<Labels, Given>(SeriesOrder.BY_BYTES);
        for (int i = 0; i < count; i++) {
            var labels = labels(random);
            int kind = random.nextInt(4);
            Given given;
            if (kind == 0 && withFolded) {
                given = folded(random, labels.with(Labels.NAME, "fam" + random.nextInt(4)));
            } else if (kind == 1 && withNative) {
                given = natives(random, labels.with(Labels.NAME, "native" + random.nextInt(3)));
            } else {
                given = floats(random, labels);
            }
            byLabels.put(given.labels(), given);
        }
        return List.copyOf(byLabels.values());
    }

    static Labels labels(Random random) {
        var labels = Labels.builder();
        labels.set(Labels.NAME, "metric_" + random.nextInt(8));
        labels.set("pod", "pod-" + random.nextInt(50));
        if (random.nextBoolean()) {
            labels.set("model", List.of("ünï", "a\"b\\c", "llama 🦙", "z").get(random.nextInt(4)));
        }
        if (random.nextInt(3) == 0) {
            labels.set("le", List.of("1", "+Inf").get(random.nextInt(2)));
        }
        return labels.build();
    }

    /// How many samples.
    private static int size(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(3);
            case 1 -> 1 + random.nextInt(900);
            default -> 1 + random.nextInt(300);
        };
    }

    private static long next(Random random, long time) {
        return switch (random.nextInt(20)) {
            case 0 -> time + 1 + random.nextInt(3);
            case 1 -> time + 7_000 + random.nextInt(5);
            default -> time + 7_990;
        };
    }

    static Given floats(Random random, Labels labels) {
        var samples = new Samples();
        long time = START + random.nextInt(1000);
        double value = random.nextInt(100);
        int kind = random.nextInt(4);
        for (int i = size(random); i > 0 && time < END; i--) {
            value =
                    switch (kind) {
                        case 0 -> value;
                        case 1 -> value + random.nextInt(5);
                        case 2 -> random.nextDouble();
                        default -> Double.longBitsToDouble(random.nextLong());
                    };
            boolean isOdd = random.nextInt(40) == 0;
            samples.add(time, isOdd ? StaleMarker.VALUE : value);
            time = next(random, time);
        }
        return new Given(labels, BucketLayout.NONE, samples, new FoldedSamples());
    }

    static Given folded(Random random, Labels labels) {
        var layout = BucketLayout.of(LAYOUTS.get(random.nextInt(LAYOUTS.size())));
        int buckets = layout.size();
        var samples = new FoldedSamples();
        samples.reset(buckets);
        var own = new long[buckets];
        var row = new long[buckets];
        double sum = 0;
        long time = START + random.nextInt(1000);
        int busy = random.nextInt(buckets + 1);
        for (int i = size(random); i > 0 && time < END; i--) {
            for (int n = random.nextInt(30); n > 0 && busy > 0; n--) {
                own[random.nextInt(busy)] += 1L << random.nextInt(20);
                sum += random.nextDouble() * 3;
            }
            switch (random.nextInt(60)) {
                case 0 -> own = new long[buckets];
                case 1 -> busy = random.nextInt(buckets + 1);
                default -> {}
            }
            long all = 0;
            for (int b = 0; b < buckets; b++) {
                all += own[b];
                row[b] = all;
            }
            boolean isStale = random.nextInt(40) == 0;
            boolean isOdd = random.nextInt(40) == 0;
            samples.add(time, isStale ? StaleMarker.VALUE : isOdd ? Double.NaN : sum, row, 0);
            time = next(random, time);
        }
        return new Given(labels, layout, new Samples(), samples);
    }

    static Given natives(Random random, Labels labels) {
        return natives(random, labels, true);
    }

    static Given natives(Random random, Labels labels, boolean withCustom) {
        var samples = new Samples();
        boolean isInteger = random.nextBoolean();
        boolean isGauge = random.nextInt(4) == 0;
        boolean isCustom = withCustom && random.nextInt(3) == 0;
        int schema = isCustom ? Histogram.CUSTOM_BOUNDS : random.nextInt(13) - 4;
        double[] bounds = isCustom ? new double[] {0.25, 1, 7, 1e9} : new double[0];
        double threshold = isCustom ? 0 : random.nextBoolean() ? 0x1p-128 : 0.3;
        var positive = new TreeMap<Integer, Double>();
        var negative = new TreeMap<Integer, Double>();
        double zero = 0;
        long time = START + random.nextInt(1000);
        double sum = 0;
        for (int i = Math.min(400, size(random)); i > 0 && time < END; i--) {
            if (random.nextInt(50) == 0) {
                positive.clear();
                negative.clear();
            }
            if (random.nextInt(100) == 0 && !isCustom) {
                schema = random.nextInt(13) - 4;
                positive.clear();
                negative.clear();
            }
            for (int n = random.nextInt(10); n > 0; n--) {
                double more = isInteger ? random.nextInt(50) : random.nextDouble() * 10;
                boolean isPositive = isCustom || random.nextInt(3) > 0;
                int bucket = isCustom ? random.nextInt(5) : random.nextInt(60) - 20;
                (isPositive ? positive : negative)
                        .merge(bucket, isGauge && random.nextBoolean() ? 1.0 : more, Double::sum);
                sum += random.nextDouble();
            }
            zero += isCustom ? 0 : random.nextInt(3);
            if (random.nextInt(40) == 0) {
                samples.add(time, Histogram.STALE);
            } else {
                samples.add(
                        time,
                        histogram(
                                isInteger,
                                isGauge ? Reset.GAUGE : Reset.UNKNOWN,
                                schema,
                                threshold,
                                zero,
                                sum,
                                positive,
                                negative,
                                bounds));
            }
            time = next(random, time);
        }
        return new Given(labels, BucketLayout.NONE, samples, new FoldedSamples());
    }

    private static Histogram histogram(
            boolean isInteger,
            Reset hint,
            int schema,
            double threshold,
            double zero,
            double sum,
            SortedMap<Integer, Double> positive,
            SortedMap<Integer, Double> negative,
            double... bounds) {
        double count = zero;
        for (double each : positive.values()) {
            count += each;
        }
        for (double each : negative.values()) {
            count += each;
        }
        return new Histogram(
                isInteger,
                hint,
                schema,
                threshold,
                zero,
                count,
                sum,
                spans(positive),
                positive.values().stream().mapToDouble(Double::doubleValue).toArray(),
                spans(negative),
                negative.values().stream().mapToDouble(Double::doubleValue).toArray(),
                bounds);
    }

    private static Spans spans(SortedMap<Integer, Double> buckets) {
        var offsets = new ArrayList<Integer>();
        var lengths = new ArrayList<Integer>();
        int next = 0;
        for (int index : buckets.keySet()) {
            if (offsets.isEmpty() || index != next) {
                offsets.add(index - next);
                lengths.add(1);
            } else {
                lengths.set(lengths.size() - 1, lengths.getLast() + 1);
            }
            next = index + 1;
        }
        return new Spans(
                offsets.stream().mapToInt(Integer::intValue).toArray(),
                lengths.stream().mapToInt(Integer::intValue).toArray());
    }

    // --- what a series says, as text, to the last bit

    static List<String> said(KeptSeries series, long from, long to) {
        var said = new ArrayList<String>();
        if (series.layout().isNone()) {
            var samples = new Samples();
            series.read(from, to, samples);
            for (int i = 0; i < samples.size(); i++) {
                said.add(
                        samples.time(i)
                                + " "
                                + (samples.isHistogram(i)
                                        ? said(samples.histogram(i))
                                        : bits(samples.value(i))));
            }
            return said;
        }
        var samples = new FoldedSamples();
        samples.reset(series.layout().size());
        series.read(from, to, samples);
        for (int i = 0; i < samples.size(); i++) {
            var line = new StringBuilder().append(samples.time(i)).append(' ');
            line.append(bits(samples.sum(i)));
            for (int b = 0; b < samples.buckets(); b++) {
                line.append(' ').append(samples.count(i, b));
            }
            said.add(line.toString());
        }
        return said;
    }

    private static String bits(double value) {
        return Long.toHexString(Double.doubleToRawLongBits(value));
    }

    /// Without empty buckets, which chunks add and leave out, and without hints but for gauges.
    static String said(Histogram histogram) {
        if (histogram.isStale()) {
            return "stale";
        }
        return histogram.isInteger()
                + " "
                + (histogram.hint() == Reset.GAUGE)
                + " "
                + histogram.schema()
                + " "
                + bits(histogram.zeroThreshold())
                + " "
                + bits(histogram.zeroCount())
                + " "
                + bits(histogram.count())
                + " "
                + bits(histogram.sum())
                + " "
                + buckets(histogram.positive(), histogram.positiveCounts())
                + " "
                + buckets(histogram.negative(), histogram.negativeCounts())
                + " "
                + Arrays.toString(histogram.bounds());
    }

    private static String buckets(Spans spans, double... counts) {
        var said = new TreeMap<Integer, String>();
        int next = 0;
        int at = 0;
        for (int s = 0; s < spans.size(); s++) {
            next += spans.offsets()[s];
            for (int i = 0; i < spans.lengths()[s]; i++, next++) {
                if (counts[at] != 0) {
                    said.put(next, bits(counts[at]));
                }
                at++;
            }
        }
        return said.toString();
    }
}
