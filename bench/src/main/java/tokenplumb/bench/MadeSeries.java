package tokenplumb.bench;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;

import java.util.List;
import java.util.Random;

/// Series as an engine and its GPUs have them, made up: what the benchmarks of chunks and blocks
/// work on.
final class MadeSeries {
    static final long START = 1_793_491_200_000L;
    static final int STEP = 15_000;
    static final BucketLayout LAYOUT =
            BucketLayout.of(
                    List.of(
                            "0.3", "0.5", "0.8", "1.0", "1.5", "2.0", "2.5", "5.0", "10.0", "15.0",
                            "20.0", "30.0", "40.0", "50.0", "60.0", "120.0", "240.0", "480.0",
                            "960.0", "1920.0", "7680.0", "+Inf"));

    private final Random random;

    MadeSeries(long seed) {
        random = new Random(seed);
    }

    Samples plain(SeriesKind kind, int count) {
        var samples = new Samples();
        double value =
                switch (kind) {
                    case COUNTER, SUM -> random.nextInt(10_000_000);
                    default -> 1;
                };
        for (int i = 0; i < count; i++) {
            value =
                    switch (kind) {
                        case GAUGE ->
                                i % 2 == 1
                                        ? value
                                        : Math.round(400_000 + 40_000 * random.nextGaussian())
                                                / 1000.0;
                        case COUNTER ->
                                value + Math.max(0, Math.round(4000 + 500 * random.nextGaussian()));
                        case RATIO -> (9_000 + random.nextInt(900)) / 31_111.0;
                        case SUM -> value + 40 + 9 * random.nextGaussian();
                        case CONSTANT -> value;
                    };
            samples.add(START + (long) i * STEP, value);
        }
        return samples;
    }

    /// A latency, some nine requests a scrape.
    FoldedSamples folded(int count) {
        var samples = new FoldedSamples();
        samples.reset(LAYOUT.size());
        var counts = new long[LAYOUT.size()];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            for (int k = 5 + random.nextInt(9); k > 0; k--) {
                double seconds = Math.exp(2.5 + 0.6 * random.nextGaussian());
                sum += seconds;
                for (int b = 0; b < counts.length; b++) {
                    counts[b] += seconds <= LAYOUT.upper(b) ? 1 : 0;
                }
            }
            samples.add(START + (long) i * STEP, sum, counts, 0);
        }
        return samples;
    }
}
