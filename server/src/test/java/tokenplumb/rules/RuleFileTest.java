package tokenplumb.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.config.ConfigError;
import tokenplumb.json.Json;
import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Real rule files, and those that promtool refuses.
class RuleFileTest {
    private static RuleFile read(Path file) throws IOException {
        return RuleFile.read(file.getFileName().toString(), Files.readString(file));
    }

    private static String problems(RuleFile file) {
        return file.problems().stream()
                .map(ConfigError.Problem::toString)
                .collect(Collectors.joining("\n"));
    }

    @Test
    void judgesRealFilesAsPromtool() throws IOException {
        var wrong = new ArrayList<String>();
        int judged = 0;
        for (var line : Files.readAllLines(Shared.path("data/EXPECTED.tsv"))) {
            var fields = line.split("\t", -1);
            if (!fields[0].startsWith("rules/")) {
                continue;
            }
            judged++;
            var file = read(Shared.path("data/" + fields[0]));
            // "reject only under legacy name validation" is an accept here
            boolean accept = fields[1].startsWith("accept") || fields[1].contains("legacy");
            if (accept != file.problems().isEmpty()) {
                wrong.add(fields[0] + " " + fields[1] + ": " + problems(file));
            }
            if (accept && file.ruleCount() == 0) {
                wrong.add(fields[0] + ": no rules read");
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(judged).isGreaterThan(50);
    }

    @Test
    @SuppressWarnings("unchecked")
    void judgesPrometheusFixturesAsPromtool() throws IOException {
        var folder = Shared.path("conformance/rules");
        var expectations =
                (Map<String, Object>)
                        Json.read(Files.readAllBytes(folder.resolve("expectations.json")));
        var wrong = new ArrayList<String>();
        for (var expected : (List<Map<String, Object>>) expectations.get("rule_files")) {
            var path = folder.resolve((String) expected.get("file"));
            if (!Files.exists(path)) {
                continue;
            }
            var file = read(path);
            if (file.problems().isEmpty() != (Boolean) expected.get("pass")) {
                wrong.add(expected + "\n  " + problems(file));
            }
            if (expected.get("text") instanceof String text && !problems(file).contains(text)) {
                wrong.add(expected + "\n  " + problems(file));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void findsEveryMistakeWithItsPlaceAndKeepsTheSoundRules() {
        var file =
                RuleFile.read(
                        "r.yml",
                        """
                        groups:
                        - name: one
                          interval: 15x
                          rules:
                          - record: a:b
                            expr: sum(up
                          - alert: Bad
                            expr: up == 0
                            labells: {a: b}
                            for: 5m
                          - alert: Template
                            expr: up == 0
                            annotations:
                              summary: "{{ $label.instance }}"
                          - record: fine
                            expr: up
                        - name: one
                          rules: []
                        """);
        assertThat(problems(file))
                .isEqualTo(
                        """
                        r.yml:3:13: interval: not a valid duration string: "15x"; write it like 15s, 1m30s or 500ms
                        r.yml:6:11: group "one", rule 1, "a:b": could not parse expression: 1:7: parse error: unclosed left parenthesis
                        r.yml:9:5: group "one", rule 2, "Bad": field labells not found in a rule; did you mean "labels"?
                        r.yml:14:16: group "one", rule 3, "Template": annotation "summary": template: __alert_Template:1: undefined variable "$label"
                        r.yml:17:3: groupname: "one" is repeated in the same file, first at line 2\
                        """);
        assertThat(file.groups()).hasSize(1);
        assertThat(file.groups().getFirst().rules()).hasSize(1);
    }

    @Test
    void readsAllThatARuleMaySay() {
        var file =
                RuleFile.read(
                        "r.yml",
                        """
                        groups:
                        - name: g
                          interval: 30s
                          query_offset: 1m
                          limit: 10
                          labels: {team: infra, severity: low}
                          rules:
                          - alert: A
                            expr: up == 0
                            for: 5m
                            keep_firing_for: 1h
                            labels: {severity: high}
                            annotations: {summary: "{{ $value }}"}
                        """);
        assertThat(file.problems()).isEmpty();
        var group = file.groups().getFirst();
        assertThat(group.interval()).contains(Duration.ofSeconds(30));
        assertThat(group.queryOffset()).contains(Duration.ofMinutes(1));
        assertThat(group.limit()).isEqualTo(10);
        var rule = (Rule.Alerting) group.rules().getFirst();
        assertThat(rule.hold()).isEqualTo(Duration.ofMinutes(5));
        assertThat(rule.keepFiring()).isEqualTo(Duration.ofHours(1));
        assertThat(rule.labels())
                .containsExactlyInAnyOrderEntriesOf(Map.of("team", "infra", "severity", "high"));
        assertThat(rule.annotations()).containsEntry("summary", "{{ $value }}");
    }

    @Test
    void letsUnknownKeysPassWhenAskedTo() {
        var yaml = "groups:\n- name: g\n  concurrency: 2\n  rules: []\nowner: me\n";
        assertThat(RuleFile.read("r.yml", yaml).problems()).hasSize(2);
        assertThat(RuleFile.readLeniently("r.yml", yaml).problems()).isEmpty();
    }

    @Test
    void anEmptyFileHasNoRulesAndNoProblems() {
        assertThat(RuleFile.read("r.yml", "").problems()).isEmpty();
        assertThat(RuleFile.read("r.yml", "# nothing yet\n").ruleCount()).isZero();
        assertThat(problems(RuleFile.read("r.yml", "- a\n")))
                .isEqualTo("r.yml:1:1: a rule file is a mapping with the one key \"groups\"");
        assertThat(problems(RuleFile.read("r.yml", "groups: [\n"))).startsWith("r.yml:");
    }

    @Test
    void givesItsVerdictLikePromtool() throws IOException {
        var folder = Shared.path("conformance/rules/promtool-testdata");
        assertThat(read(folder.resolve("rules.yml")).verdict())
                .matches("  SUCCESS: \\d+ rules found\n");
        assertThat(read(folder.resolve("rules_duplicates.yml")).verdict())
                .startsWith("  FAILED:\nlint error 1 duplicate rule(s) found.\nMetric: ")
                .endsWith("Might cause inconsistency while recording expressions\n");
        assertThat(RuleFile.read("r.yml", "groups: 1\n").verdict())
                .isEqualTo("  FAILED:\nr.yml:1:9: groups must be a list (lines with - )\n");
    }
}
