package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.http.HttpResponse;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;

import java.util.List;

class ExemplarFinderTest {
    /// Answers what it was asked, as an exemplar.
    private record Echo(MemoryStorage memory) implements Storage {
        @Override
        public Batch batch() {
            return memory.batch();
        }

        @Override
        public Querier querier() {
            return memory.querier();
        }

        @Override
        public List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> selectors) {
            var asked = Labels.of("asked", from + " " + to + " " + selectors);
            return List.of(
                    new SeriesExemplars(
                            asked,
                            List.of(
                                    new Exemplar(Labels.of("trace_id", "abc"), 6, 1600096945479L),
                                    new Exemplar(Labels.EMPTY, Double.NaN, 1600096946000L))));
        }
    }

    @Test
    void answersAsPrometheus() throws Exception {
        try (var served =
                new Served(
                        new Echo(new MemoryStorage()),
                        true,
                        request -> HttpResponse.text(200, ""))) {
            assertThat(
                            served.get(
                                            "/api/v1/query_exemplars?start=1&end=2.5&query="
                                                    + "rate(a_bucket%5B5m%5D)%2Fb%7Bc%3D%22d%22%7D")
                                    .body())
                    .isEqualTo(
                            """
                            {"status":"success","data":[{"seriesLabels":{"asked":"1000 2500 \
                            [[__name__=\\"a_bucket\\"], [c=\\"d\\", __name__=\\"b\\"]]"},"exemplars":[\
                            {"labels":{"trace_id":"abc"},"value":"6","timestamp":1600096945.479},\
                            {"labels":{},"value":"NaN","timestamp":1600096946}]}]}\
                            """);
            assertThat(served.send("POST", "/api/v1/query_exemplars", "query=up&start=1").body())
                    .contains("[[__name__=\\\"up\\\"]]");
            assertThat(served.get("/api/v1/query_exemplars?query=1").body())
                    .isEqualTo("{\"status\":\"success\"}");
            var backwards = served.get("/api/v1/query_exemplars?query=up&start=2&end=1");
            assertThat(backwards.statusCode()).isEqualTo(400);
            assertThat(backwards.body()).contains("end timestamp must not be before start");
            assertThat(served.get("/api/v1/query_exemplars?query=up(").statusCode()).isEqualTo(400);
        }
    }
}
