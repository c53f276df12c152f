package tokenplumb.rules;

import tokenplumb.config.ConfigError;
import tokenplumb.config.Durations;
import tokenplumb.config.Nearest;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.templates.TemplateError;
import tokenplumb.yaml.Position;
import tokenplumb.yaml.Yaml;
import tokenplumb.yaml.YamlError;
import tokenplumb.yaml.YamlNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads one rule file, noting every mistake with its place, in the words of promtool where it has
/// some. Used once.
final class RuleReader {
    private static final List<String> GROUP_KEYS =
            List.of("name", "interval", "query_offset", "limit", "rules", "labels");
    private static final List<String> RULE_KEYS =
            List.of("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations");

    private final String file;
    private final boolean lenient;
    private final List<ConfigError.Problem> problems = new ArrayList<>();
    private final Map<String, Position> groupsSeen = new HashMap<>();
    private String context = ""; // which rule a problem is about
    private boolean sound;

    RuleReader(String file, boolean lenient) {
        this.file = file;
        this.lenient = lenient;
    }

    RuleFile read(String yaml) {
        var groups = new ArrayList<RuleGroup>();
        try {
            var text = yaml.startsWith("\uFEFF") ? yaml.substring(1) : yaml;
            var documents = Yaml.documents(file, text);
            for (int i = 0; i < documents.size(); i++) {
                var resource = spec(documents.get(i));
                if (resource.isPresent()) {
                    groups(resource.get(), groups, List.of("groups"));
                } else if (i == 0) {
                    groups(documents.get(i), groups, List.of("groups"));
                } else {
                    System.getLogger("tokenplumb.rules")
                            .log(
                                    System.Logger.Level.WARNING,
                                    "{0}: only the first YAML document of a rule file is read; give"
                                            + " each its own file",
                                    documents.get(i).where());
                }
            }
        } catch (YamlError e) {
            problems.add(new ConfigError.Problem(e.where(), e.what()));
        }
        return new RuleFile(file, groups, problems);
    }

    /// The `spec` of a Kubernetes resource; empty when the document is none.
    private static Optional<YamlNode> spec(YamlNode document) {
        boolean resource =
                document instanceof YamlNode.Mapping mapping
                        && mapping.entries().get("kind") instanceof YamlNode.Scalar kind
                        && kind.text().equals("PrometheusRule");
        return resource
                ? Optional.ofNullable(((YamlNode.Mapping) document).entries().get("spec"))
                : Optional.empty();
    }

    private void problem(Position where, String what) {
        sound = false;
        problems.add(new ConfigError.Problem(where, context + what));
    }

    // ---- groups

    private void groups(YamlNode node, List<RuleGroup> into, List<String> keys) {
        if (isNull(node)) {
            return;
        }
        if (!(node instanceof YamlNode.Mapping mapping)) {
            problem(node.where(), "a rule file is a mapping with the one key \"groups\"");
            return;
        }
        unknownKeys(mapping, keys, "a rule file");
        for (var group : items(mapping, "groups")) {
            group(group).ifPresent(into::add);
        }
    }

    private static boolean isNull(YamlNode node) {
        return node == null || node instanceof YamlNode.Scalar scalar && scalar.isNull();
    }

    private void unknownKeys(YamlNode.Mapping mapping, List<String> known, String what) {
        if (lenient) {
            return;
        }
        for (var key : mapping.entries().keySet()) {
            if (!known.contains(key)) {
                var hint =
                        Nearest.of(key, known)
                                .map(nearest -> "; did you mean \"" + nearest + "\"?")
                                .orElse("; known fields: " + String.join(", ", known));
                problem(
                        mapping.keys().get(key),
                        "field %s not found in %s%s".formatted(key, what, hint));
            }
        }
    }

    private List<YamlNode> items(YamlNode.Mapping mapping, String key) {
        var node = mapping.entries().get(key);
        if (isNull(node)) {
            return List.of();
        }
        if (node instanceof YamlNode.Sequence sequence) {
            return sequence.items();
        }
        problem(node.where(), key + " must be a list (lines with - )");
        return List.of();
    }

    private Optional<RuleGroup> group(YamlNode node) {
        context = "";
        if (!(node instanceof YamlNode.Mapping mapping)) {
            problem(node.where(), "a group must be a mapping with name and rules");
            return Optional.empty();
        }
        var name = text(mapping, "name");
        if (name.isEmpty()) {
            problem(mapping.where(), "Groupname must not be empty");
        }
        var earlier = groupsSeen.putIfAbsent(name, mapping.where());
        if (earlier != null) {
            problem(
                    mapping.where(),
                    "groupname: \"%s\" is repeated in the same file, first at line %d"
                            .formatted(name, earlier.line()));
        }
        unknownKeys(mapping, GROUP_KEYS, "a group");
        var interval = duration(mapping, "interval");
        var queryOffset = duration(mapping, "query_offset");
        long limit = integer(mapping, "limit");
        var labels = texts(mapping, "labels");
        checkLabelNames(mapping, labels);
        var rules = new ArrayList<Rule>();
        int number = 0;
        for (var rule : items(mapping, "rules")) {
            rule(name, ++number, rule, labels).ifPresent(rules::add);
        }
        context = "";
        return name.isEmpty() || earlier != null
                ? Optional.empty()
                : Optional.of(
                        new RuleGroup(
                                name,
                                interval.filter(some -> !some.isZero()),
                                queryOffset,
                                limit,
                                rules,
                                mapping.where()));
    }

    // ---- rules

