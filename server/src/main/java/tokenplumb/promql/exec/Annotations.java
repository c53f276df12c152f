package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.promql.func.Remark;
import tokenplumb.promql.func.Remarks;
import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a query's author should know about its value, in Prometheus' words and with the place in
/// the query. The same words are said once, with the place that said them last. Thread-safe.
final class Annotations {
    private static final String WARNING = "PromQL warning: ";
    private static final String INFO = "PromQL info: ";

    /// Where and how far a histogram's buckets had to be made monotonic.
    private static final class Forced {
        long from = Long.MAX_VALUE;
        long to = Long.MIN_VALUE;
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        double drop;
        int samples;
    }

    private final String query;
    private final Map<String, Expr.Span> said = new LinkedHashMap<>();
    private final Map<String, Forced> forced = new LinkedHashMap<>();

    Annotations(String query) {
        this.query = query;
    }

    synchronized void warn(String text, Expr.Span where) {
        said.put(WARNING + text, where);
    }

    synchronized void inform(String text, Expr.Span where) {
        said.put(INFO + text, where);
    }

    void quantile(double q, Expr.Span where) {
        warn("quantile value should be between 0 and 1, got " + GoNumber.shortest(q), where);
    }

    void ratio(double ratio, double cap, Expr.Span where) {
        warn(
                "ratio value should be between -1 and 1, got "
                        + GoNumber.shortest(ratio)
                        + ", capping to "
                        + GoNumber.shortest(cap),
                where);
    }

    /// Of an operator that does not work between such types (`float` or `histogram`).
    void incompatible(String left, Expr.Operator op, String right, Expr.Span where) {
        inform(
                "incompatible sample types encountered for binary operator %s: %s %s %s"
                        .formatted(Labels.quote(op.text()), left, op.text(), right),
                where);
    }

    void incompatibleBuckets(Expr.Operator op, Expr.Span where) {
        warn("incompatible bucket layout encountered for binary operator " + op.text(), where);
    }

    /// Floats and histograms in one window.
    void mixedTypes(String metric, Expr.Span where) {
        warn(
                "encountered a mix of histograms and floats for metric name "
                        + Labels.quote(metric),
                where);
    }

    void mixedTypesAggregated(Expr.Span where) {
        warn("encountered a mix of histograms and floats for aggregation", where);
    }

