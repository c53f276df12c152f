package tokenplumb.tsdb.folded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Series;
import tokenplumb.tasks.Scope;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

class FoldedQuerierTest {
    private static final BucketLayout LAYOUT = BucketLayout.of(List.of("0.5", "1.0", "2", "+Inf"));
    private static final Labels X = Labels.of("__name__", "x", "job", "a");

    private static FakeKept one() {
        return new FakeKept()
                .put(X, LAYOUT, 1000, 7.5, 1, 2, 3, 4)
                .put(X, LAYOUT, 2000, 8.5, 2, 3, 4, 6)
                .put(X, LAYOUT, 3000, StaleMarker.VALUE)
                .put(Labels.of("__name__", "up", "job", "a"), 1000, 1);
    }

    private static Matcher equal(String name, String value) {
        return Matcher.equal(name, value);
    }

    private static Matcher regex(String name, String value) {
        return Matcher.of(Matcher.Type.REGEX, name, value);
    }

    private static List<String> found(FakeKept kept, Matcher... matchers) {
        return found(List.of(kept), matchers);
    }

    private static List<String> found(List<FakeKept> kept, Matcher... matchers) {
        try (var querier = new FoldedQuerier(List.copyOf(kept))) {
            var labels = querier.series(0, 5000, List.of(matchers), 0);
            assertThat(querier.select(0, 5000, List.of(matchers)).stream().map(Series::labels))
                    .containsExactlyInAnyOrderElementsOf(labels);
            return labels.stream().map(Labels::toString).toList();
        }
    }

    private static Map<String, String> samples(FoldedQuerier querier, Matcher... matchers) {
        var read = new TreeMap<String, String>();
        for (var series : querier.select(0, 5000, List.of(matchers))) {
            var samples = new Samples();
            series.read(0, 5000, samples);
            var texts = new ArrayList<String>();
            for (int i = 0; i < samples.size(); i++) {
                double value = samples.value(i);
                texts.add(samples.time(i) + "=" + (StaleMarker.is(value) ? "stale" : value));
            }
            assertThat(read.put(series.labels().toString(), String.join(" ", texts))).isNull();
        }
        return read;
    }

    @Test
    void showsAFoldedHistogramAsItsMembers() {
        try (var querier = new FoldedQuerier(List.of(one()))) {
            assertThat(samples(querier, equal("job", "a")))
                    .containsExactlyEntriesOf(
                            new TreeMap<>(
                                    Map.of(
                                            "up{job=\"a\"}",
                                            "1000=1.0",
                                            "x_bucket{job=\"a\", le=\"0.5\"}",
                                            "1000=1.0 2000=2.0 3000=stale",
                                            "x_bucket{job=\"a\", le=\"1.0\"}",
                                            "1000=2.0 2000=3.0 3000=stale",
                                            "x_bucket{job=\"a\", le=\"2\"}",
                                            "1000=3.0 2000=4.0 3000=stale",
                                            "x_bucket{job=\"a\", le=\"+Inf\"}",
                                            "1000=4.0 2000=6.0 3000=stale",
                                            "x_count{job=\"a\"}",
                                            "1000=4.0 2000=6.0 3000=stale",
                                            "x_sum{job=\"a\"}",
                                            "1000=7.5 2000=8.5 3000=stale")));
        }
    }

    @Test
    void hidesTheFamilysOwnName() {
        assertThat(found(one(), equal("__name__", "x"))).isEmpty();
        assertThat(found(one(), regex("__name__", "x|up"))).containsExactly("up{job=\"a\"}");
    }