    private Optional<Rule> rule(
            String group, int number, YamlNode node, Map<String, String> groupLabels) {
        context = "group \"%s\", rule %d, \"\": ".formatted(group, number);
        if (!(node instanceof YamlNode.Mapping mapping)) {
            problem(node.where(), "a rule must be a mapping with record or alert, and expr");
            return Optional.empty();
        }
        var record = text(mapping, "record");
        var alert = text(mapping, "alert");
        context =
                "group \"%s\", rule %d, \"%s\": "
                        .formatted(group, number, alert.isEmpty() ? record : alert);
        sound = true;
        unknownKeys(mapping, RULE_KEYS, "a rule");
        if (record.isEmpty() == alert.isEmpty()) {
            problem(
                    mapping.where(),
                    record.isEmpty()
                            ? "one of 'record' or 'alert' must be set"
                            : "only one of 'record' and 'alert' must be set");
        }
        var expr = expr(mapping);
        var own = texts(mapping, "labels");
        checkLabelNames(mapping, own);
        var labels = new LinkedHashMap<>(groupLabels);
        labels.putAll(own);
        var hold = duration(mapping, "for");
        var keepFiring = duration(mapping, "keep_firing_for");
        var annotations = texts(mapping, "annotations");
        if (!record.isEmpty()) {
            checkRecording(mapping, record);
        }
        if (!alert.isEmpty()) {
            checkTemplates(mapping, "label", "labels", alert, own);
            checkTemplates(mapping, "annotation", "annotations", alert, annotations);
            if (annotations.containsKey("")) {
                problem(where(mapping, "annotations"), "invalid annotation name: ");
            }
        }
        if (!sound || expr.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                record.isEmpty()
                        ? new Rule.Alerting(
                                alert,
                                expr.get(),
                                hold.orElse(Duration.ZERO),
                                keepFiring.orElse(Duration.ZERO),
                                labels,
                                annotations,
                                mapping.where())
                        : new Rule.Recording(record, expr.get(), labels, mapping.where()));
    }

    private Optional<Expr> expr(YamlNode.Mapping mapping) {
        var text = text(mapping, "expr");
        if (text.isEmpty()) {
            problem(mapping.where(), "field 'expr' must be set in rule");
            return Optional.empty();
        }
        try {
            return Optional.of(Promql.parse(text));
        } catch (QueryError e) {
            problem(where(mapping, "expr"), "could not parse expression: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void checkRecording(YamlNode.Mapping mapping, String record) {
        for (var key : List.of("annotations", "for", "keep_firing_for")) {
            if (!isNull(mapping.entries().get(key)) && !isZero(mapping.entries().get(key))) {
                problem(where(mapping, key), "invalid field '" + key + "' in recording rule");
            }
        }
        if (record.indexOf('{') >= 0 || record.indexOf('}') >= 0) {
            problem(
                    where(mapping, "record"),
                    "braces present in the recording rule name; should it be in expr?: " + record);
        }
    }

    private static boolean isZero(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> scalar.text().matches("0|0s|0m|0h|0d");
            case YamlNode.Mapping mapping -> mapping.entries().isEmpty();
            case YamlNode.Sequence sequence -> sequence.items().isEmpty();
        };
    }

    private void checkLabelNames(YamlNode.Mapping mapping, Map<String, String> labels) {
        for (var label : labels.keySet()) {
            if (label.isEmpty() || label.equals("__name__")) {
                problem(where(mapping, "labels"), "invalid label name: " + label);
            }
        }
    }

    private void checkTemplates(
            YamlNode.Mapping rule,
            String what,
            String key,
            String alert,
            Map<String, String> templates) {
        templates.forEach((name, text) -> {
            try {
                AlertTemplate.parse(alert, text);
            } catch (TemplateError e) {
                problem(
                        whereIn(rule, key, name),
                        "%s \"%s\": %s".formatted(what, name, e.getMessage()));
            }
        });
    }

    // ---- values

    private static Position where(YamlNode.Mapping mapping, String key) {
        var node = mapping.entries().get(key);
        return node == null ? mapping.where() : node.where();
    }

    private static Position whereIn(YamlNode.Mapping rule, String key, String entry) {
        return rule.entries().get(key) instanceof YamlNode.Mapping inner
                ? where(inner, entry)
                : where(rule, key);
    }

    private String text(YamlNode.Mapping mapping, String key) {
        var node = mapping.entries().get(key);
        if (isNull(node)) {
            return "";
        }
        if (node instanceof YamlNode.Scalar scalar) {
            return scalar.text();
        }
        problem(node.where(), key + " must be a text");
        return "";
    }

    private Optional<Duration> duration(YamlNode.Mapping mapping, String key) {
        var text = text(mapping, key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Durations.parse(text));
        } catch (IllegalArgumentException e) {
            problem(where(mapping, key), key + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private long integer(YamlNode.Mapping mapping, String key) {
        var text = text(mapping, key);
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            problem(where(mapping, key), key + " must be a whole number, not \"" + text + "\"");
            return 0;
        }
    }

    private Map<String, String> texts(YamlNode.Mapping mapping, String key) {
        var node = mapping.entries().get(key);
        if (isNull(node)) {
            return Map.of();
        }
        if (!(node instanceof YamlNode.Mapping map)) {
            problem(node.where(), key + " must be a mapping of texts");
            return Map.of();
        }
        var texts = new LinkedHashMap<String, String>();
        map.entries().keySet().forEach(name -> texts.put(name, text(map, name)));
        return texts;
    }
}
