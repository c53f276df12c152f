package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

class FoldedSamplesTest {
    @Test
    void copiesMembersBehindWhatIsThere() {
        Seeds.forEach(
                300,
                random -> {
                    var folded = new FoldedSamples();
                    var into = new Samples();
                    for (int round = 0; round < 3; round++) {
                        int buckets = 1 + random.nextInt(5);
                        folded.reset(buckets);
                        int size = random.nextInt(200);
                        boolean weighs = random.nextInt(3) == 0;
                        for (int i = 0; i < size; i++) {
                            boolean isStale = random.nextInt(9) == 0;
                            var counts = random.longs(buckets, 0, 1L << 53).toArray();
                            folded.add(i, isStale ? StaleMarker.VALUE : i / 3.0, counts, 0);
                            folded.weigh(weighs ? random.nextInt(3) : 1);
                        }
                        if (random.nextInt(3) == 0) {
                            into.clear();
                        }
                        if (random.nextInt(4) == 0) {
                            into.add(0, Histogram.STALE);
                        }
                        int bucket = random.nextInt(buckets);
                        int at = into.size();
                        folded.copyBucket(bucket, into);
                        folded.copySum(into);
                        assertThat(into.size()).isEqualTo(at + 2 * size);
                        for (int i = 0; i < size; i++) {
                            double count =
                                    folded.isStale(i)
                                            ? StaleMarker.VALUE
                                            : (double) folded.count(i, bucket);
                            check(into, at + i, folded, i, count);
                            check(into, at + size + i, folded, i, folded.sum(i));
                        }
                    }
                });
    }

    private static void check(Samples into, int at, FoldedSamples folded, int i, double value) {
        assertThat(into.time(at)).isEqualTo(folded.time(i));
        assertThat(Double.doubleToRawLongBits(into.value(at)))
                .isEqualTo(Double.doubleToRawLongBits(value));
        assertThat(into.isHistogram(at)).isFalse();
        assertThat(into.weight(at)).isEqualTo(folded.weight(i));
    }
}