    @Test
    void decidesOnNamesMemberByMember() {
        assertThat(found(one(), equal("__name__", "x_sum"))).containsExactly("x_sum{job=\"a\"}");
        assertThat(found(one(), equal("__name__", "x_count")))
                .containsExactly("x_count{job=\"a\"}");
        assertThat(found(one(), equal("__name__", "x_bucket"))).hasSize(4);
        assertThat(found(one(), regex("__name__", "x_count|x_sum|nope"))).hasSize(2);
        assertThat(found(one(), regex("__name__", "x_.*"))).hasSize(6);
        assertThat(found(one(), regex("__name__", ".*_(sum|count)"))).hasSize(2);
        assertThat(
                        found(
                                one(),
                                equal("job", "a"),
                                Matcher.of(Matcher.Type.NOT_EQUAL, "__name__", "x_bucket")))
                .hasSize(3);
        assertThat(
                        found(
                                one(),
                                regex("__name__", "x_.*"),
                                Matcher.of(Matcher.Type.NOT_REGEX, "__name__", ".*_bucket")))
                .hasSize(2);
        assertThat(found(one(), equal("__name__", ""), equal("job", "a"))).isEmpty();
    }

    @Test
    void decidesOnLeBucketByBucket() {
        var bucket = equal("__name__", "x_bucket");
        assertThat(found(one(), bucket, equal("le", "+Inf"))).hasSize(1);
        assertThat(found(one(), bucket, Matcher.of(Matcher.Type.NOT_EQUAL, "le", "+Inf")))
                .hasSize(3);
        assertThat(found(one(), bucket, regex("le", "0.5|2"))).hasSize(2);
        assertThat(found(one(), bucket, Matcher.of(Matcher.Type.NOT_REGEX, "le", "0.5|2")))
                .hasSize(2);
        assertThat(found(one(), bucket, equal("le", ""))).isEmpty();
        assertThat(found(one(), equal("le", ""), equal("job", "a")))
                .containsExactly("up{job=\"a\"}", "x_count{job=\"a\"}", "x_sum{job=\"a\"}");
        assertThat(found(one(), regex("le", ".+"))).hasSize(4);
        assertThat(found(one(), regex("le", "|2"), regex("__name__", "x.*"))).hasSize(3);
        assertThat(found(one(), equal("job", "b"))).isEmpty();
    }

    @Test
    void leAndQuantileAreNumbers() {
        var kept =
                one().put(Labels.of("__name__", "x_bucket", "job", "b", "le", "1"), 1000, 3)
                        .put(Labels.of("__name__", "x_bucket", "job", "b", "le", "2.0"), 1000, 3)
                        .put(Labels.of("__name__", "s", "quantile", "0.50"), 1000, 3)
                        .put(Labels.of("__name__", "s", "quantile", "1"), 1000, 3);
        var bucket = equal("__name__", "x_bucket");
        for (var le : List.of("1", "1.0", "1e0", "+1")) {
            assertThat(found(kept, bucket, equal("le", le)))
                    .as("le=%s", le)
                    .containsExactly(
                            "x_bucket{job=\"a\", le=\"1.0\"}", "x_bucket{job=\"b\", le=\"1\"}");
            assertThat(found(kept, bucket, Matcher.of(Matcher.Type.NOT_EQUAL, "le", le)))
                    .as("le!=%s", le)
                    .hasSize(4);
        }
        assertThat(found(kept, bucket, equal("le", "Inf"))).hasSize(1);
        assertThat(found(kept, equal("quantile", "0.5"))).hasSize(1);
        assertThat(found(kept, equal("quantile", "1.0"))).hasSize(1);
        assertThat(found(kept, equal("job", "1.0"))).isEmpty();
        // as the target spells it, or as Prometheus 3 stores it
        assertThat(found(kept, bucket, regex("le", "1\\.0|2\\.0"))).hasSize(4);
        assertThat(found(kept, bucket, regex("le", "1|2")))
                .containsExactly("x_bucket{job=\"a\", le=\"2\"}", "x_bucket{job=\"b\", le=\"1\"}");
        assertThat(found(kept, bucket, Matcher.of(Matcher.Type.NOT_REGEX, "le", "1.0"))).hasSize(4);
    }

