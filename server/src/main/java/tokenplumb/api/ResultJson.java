package tokenplumb.api;

import tokenplumb.promql.Answer;
import tokenplumb.promql.Value;
import tokenplumb.signal.Histogram;
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
        var buckets = new Buckets(json);
        histogram.forEachBucket(buckets);
        json.raw(buckets.any ? "]}" : "}");
    }

    private static final class Buckets implements Histogram.BucketVisitor<IOException> {
        private final JsonBytes json;
        private boolean any;

        Buckets(JsonBytes json) {
            this.json = json;
        }

        @Override
        public void bucket(
                double lower,
                double upper,
                boolean includesLower,
                boolean includesUpper,
                double count)
                throws IOException {
            if (count == 0) {
                return;
            }
            int rule = includesLower ? includesUpper ? 3 : 1 : includesUpper ? 0 : 2;
            json.raw(any ? ",[" : ",\"buckets\":[[").whole(rule).raw(',').sample(lower);
            json.raw(',').sample(upper).raw(',').sample(count).raw(']');
            any = true;
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
