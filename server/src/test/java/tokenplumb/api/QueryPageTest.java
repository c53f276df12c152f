package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryStorage;
import tokenplumb.signal.Labels;

final class QueryPageTest {
    @Test
    void aPlanTellsOfEveryNodeAndOfNoValue() throws Exception {
        var storage = new MemoryStorage();
        for (int i = 0; i < 3; i++) {
            storage.put(
                    Labels.of("__name__", "up", "instance", "i" + i), 1_735_691_390_000L, 31_337);
        }
        try (var served = new Served(storage)) {
            var body =
                    served.get("/api/tokenplumb/v1/query_plan?query=sum(up)*2&time=1735691400")
                            .body();
            assertThat(body)
                    .contains("\"node\":\"*\"", "\"node\":\"sum\"", "\"node\":\"selector\"")
                    .contains("\"series\":3,\"columns\":3,\"samples\":3")
                    .doesNotContain("31337", "94011", "188022");
        }
    }

    @Test
    void whatDoesNotRunCannotBeCancelledAndNothingRunsUnasked() throws Exception {
        try (var served = new Served(new MemoryStorage())) {
            assertThat(served.get("/api/tokenplumb/v1/queries").body())
                    .contains("\"active\":[]", "\"slow\":[]");
        }
    }
}
