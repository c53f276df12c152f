package tokenplumb.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

class RulesTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final MemoryStorage storage = new MemoryStorage();
    private final MemoryDisk disk = new MemoryDisk();
    private final Meters meters = new Meters();
    private final List<AlertSink.Notice> sent = new ArrayList<>();
    private Instant now = START;
    private Rules rules = open();

    private Rules open() {
        var promql = new Promql(storage, Promql.Options.defaults());
        return new Rules(promql, storage, disk, () -> now, meters, sent::addAll);
    }

    private void apply(String... files) {
        var read = new ArrayList<RuleFile>();
        for (var yaml : files) {
            var file = RuleFile.read("rules" + read.size() + ".yml", yaml);
            assertThat(file.problems()).isEmpty();
            read.add(file);
        }
        rules.apply(
                new RulesConfig(
                        read,
                        Duration.ofHours(10), // the test evaluates, not the schedule
                        Duration.ZERO,
                        Labels.of(Map.of("region", "eu")),
                        URI.create("http://tokenplumb:9090")));
    }

    private void put(double value, String... labels) {
        storage.put(Labels.of(labels), now.toEpochMilli(), value);
    }

    private void round() throws InterruptedException {
        rules.evaluateAll(now);
    }

    private void after(Duration time) {
        now = now.plus(time);
    }

    /// Series of a name as of now, `labels value`, sorted.
    private String ask(String query) {
        var promql = new Promql(storage, Promql.Options.defaults());
        var value = promql.instant(Promql.Request.of(query), now.toEpochMilli()).value();
        return ((Value.Vector) value)
                .samples().stream()
                        .map(sample -> sample.labels() + " " + sample.value())
                        .sorted()
                        .collect(Collectors.joining("\n"));
    }

    private RuleStatus status(int rule) {
        return rules.groups().getFirst().rules().get(rule);
    }

    private static final String CHAIN =
            """
            groups:
            - name: g
              rules:
              - record: job:up:sum
                expr: sum by (job) (up)
                labels: {team: infra}
              - record: twice
                expr: job:up:sum * 2
            """;

    @Test
    void recordsInOrderSoThatLaterRulesSeeEarlierOnes() throws InterruptedException {
        apply(CHAIN);
        put(1, "__name__", "up", "job", "a", "instance", "1");
        put(1, "__name__", "up", "job", "a", "instance", "2");
        round();
        assertThat(ask("job:up:sum")).isEqualTo("job:up:sum{job=\"a\", team=\"infra\"} 2.0");
        assertThat(ask("twice")).isEqualTo("twice{job=\"a\", team=\"infra\"} 4.0");
        assertThat(status(0).health()).isEqualTo(RuleStatus.Health.OK);
        assertThat(rules.groups().getFirst().lastEvaluation()).contains(now);
        assertThat(meters.exposition())
                .contains("prometheus_rule_evaluations_total{rule_group=\"rules0.yml;g\"} 2");
    }

    @Test
    void endsSeriesThatVanish() throws InterruptedException {
        apply(CHAIN);
        put(1, "__name__", "up", "job", "a");
        round();
        after(Duration.ofMinutes(1));
        put(StaleMarker.VALUE, "__name__", "up", "job", "a");
        put(1, "__name__", "up", "job", "b");
        round();
        assertThat(ask("job:up:sum")).isEqualTo("job:up:sum{job=\"b\", team=\"infra\"} 1.0");
        assertThat(lastOf("job:up:sum", "a")).matches(StaleMarker::is);
    }

    private double lastOf(String name, String job) {
        try (var querier = storage.querier()) {
            var matchers = List.of(Matcher.equal("__name__", name), Matcher.equal("job", job));
            var samples = new Samples();
            querier.select(0, Long.MAX_VALUE, matchers).getFirst().read(0, Long.MAX_VALUE, samples);
            return samples.value(samples.size() - 1);
        }
    }

    @Test
    void oneFailingRuleDoesNotStopTheOthers() throws InterruptedException {
        apply(
                """
                groups:
                - name: g
                  limit: 1
                  rules:
                  - record: many
                    expr: up
                  - record: same
                    expr: label_replace(up, "job", "x", "", "")
                  - record: text
                    expr: '"a"'
                  - record: fine
                    expr: sum(up)
                """);
        put(1, "__name__", "up", "job", "a");
        put(1, "__name__", "up", "job", "b");
        round();
        assertThat(status(0).lastError()).isEqualTo("exceeded limit of 1 with 2 series");
        assertThat(status(1).health()).isEqualTo(RuleStatus.Health.ERR);
        assertThat(status(2).lastError()).isEqualTo("rule result is not a vector or scalar");
        assertThat(ask("fine")).isEqualTo("fine 2.0");
        assertThat(ask("many")).isEmpty();
        assertThat(meters.exposition())
                .contains(
                        "prometheus_rule_evaluation_failures_total{rule_group=\"rules0.yml;g\"} 3");
    }

    @Test
    void looksBackByTheQueryOffset() throws InterruptedException {
        apply("groups:\n- name: g\n  query_offset: 1m\n  rules:\n  - {record: r, expr: up}\n");
        put(1, "__name__", "up");
        after(Duration.ofMinutes(1));
        put(2, "__name__", "up");
        round();
        now = START;
        assertThat(ask("r")).isEqualTo("r 1.0");
    }

    private static final String ALERT =
            """
            groups:
            - name: g
              rules:
              - alert: Down
                expr: up == 0
                for: 2m
                labels: {severity: "{{ if eq $labels.job \\"a\\" }}high{{ else }}low{{ end }}"}
                annotations:
                  summary: "{{ $labels.job }} in {{ $externalLabels.region }} is {{ $value }}: \
            {{ with query \\"up\\" }}{{ . | first | value }}{{ end }}"
            """;

    private AlertStatus.State state() {
        return ((RuleStatus.Alerting) status(0)).state();
    }

    @Test
    void goesFromPendingToFiringToResolved() throws InterruptedException {
        apply(ALERT);
        assertThat(state()).isEqualTo(AlertStatus.State.UNKNOWN);
        put(1, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.INACTIVE);

        after(Duration.ofMinutes(1));
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.PENDING);
        assertThat(sent).isEmpty();
        var series = "alertname=\"Down\", %sjob=\"a\", severity=\"high\"} ";
        assertThat(ask("ALERTS"))
                .isEqualTo("ALERTS{" + series.formatted("alertstate=\"pending\", ") + "1.0");

        after(Duration.ofMinutes(2));
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.FIRING);
        assertThat(ask("ALERTS"))
                .isEqualTo("ALERTS{" + series.formatted("alertstate=\"firing\", ") + "1.0");
        assertThat(ask("ALERTS_FOR_STATE"))
                .isEqualTo(
                        "ALERTS_FOR_STATE{"
                                + series.formatted("")
                                + (double) START.plusSeconds(60).getEpochSecond());
        assertThat(sent).hasSize(1);
        var notice = sent.removeFirst();
        assertThat(notice.resolved()).isFalse();
        assertThat(notice.startsAt()).isEqualTo(now);
        assertThat(notice.endsAt()).isAfter(now);
        assertThat(notice.annotations()).containsEntry("summary", "a in eu is 0: 0");
        assertThat(notice.generatorUrl())
                .isEqualTo("http://tokenplumb:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1");

        after(Duration.ofSeconds(30));
        round();
        assertThat(sent).as("not repeated within a minute").isEmpty();

        after(Duration.ofSeconds(45));
        put(1, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.INACTIVE);
        assertThat(ask("ALERTS")).isEmpty();
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().resolved()).isTrue();
        assertThat(sent.getFirst().endsAt()).isEqualTo(now);
        assertThat(rules.alerts()).isEmpty();
    }

    @Test
    void forgetsAPendingAlertThatVanishes() throws InterruptedException {
        apply(ALERT);
        put(0, "__name__", "up", "job", "a");
        round();
        after(Duration.ofMinutes(1));
        put(1, "__name__", "up", "job", "a");
        round();
        after(Duration.ofMinutes(1));
        put(0, "__name__", "up", "job", "a");
        round();
        after(Duration.ofMinutes(1));
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.PENDING);
        assertThat(sent).isEmpty();
    }

    @Test
    void keepsFiringForAWhile() throws InterruptedException {
        apply(
                """
                groups:
                - name: g
                  rules:
                  - {alert: Down, expr: up == 0, keep_firing_for: 2m}
                """);
        put(0, "__name__", "up");
        round();
        assertThat(state()).as("no for: fires at once").isEqualTo(AlertStatus.State.FIRING);
        for (int minute = 1; minute <= 2; minute++) {
            after(Duration.ofMinutes(1));
            put(1, "__name__", "up");
            round();
            assertThat(state()).isEqualTo(AlertStatus.State.FIRING);
            assertThat(rules.alerts().getFirst().keepFiringSince()).contains(START.plusSeconds(60));
        }
        after(Duration.ofMinutes(1));
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.INACTIVE);
    }

    @Test
    void dropsAllAlertsBeyondTheLimit() throws InterruptedException {
        apply("groups:\n- name: g\n  limit: 1\n  rules:\n  - {alert: A, expr: up}\n");
        put(1, "__name__", "up", "job", "a");
        put(1, "__name__", "up", "job", "b");
        round();
        assertThat(status(0).lastError()).isEqualTo("exceeded limit of 1 with 2 alerts");
        assertThat(rules.alerts()).isEmpty();
    }

    @Test
    void aBrokenTemplateIsSaidInTheAnnotationAndStopsNothing() throws InterruptedException {
        apply(
                """
                groups:
                - name: g
                  rules:
                  - alert: A
                    expr: up
                    annotations: {summary: "{{ query \\"up{\\" | first | value }}"}
                """);
        put(1, "__name__", "up");
        round();
        assertThat(rules.alerts().getFirst().annotations().get("summary"))
                .startsWith(
                        "<error expanding template: error executing template __alert_A: template:"
                                + " __alert_A:1:")
                .contains("error calling query: 1:4: parse error: unexpected end of input");
    }

    private void restart() {
        rules.close();
        rules = open();
    }

    private void crash() {
        rules = open(); // whatever was not saved is lost; the old one is never asked again
    }

    @Test
    void aFiringAlertFiresOnAfterARestart() throws InterruptedException {
        apply(ALERT);
        fireA();
        var before = rules.alerts().getFirst();
        restart();
        apply(ALERT);
        after(Duration.ofMinutes(20));
        round();
        assertThat(state())
                .as("not scraped yet: not resolved yet")
                .isEqualTo(AlertStatus.State.FIRING);
        after(Duration.ofMinutes(1));
        put(0, "__name__", "up", "job", "a");
        round();
        var alert = rules.alerts().getFirst();
        assertThat(alert.activeAt()).isEqualTo(before.activeAt());
        assertThat(alert.firedAt()).isEqualTo(before.firedAt());
    }

    private void fireA() throws InterruptedException {
        for (int minute = 0; minute <= 2; minute++) {
            put(0, "__name__", "up", "job", "a");
            round();
            after(Duration.ofMinutes(1));
        }
        assertThat(state()).isEqualTo(AlertStatus.State.FIRING);
        sent.clear();
    }

    @Test
    void anAlertThatEndedWhileDownIsResolvedAfterARestart() throws InterruptedException {
        apply(ALERT);
        fireA();
        restart();
        apply(ALERT);
        after(Duration.ofMinutes(1));
        put(1, "__name__", "up", "job", "a");
        round();
        after(Duration.ofMinutes(1));
        put(1, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.INACTIVE);
        assertThat(sent.getLast().resolved()).isTrue();
    }

    private static final String SLOW =
            "groups:\n- name: g\n  rules:\n  - {alert: Slow, expr: up == 0, for: 30m}\n";

    @Test
    void aPendingAlertGoesOnWaitingAndTimeDownDoesNotCount() throws InterruptedException {
        apply(SLOW);
        put(0, "__name__", "up");
        round();
        after(Duration.ofMinutes(5));
        put(0, "__name__", "up");
        round();
        restart();
        apply(SLOW);
        after(Duration.ofMinutes(7));
        put(0, "__name__", "up");
        round();
        assertThat(rules.alerts().getFirst().activeAt())
                .isEqualTo(START.plus(Duration.ofMinutes(7)));
    }

    @Test
    void withoutAStateFileTheSeriesStillTell() throws InterruptedException {
        apply(SLOW);
        put(0, "__name__", "up");
        round();
        after(Duration.ofMinutes(25));
        put(0, "__name__", "up");
        round();
        after(Duration.ofMinutes(1));
        crash();
        apply(SLOW);
        after(Duration.ofMinutes(1));
        put(0, "__name__", "up");
        round();
        // five minutes were left, which is less than the ten that everyone waits after a restart
        assertThat(rules.alerts().getFirst().activeAt())
                .isEqualTo(now.plus(Duration.ofMinutes(10)).minus(Duration.ofMinutes(30)));
    }

    @Test
    void theStoreKnowsMoreThanAFileThatIsOlder() throws InterruptedException {
        apply(SLOW);
        put(0, "__name__", "up");
        round();
        restart(); // the file says: seen last at the start
        apply(SLOW);
        after(Duration.ofMinutes(1));
        put(0, "__name__", "up");
        round(); // a minute down: active since a minute after the start
        after(Duration.ofMinutes(4));
        put(0, "__name__", "up");
        round();
        crash();
        apply(SLOW);
        after(Duration.ofMinutes(2));
        put(0, "__name__", "up");
        round();
        assertThat(rules.alerts().getFirst().activeAt())
                .isEqualTo(START.plus(Duration.ofMinutes(3)));
    }

    @Test
    void forgetsEverythingAfterALongOutage() throws InterruptedException {
        apply(SLOW);
        put(0, "__name__", "up");
        round();
        restart();
        apply(SLOW);
        after(Duration.ofMinutes(61));
        put(0, "__name__", "up");
        round();
        assertThat(rules.alerts().getFirst().activeAt()).isEqualTo(now);
    }

    @Test
    void aRestartBeforeTheFirstRoundLosesNothing() throws InterruptedException {
        apply(ALERT);
        fireA();
        restart();
        apply(ALERT);
        restart(); // again, before any evaluation
        apply(ALERT);
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.FIRING);
    }

    @Test
    void anUnreadableStateFileOnlyMeansThatAlertsBeginAnew() throws Exception {
        disk.replace("rules/state.json", "{\"rules\":[{}]}".getBytes(StandardCharsets.UTF_8));
        rules = open();
        apply(ALERT);
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.PENDING);
    }

    @Test
    void alertsLiveOnOverAReloadAndRemovedRulesEnd() throws InterruptedException {
        apply(ALERT);
        fireA();
        apply(ALERT + "  - {record: extra, expr: sum(up)}\n");
        put(0, "__name__", "up", "job", "a");
        round();
        assertThat(state()).isEqualTo(AlertStatus.State.FIRING);
        assertThat(ask("extra")).isEqualTo("extra 0.0");

        apply("groups:\n- name: g\n  rules:\n  - {record: other, expr: sum(up)}\n");
        after(Duration.ofMinutes(1));
        round();
        assertThat(ask("extra")).isEmpty();
        assertThat(ask("ALERTS")).isEmpty();
        assertThat(ask("other")).isEqualTo("other 0.0");
    }

    @Test
    void runsOnScheduleAndStops() throws InterruptedException {
        var promql = new Promql(storage, Promql.Options.defaults());
        var clock = java.time.InstantSource.system();
        storage.put(Labels.of("__name__", "up"), clock.millis(), 1);
        try (var live = new Rules(promql, storage, disk, clock, meters, sent::addAll)) {
            var yaml =
                    """
                    groups:
                    - name: g
                      interval: 50ms
                      rules:
                      - {record: r, expr: sum(up)}
                    """;
            var file = RuleFile.read("r.yml", yaml);
            live.apply(
                    new RulesConfig(
                            List.of(file),
                            Duration.ofMinutes(1),
                            Duration.ZERO,
                            Labels.EMPTY,
                            URI.create("http://x")));
            for (int i = 0; i < 100 && live.groups().getFirst().lastEvaluation().isEmpty(); i++) {
                Thread.sleep(20);
            }
            assertThat(live.groups().getFirst().lastEvaluation()).isPresent();
        }
    }
}
