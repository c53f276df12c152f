package tokenplumb.kit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Batch.Outcome;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// What every [Storage] that can be written to must do. A test class extends it and hands out empty
/// storages; sample times lie around [#T].
public abstract class StorageContract {
    protected static final long T = 1_700_000_000_000L;

    private static final Labels A = Labels.of("__name__", "a", "job", "x");
    private static final Labels B = Labels.of("__name__", "b", "job", "x");

    /// An empty storage, which the test need not close.
    protected abstract Storage empty() throws Exception;

    @Test
    public void keepsWhatIsCommitted() throws Exception {
        var storage = empty();
        commit(storage, A, T, 1, T + 1000, 2, T + 2000, StaleMarker.VALUE);

        assertThat(read(storage, A, T, T + 5000))
                .containsExactly(T + "=1.0", (T + 1000) + "=2.0", (T + 2000) + "=stale");
        assertThat(read(storage, A, T + 1, T + 1999)).containsExactly((T + 1000) + "=2.0");
    }

    @Test
    public void forgetsWhatIsNotCommitted() throws Exception {
        var storage = empty();
        try (var batch = storage.batch()) {
            assertThat(batch.append(batch.series(A), T, 1)).isEqualTo(Outcome.APPENDED);
        }
        try (var querier = storage.querier()) {
            assertThat(querier.select(T, T, List.of())).isEmpty();
            assertThat(querier.series(T, T, List.of(), 0)).isEmpty();
            assertThat(querier.labelNames(T, T, List.of(), 0)).isEmpty();
            assertThat(querier.labelValues("job", T, T, List.of(), 0)).isEmpty();
        }
        commit(storage, A, T, 2);
        assertThat(read(storage, A, T, T)).containsExactly(T + "=2.0");
    }

