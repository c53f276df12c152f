package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import tokenplumb.http.HttpResponse;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;

import java.io.IOException;

/// What Prometheus' documentation says of 3.14's API, and our own part of it.
@Timeout(60)
final class ApiTest {
    private static final long NOW = Served.NOW.toEpochMilli();
    private static Served served; // one for all tests; they change nothing but what they put back

    @BeforeAll
    static void start() throws IOException {
        var storage = new MemoryStorage();
        for (int i = 0; i < 5; i++) {
            var labels = Labels.of("__name__", "up", "job", "vllm", "instance", "i" + i);
            storage.put(labels, NOW - 15_000, 1);
            storage.put(labels, NOW - 5_000, i);
        }
        var ended = Labels.of("__name__", "ended", "job", "vllm");
        storage.put(ended, NOW - 15_000, 1);
        storage.put(ended, NOW - 5_000, StaleMarker.VALUE);
        storage.put(Labels.of("__name__", "dotted.name", "a.b", "q\"u\\o\nte"), NOW - 2_000, 1e7);
        served =
                new Served(
                        storage,
                        true,
                        request -> HttpResponse.text(200, request.method() + " " + request.path()));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static String body(String path) throws Exception {
        return served.get(path).body();
    }

    @Test
    void truncatesToTheLimitAndSaysSo() throws Exception {
        assertThat(body("/api/v1/query?query=sort(up)&limit=2"))
                .isEqualTo(
                        """
                        {"status":"success","data":{"resultType":"vector","result":[\
                        {"metric":{"__name__":"up","instance":"i0","job":"vllm"},"value":[1735691400,"0"]},\
                        {"metric":{"__name__":"up","instance":"i1","job":"vllm"},"value":[1735691400,"1"]}]},\
                        "warnings":["results truncated due to limit"]}\
                        """);
        assertThat(body("/api/v1/label/instance/values?limit=2"))
                .isEqualTo(
                        """
                        {"status":"success","data":["i0","i1"],"warnings":["results truncated due to limit"]}\
                        """);
        assertThat(body("/api/v1/label/instance/values?limit=5")).doesNotContain("warnings");
        assertThat(body("/api/v1/series?match[]=up&limit=1")).contains("results truncated");
        assertThat(body("/api/v1/labels?limit=1")).contains("[\"__name__\"]");
        assertThat(body("/api/v1/query?query=up&limit=x"))
                .isEqualTo(
                        """
                        {"status":"error","errorType":"bad_data","error":"invalid parameter \\"limit\\": \
                        strconv.Atoi: parsing \\"x\\": invalid syntax"}\
                        """);
    }

    @Test
    void refusesRangeQueriesOfTheWrongType() throws Exception {
        assertThat(body("/api/v1/query_range?query=up%5B5m%5D&start=1&end=2&step=1"))
                .isEqualTo(
                        """
                        {"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": \
                        invalid expression type \\"range vector\\" for range query, must be Scalar or \
                        instant Vector"}\
                        """);
        assertThat(served.get("/api/v1/query").statusCode()).isEqualTo(400);
        assertThat(served.get("/api/v1/label/a%20b/values").statusCode()).isEqualTo(200);
    }

    @Test
    void readsFormsBeforeTheUrl() throws Exception {
        var answer = served.send("POST", "/api/v1/query?query=1", "query=2&time=5");
        assertThat(answer.body())
                .isEqualTo(
                        "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[5,\"2\"]}}");
    }

    @Test
    void givesStatisticsWhenAsked() throws Exception {
        assertThat(body("/api/v1/query?query=up&stats=all"))
                .contains("\"stats\":{\"timings\":{\"evalTotalTime\":")
                .contains("\"peakSamples\":");
        assertThat(body("/api/v1/query?query=up&stats=yes"))
                .contains("value \\\"yes\\\" for parameter \\\"stats\\\" is deprecated");
    }

    @Test
    void honoursTheLookback() throws Exception {
        assertThat(body("/api/v1/query?query=up&lookback_delta=1s")).contains("\"result\":[]");
        assertThat(body("/api/v1/query?query=up&lookback_delta=1x"))
                .contains("error parsing lookback delta duration: cannot parse");
    }

    @Test
    void parsesAQueryIntoItsTree() throws Exception {
        assertThat(body("/api/v1/parse_query?query=-up"))
                .startsWith("{\"status\":\"success\",\"data\":{")
                .contains("\"type\":\"unaryExpr\"")
                .contains("\"name\":\"up\"");
        var deep = "1" + "%2B1".repeat(1_500);
        assertThat(served.get("/api/v1/parse_query?query=" + deep).statusCode()).isEqualTo(200);
    }

    @Test
    void federatesTheNewestSamplesThatHaveNotEnded() throws Exception {
        var answer =
                served.get(
                        "/federate?match[]=%7Bjob%3D%22vllm%22%7D&match[]=%7B%22dotted.name%22%7D");
        assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/plain; version=0.0.4; charset=utf-8");
        assertThat(answer.body())
                .startsWith(
                        """
                        # TYPE "dotted.name" untyped
                        {"dotted.name","a.b"="q\\"u\\\\o\\nte",cluster="prod",instance="",job="never wins"} 1e+07 %d
                        # TYPE up untyped
                        up{instance="i0",job="vllm",cluster="prod"} 0 %d
                        """
                                .formatted(NOW - 2_000, NOW - 5_000))
                .doesNotContain("ended");
        assertThat(served.get("/federate?match[]=up%7B").statusCode()).isEqualTo(400);
        assertThat(served.get("/federate").body()).isEmpty();
    }

    @Test
    void explainsWhyAQueryIsEmpty() throws Exception {
        var data = body("/api/tokenplumb/v1/explain?query=rate(vllm:no_such_thing[5m])%2Bup");
        assertThat(data)
                .contains("\"query\":\"rate(vllm:no_such_thing[5m])+up\"")
                .contains("\"series\":5")
                .contains("\"findings\":[{\"code\":");
        assertThat(served.get("/api/tokenplumb/v1/explain?query=up%7B").statusCode())
                .isEqualTo(400);
    }

    @Test
    void listsTheVocabulary() throws Exception {
        assertThat(body("/api/tokenplumb/v1/vocabulary"))
                .contains("\"metrics\":[{\"name\":\"")
                .contains("\"signals\":[{\"id\":\"")
                .contains("\"name\":\"vllm\"");
    }

    @Test
    void handsFaultsToTheDemo() throws Exception {
        assertThat(body("/api/tokenplumb/v1/faults")).isEqualTo("GET /faults");
        assertThat(served.send("DELETE", "/api/tokenplumb/v1/faults/x-1", "").body())
                .isEqualTo("DELETE /faults/x-1");
        assertThat(served.send("DELETE", "/api/tokenplumb/v1/faults?fault=x-2", "").body())
                .isEqualTo("DELETE /faults/x-2");
    }

    @Test
    void saysHowTheLastReloadWent() throws Exception {
        assertThat(served.send("POST", "/-/reload", "").statusCode()).isEqualTo(200);
        served.configError = "prometheus.yml:3:1: what is wrong";
        var refused = served.send("POST", "/-/reload", "");
        assertThat(refused.statusCode()).isEqualTo(500);
        assertThat(refused.body())
                .isEqualTo("failed to reload config: prometheus.yml:3:1: what is wrong\n");
        assertThat(body("/api/tokenplumb/v1/status"))
                .contains("\"config\":{\"ok\":false")
                .contains("\"error\":\"prometheus.yml:3:1: what is wrong\"")
                .contains("\"what\":\"a torn record\"");
        assertThat(body("/api/v1/status/runtimeinfo"))
                .contains("\"reloadConfigSuccess\":false")
                .contains("\"storageRetention\":\"15d\"");
        served.configError = "";
        assertThat(body("/api/v1/status/config")).contains("\"yaml\":\"global: {}\\n\"");
    }

    @Test
    void keepsLifecycleAndAdminShutUnlessAskedFor() throws Exception {
        try (var closed = new Served(new MemoryStorage(), false, ApiOptions.noDemo())) {
            assertThat(closed.send("POST", "/-/quit", "").statusCode()).isEqualTo(403);
            assertThat(closed.send("POST", "/-/reload", "").statusCode()).isEqualTo(403);
            assertThat(closed.quit).isFalse();
            var admin = closed.send("POST", "/api/v1/admin/tsdb/snapshot", "");
            assertThat(admin.statusCode()).isEqualTo(500);
            assertThat(admin.body())
                    .isEqualTo(
                            "{\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"admin"
                                    + " APIs disabled\"}");
            assertThat(closed.get("/api/tokenplumb/v1/faults").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void deletesCleansAndCopiesTheStore() throws Exception {
        var deleted =
                served.send(
                        "POST",
                        "/api/v1/admin/tsdb/delete_series?match[]=up&match[]=%7Ba=%22b%22%7D"
                                + "&start=1&end=2.5",
                        "");
        assertThat(deleted.statusCode()).isEqualTo(204);
        assertThat(deleted.body()).isEmpty();
        assertThat(served.send("PUT", "/api/v1/admin/tsdb/clean_tombstones", "").statusCode())
                .isEqualTo(204);
        assertThat(served.send("POST", "/api/v1/admin/tsdb/snapshot?skip_head=true", "").body())
                .isEqualTo("{\"status\":\"success\",\"data\":{\"name\":\"20260101T000000Z-1\"}}");
        assertThat(served.administered)
                .containsExactly(
                        "delete 1000 2500 [[__name__=\"up\"], [a=\"b\"]]",
                        "clean",
                        "snapshot false");
        assertThat(served.send("POST", "/api/v1/admin/tsdb/delete_series", "").body())
                .contains("no match[] parameter provided");
        assertThat(served.send("POST", "/api/v1/admin/tsdb/snapshot?skip_head=x", "").body())
                .contains("unable to parse boolean");
    }

    @Test
    void tellsTheStoreApart() throws Exception {
        assertThat(body("/api/v1/status/tsdb?limit=1"))
                .contains(
                        """
                        "headStats":{"numSeries":31,"numStoredSeries":7,"numFoldedHistograms":2,"numLabelPairs":11,"chunkCount":9,"minTime":1000,"maxTime":2000}\
                        """)
                .contains("\"seriesCountByMetricName\":[{\"name\":\"up\",\"value\":3}]");
        assertThat(served.get("/api/v1/status/tsdb?limit=0").statusCode()).isEqualTo(400);
    }

    @Test
    void theCardinalityReportSaysWhereSeriesComeFrom() throws Exception {
        assertThat(body("/api/tokenplumb/v1/cardinality"))
                .contains("\"stored\":7,\"folded\":2,\"classic\":31")
                .contains(
                        "{\"name\":\"x\",\"stored\":2,\"classic\":26,\"buckets\":11,"
                                + "\"madeInLastHour\":1,\"memoryBytes\":700,\"diskBytes\":900,"
                                + "\"label\":\"pod\",\"labelValues\":2,\"lastQueried\":\"\","
                                + "\"advice\":\"no query has asked for it\"}")
                .contains("\"targets\":[{\"job\":\"vllm\",\"instance\":\"a:8000\",")
                .contains(
                        "\"resolutions\":[{\"name\":\"samples\",\"bytes\":900,"
                                + "\"from\":\"1970-01-01T00:00:01Z\",")
                .contains("{\"name\":\"5m\",\"bytes\":0,\"from\":\"\",\"to\":\"\",")
                .contains("\"warnings\":[\"the store holds many series\"]");
        assertThat(served.get("/api/tokenplumb/v1/cardinality?limit=0").statusCode())
                .isEqualTo(400);
    }

    @Test
    void showsItsOwnMeters() throws Exception {
        body("/api/v1/query?query=1");
        assertThat(body("/metrics"))
                .contains("\nprocess_start_time_seconds 1735691340\n")
                .contains("\nprometheus_config_last_reload_successful ")
                .contains("\njvm_memory_used_bytes{area=\"heap\"} ")
                .contains("prometheus_http_requests_total{code=\"200\",handler=\"/api/v1/query\"} ")
                .contains(
                        "prometheus_http_request_duration_seconds_bucket{handler=\"/api/v1/query\",");
    }

    @Test
    void answersOtherOriginsAndPreflights() throws Exception {
        var preflight = served.send("OPTIONS", "/api/v1/query", "");
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(served.get("/api/v1/query?query=1").headers().firstValue("Vary"))
                .hasValue("Origin");
    }

    @Test
    void saysInItsOwnWordsThatAPathIsUnknown() throws Exception {
        var unknown = served.get("/api/v1/nothing");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("\"errorType\":\"not_found\"");
        assertThat(served.send("DELETE", "/api/v1/query", "").statusCode()).isEqualTo(405);
        assertThat(body("/-/healthy")).isEqualTo("Tokenplumb is Healthy.\n");
        assertThat(body("/version")).contains("\"applicationVersion\":\"0.0.1\"");
    }
}
