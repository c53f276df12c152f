package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

class PastScrapesTest {
    private static final Labels TARGET = Labels.of("job", "j", "instance", "i");
    private static final List<ScrapeJob> JOBS =
            ScrapeJobTest.read("scrape_configs: [{job_name: j}]");

    private final RecordingStorage storage = new RecordingStorage();
    private final PastScrapes past = new PastScrapes(storage, JOBS);

    private static byte[] body(String... lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] histogram(int count) {
        return body(
                "# TYPE h histogram",
                "h_bucket{le=\"1\"} 0",
                "h_bucket{le=\"+Inf\"} " + count,
                "h_sum " + count,
                "h_count " + count);
    }

    @Test
    void foldsAndReportsAsAScrapeDoes() throws IOException {
        storage.folds = true;
        past.keep("j", TARGET, histogram(3), 1000);
        past.keep("j", TARGET, histogram(5), 2000);
        assertThat(storage.foldedAppends).isEqualTo(2);
        assertThat(storage.of("h_count")).isEqualTo(Map.of(1000L, 3.0, 2000L, 5.0));
        assertThat(storage.of("up")).isEqualTo(Map.of(1000L, 1.0, 2000L, 1.0));
        assertThat(storage.of("scrape_samples_scraped")).containsEntry(2000L, 4.0);
        assertThat(storage.of("scrape_samples_post_metric_relabeling")).containsEntry(2000L, 4.0);
        assertThat(past.samples()).isEqualTo(2 * (4 + 3));
    }

    @Test
    void whatVanishesEnds() throws IOException {
        past.keep("j", TARGET, body("a 1", "b 2"), 1000);
        past.keep("j", TARGET, body("a 1"), 2000);
        assertThat(storage.of("b")).isEqualTo(Map.of(1000L, 2.0, 2000L, "stale"));
    }

    @Test
    void refusesAJobThatIsNotConfigured() {
        assertThatThrownBy(() -> past.keep("k", TARGET, body("a 1"), 1000))
                .hasMessage("no job \"k\" is configured: choose one of [j]");
    }
}
