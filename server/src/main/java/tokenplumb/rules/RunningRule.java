package tokenplumb.rules;

import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.Value;
import tokenplumb.rules.RuleStatus.Health;
import tokenplumb.signal.Labels;
import tokenplumb.templates.TextMap;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// A rule at work: what it gave last and how that went. Evaluated by its group's thread alone;
/// [#status] may be asked by any.
final class RunningRule {
    private static final String ALERTS = "ALERTS";
    static final String FOR_STATE = "ALERTS_FOR_STATE";

    private final Rule rule;
    private final String query;
    private final RulesConfig config;
    private final Optional<Alerts> alerts; // of an alerting rule
    private final Map<String, AlertTemplate> labelTemplates = new TreeMap<>();
    private final Map<String, AlertTemplate> annotationTemplates = new TreeMap<>();
    private Set<Labels> written = new HashSet<>(); // series of the last evaluation
    private volatile Run lastRun = new Run(Health.UNKNOWN, "", Duration.ZERO, Optional.empty());
    private volatile Instant evaluatedAt = Instant.EPOCH;

    /// How an evaluation went.
    private record Run(Health health, String error, Duration took, Optional<Instant> at) {}

    RunningRule(Rule rule, RulesConfig config) {
        this.rule = rule;
        this.query = Promql.print(rule.expr());
        this.config = config;
        this.alerts =
                rule instanceof Rule.Alerting alerting
                        ? Optional.of(new Alerts(alerting.hold(), alerting.keepFiring()))
                        : Optional.empty();
        if (rule instanceof Rule.Alerting alerting) {
            alerting.labels()
                    .forEach((label, text) ->
                            labelTemplates.put(label, AlertTemplate.parse(rule.name(), text)));
            alerting.annotations()
                    .forEach((name, text) ->
                            annotationTemplates.put(name, AlertTemplate.parse(rule.name(), text)));
        }
    }

    Rule rule() {
        return rule;
    }

    Optional<Alerts> alerts() {
        return alerts;
    }

    String query() {
        return query;
    }

    /// The time of the newest evaluation that succeeded.
    Instant evaluatedAt() {
        return evaluatedAt;
    }

    Set<Labels> written() {
        return written;
    }

    void written(Set<Labels> series) {
        written = series;
    }

    /// Goes on where another rule stopped that was the same.
    void continueFrom(RunningRule from) {
        written = from.written;
        lastRun = from.lastRun;
        evaluatedAt = from.evaluatedAt;
        alerts.ifPresent(own -> from.alerts.ifPresent(own::copy));
    }

    void ran(Duration took, Instant at) {
        lastRun = new Run(Health.OK, "", took, Optional.of(at));
    }

    void failed(String error, Duration took, Instant at) {
        lastRun = new Run(Health.ERR, error, took, Optional.of(at));
    }

    boolean hasRun() {
        return lastRun.at().isPresent();
    }

    Duration took() {
        return lastRun.took();
    }

    /// What an evaluation gives: samples to write, and whether an alert changed its state.
    record Result(List<Output> outputs, boolean changed) {}

    /// `offset` is how far back the query looks. Throws [QueryError] and, for what is wrong with
    /// the result, [IllegalStateException].
    Result evaluate(Questions questions, Instant now, Duration offset, long limit) {
        long queryTime = now.minus(offset).toEpochMilli();
        var vector = questions.vector(query, queryTime);
        var result =
                switch (rule) {
                    case Rule.Recording recording -> record(vector, limit);
                    case Rule.Alerting alerting -> alert(vector, questions, now, limit);
                };
        evaluatedAt = now;
        return result;
    }

    private Result record(List<Value.Sample> vector, long limit) {
        var outputs = new ArrayList<Output>();
        var seen = new HashSet<Labels>();
        for (var sample : vector) {
            var labels = sample.labels().toBuilder().set(Labels.NAME, rule.name());
            rule.labels().forEach(labels::set);
            var series = labels.build();
            if (!seen.add(series)) {
                throw new IllegalStateException(
                        "vector contains metrics with the same labelset after applying rule"
                                + " labels");
            }
            outputs.add(new Output(series, sample.value(), sample.histogram()));
        }
        if (limit > 0 && outputs.size() > limit) {
            throw new IllegalStateException(
                    "exceeded limit of %d with %d series".formatted(limit, outputs.size()));
        }
        return new Result(outputs, false);
    }

