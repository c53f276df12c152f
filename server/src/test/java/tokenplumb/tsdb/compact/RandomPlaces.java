package tokenplumb.tsdb.compact;

import static org.assertj.core.api.Assertions.assertThat;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.folded.FoldedQuerier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// Places full of random series, and what users see of them.
final class RandomPlaces {
    static final long HOUR = 3600_000L;
    private static final List<BucketLayout> LAYOUTS =
            List.of(
                    BucketLayout.of(List.of("0.5", "1", "+Inf")),
                    BucketLayout.of(List.of("0.5", "1.0", "+Inf")),
                    BucketLayout.of(List.of("+Inf")),
                    BucketLayout.of(List.of("0.1", "0.5", "1", "5", "+Inf")));

    /// A place whose samples begin at a time.
    static FakePlace place(Random random, long start) {
        var place = new FakePlace();
        int series = random.nextInt(12);
        for (int i = 0; i < series; i++) {
            boolean isFolded = random.nextBoolean();
            var name =
                    isFolded
                            ? "h" + random.nextInt(2)
                            : List.of("m", "h0", "h0_bucket", "h1_sum", "h1_count")
                                    .get(random.nextInt(5));
            var labels =
                    name.endsWith("_bucket")
                            ? Labels.of(
                                    Labels.NAME,
                                    name,
                                    "i",
                                    "" + random.nextInt(3),
                                    "le",
                                    List.of("0.5", "1", "1.0", "+Inf").get(random.nextInt(4)))
                            : Labels.of(Labels.NAME, name, "i", "" + random.nextInt(3));
            var layout = isFolded ? LAYOUTS.get(random.nextInt(4)) : BucketLayout.NONE;
            if (place.all.stream()
                    .anyMatch(k -> k.labels.equals(labels) && k.layout.equals(layout))) {
                continue;
            }
            var kept = new FakePlace.Kept(labels, layout);
            long time = start;
            var counts = new long[layout.size()];
            for (int j = random.nextInt(20); j >= 0; j--) {
                time += HOUR / 4 * (1 + random.nextInt(random.nextInt(20) == 0 ? 1000 : 6));
                boolean isStale = random.nextInt(5) == 0;
                for (int b = 0; b < counts.length; b++) {
                    counts[b] = (long) value(time, layout.le(b));
                }
                if (isFolded) {
                    kept.folded.add(time, isStale ? StaleMarker.VALUE : value(time, ""), counts, 0);
                } else {
                    kept.samples.add(
                            time,
                            isStale
                                    ? StaleMarker.VALUE
                                    : value(
                                            time,
                                            name.equals("h1_count") ? "+Inf" : labels.get("le")));
                }
            }
            place.all.add(kept);
        }
        place.all.sort(
                Comparator.comparing((FakePlace.Kept kept) -> kept.labels, SeriesOrder.BY_BYTES)
                        .thenComparingInt(kept -> kept.layout.isNone() ? 0 : 1));
        return place;
    }

    /// Samples of one series at one time are equal wherever they are kept.
    static double value(long time, String le) {
        return le.isEmpty()
                ? time % 7919 / 8.0
                : time % 101 * (1 + 10 * Math.min(10, BucketLayout.bound(le)));
    }

    /// Everything as users see it.
    static Map<String, List<String>> seen(List<? extends KeptQuerier> places) {
        var seen = new TreeMap<String, List<String>>();
        try (var querier = new FoldedQuerier(List.copyOf(places))) {
            for (var series : querier.select(Long.MIN_VALUE, Long.MAX_VALUE, List.of())) {
                var samples = new Samples();
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
                var lines = new ArrayList<String>();
                for (int i = 0; i < samples.size(); i++) {
                    long bits = Double.doubleToRawLongBits(samples.value(i));
                    lines.add(samples.time(i) + " " + bits);
                }
                if (!lines.isEmpty()) {
                    assertThat(seen.put(series.labels().toString(), lines)).isNull();
                }
            }
        }
        return seen;
    }
}