    @Test
    public void judgesEverySample() throws Exception {
        var storage = empty();
        commit(storage, A, T, 1);
        try (var batch = storage.batch()) {
            long a = batch.series(A);
            assertThat(batch.append(a, T, 1)).as("the same again").isEqualTo(Outcome.APPENDED);
            assertThat(batch.append(a, T, 2)).isEqualTo(Outcome.DUPLICATE);
            assertThat(batch.append(a, T - 1, 1)).isEqualTo(Outcome.OUT_OF_ORDER);
            assertThat(batch.append(a, T + 5, 3)).isEqualTo(Outcome.APPENDED);
            assertThat(batch.append(a, T + 5, 4)).isEqualTo(Outcome.DUPLICATE);
            assertThat(batch.append(a, T + 4, 4)).isEqualTo(Outcome.OUT_OF_ORDER);
            assertThat(batch.append(a, T + 6, 5)).isEqualTo(Outcome.APPENDED);
            assertThat(batch.append(0, T, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
            assertThat(batch.append(a + (7L << 32) + 1234, T, 1)).isEqualTo(Outcome.UNKNOWN_SERIES);
            batch.commit();
        }
        assertThat(read(storage, A, T - 10, T + 10))
                .containsExactly(T + "=1.0", (T + 5) + "=3.0", (T + 6) + "=5.0");
    }

    @Test
    public void tellsNaNsApartByTheirBits() throws Exception {
        var storage = empty();
        double odd = Double.longBitsToDouble(0x7ff8000000000abcL);
        commit(storage, A, T, Double.NaN, T + 1, odd, T + 2, StaleMarker.VALUE, T + 3, -0.0);

        var samples = new Samples();
        try (var querier = storage.querier()) {
            querier.select(T, T + 9, List.of(Matcher.equal("__name__", "a")))
                    .getFirst()
                    .read(T, T + 9, samples);
            var bits = new ArrayList<Long>();
            for (int i = 0; i < samples.size(); i++) {
                bits.add(Double.doubleToRawLongBits(samples.value(i)));
            }
            assertThat(bits)
                    .containsExactly(
                            Double.doubleToRawLongBits(Double.NaN),
                            Double.doubleToRawLongBits(odd),
                            Double.doubleToRawLongBits(StaleMarker.VALUE),
                            Double.doubleToRawLongBits(-0.0));
        }
    }

    @Test
    public void givesOneReferenceToOneSeries() throws Exception {
        var storage = empty();
        try (var one = storage.batch();
                var other = storage.batch()) {
            long a = one.series(A);
            assertThat(other.series(Labels.of("job", "x", "__name__", "a"))).isEqualTo(a);
            assertThat(other.series(B)).isNotEqualTo(a);
            other.append(a, T, 1);
            other.commit();
            assertThat(one.append(a, T + 1, 2)).isEqualTo(Outcome.APPENDED);
            one.commit();
        }
        assertThat(read(storage, A, T, T + 1)).hasSize(2);
    }

    @Test
    public void readsBehindWhatIsThere() throws Exception {
        var storage = empty();
        commit(storage, A, T, 1);
        commit(storage, B, T, 2);
        var samples = new Samples();
        try (var querier = storage.querier()) {
            for (var series : querier.select(T, T, List.of(Matcher.equal("job", "x")))) {
                series.read(T, T, samples);
            }
        }
        assertThat(samples.size()).isEqualTo(2);
    }

    @Test
    public void aQuerierSeesOneMoment() throws Exception {
        var storage = empty();
        commit(storage, A, T, 1);
        try (var before = storage.querier()) {
            for (int i = 1; i <= 500; i++) { // enough to fill chunks
                try (var batch = storage.batch()) {
                    batch.append(batch.series(A), T + i, i);
                    batch.append(batch.series(B), T + i, i);
                    batch.commit();
                }
                if (i == 250) {
                    try (var middle = storage.querier()) {
                        commit(storage, A, T + 250, 250.0); // again: changes nothing
                        assertThat(read(middle, A, T, T + 9999)).hasSize(251);
                        assertThat(read(middle, B, T, T + 9999)).hasSize(250);
                    }
                }
            }
            assertThat(read(before, A, T, T + 9999)).containsExactly(T + "=1.0");
            assertThat(read(before, B, T, T + 9999)).isEmpty();
        }
        assertThat(read(storage, A, T, T + 9999)).hasSize(501);
    }

    @Test
    public void selectsWhatEveryMatcherPasses() throws Exception {
        Seeds.forEach(
                30,
                random -> {
                    var storage = empty();
                    var all = new ArrayList<Labels>();
                    for (int i = 0; i < 60; i++) {
                        var labels = randomLabels(random, i);
                        all.add(labels);
                        commit(storage, labels, T + i, i);
                    }
                    try (var querier = storage.querier()) {
                        for (int i = 0; i < 40; i++) {
                            check(querier, all, randomMatchers(random));
                        }
                    }
                });
    }

    private static void check(Querier querier, List<Labels> all, List<Matcher> matchers) {
        var expected =
                all.stream()
                        .filter(labels -> matchers.stream().allMatch(m -> m.matches(labels)))
                        .sorted()
                        .toList();
        assertThat(querier.select(T, T + 100, matchers).stream().map(Series::labels).sorted())
                .as("select %s", matchers)
                .isEqualTo(expected);
        assertThat(querier.series(T, T + 100, matchers, 0)).isEqualTo(expected);
        assertThat(querier.series(T, T + 100, matchers, 3))
                .isEqualTo(expected.subList(0, Math.min(3, expected.size())));
        assertThat(querier.labelNames(T, T + 100, matchers, 0))
                .as("names of %s", matchers)
                .isEqualTo(
                        expected.stream()
                                .flatMap(labels -> labels.toMap().keySet().stream())
                                .distinct()
                                .sorted()
                                .toList());
        assertThat(querier.labelValues("c", T, T + 100, matchers, 0))
                .as("values of c on %s", matchers)
                .isEqualTo(
                        expected.stream()
                                .map(labels -> labels.get("c"))
                                .filter(value -> !value.isEmpty())
                                .distinct()
                                .sorted()
                                .toList());
    }

    private static Labels randomLabels(Random random, int i) {
        var builder = Labels.builder().set("__name__", "m" + random.nextInt(4)).set("i", "" + i);
        for (var name : List.of("a", "b", "c")) {
            if (random.nextBoolean()) {
                builder.set(name, "v" + random.nextInt(12));
            }
        }
        return builder.build();
    }

    private static final List<String> PATTERNS =
            List.of(
                    "v1",
                    "v1.*",
                    "v1|v2|v11",
                    "v1|",
                    ".*",
                    ".+",
                    "",
                    "v[0-5]",
                    "(v1|v2)",
                    "x",
                    "v1.+");

    private static List<Matcher> randomMatchers(Random random) {
        var matchers = new ArrayList<Matcher>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            var name = List.of("a", "b", "c", "none", "__name__").get(random.nextInt(5));
            var type = List.of(Matcher.Type.values()).get(random.nextInt(4));
            var value =
                    type == Matcher.Type.REGEX || type == Matcher.Type.NOT_REGEX
                            ? PATTERNS.get(random.nextInt(PATTERNS.size()))
                            : List.of("v1", "v2", "", "m1", "m2").get(random.nextInt(5));
            matchers.add(Matcher.of(type, name, value));
        }
        return matchers;
    }

    @Test
    public void leavesOutSeriesThatEndedBeforeOrBeganAfter() throws Exception {
        var storage = empty();
        commit(storage, A, T, 1, T + 10, 1);
        commit(storage, B, T + 100, 1);
        try (var querier = storage.querier()) {
            assertThat(querier.series(T + 11, T + 200, List.of(), 0)).containsExactly(B);
            assertThat(querier.series(T, T + 99, List.of(), 0)).containsExactly(A);
            assertThat(querier.labelValues("__name__", T + 11, T + 200, List.of(), 0))
                    .containsExactly("b");
        }
    }

    @Test
    public void agreesWithASimpleModel() throws Exception {
        Seeds.forEach(
                15,
                random -> {
                    var storage = empty();
                    Map<Labels, List<String>> model = new HashMap<>();
                    Map<Labels, Long> newest = new HashMap<>();
                    long now = T;
                    for (int round = 0; round < 400; round++) {
                        now += random.nextInt(20_000);
                        try (var batch = storage.batch()) {
                            boolean commits = random.nextInt(10) > 0;
                            for (int i = random.nextInt(6); i > 0; i--) {
                                var labels =
                                        Labels.of("__name__", "m", "i", "" + random.nextInt(8));
                                long time = now + random.nextInt(3) - 1;
                                double value = random.nextInt(3);
                                var outcome = batch.append(batch.series(labels), time, value);
                                if (commits
                                        && outcome == Outcome.APPENDED
                                        && newest.getOrDefault(labels, Long.MIN_VALUE) < time) {
                                    model.computeIfAbsent(labels, key -> new ArrayList<>())
                                            .add(time + "=" + value);
                                    newest.put(labels, time);
                                }
                            }
                            if (commits) {
                                batch.commit();
                            }
                        }
                    }
                    for (var series : model.entrySet()) {
                        assertThat(read(storage, series.getKey(), T - 10, now + 10))
                                .isEqualTo(series.getValue());
                    }
                });
    }

    /// Commits samples given as time, value, time, value, …
    protected static void commit(Storage storage, Labels labels, double... timesAndValues)
            throws IOException {
        try (Batch batch = storage.batch()) {
            long series = batch.series(labels);
            for (int i = 0; i < timesAndValues.length; i += 2) {
                batch.append(series, (long) timesAndValues[i], timesAndValues[i + 1]);
            }
            batch.commit();
        }
    }

    /// The samples of one series as `time=value`.
    protected static List<String> read(Storage storage, Labels labels, long from, long to) {
        try (var querier = storage.querier()) {
            return read(querier, labels, from, to);
        }
    }

    protected static List<String> read(Querier querier, Labels labels, long from, long to) {
        var matchers = new ArrayList<Matcher>();
        labels.toMap().forEach((name, value) -> matchers.add(Matcher.equal(name, value)));
        var text = new ArrayList<String>();
        for (var series : querier.select(from, to, matchers)) {
            if (series.labels().equals(labels)) {
                var samples = new Samples();
                series.read(from, to, samples);
                for (int i = 0; i < samples.size(); i++) {
                    double value = samples.value(i);
                    text.add(samples.time(i) + "=" + (StaleMarker.is(value) ? "stale" : value));
                }
            }
        }
        return text;
    }
}
