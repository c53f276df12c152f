package tokenplumb.rules;

import tokenplumb.disk.Disk;
import tokenplumb.json.Json;
import tokenplumb.json.JsonWriter;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The alerts of all rules as JSON in one small file, replaced at once. Its form is drawn in
/// `docs/format/rules-state.md`.
record StateFile(Disk disk) {
    private static final System.Logger LOG = System.getLogger("tokenplumb.rules");
    private static final String NAME = "rules/state.json";

    /// What was saved; nothing where there is no file or none that can be read.
    List<SavedRule> load() {
        if (!disk.exists(NAME)) {
            return List.of();
        }
        try {
            return read(Json.read(disk.read(NAME)));
        } catch (IOException
                | IllegalArgumentException
                | ClassCastException
                | NullPointerException e) {
            LOG.log(
                    Level.WARNING,
                    "the state of alerts in {0} is unreadable ({1}); alerts begin anew",
                    NAME,
                    e.getMessage());
            return List.of();
        }
    }

    void save(List<SavedRule> rules) throws IOException {
        disk.replace(NAME, Json.bytes(json -> write(json, rules)));
    }

    private static void write(JsonWriter json, List<SavedRule> rules) {
        json.startObject().field("version", 1).name("rules").startArray();
        for (var rule : rules) {
            json.startObject()
                    .field("file", rule.file())
                    .field("group", rule.group())
                    .field("rule", rule.nameAndLabels())
                    .field("evaluatedAt", rule.evaluatedAt().toEpochMilli())
                    .name("alerts")
                    .startArray();
            rule.alerts().forEach(alert -> write(json, alert));
            json.endArray().endObject();
        }
        json.endArray().endObject();
    }

    private static void write(JsonWriter json, Alert alert) {
        json.startObject()
                .field("labels", alert.labels().toMap())
                .field("annotations", alert.annotations())
                .field("state", alert.state().text())
                .field("value", Double.toString(alert.value()))
                .field("activeAt", alert.activeAt().toEpochMilli());
        write(json, "firedAt", alert.firedAt());
        write(json, "resolvedAt", alert.resolvedAt());
        write(json, "lastSentAt", alert.lastSentAt());
        write(json, "keepFiringSince", alert.keepFiringSince());
        json.endObject();
    }

    private static void write(JsonWriter json, String name, Optional<Instant> time) {
        time.ifPresent(at -> json.field(name, at.toEpochMilli()));
    }

    private static List<SavedRule> read(Object document) {
        var rules = new ArrayList<SavedRule>();
        for (var item : list(map(document).get("rules"))) {
            var rule = map(item);
            rules.add(
                    new SavedRule(
                            (String) rule.get("file"),
                            (String) rule.get("group"),
                            (String) rule.get("rule"),
                            Instant.ofEpochMilli((Long) rule.get("evaluatedAt")),
                            list(rule.get("alerts")).stream()
                                    .map(alert -> alert(map(alert)))
                                    .toList()));
        }
        return rules;
    }

    private static Alert alert(Map<String, Object> map) {
        var state =
                switch ((String) map.get("state")) {
                    case "firing" -> AlertStatus.State.FIRING;
                    case "pending" -> AlertStatus.State.PENDING;
                    default -> AlertStatus.State.INACTIVE;
                };
        return new Alert(
                Labels.of(texts(map.get("labels"))),
                texts(map.get("annotations")),
                state,
                Double.parseDouble((String) map.get("value")),
                Instant.ofEpochMilli((Long) map.get("activeAt")),
                time(map, "firedAt"),
                time(map, "resolvedAt"),
                time(map, "lastSentAt"),
                time(map, "keepFiringSince"));
    }

    private static Optional<Instant> time(Map<String, Object> map, String name) {
        return Optional.ofNullable((Long) map.get(name)).map(Instant::ofEpochMilli);
    }

    @SuppressWarnings("unchecked") // checked as it is used: a ClassCastException is a bad file
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked") // as above
    private static Map<String, String> texts(Object value) {
        return (Map<String, String>) value;
    }

    @SuppressWarnings("unchecked") // as above
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }
}