    @Test
    void tellsLabelsOfMembers() {
        try (var querier = new FoldedQuerier(List.of(one()))) {
            assertThat(querier.labelNames(0, 5000, List.of(), 0))
                    .containsExactly("__name__", "job", "le");
            assertThat(querier.labelNames(0, 5000, List.of(equal("__name__", "x_sum")), 0))
                    .containsExactly("__name__", "job");
            assertThat(querier.labelNames(0, 5000, List.of(equal("__name__", "x_bucket")), 2))
                    .containsExactly("__name__", "job");
            assertThat(querier.labelValues("__name__", 0, 5000, List.of(), 0))
                    .containsExactly("up", "x_bucket", "x_count", "x_sum");
            assertThat(querier.labelValues("le", 0, 5000, List.of(), 0))
                    .containsExactly("+Inf", "0.5", "1.0", "2");
            assertThat(querier.labelValues("le", 0, 5000, List.of(regex("le", "[0-9].*")), 0))
                    .containsExactly("0.5", "1.0", "2");
            assertThat(querier.labelValues("job", 0, 5000, List.of(equal("le", "2")), 0))
                    .containsExactly("a");
            assertThat(querier.labelValues("__name__", 0, 5000, List.of(equal("le", "")), 0))
                    .containsExactly("up", "x_count", "x_sum");
            assertThat(querier.labelValues("job", 6000, 7000, List.of(), 0)).isEmpty();
            assertThat(querier.labelNames(6000, 7000, List.of(), 0)).isEmpty();
        }
    }

    @Test
    void putsOneSeriesTogetherFromSeveralPlaces() {
        var other = BucketLayout.of(List.of("1.0", "5", "+Inf"));
        var head =
                new FakeKept()
                        .put(X, LAYOUT, 2000, StaleMarker.VALUE)
                        .put(X, other, 2000, 3, 7, 8, 9)
                        .put(X, other, 3000, StaleMarker.VALUE)
                        .put(Kind.member(X, "x_count"), 3000, 10);
        var block =
                new FakeKept()
                        .put(X, LAYOUT, 1000, 1.5, 1, 2, 3, 4)
                        .put(Kind.member(X, "x_count"), 500, 3)
                        .put(Kind.member(X, "x_count"), 1000, StaleMarker.VALUE)
                        .put(Kind.member(X, "x_count"), 3000, 11);
        try (var querier = new FoldedQuerier(List.of(head, block))) {
            assertThat(samples(querier, equal("job", "a")))
                    .containsEntry(
                            "x_bucket{job=\"a\", le=\"1.0\"}", "1000=2.0 2000=7.0 3000=stale")
                    .containsEntry("x_bucket{job=\"a\", le=\"0.5\"}", "1000=1.0 2000=stale")
                    .containsEntry("x_bucket{job=\"a\", le=\"5\"}", "2000=8.0 3000=stale")
                    .containsEntry("x_count{job=\"a\"}", "500=3.0 1000=4.0 2000=9.0 3000=10.0")
                    .hasSize(7);
        }
        assertThat(head.closed).isTrue();
        assertThat(block.closed).isTrue();
    }

    @Test
    void membersShareOneDecoding() {
        var kept = one();
        var decoded = new Decoded();
        try (var querier = new FoldedQuerier(List.of(kept), decoded)) {
            samples(querier, equal("__name__", "x_bucket"));
            assertThat(kept.decodes).hasValue(1);
            assertThat(decoded.bytes()).as("let go after the last member").isZero();
            samples(querier, equal("job", "a"));
            assertThat(kept.decodes).hasValue(2);
        }
    }

    @Test
    void theSumAndTheCountShareOneDecodingOverSelectors() {
        var kept = one();
        try (var querier = new FoldedQuerier(List.of(kept))) {
            assertThat(samples(querier, equal("__name__", "x_sum")))
                    .containsExactly(Map.entry("x_sum{job=\"a\"}", "1000=7.5 2000=8.5 3000=stale"));
            assertThat(samples(querier, equal("__name__", "x_count")))
                    .containsExactly(
                            Map.entry("x_count{job=\"a\"}", "1000=4.0 2000=6.0 3000=stale"));
            assertThat(samples(querier, regex("__name__", "x_(count|sum)"))).hasSize(2);
            assertThat(samples(querier, equal("__name__", "x_bucket"), equal("le", "+Inf")))
                    .hasSize(1);
            assertThat(kept.decodes).hasValue(1);
            querier.select(0, 1500, List.of(equal("__name__", "x_sum")))
                    .getFirst()
                    .read(0, 1500, new Samples());
            assertThat(kept.decodes).hasValue(2);
        }
    }

