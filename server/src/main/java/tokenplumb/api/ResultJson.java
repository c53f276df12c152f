package tokenplumb.api;

import tokenplumb.promql.Answer;
import tokenplumb.promql.Value;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.HistogramBounds;
import tokenplumb.signal.Labels;

import java.io.IOException;

/// A query's value in the JSON of Prometheus' API, without the brace that ends `data`.
final class ResultJson {
    private ResultJson() {}

    static void write(JsonBytes json, Value value) throws IOException {
        switch (value) {
            case Value.Scalar scalar ->
                    json.raw("{\"resultType\":\"scalar\",\"result\":[")
                            .raw(Decimal.sample(scalar.time() / 1000.0))
                            .raw(",\"")
                            .raw(Decimal.fixed(scalar.value()))
                            .raw("\"]");
            case Value.Text text ->
                    json.raw("{\"resultType\":\"string\",\"result\":[")
                            .raw(Decimal.sample(text.time() / 1000.0))
                            .raw(',')
                            .text(text.value())
                            .raw(']');
            case Value.Vector vector -> write(json, vector);
            case Value.Matrix matrix -> write(json, matrix);
        }
    }

    private static void write(JsonBytes json, Value.Vector vector) throws IOException {
        json.raw("{\"resultType\":\"vector\",\"result\":[");
        var separator = "{\"metric\":";
        for (var sample : vector.samples()) {
            json.raw(separator);
            labels(json, sample.labels());
            if (sample.histogram().isPresent()) {
                json.raw(",\"histogram\":");
                point(json, sample.time(), sample.histogram().get());
            } else {
                json.raw(",\"value\":").point(sample.time(), sample.value());
            }
            json.raw('}');
            separator = ",{\"metric\":";
        }
        json.raw(']');
    }

    private static void write(JsonBytes json, Value.Matrix matrix) throws IOException {
        json.raw("{\"resultType\":\"matrix\",\"result\":[");
        var separator = "{\"metric\":";
        for (var column : matrix.columns()) {
            json.raw(separator);
            labels(json, column.labels());
            write(json, column);
            json.raw('}');
            separator = ",{\"metric\":";
        }
        json.raw(']');
    }

