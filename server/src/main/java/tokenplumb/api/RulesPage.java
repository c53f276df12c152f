package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.rules.AlertStatus;
import tokenplumb.rules.GroupStatus;
import tokenplumb.rules.RuleStatus;
import tokenplumb.rules.Rules;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// `rules`, `alerts` and `alertmanagers`.
final class RulesPage {
    private final Rules rules;

    RulesPage(Rules rules) {
        this.rules = rules;
    }

    HttpResponse alerts(HttpRequest request) {
        return Answers.success(json -> {
            json.startObject().name("alerts").startArray();
            rules.alerts().forEach(alert -> write(json, alert));
            json.endArray().endObject();
        });
    }

    private static void write(JsonWriter json, AlertStatus alert) {
        json.startObject().name("labels");
        Answers.labels(json, alert.labels())
                .field("annotations", alert.annotations())
                .field("state", alert.state().text())
                .field("activeAt", Times.text(alert.activeAt()));
        alert.keepFiringSince()
                .ifPresent(since -> json.field("keepFiringSince", Times.text(since)));
        json.field("value", Decimal.scientific(alert.value())).endObject();
    }

    /// No notifications leave this server yet.
    HttpResponse alertmanagers(HttpRequest request) {
        return Answers.success(json ->
                json.startObject()
                        .field("activeAlertmanagers", List.of())
                        .field("droppedAlertmanagers", List.of())
                        .endObject());
    }

    /// Which rules are asked for.
    private record Filter(
            Set<String> names,
            Set<String> groups,
            Set<String> files,
            List<List<Matcher>> selectors,
            boolean alerting,
            boolean recording,
            boolean withAlerts) {
        static Filter of(Asked asked) {
            var type = asked.text("type").toLowerCase(Locale.ROOT);
            if (!Set.of("", "alert", "record").contains(type)) {
                throw ApiError.invalid("type", "not supported value " + Labels.quote(type));
            }
            return new Filter(
                    Set.copyOf(asked.texts("rule_name[]")),
                    Set.copyOf(asked.texts("rule_group[]")),
                    Set.copyOf(asked.texts("file[]")),
                    asked.selectors(),
                    !type.equals("record"),
                    !type.equals("alert"),
                    !excludesAlerts(asked.text("exclude_alerts").toLowerCase(Locale.ROOT)));
        }

        private static boolean excludesAlerts(String text) {
            return switch (text) {
                case "1", "t", "true" -> true;
                case "", "0", "f", "false" -> false;
                default ->
                        throw ApiError.invalid(
                                "exclude_alerts",
                                "error converting exclude_alerts: strconv.ParseBool: parsing %s:"
                                                .formatted(Labels.quote(text))
                                        + " invalid syntax");
            };
        }

        boolean shows(GroupStatus group) {
            return (groups.isEmpty() || groups.contains(group.name()))
                    && (files.isEmpty() || files.contains(group.file()));
        }

        boolean shows(RuleStatus rule) {
            boolean kind = rule instanceof RuleStatus.Alerting ? alerting : recording;
            return kind
                    && (names.isEmpty() || names.contains(rule.name()))
                    && (selectors.isEmpty()
                            || selectors.stream()
                                    .anyMatch(selector ->
                                            selector.stream()
                                                    .allMatch(m -> m.matches(rule.labels()))));
        }
    }

    private record Shown(GroupStatus group, List<RuleStatus> rules) {}

    HttpResponse rules(HttpRequest request) {
        var asked = new Asked(request);
        var filter = Filter.of(asked);
        int page = pageSize(asked);
        var token = asked.text("group_next_token");
        var shown = new ArrayList<Shown>();
        var next = "";
        boolean begun = token.isEmpty();
        for (var group : rules.groups()) {
            begun |= token.equals(token(group));
            if (!begun || !filter.shows(group)) {
                continue;
            }
            var some = group.rules().stream().filter(filter::shows).toList();
            if (some.isEmpty()) {
                continue;
            }
            if (page > 0 && shown.size() == page) {
                next = token(group);
                break;
            }
            shown.add(new Shown(group, some));
        }
        if (!begun) {
            throw ApiError.invalid(
                    "group_next_token",
                    "invalid group_next_token '%s'. were rule groups changed?".formatted(token));
        }
        return answer(shown, next, filter.withAlerts());
    }