    void mixedSchemas(String metric, Expr.Span where) {
        warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas"
                        + " for metric name "
                        + Labels.quote(metric),
                where);
    }

    void mixedHistograms(String metric, Expr.Span where) {
        warn("vector contains a mix of classic and native histograms" + forMetric(metric), where);
    }

    void ignoredHistograms(String metric, Expr.Span where) {
        inform(
                "ignored histograms in a range containing both floats and histograms for metric"
                        + " name "
                        + Labels.quote(metric),
                where);
    }

    void ignoredHistogram(Expr.Aggregator aggregator, Expr.Span where) {
        inform("ignored histogram in %s aggregation".formatted(aggregator.text()), where);
    }

    /// What has been noticed at native histograms of a metric; `operation` is what was done with
    /// them (`addition`, `subtraction`, `aggregation`).
    void remark(Remarks remarks, String metric, String operation, Expr.Span where) {
        if (remarks.isEmpty()) {
            return;
        }
        for (var remark : remarks.all()) {
            remark(remark, metric, operation, where);
        }
    }

    private void remark(Remark remark, String metric, String operation, Expr.Span where) {
        var quantile = "input to histogram_quantile has NaN observations, result is ";
        var reconciled = "mismatched custom buckets were reconciled during ";
        switch (remark) {
            case NOT_A_COUNTER ->
                    warn(
                            "this native histogram metric is not a counter: "
                                    + Labels.quote(metric),
                            where);
            case NOT_A_GAUGE ->
                    warn(
                            "this native histogram metric is not a gauge: " + Labels.quote(metric),
                            where);
            case MIXED_SCHEMAS -> mixedSchemas(metric, where);
            case MIXED_TYPES -> mixedTypes(metric, where);
            case RECONCILED_BY_ADDITION -> inform(reconciled + "addition", where);
            case RECONCILED_BY_SUBTRACTION -> inform(reconciled + "subtraction", where);
            case RECONCILED_BY_AGGREGATION -> inform(reconciled + "aggregation", where);
            case CONFLICTING_RESETS ->
                    warn("conflicting counter resets during histogram " + operation, where);
            case NAN_RESULT -> inform(quantile + "NaN" + forMetric(metric), where);
            case NAN_SKEW -> inform(quantile + "skewed higher" + forMetric(metric), where);
            case NAN_EXCLUDED ->
                    inform(
                            "input to histogram_fraction has NaN observations, which are excluded"
                                    + " from all fractions"
                                    + forMetric(metric),
                            where);
            case OVERLAPPING_START ->
                    warn(
                            "sample has start time that overlaps with previous sample timestamp"
                                    + " for metric "
                                    + Labels.quote(metric),
                            where);
        }
    }

    void badBucket(String label, String metric, Expr.Span where) {
        warn(
                "bucket label \"le\" is missing or has a malformed value of "
                        + Labels.quote(label)
                        + forMetric(metric),
                where);
    }

    private static String forMetric(String metric) {
        return metric.isEmpty() ? "" : " for metric name " + Labels.quote(metric);
    }

    void notACounter(String metric, Expr.Span where) {
        inform(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                        + Labels.quote(metric),
                where);
    }

    void notACounterByType(String metric, String type, Expr.Span where) {
        inform(
                "metric might not be a counter, __type__ label is not set to \"counter\" or"
                        + " \"histogram\", got "
                        + Labels.quote(type)
                        + ": "
                        + Labels.quote(metric),
                where);
    }

    synchronized void forcedMonotonic(
            String metric, Expr.Span where, long time, double low, double high, double drop) {
        var text =
                INFO
                        + "input to histogram_quantile needed to be fixed for monotonicity (see"
                        + " https://prometheus.io/docs/prometheus/latest/querying/functions/"
                        + "#histogram_quantile)"
                        + forMetric(metric);
        said.put(text, where);
        var all = forced.computeIfAbsent(text, key -> new Forced());
        all.from = Math.min(all.from, time);
        all.to = Math.max(all.to, time);
        all.lowest = Math.min(all.lowest, low);
        all.highest = Math.max(all.highest, high);
        all.drop = Math.max(all.drop, drop);
        all.samples++;
    }

    /// How many different things have been said.
    synchronized int said() {
        return said.size();
    }

    synchronized List<String> warnings() {
        return shown(WARNING);
    }

    synchronized List<String> infos() {
        return shown(INFO);
    }

    private List<String> shown(String prefix) {
        var texts = new ArrayList<String>();
        for (var each : said.entrySet()) {
            if (!each.getKey().startsWith(prefix)) {
                continue;
            }
            texts.add(
                    each.getKey()
                            + detail(forced.get(each.getKey()))
                            + " ("
                            + place(each.getValue())
                            + ")");
        }
        return texts;
    }

    private static String detail(Forced all) {
        return all == null
                ? ""
                : ", from buckets %s to %s, with a max diff of %s, over %d samples from %s to %s"
                        .formatted(
                                GoNumber.shortest(all.lowest),
                                GoNumber.shortest(all.highest),
                                GoNumber.rounded(all.drop, 2),
                                all.samples,
                                Instant.ofEpochSecond(Math.floorDiv(all.from, 1000)),
                                Instant.ofEpochSecond(Math.floorDiv(all.to, 1000)));
    }

    /// Line and column, both from 1, the column in bytes.
    private String place(Expr.Span where) {
        var bytes = query.getBytes(StandardCharsets.UTF_8);
        if (where.start() < 0 || where.start() > bytes.length) {
            return "invalid position";
        }
        int line = 1;
        int lastBreak = -1;
        for (int i = 0; i < where.start(); i++) {
            if (bytes[i] == '\n') {
                line++;
                lastBreak = i;
            }
        }
        return line + ":" + (where.start() - lastBreak);
    }
}
