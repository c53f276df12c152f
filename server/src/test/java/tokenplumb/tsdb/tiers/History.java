package tokenplumb.tsdb.tiers;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/// Made-up samples of counters, gauges and histograms: with resets, gaps, late scrapes and ends.
final class History implements KeptQuerier {
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("0.1", "1", "10", "+Inf"));

    private record Kept(Labels labels, BucketLayout layout, Samples plain, FoldedSamples folded)
            implements KeptSeries {
        @Override
        public void read(long from, long to, Samples into) {
            for (int i = plain.indexAtOrAfter(from); i < plain.size() && plain.time(i) <= to; i++) {
                into.add(plain.time(i), plain.value(i));
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            for (int i = folded.indexAtOrAfter(from);
                    i < folded.size() && folded.time(i) <= to;
                    i++) {
                into.add(folded.time(i), folded.sum(i), folded.counts(), i * LAYOUT.size());
            }
        }
    }

    private final List<Kept> series = new ArrayList<>();

    History(Random random, long from, long to, long interval) {
        for (int i = 0; i < 2; i++) {
            var gone = new Gone(random, from, to, interval);
            counter(random, gone, "c_total", i);
            gauge(random, gone, "g", i);
            histogram(random, gone, i);
        }
    }

    /// When there were scrapes, and ends of all series; -time is an end.
    private static final class Gone {
        final List<Long> times = new ArrayList<>();
        final double resets;

        Gone(Random random, long from, long to, long interval) {
            resets = random.nextInt(3) == 0 ? 0.02 : random.nextInt(2) == 0 ? 0.001 : 0;
            long phase = 1 + random.nextInt((int) interval);
            boolean jitters = random.nextBoolean();
            boolean isOn = true;
            for (long time = from + phase; time <= to; time += interval) {
                if (random.nextInt(500) == 0) {
                    isOn = !isOn;
                    if (!isOn && random.nextBoolean()) {
                        times.add(-time);
                    }
                    continue;
                }
                if (isOn) {
                    long late = jitters ? random.nextInt(7) : 0;
                    times.add(Math.min(time + late, to));
                }
            }
        }
    }

    private static Labels labels(String name, int i) {
        return Labels.of("__name__", name, "i", "" + i);
    }

    private void counter(Random random, Gone gone, String name, int i) {
        var samples = new Samples();
        double value = random.nextInt(1000);
        for (long time : gone.times) {
            if (time < 0) {
                samples.add(-time, StaleMarker.VALUE);
                continue;
            }
            value = random.nextDouble() < gone.resets ? random.nextInt(3) : value;
            value += random.nextInt(4) == 0 ? 0 : random.nextInt(50);
            samples.add(time, value);
        }
        series.add(new Kept(labels(name, i), BucketLayout.NONE, samples, new FoldedSamples()));
    }

    private void gauge(Random random, Gone gone, String name, int i) {
        var samples = new Samples();
        int kind = random.nextInt(4);
        double value = 0;
        for (long time : gone.times) {
            value =
                    switch (kind) {
                        case 0 -> random.nextGaussian() * 1e3;
                        case 1 -> random.nextInt(100) / 100.0;
                        case 2 -> value + random.nextInt(3) - 1;
                        default -> random.nextInt(50) == 0 ? Double.NaN : random.nextInt(10);
                    };
            samples.add(Math.abs(time), time < 0 ? StaleMarker.VALUE : value);
        }
        series.add(new Kept(labels(name, i), BucketLayout.NONE, samples, new FoldedSamples()));
    }

    private void histogram(Random random, Gone gone, int i) {
        var samples = new FoldedSamples();
        samples.reset(LAYOUT.size());
        var counts = new long[LAYOUT.size()];
        double sum = 0;
        for (long time : gone.times) {
            if (time < 0) {
                samples.add(-time, StaleMarker.VALUE, counts, 0);
                continue;
            }
            if (random.nextDouble() < gone.resets) {
                java.util.Arrays.fill(counts, 0);
                sum = 0;
            }
            for (int n = random.nextInt(5); n > 0; n--) {
                for (int b = random.nextInt(counts.length); b < counts.length; b++) {
                    counts[b]++;
                }
                sum += random.nextInt(1000) / 64.0;
            }
            samples.add(time, sum, counts, 0);
        }
        series.add(new Kept(labels("h", i), LAYOUT, new Samples(), samples));
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var each : series) {
            if (each.layout.isNone()
                    && matchers.stream().allMatch(matcher -> matcher.matches(each.labels))) {
                found.add(each);
            }
        }
        return found;
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var each : series) {
            if (!each.layout.isNone()
                    && (families.isEmpty() || families.get().contains("h"))
                    && matchers.stream().allMatch(matcher -> matcher.matches(each.labels))) {
                found.add(each);
            }
        }
        return found;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        return List.of("__name__", "i");
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        var values = new TreeSet<String>();
        plain(from, to, matchers).forEach(each -> values.add(each.labels().get(label)));
        return values;
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return List.of("__name__", "i");
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return label.equals("i") ? List.of("0", "1") : List.of("h");
    }

    @Override
    public void close() {}
}
