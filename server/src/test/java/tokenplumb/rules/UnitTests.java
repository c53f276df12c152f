package tokenplumb.rules;

import static org.assertj.core.api.Assertions.assertThat;

import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Views;
import tokenplumb.config.Durations;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.kit.SeriesLine;
import tokenplumb.promql.Promql;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.yaml.Yaml;
import tokenplumb.yaml.YamlNode;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Runs files in the form of `promtool test rules`: series, and the alerts that must be firing at a
/// time, with all their labels and (where named) annotations. Series are seen through the catalog's
/// views, as in the server.
final class UnitTests {
    private static final Duration EVERY = Duration.ofMinutes(1);

    private final Set<String> fired = new TreeSet<>();
    private final Set<String> quiet = new TreeSet<>();

    /// Names of alerts that some test has seen firing.
    Set<String> fired() {
        return fired;
    }

    /// Names of alerts that some test has seen not firing.
    Set<String> quiet() {
        return quiet;
    }

    void run(RuleFile rules, String file, String yaml) throws InterruptedException {
        for (var test : list(map(Yaml.read(file, yaml).orElseThrow()).get("tests"))) {
            run(rules, file, map(test));
        }
    }

    private void run(RuleFile rules, String file, Map<String, YamlNode> test)
            throws InterruptedException {
        var name = file + ": " + text(test.get("name"));
        var storage = new MemoryStorage();
        load(storage, test);
        var views = new Views(storage, Catalog.builtIn());
        var promql = new Promql(views, Promql.Options.defaults());
        var now = new Instant[] {Instant.EPOCH};
        try (var running =
                new Rules(
                        promql,
                        views,
                        new MemoryDisk(),
                        () -> now[0],
                        new Meters(),
                        notices -> {})) {
            running.apply(
                    new RulesConfig(
                            List.of(rules),
                            Duration.ofDays(1), // the test evaluates, not the schedule
                            Duration.ZERO,
                            Labels.EMPTY,
                            URI.create("http://localhost")));
            var cases = new TreeMap<Duration, List<Map<String, YamlNode>>>();
            for (var expected : list(test.get("alert_rule_test"))) {
                var at = Durations.parse(text(map(expected).get("eval_time")));
                cases.computeIfAbsent(at, time -> new ArrayList<>()).add(map(expected));
            }
            for (var at = Duration.ZERO; at.compareTo(cases.lastKey()) <= 0; at = at.plus(EVERY)) {
                now[0] = Instant.EPOCH.plus(at);
                running.evaluateAll(now[0]);
                for (var expected : cases.getOrDefault(at, List.of())) {
                    check(name + " at " + Durations.print(at), running, expected);
                }
            }
            for (var group : running.groups()) {
                group.rules().forEach(rule -> assertThat(rule.lastError()).as(name).isEmpty());
            }
        }
    }

    private static void load(MemoryStorage storage, Map<String, YamlNode> test) {
        long interval = Durations.parse(text(test.get("interval"))).toMillis();
        for (var item : list(test.get("input_series"))) {
            var series =
                    SeriesLine.parse(
                            text(map(item).get("series")) + " " + text(map(item).get("values")));
            for (int i = 0; i < series.values().size(); i++) {
                if (series.values().get(i) != null) {
                    storage.put(series.labels(), i * interval, series.values().get(i));
                }
            }
        }
    }

    private void check(String where, Rules running, Map<String, YamlNode> expected) {
        var alert = text(expected.get("alertname"));
        var wanted = list(expected.get("exp_alerts"));
        (wanted.isEmpty() ? quiet : fired).add(alert);
        var firing =
                running.alerts().stream()
                        .filter(found -> found.state() == AlertStatus.State.FIRING)
                        .filter(found -> found.labels().get("alertname").equals(alert))
                        .toList();
        var labels = new ArrayList<Labels>();
        for (var one : wanted) {
            var own = new TreeMap<>(texts(map(one).get("exp_labels")));
            own.put("alertname", alert);
            labels.add(Labels.of(own));
        }
        assertThat(firing)
                .as(where + ": " + alert)
                .extracting(AlertStatus::labels)
                .containsExactlyInAnyOrderElementsOf(labels);
        for (int i = 0; i < wanted.size(); i++) {
            var annotations = texts(map(wanted.get(i)).get("exp_annotations"));
            var of = labels.get(i);
            firing.stream()
                    .filter(found -> found.labels().equals(of))
                    .forEach(found ->
                            assertThat(found.annotations())
                                    .as(where)
                                    .containsAllEntriesOf(annotations));
        }
    }

    private static Map<String, YamlNode> map(YamlNode node) {
        return ((YamlNode.Mapping) node).entries();
    }

    private static List<YamlNode> list(YamlNode node) {
        return node instanceof YamlNode.Sequence sequence ? sequence.items() : List.of();
    }

    private static String text(YamlNode node) {
        return ((YamlNode.Scalar) node).text();
    }

    private static Map<String, String> texts(YamlNode node) {
        var texts = new TreeMap<String, String>();
        if (node instanceof YamlNode.Mapping mapping) {
            mapping.entries().forEach((key, value) -> texts.put(key, text(value)));
        }
        return texts;
    }
}
