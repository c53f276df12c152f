package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.promql.Value;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// Native histograms as Prometheus' API writes them.
final class ResultJsonTest {
    private static final Spans NONE = Spans.NONE;

    private static String written(Value value) throws IOException {
        var out = new ByteArrayOutputStream();
        var json = new JsonBytes(out);
        ResultJson.write(json, value);
        json.raw('}').flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String vector(Histogram histogram) throws IOException {
        return written(
                new Value.Vector(
                        List.of(
                                new Value.Sample(
                                        Labels.of("a", "b"), 1_500, 0, Optional.of(histogram)))));
    }

    private static Spans spans(int... pairs) {
        int[] offsets = new int[pairs.length / 2];
        int[] lengths = new int[pairs.length / 2];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = pairs[2 * i];
            lengths[i] = pairs[2 * i + 1];
        }
        return new Spans(offsets, lengths);
    }

    private static double[] counts(double... counts) {
        return counts;
    }

    private static Histogram exponential(
            double threshold, double zeros, Spans up, double[] ups, Spans down, double[] downs) {
        return new Histogram(
                false,
                Reset.UNKNOWN,
                0,
                threshold,
                zeros,
                12.5,
                -3.25,
                up,
                ups,
                down,
                downs,
                counts());
    }

    @Test
    void bucketsComeInOrderAndSayWhichBoundsBelongToThem() throws IOException {
        var histogram =
                exponential(
                        0.001,
                        2,
                        spans(0, 2, 1, 1),
                        counts(1, 0, 2.5),
                        spans(-1, 1, 0, 2),
                        counts(4, 5, 6));
        assertThat(vector(histogram))
                .isEqualTo(
                        """
                        {"resultType":"vector","result":[{"metric":{"a":"b"},"histogram":[1.500,{"count":"12.5","sum":"-3.25",\
                        "buckets":[[1,"-2","-1","6"],[1,"-1","-0.5","5"],[1,"-0.5","-0.25","4"],\
                        [3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"4","8","2.5"]]}]}]}\
                        """);
    }

    @Test
    void theZeroBucketTakesItsPartOfTheBucketsNextToIt() throws IOException {
        assertThat(vector(exponential(0.75, 2, spans(0, 1), counts(1), spans(0, 1), counts(3))))
                .contains(
                        """
                        "buckets":[[1,"-1","-0.75","3"],[3,"-0.75","0.75","2"],[0,"0.75","1","1"]]\
                        """);
    }

    @Test
    void customBoundsAreOpenBelowAndTheLastBucketHasNoEnd() throws IOException {
        var histogram =
                new Histogram(
                        true,
                        Reset.UNKNOWN,
                        Histogram.CUSTOM_BOUNDS,
                        0,
                        0,
                        6,
                        7,
                        spans(0, 3),
                        counts(1, 2, 3),
                        NONE,
                        counts(),
                        counts(0.5, 10));
        assertThat(vector(histogram))
                .contains(
                        """
                        "buckets":[[3,"-Inf","0.5","1"],[0,"0.5","10","2"],[0,"10","+Inf","3"]]\
                        """);
    }

    @Test
    void anEmptyHistogramHasNoBuckets() throws IOException {
        assertThat(vector(exponential(0, 0, NONE, counts(), NONE, counts())))
                .endsWith("[1.500,{\"count\":\"12.5\",\"sum\":\"-3.25\"}]}]}");
    }

    @Test
    void aColumnHasItsFloatsApartFromItsHistograms() throws IOException {
        var histogram = exponential(0, 0, NONE, counts(), NONE, counts());
        var mixed = new Samples();
        mixed.add(1_000, 1);
        mixed.add(2_000, histogram);
        mixed.add(3_000, Double.NaN);
        mixed.add(4_000, histogram);
        var only = new Samples();
        only.add(1_000, histogram);
        var shown = "{\"count\":\"12.5\",\"sum\":\"-3.25\"}";
        assertThat(
                        written(
                                new Value.Matrix(
                                        List.of(
                                                new Value.Column(Labels.EMPTY, mixed),
                                                new Value.Column(Labels.of("x", "y"), only)))))
                .isEqualTo(
                        """
                        {"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[3,"NaN"]],\
                        "histograms":[[2,%1$s],[4,%1$s]]},{"metric":{"x":"y"},"histograms":[[1,%1$s]]}]}\
                        """
                                .formatted(shown));
    }
}