    private Result alert(List<Value.Sample> vector, Questions questions, Instant now, long limit) {
        var state = alerts.orElseThrow();
        boolean changed = state.update(found(vector, questions, now), now, limit);
        var outputs = new ArrayList<Output>();
        for (var alert : state.list()) {
            if (alert.isActive()) {
                outputs.add(
                        new Output(
                                series(alert, ALERTS)
                                        .set("alertstate", alert.state().text())
                                        .build(),
                                1));
                outputs.add(
                        new Output(
                                series(alert, FOR_STATE).build(),
                                alert.activeAt().getEpochSecond()));
            }
        }
        return new Result(outputs, changed);
    }

    private static Labels.Builder series(Alert alert, String name) {
        return alert.labels().toBuilder().set(Labels.NAME, name);
    }

    private List<Alert> found(List<Value.Sample> vector, Questions questions, Instant now) {
        var found = new LinkedHashMap<Labels, Alert>();
        long time = now.toEpochMilli();
        var functions =
                TemplateFunctions.at(
                        time / 1000.0,
                        config.externalUrl(),
                        text -> {
                            try {
                                return questions.vector(text, time);
                            } catch (QueryError | IllegalStateException e) {
                                throw new IllegalArgumentException(e.getMessage(), e);
                            }
                        });
        var external = new TextMap(config.external().toMap());
        for (var sample : vector) {
            var data =
                    new AlertTemplate.Data(
                            new TextMap(sample.labels().toMap()),
                            external,
                            config.externalUrl().toString(),
                            sample.value());
            var labels = sample.labels().toBuilder().remove(Labels.NAME);
            labelTemplates.forEach(
                    (label, template) -> labels.set(label, template.expand(data, functions)));
            labels.set("alertname", rule.name());
            var annotations = new TreeMap<String, String>();
            annotationTemplates.forEach(
                    (name, template) -> annotations.put(name, template.expand(data, functions)));
            var alert = Alert.pending(labels.build(), annotations, sample.value(), now);
            if (found.put(alert.labels(), alert) != null) {
                throw new IllegalStateException(
                        "vector contains metrics with the same labelset after applying alert"
                                + " labels");
            }
        }
        return List.copyOf(found.values());
    }

    /// Notices that are due now.
    List<AlertSink.Notice> notices(Instant now, Duration interval) {
        var notices = new ArrayList<AlertSink.Notice>();
        for (var alert : alerts.map(state -> state.takeUnsent(now)).orElse(List.of())) {
            notices.add(
                    new AlertSink.Notice(
                            alert.labels(),
                            alert.annotations(),
                            alert.firedAt().orElse(alert.activeAt()),
                            alert.resolvedAt().orElse(Alerts.holdsUntil(now, interval)),
                            alert.resolvedAt().isPresent(),
                            generatorUrl(config.externalUrl())));
        }
        return notices;
    }

    private String generatorUrl(URI externalUrl) {
        return externalUrl + "/graph?g0.expr=" + TemplateFunctions.escape(query) + "&g0.tab=1";
    }

    RuleStatus status() {
        var run = lastRun;
        var labels = Labels.of(rule.labels());
        return switch (rule) {
            case Rule.Recording recording ->
                    new RuleStatus.Recording(
                            recording.name(),
                            query,
                            labels,
                            run.health(),
                            run.error(),
                            run.took(),
                            run.at());
            case Rule.Alerting alerting -> {
                var state = alerts.orElseThrow();
                yield new RuleStatus.Alerting(
                        alerting.name(),
                        query,
                        labels,
                        run.health(),
                        run.error(),
                        run.took(),
                        run.at(),
                        run.at().isEmpty() ? AlertStatus.State.UNKNOWN : state.state(),
                        alerting.hold(),
                        alerting.keepFiring(),
                        alerting.annotations(),
                        state.list().stream().filter(Alert::isActive).map(Alert::status).toList());
            }
        };
    }

    /// Whether the same rule, though it may stand elsewhere in the file.
    boolean isSameAs(RunningRule other) {
        return identity().equals(other.identity());
    }

    private List<Object> identity() {
        return switch (rule) {
            case Rule.Recording recording -> List.of("record", nameAndLabels(), query);
            case Rule.Alerting alerting ->
                    List.of(
                            "alert",
                            nameAndLabels(),
                            query,
                            alerting.hold(),
                            alerting.keepFiring(),
                            alerting.annotations());
        };
    }

    /// By this a rule is known again when its file has changed.
    String nameAndLabels() {
        return rule.name() + rule.labels();
    }
}
