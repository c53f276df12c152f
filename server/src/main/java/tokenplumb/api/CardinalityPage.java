package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.tsdb.CardinalityReport;

import java.time.Instant;
import java.util.List;
import java.util.function.IntFunction;

/// `/api/tokenplumb/v1/cardinality`: where the series come from, and what to do about it.
final class CardinalityPage {
    private final IntFunction<CardinalityReport> cardinality;

    CardinalityPage(IntFunction<CardinalityReport> cardinality) {
        this.cardinality = cardinality;
    }

    HttpResponse report(HttpRequest request) {
        var limit = new Asked(request).text("limit");
        var report = cardinality.apply(limit.isEmpty() ? 20 : Status.limit(limit));
        return Answers.success(json -> {
            json.startObject()
                    .name("total")
                    .startObject()
                    .field("stored", report.stored())
                    .field("folded", report.folded())
                    .field("classic", report.classic())
                    .field("memoryBytes", report.memoryBytes())
                    .field("diskBytes", report.diskBytes())
                    .field("metrics", report.metricCount())
                    .field("neverQueried", report.neverQueried())
                    .field("queriesNotedSince", time(report.since()))
                    .endObject();
            metrics(json, "metrics", report.metrics());
            metrics(json, "growing", report.growing());
            metrics(json, "neverQueried", report.neverQueriedMetrics());
            json.name("labels").startArray();
            for (var label : report.labels()) {
                json.startObject()
                        .field("name", label.name())
                        .field("values", label.values())
                        .field("stored", label.stored())
                        .field("classic", label.classic())
                        .field("example", label.example())
                        .field("advice", label.advice())
                        .endObject();
            }
            json.endArray().name("targets").startArray();
            for (var target : report.targets()) {
                json.startObject()
                        .field("job", target.job())
                        .field("instance", target.instance())
                        .field("stored", target.stored())
                        .field("classic", target.classic())
                        .endObject();
            }
            json.endArray().name("resolutions").startArray();
            for (var resolution : report.resolutions()) {
                json.startObject()
                        .field("name", resolution.name())
                        .field("bytes", resolution.bytes())
                        .field("from", resolution.to() == 0 ? "" : time(resolution.from()))
                        .field("to", resolution.to() == 0 ? "" : time(resolution.to()))
                        .field("retentionSeconds", resolution.retentionMillis() / 1000)
                        .endObject();
            }
            json.endArray();
            Own.guardRails(json, report.refusals(), report.warnings());
            json.endObject();
        });
    }

    private static void metrics(
            JsonWriter json, String name, List<CardinalityReport.OfMetric> metrics) {
        json.name(name).startArray();
        for (var metric : metrics) {
            json.startObject()
                    .field("name", metric.name())
                    .field("stored", metric.stored())
                    .field("classic", metric.classic())
                    .field("buckets", metric.buckets())
                    .field("madeInLastHour", metric.made())
                    .field("memoryBytes", metric.memoryBytes())
                    .field("diskBytes", metric.diskBytes())
                    .field("label", metric.label())
                    .field("labelValues", metric.labelValues())
                    .field(
                            "lastQueried",
                            metric.lastQueried() == 0 ? "" : time(metric.lastQueried()))
                    .field("advice", metric.advice())
                    .endObject();
        }
        json.endArray();
    }

    private static String time(long millis) {
        return Times.text(Instant.ofEpochMilli(millis));
    }
}