    private static int pageSize(Asked asked) {
        var text = asked.text("group_limit");
        if (text.isEmpty()) {
            if (!asked.text("group_next_token").isEmpty()) {
                throw ApiError.invalid(
                        "group_next_token",
                        "group_limit needs to be present in order to paginate over the groups");
            }
            return 0;
        }
        int size;
        try {
            size = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw ApiError.invalid(
                    "group_limit",
                    "group_limit needs to be a valid number: strconv.ParseInt: parsing %s: invalid syntax"
                            .formatted(Labels.quote(text)));
        }
        if (size <= 0) {
            throw ApiError.invalid("group_limit", "group_limit needs to be greater than 0");
        }
        return size;
    }

    private static String token(GroupStatus group) {
        try {
            var text = group.file() + ";" + group.name();
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("bug: every Java has SHA-256", e);
        }
    }

    private static HttpResponse answer(List<Shown> shown, String next, boolean withAlerts) {
        return Answers.success(json -> {
            json.startObject().name("groups").startArray();
            for (var one : shown) {
                write(json, one, withAlerts);
            }
            json.endArray();
            if (!next.isEmpty()) {
                json.field("groupNextToken", next);
            }
            json.endObject();
        });
    }

    private static void write(JsonWriter json, Shown shown, boolean withAlerts) {
        var group = shown.group();
        json.startObject()
                .field("name", group.name())
                .field("file", group.file())
                .name("rules")
                .startArray();
        for (var rule : shown.rules()) {
            switch (rule) {
                case RuleStatus.Alerting alerting -> write(json, alerting, withAlerts);
                case RuleStatus.Recording recording -> write(json, recording);
            }
        }
        json.endArray()
                .name("interval")
                .raw(Times.number(group.interval()))
                .field("limit", group.limit())
                .name("evaluationTime")
                .raw(Times.number(group.evaluationTime()))
                .field("lastEvaluation", Times.text(group.lastEvaluation().orElse(Instant.EPOCH)))
                .endObject();
    }

    private static void write(JsonWriter json, RuleStatus.Alerting rule, boolean withAlerts) {
        json.startObject()
                .field("state", rule.state().text())
                .field("name", rule.name())
                .field("query", rule.query())
                .name("duration")
                .raw(Times.number(rule.hold()))
                .name("keepFiringFor")
                .raw(Times.number(rule.keepFiring()))
                .name("labels");
        Answers.labels(json, rule.labels()).field("annotations", rule.annotations()).name("alerts");
        if (withAlerts) {
            json.startArray();
            rule.alerts().forEach(alert -> write(json, alert));
            json.endArray();
        } else {
            json.nothing();
        }
        evaluation(json, rule).field("type", "alerting").endObject();
    }

    private static void write(JsonWriter json, RuleStatus.Recording rule) {
        json.startObject().field("name", rule.name()).field("query", rule.query()).name("labels");
        evaluation(Answers.labels(json, rule.labels()), rule)
                .field("type", "recording")
                .endObject();
    }

    private static JsonWriter evaluation(JsonWriter json, RuleStatus rule) {
        json.field("health", rule.health().text());
        if (!rule.lastError().isEmpty()) {
            json.field("lastError", rule.lastError());
        }
        return json.name("evaluationTime")
                .raw(Times.number(rule.evaluationTime()))
                .field("lastEvaluation", Times.text(rule.lastEvaluation().orElse(Instant.EPOCH)));
    }
}
