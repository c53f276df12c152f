package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.signal.Bound;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

class ViewExemplarsTest {
    private static final Labels RAW =
            Labels.of(
                    "__name__",
                    "vllm:time_to_first_token_seconds_bucket",
                    "model_name",
                    "m",
                    "le",
                    "1.0");

    /// Keeps exemplars only.
    private record Kept(Map<Labels, List<Exemplar>> all) implements Storage {
        @Override
        public Batch batch() {
            throw new IllegalStateException("nothing is written");
        }

        @Override
        public Querier querier() {
            throw new IllegalStateException("no series is asked for");
        }

        @Override
        public List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> selectors) {
            var found = new ArrayList<SeriesExemplars>();
            all.forEach((labels, exemplars) -> {
                if (selectors.stream()
                        .anyMatch(s -> s.stream().allMatch(m -> Bound.passes(m, labels)))) {
                    found.add(new SeriesExemplars(labels, exemplars));
                }
            });
            return found;
        }
    }

    private final Storage views =
            new Views(
                    new Kept(
                            Map.of(
                                    RAW,
                                    List.of(new Exemplar(Labels.of("trace_id", "1"), 0.7, 1000)))),
                    Catalog.builtIn());

    private List<SeriesExemplars> find(Matcher... matchers) {
        return views.exemplars(0, 5000, List.of(List.of(matchers)));
    }

    @Test
    void answersACanonicalName() {
        var found =
                find(
                        Matcher.equal(Labels.NAME, "llm_ttft_seconds_bucket"),
                        Matcher.equal("model", "m"),
                        Matcher.equal("le", "1"));
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().series())
                .isEqualTo(
                        Labels.of(
                                "__name__",
                                "llm_ttft_seconds_bucket",
                                "dp_rank",
                                "0",
                                "engine",
                                "vllm",
                                "model",
                                "m",
                                "le",
                                "1.0"));
        assertThat(found.getFirst().exemplars())
                .containsExactly(new Exemplar(Labels.of("trace_id", "1"), 0.7, 1000));
        assertThat(
                        find(
                                Matcher.equal(Labels.NAME, "llm_ttft_seconds_bucket"),
                                Matcher.equal("model", "other")))
                .isEmpty();
    }

    @Test
    void answersARawNameAsItIs() {
        assertThat(find(Matcher.equal(Labels.NAME, RAW.metricName())))
                .extracting(SeriesExemplars::series)
                .containsExactly(RAW);
        assertThat(find(Matcher.equal("le", "1"))).hasSize(1);
    }
}
