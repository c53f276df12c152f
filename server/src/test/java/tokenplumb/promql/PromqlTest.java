package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryStorage;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

final class PromqlTest {
    private final MemoryStorage storage = new MemoryStorage();

    private Promql promql(long maxSamples, Duration timeout, int maxConcurrent) {
        return promql(storage, maxSamples, timeout, maxConcurrent);
    }

    private static Promql promql(
            Storage storage, long maxSamples, Duration timeout, int maxConcurrent) {
        return new Promql(
                storage,
                new Promql.Options(
                        Duration.ofMinutes(5),
                        timeout,
                        maxConcurrent,
                        maxSamples,
                        Duration.ofMinutes(1),
                        true));
    }

    private void fill(int series, int samples) {
        for (int s = 0; s < series; s++) {
            var labels = Labels.of(Labels.NAME, "requests_total", "pod", "p" + s);
            for (int i = 0; i < samples; i++) {
                storage.put(labels, i * 15_000L, i * (s + 1));
            }
        }
    }

    /// A storage whose queries wait until they are let go or interrupted.
    private static Storage stuck(CountDownLatch entered, CountDownLatch letGo) {
        return new Storage() {
            @Override
            public Batch batch() {
                throw new UnsupportedOperationException("read only");
            }

            @Override
            public Querier querier() {
                return new Querier() {
                    @Override
                    public List<Series> select(long from, long to, List<Matcher> matchers) {
                        entered.countDown();
                        try {
                            letGo.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        return List.of();
                    }

                    @Override
                    public List<Labels> series(
                            long from, long to, List<Matcher> matchers, int limit) {
                        return List.of();
                    }

                    @Override
                    public List<String> labelNames(
                            long from, long to, List<Matcher> matchers, int limit) {
                        return List.of();
                    }

                    @Override
                    public List<String> labelValues(
                            String label, long from, long to, List<Matcher> matchers, int limit) {
                        return List.of();
                    }

                    @Override
                    public void close() {}
                };
            }
        };
    }

    @Test
    void sumsRatesOverManySeriesInParallelAsInOne() {
        fill(2_000, 41);
        var promql = promql(50_000_000, Duration.ofMinutes(1), 20);
        var whole =
                promql.range(
                        Promql.Request.of("sum(rate(requests_total[1m]))"),
                        60_000,
                        600_000,
                        60_000);
        double expected = 0;
        for (int s = 0; s < 2_000; s++) {
            expected += (s + 1) / 15.0;
        }
        var column = ((Value.Matrix) whole.value()).columns().getFirst();
        assertThat(column.samples().size()).isEqualTo(10);
        for (int i = 0; i < column.samples().size(); i++) {
            assertThat(column.samples().value(i) / expected).isCloseTo(1, offset(1e-12));
        }
        assertThat(whole.stats().totalSamples()).isEqualTo(2_000 * 10 * 4);
    }

    @Test
    void aggregationsKeepNoColumnOfTheirSeries() {
        fill(2_000, 41);
        var promql = promql(5_000, Duration.ofMinutes(1), 20);
        var answer =
                promql.range(
                        Promql.Request.of("sum(rate(requests_total[1m]))"),
                        60_000,
                        600_000,
                        60_000);
        assertThat(answer.stats().peakSamples()).isLessThan(5_000);
    }

    @Test
    void saysWhichLimitOfSamplesItMetAndHowToRaiseIt() {
        fill(100, 41);
        var promql = promql(500, Duration.ofMinutes(1), 20);
        assertThatThrownBy(
                        () -> promql.range(Promql.Request.of("requests_total"), 0, 600_000, 60_000))
                .isInstanceOf(QueryError.class)
                .hasMessageStartingWith(
                        "query processing would load too many samples into memory in query"
                                + " execution")
                .hasMessageContaining("500 that --query.max-samples allows");
    }

    @Test
    void stopsWhenItsTimeIsUp() {
        fill(10, 41);
        var promql = promql(1_000_000, Duration.ofMinutes(1), 20);
        var request =
                new Promql.Request(
                        "requests_total", Optional.empty(), Optional.of(Duration.ofNanos(1)));
        assertThatThrownBy(() -> promql.range(request, 0, 600_000, 60_000))
                .isInstanceOfSatisfying(
                        QueryError.class,
                        e -> assertThat(e.kind()).isEqualTo(QueryError.Kind.TIMEOUT))
                .hasMessageContaining("query timed out");
    }

    @Test
    void aRequestCannotLengthenTheTimeout() {
        fill(10, 41);
        var promql = promql(1_000_000, Duration.ofNanos(1), 20);
        var request =
                new Promql.Request(
                        "requests_total", Optional.empty(), Optional.of(Duration.ofHours(1)));
        assertThatThrownBy(() -> promql.instant(request, 0)).hasMessageContaining("timed out");
    }

    private static Thread asking(Promql promql, AtomicReference<QueryError> failure) {
        return Thread.ofVirtual()
                .start(() -> {
                    try {
                        promql.instant(Promql.Request.of("up"), 0);
                    } catch (QueryError e) {
                        failure.set(e);
                    }
                });
    }

    @Test
    void aQueryIsListedAndCanBeCancelled() throws InterruptedException {
        var entered = new CountDownLatch(1);
        var promql =
                promql(stuck(entered, new CountDownLatch(1)), 1_000, Duration.ofMinutes(1), 20);
        var failure = new AtomicReference<QueryError>();
        var thread = asking(promql, failure);
        entered.await();
        var active = promql.active();
        assertThat(active).extracting(ActiveQuery::query).containsExactly("up");
        assertThat(promql.cancel(active.getFirst().id())).isTrue();
        thread.join();
        assertThat(failure.get().kind()).isEqualTo(QueryError.Kind.CANCELED);
        assertThat(promql.active()).isEmpty();
        assertThat(promql.cancel(active.getFirst().id())).isFalse();
    }

    @Test
    void aQueryBeyondTheConcurrencyLimitWaitsAndThenSaysWhy() throws InterruptedException {
        var entered = new CountDownLatch(1);
        var letGo = new CountDownLatch(1);
        var promql = promql(stuck(entered, letGo), 1_000, Duration.ofMinutes(1), 1);
        var thread = asking(promql, new AtomicReference<>());
        entered.await();
        var impatient =
                new Promql.Request("up", Optional.empty(), Optional.of(Duration.ofMillis(20)));
        assertThatThrownBy(() -> promql.instant(impatient, 0))
                .isInstanceOfSatisfying(
                        QueryError.class,
                        e -> assertThat(e.kind()).isEqualTo(QueryError.Kind.TIMEOUT))
                .hasMessageContaining("query queue")
                .hasMessageContaining("1 queries were running")
                .hasMessageContaining("--query.max-concurrency");
        letGo.countDown();
        thread.join();
        assertThat(((Value.Vector) promql.instant(impatient, 0).value()).samples()).isEmpty();
    }

    @Test
    void experimentalFunctionsNeedTheirFlag() {
        var stable =
                new Promql(
                        storage,
                        new Promql.Options(
                                Duration.ofMinutes(5),
                                Duration.ofMinutes(1),
                                20,
                                1_000,
                                Duration.ofMinutes(1),
                                false));
        assertThatThrownBy(() -> stable.instant(Promql.Request.of("limitk(1, up)"), 0))
                .isInstanceOf(QueryError.class)
                .hasMessageContaining("experimental");
    }

    @Test
    void aRangeQueryRefusesStringsAndRanges() {
        var promql = promql(1_000, Duration.ofMinutes(1), 20);
        assertThatThrownBy(() -> promql.range(Promql.Request.of("up[5m]"), 0, 1_000, 1_000))
                .hasMessage(
                        "invalid expression type \"range vector\" for range query, must be Scalar"
                                + " or instant Vector");
        assertThatThrownBy(() -> promql.range(Promql.Request.of("up"), 0, 1_000, 0))
                .hasMessageContaining("zero or negative query resolution step");
    }

    @Test
    void theDeepestQueriesEvaluateOrSayThatTheyAreTooDeep() {
        fill(1, 41);
        var promql = promql(10_000_000, Duration.ofMinutes(1), 20);
        for (var query :
                List.of(
                        "(".repeat(1_000) + "requests_total" + ")".repeat(1_000),
                        "-".repeat(1_000) + "requests_total",
                        "abs(".repeat(600) + "requests_total" + ")".repeat(600),
                        "requests_total" + " + 1".repeat(2_000),
                        "1" + " + 1".repeat(2_000))) {
            Supplier<Answer> ask = () -> promql.range(Promql.Request.of(query), 0, 600_000, 60_000);
            try {
                assertThat(ask.get().value()).isNotNull();
            } catch (QueryError tooDeep) {
                assertThat(tooDeep).hasMessageContaining("nested");
            }
        }
    }

    @Test
    void moreStepsThanSamplesMayBeHeldAreRefusedAtOnce() {
        var promql = promql(50_000_000, Duration.ofMinutes(1), 20);
        assertThatThrownBy(() -> promql.instant(Promql.Request.of("max_over_time(up[10y:1ms])"), 0))
                .isInstanceOf(QueryError.class)
                .hasMessageContaining("--query.max-samples");
        assertThatThrownBy(() -> promql.range(Promql.Request.of("1"), 0, Long.MAX_VALUE / 2, 1))
                .isInstanceOf(QueryError.class)
                .hasMessageContaining("--query.max-steps");
    }

    @Test
    void whatOccursTwiceIsReadOnce() {
        fill(500, 41);
        var promql = promql(50_000_000, Duration.ofMinutes(1), 20);
        var once =
                promql.range(
                        Promql.Request.of("sum(rate(requests_total[1m]))"),
                        60_000,
                        600_000,
                        60_000);
        var twice =
                promql.range(
                        Promql.Request.of(
                                "sum(rate(requests_total[1m])) + sum(rate(requests_total[1m]))"),
                        60_000,
                        600_000,
                        60_000);
        assertThat(twice.stats().totalSamples()).isEqualTo(once.stats().totalSamples());
        var single = ((Value.Matrix) once.value()).columns().getFirst().samples();
        var doubled = ((Value.Matrix) twice.value()).columns().getFirst().samples();
        for (int i = 0; i < single.size(); i++) {
            assertThat(doubled.value(i)).isEqualTo(2 * single.value(i));
        }
    }

    @Test
    void whatHasSomethingToSayIsEvaluatedWhereverItStands() {
        storage.put(Labels.of(Labels.NAME, "queue"), 0, 1);
        storage.put(Labels.of(Labels.NAME, "queue"), 15_000, 1);
        var promql = promql(1_000, Duration.ofMinutes(1), 20);
        var answer = promql.instant(Promql.Request.of("rate(queue[1m]) + rate(queue[1m])"), 20_000);
        assertThat(answer.infos())
                .containsExactly(
                        "PromQL info: metric might not be a counter, name does not end in"
                                + " _total/_sum/_count/_bucket: \"queue\" (1:24)");
    }

    @Test
    void aShorterLookbackOfTheRequestCounts() {
        storage.put(Labels.of(Labels.NAME, "up"), 0, 1);
        var promql = promql(1_000, Duration.ofMinutes(1), 20);
        var brief = new Promql.Request("up", Optional.of(Duration.ofSeconds(30)), Optional.empty());
        assertThat(((Value.Vector) promql.instant(brief, 29_999).value()).samples()).hasSize(1);
        assertThat(((Value.Vector) promql.instant(brief, 30_000).value()).samples()).isEmpty();
    }
}
