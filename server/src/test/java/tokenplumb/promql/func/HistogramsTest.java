package tokenplumb.promql.func;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;

import java.util.Arrays;
import java.util.Random;

final class HistogramsTest {
    private static final double[] NONE = {};

    private static Histogram exponential(
            int schema, Spans positive, double[] counts, Spans negative, double[] below) {
        double count = Arrays.stream(counts).sum() + Arrays.stream(below).sum();
        return new Histogram(
                false,
                Reset.UNKNOWN,
                schema,
                0,
                0,
                count,
                3 * count,
                positive,
                counts,
                negative,
                below,
                NONE);
    }

    private static Histogram simple(int schema, int offset, double... counts) {
        var spans = new Spans(new int[] {offset}, new int[] {counts.length});
        return exponential(schema, spans, counts, Spans.NONE, NONE);
    }

    private static Histogram custom(double[] bounds, double... counts) {
        double count = Arrays.stream(counts).sum();
        return new Histogram(
                false,
                Reset.UNKNOWN,
                Histogram.CUSTOM_BOUNDS,
                0,
                0,
                count,
                count,
                new Spans(new int[] {0}, new int[] {counts.length}),
                counts,
                Spans.NONE,
                NONE,
                bounds);
    }

    private static Histogram random(Random random) {
        int runs = 1 + random.nextInt(3);
        var offsets = new int[runs];
        var lengths = new int[runs];
        for (int i = 0; i < runs; i++) {
            offsets[i] = (i == 0 ? -5 : 1) + random.nextInt(5);
            lengths[i] = 1 + random.nextInt(4);
        }
        var spans = new Spans(offsets, lengths);
        var counts = random.ints(spans.buckets(), 1, 100).asDoubleStream().toArray();
        return exponential(random.nextInt(4) - 1, spans, counts, spans, counts.clone());
    }

    private static double buckets(Histogram h) {
        return Arrays.stream(h.positiveCounts()).sum() + Arrays.stream(h.negativeCounts()).sum();
    }

    @Test
    void whatIsAddedCanBeTakenAwayAgainAndNothingIsLost() {
        Seeds.forEach(
                200,
                random -> {
                    var a = random(random);
                    var b = random(random);
                    var remarks = new Remarks();
                    var sum = Histograms.add(a, b, remarks).orElseThrow();
                    assertThat(buckets(sum)).isEqualTo(buckets(a) + buckets(b));
                    assertThat(Histograms.same(sum, Histograms.add(b, a, remarks).orElseThrow()))
                            .isTrue();
                    var back = Histograms.subtract(sum, b, remarks).orElseThrow();
                    assertThat(Histograms.same(back, Histograms.reduced(a, back.schema())))
                            .isTrue();
                    assertThat(back.hint()).isEqualTo(Reset.GAUGE);
                    assertThat(Histograms.isReset(a, sum)).isFalse();
                    assertThat(Histograms.isReset(sum, Histograms.reduced(b, sum.schema())))
                            .isTrue();
                });
    }

    @Test
    void sumsAndMeansDoNotDependOnHowTheyAreSplit() {
        Seeds.forEach(
                100,
                random -> {
                    var remarks = new Remarks();
                    var whole = HistogramSum.ofSum();
                    var left = HistogramSum.ofSum();
                    var right = HistogramSum.ofSum();
                    var mean = HistogramSum.ofMean();
                    for (int i = 0; i < 8; i++) {
                        var h = random(random);
                        whole.add(h, remarks);
                        mean.add(h, remarks);
                        (i < 4 ? left : right).add(h, remarks);
                    }
                    left.merge(right, remarks);
                    var sum = whole.result(remarks).orElseThrow();
                    assertThat(Histograms.same(sum, left.result(remarks).orElseThrow())).isTrue();
                    assertThat(mean.result(remarks).orElseThrow().count())
                            .isEqualTo(sum.count() / 8);
                });
    }

    @Test
    void aMeanSurvivesASumThatWouldOverflow() {
        var huge = simple(0, 0, 2e307, 2);
        var mean = HistogramSum.ofMean();
        for (int i = 0; i < 20; i++) {
            mean.add(huge, new Remarks());
        }
        var result = mean.result(new Remarks()).orElseThrow();
        assertThat(result.positiveCounts()[0]).isCloseTo(2e307, within(1e299));
        assertThat(result.positiveCounts()[1]).isCloseTo(2, within(1e-9));
    }

