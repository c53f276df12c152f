package tokenplumb.rules;

import tokenplumb.config.ConfigError;

import java.util.List;

/// What a rule file says, and what is wrong in it. Sound rules are there even when others are not:
/// it is for the caller to run them or to refuse the file.
public record RuleFile(String name, List<RuleGroup> groups, List<ConfigError.Problem> problems) {
    public RuleFile {
        groups = List.copyOf(groups);
        problems = List.copyOf(problems);
    }

    /// Reads Prometheus' rule files, and the `PrometheusRule` resources of its Kubernetes operator.
    /// `name` is how positions and the API name the file. Never throws: all mistakes are
    /// [#problems], in the order they stand in the file.
    public static RuleFile read(String name, String yaml) {
        return new RuleReader(name, false).read(yaml);
    }

    /// The same, but keys nobody knows are no mistakes (`promtool --ignore-unknown-fields`).
    public static RuleFile readLeniently(String name, String yaml) {
        return new RuleReader(name, true).read(yaml);
    }

    public int ruleCount() {
        return groups.stream().mapToInt(group -> group.rules().size()).sum();
    }
}
