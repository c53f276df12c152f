package tokenplumb.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class WatchingTest {
    @Test
    void understandsWhatPeopleType() {
        assertThat(Watching.uri("localhost:9100")).hasToString("http://localhost:9100/metrics");
        assertThat(Watching.uri("http://vllm:8000/")).hasToString("http://vllm:8000/metrics");
        assertThat(Watching.uri("https://h/prometheus/metrics?a=b"))
                .hasToString("https://h/prometheus/metrics?a=b");
        assertThatThrownBy(() -> Watching.uri("ftp://h")).hasMessageContaining("http://HOST:PORT");
    }
}