    @Test
    void quantilesRiseAndFractionsAreTheirInverse() {
        Seeds.forEach(
                100,
                random -> {
                    var h = random(random);
                    double before = Double.NEGATIVE_INFINITY;
                    for (int i = 1; i < 20; i++) {
                        double value = Histograms.quantile(i / 20.0, h, new Remarks());
                        assertThat(value).isGreaterThanOrEqualTo(before);
                        double share =
                                Histograms.fraction(
                                        Double.NEGATIVE_INFINITY, value, h, new Remarks());
                        assertThat(share).isCloseTo(i / 20.0, within(1e-9));
                        before = value;
                    }
                });
    }

    @Test
    void boundsThatDifferAreReconciledAndKindsAreNotMixed() {
        var remarks = new Remarks();
        var a = custom(new double[] {1, 2, 5}, 1, 2, 3, 4);
        var b = custom(new double[] {2, 4, 5}, 10, 20, 30, 40);
        var sum = Histograms.add(a, b, remarks).orElseThrow();
        assertThat(sum.bounds()).containsExactly(2, 5);
        assertThat(sum.positiveCounts()).containsExactly(13, 53, 44);
        assertThat(remarks.all()).containsExactly(Remark.RECONCILED_BY_ADDITION);
        assertThat(Histograms.add(a, simple(0, 0, 1), remarks)).isEmpty();
        assertThat(remarks.has(Remark.MIXED_SCHEMAS)).isTrue();
    }

    @Test
    void trimmingKeepsAShareOfTheBucketThatTheBoundLiesIn() {
        var h = custom(new double[] {2, 4}, 2, 8, 5);
        assertThat(Histograms.trimAbove(h, 3).positiveCounts()).containsExactly(2, 4);
        assertThat(Histograms.trimBelow(h, 3).positiveCounts()).containsExactly(4, 5);
        var e = simple(0, 1, 10); // (1, 2]
        assertThat(Histograms.trimAbove(e, Math.sqrt(2)).count()).isCloseTo(5, within(1e-9));
        assertThat(Histograms.trimAbove(e, 2)).isEqualTo(e);
    }

    @Test
    void readsAsPrometheusWritesIt() {
        var h =
                exponential(
                        1,
                        new Spans(new int[] {0, 1}, new int[] {1, 1}),
                        new double[] {2, 1.5},
                        new Spans(new int[] {1}, new int[] {1}),
                        new double[] {4});
        assertThat(Histograms.text(h))
                .isEqualTo(
                        "{count:7.5, sum:22.5, [-1.414213562373095,-1):4,"
                                + " (0.7071067811865475,1]:2, (1.414213562373095,2]:1.5}");
        assertThat(Histograms.literal(h))
                .isEqualTo(
                        "{{schema:1 count:7.5 sum:22.5 buckets:[2 0 1.5] n_offset:1"
                                + " n_buckets:[4]}}");
    }

    @Test
    void aRateBridgesResetsAndIsExtrapolated() {
        var w = new Window();
        w.times = new long[] {15_000, 30_000, 45_000, 60_000};
        w.histograms =
                new Histogram[] {
                    simple(0, 0, 1, 1), simple(0, 0, 3, 1), simple(0, 0, 2), simple(0, 0, 4, 2)
                };
        w.values = new double[4];
        w.to = 4;
        w.end = 60_000;
        var increase = HistogramFunction.named("increase").orElseThrow();
        var remarks = new Remarks();
        var h = increase.at(w, remarks).orElseThrow();
        // 6 - 2, and 4 lost by the reset: 8 in 45 s, and 2 were there: back to zero after 11.25 s
        assertThat(h.count()).isCloseTo(8 * 56.25 / 45, within(1e-9));
        assertThat(h.positiveCounts()).hasSize(2);
        assertThat(h.hint()).isEqualTo(Reset.GAUGE);
        assertThat(remarks.isEmpty()).isTrue();
        assertThat(RangeFunction.named("resets").orElseThrow().at(w)).isEqualTo(1);
        assertThat(RangeFunction.named("changes").orElseThrow().at(w)).isEqualTo(3);
        HistogramFunction.named("delta").orElseThrow().at(w, remarks);
        assertThat(remarks.all()).containsExactly(Remark.NOT_A_GAUGE);
    }
}