    @Test
    void readsAgainAndInAnyOrder() {
        var kept = one();
        try (var querier = new FoldedQuerier(List.of(kept))) {
            var series = querier.select(0, 5000, List.of(equal("__name__", "x_bucket")));
            for (int round = 0; round < 3; round++) {
                for (int i = series.size() - 1; i >= 0; i--) {
                    var samples = new Samples();
                    series.get(i).read(0, round == 1 ? 1500 : 5000, samples);
                    assertThat(samples.size()).isEqualTo(round == 1 ? 1 : 3);
                    assertThat(samples.value(0)).isEqualTo(i + 1);
                }
            }
            assertThat(kept.decodes).hasValue(3);
        }
    }

    @Test
    void boundsWhatIsHeldWhereMembersAreReadAcrossRows() {
        var kept = new FakeKept();
        for (int i = 0; i < 200; i++) {
            kept.put(X.with("i", "" + i), LAYOUT, 1000, i, i, i, i, i);
        }
        var decoded = new Decoded(1000);
        try (var querier = new FoldedQuerier(List.of(kept), decoded)) {
            var series = querier.select(0, 5000, List.of(equal("__name__", "x_bucket")));
            for (int bucket = 0; bucket < 4; bucket++) {
                for (int i = bucket; i < series.size(); i += 4) {
                    var samples = new Samples();
                    series.get(i).read(0, 5000, samples);
                    assertThat((int) samples.value(0)).isEqualTo(i / 4);
                    assertThat(decoded.bytes()).isLessThanOrEqualTo(1000);
                }
            }
        }
    }

    @Test
    void manyThreadsMayRead() throws InterruptedException {
        var kept = new FakeKept();
        for (int i = 0; i < 50; i++) {
            kept.put(X.with("i", "" + i), LAYOUT, 1000, i, i, i + 1, i + 2, i + 3);
        }
        try (var querier = new FoldedQuerier(List.of(kept), new Decoded(300));
                var scope = new Scope("test")) {
            var series = querier.select(0, 5000, List.of(equal("__name__", "x_bucket")));
            for (int thread = 0; thread < 8; thread++) {
                int start = thread * 7;
                var _ =
                        scope.fork(() -> {
                            for (int i = 0; i < 2000; i++) {
                                int at = (start + i * 3) % series.size();
                                var samples = new Samples();
                                series.get(at).read(0, 5000, samples);
                                assertThat((int) samples.value(0)).isEqualTo(at / 4 + at % 4);
                            }
                            return true;
                        });
            }
            scope.join();
        }
    }

    @Test
    void putsLeWhereItBelongs() {
        assertThat(Kind.member(Labels.of("__name__", "x", "a", "1", "z", "2"), "x_bucket", "5"))
                .isEqualTo(Labels.of("__name__", "x_bucket", "a", "1", "le", "5", "z", "2"));
        assertThat(Kind.member(Labels.of("__name__", "x", "Z", "1"), "x_bucket", "5"))
                .isEqualTo(Labels.of("__name__", "x_bucket", "Z", "1", "le", "5"));
        assertThat(Kind.member(Labels.of("__name__", "x"), "x_sum"))
                .isEqualTo(Labels.of("__name__", "x_sum"));
    }

    @Test
    void refusesUseAfterItsClose() {
        var querier = new FoldedQuerier(List.of(one()));
        querier.close();
        assertThatThrownBy(() -> querier.select(0, 1, List.of()))
                .isInstanceOf(IllegalStateException.class);
    }
}