    /// Floats and histograms stand apart, each only where there are any.
    private static void write(JsonBytes json, Value.Column column) throws IOException {
        var samples = column.samples();
        int floats = 0;
        for (int i = 0; i < samples.size(); i++) {
            if (!samples.isHistogram(i)) {
                json.raw(floats++ == 0 ? ",\"values\":[" : ",")
                        .point(samples.time(i), samples.value(i));
            }
        }
        if (floats > 0) {
            json.raw(']');
        }
        if (floats == samples.size()) {
            return;
        }
        var separator = ",\"histograms\":[";
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isHistogram(i)) {
                json.raw(separator);
                point(json, samples.time(i), samples.histogram(i));
                separator = ",";
            }
        }
        json.raw(']');
    }

    static void labels(JsonBytes json, Labels labels) throws IOException {
        json.raw('{');
        for (int i = 0; i < labels.size(); i++) {
            if (i > 0) {
                json.raw(',');
            }
            json.text(labels.name(i)).raw(':').text(labels.value(i));
        }
        json.raw('}');
    }

    // --- native histograms

    private static void point(JsonBytes json, long time, Histogram histogram) throws IOException {
        json.raw('[').seconds(time).raw(',');
        write(json, histogram);
        json.raw(']');
    }

    /// Buckets in the order of their bounds, empty ones left out; each says by a number which of
    /// its bounds belong to it.
    static void write(JsonBytes json, Histogram histogram) throws IOException {
        json.raw("{\"count\":").sample(histogram.count());
        json.raw(",\"sum\":").sample(histogram.sum());
        var buckets = new Buckets(json, histogram);
        buckets.negative();
        if (histogram.zeroCount() > 0) {
            double threshold = histogram.zeroThreshold();
            buckets.write(Buckets.CLOSED, -threshold, threshold, histogram.zeroCount());
        }
        buckets.positive();
        buckets.end();
        json.raw('}');
    }

    private static final class Buckets {
        private static final int LOWER_OPEN = 0;
        private static final int UPPER_OPEN = 1;
        private static final int OPEN = 2;
        static final int CLOSED = 3;

        private final JsonBytes json;
        private final Histogram histogram;
        private boolean any;

        Buckets(JsonBytes json, Histogram histogram) {
            this.json = json;
            this.histogram = histogram;
        }

        void positive() throws IOException {
            var spans = histogram.positive();
            int index = 0;
            int at = 0;
            for (int s = 0; s < spans.size(); s++) {
                index += spans.offsets()[s];
                for (int i = 0; i < spans.lengths()[s]; i++) {
                    side(index++, histogram.positiveCounts()[at++], false);
                }
            }
        }

        /// From the outermost bucket inwards.
        void negative() throws IOException {
            var spans = histogram.negative();
            int index = 0;
            for (int s = 0; s < spans.size(); s++) {
                index += spans.offsets()[s] + spans.lengths()[s];
            }
            int at = spans.buckets();
            for (int s = spans.size() - 1; s >= 0; s--) {
                for (int i = 0; i < spans.lengths()[s]; i++) {
                    side(--index, histogram.negativeCounts()[--at], true);
                }
                index -= spans.offsets()[s];
            }
        }

        private void side(int index, double count, boolean isNegative) throws IOException {
            if (count == 0) {
                return;
            }
            double outer = HistogramBounds.upper(histogram, index);
            double inner = HistogramBounds.upper(histogram, index - 1);
            double lower = isNegative ? -outer : inner;
            double upper = isNegative ? -inner : outer;
            int rule = rule(index, lower, upper);
            double threshold = histogram.zeroThreshold(); // the zero bucket has what is within
            if (upper < 0 && upper > -threshold) {
                upper = -threshold;
            } else if (lower > 0 && lower < threshold) {
                lower = threshold;
            }
            write(rule, lower, upper, count);
        }

        private int rule(int index, double lower, double upper) {
            boolean withLower = histogram.hasCustomBounds() ? index == 0 : lower < 0;
            boolean withUpper = histogram.hasCustomBounds() || upper > 0;
            if (withLower) {
                return withUpper ? CLOSED : UPPER_OPEN;
            }
            return withUpper ? LOWER_OPEN : OPEN;
        }

        void write(int rule, double lower, double upper, double count) throws IOException {
            json.raw(any ? ",[" : ",\"buckets\":[[").whole(rule).raw(',').sample(lower);
            json.raw(',').sample(upper).raw(',').sample(count).raw(']');
            any = true;
        }

        void end() throws IOException {
            if (any) {
                json.raw(']');
            }
        }
    }

    // --- statistics

    /// Selecting happens while evaluating here, so what Prometheus calls preparation is nothing.
    static void write(JsonBytes json, Answer.Stats stats) throws IOException {
        double total = stats.parseSeconds() + stats.selectSeconds() + stats.evalSeconds();
        json.raw("{\"timings\":{\"evalTotalTime\":")
                .raw(Decimal.sample(stats.selectSeconds() + stats.evalSeconds()))
                .raw(",\"resultSortTime\":0,\"queryPreparationTime\":")
                .raw(Decimal.sample(stats.selectSeconds()))
                .raw(",\"innerEvalTime\":")
                .raw(Decimal.sample(stats.evalSeconds()))
                .raw(",\"execQueueTime\":0,\"execTotalTime\":")
                .raw(Decimal.sample(total))
                .raw("},\"samples\":{\"totalQueryableSamples\":")
                .whole(stats.totalSamples())
                .raw(",\"samplesRead\":")
                .whole(stats.totalSamples())
                .raw(",\"peakSamples\":")
                .whole(stats.peakSamples())
                .raw("}}");
    }
}
