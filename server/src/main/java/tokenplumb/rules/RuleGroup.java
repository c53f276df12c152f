package tokenplumb.rules;

import tokenplumb.yaml.Position;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Rules that are evaluated one after the other, all as of the same moment. What is empty is taken
/// from the server's configuration; a limit of 0 is none.
public record RuleGroup(
        String name,
        Optional<Duration> interval,
        Optional<Duration> queryOffset,
        long limit,
        List<Rule> rules,
        Position where) {
    public RuleGroup {
        rules = List.copyOf(rules);
    }
}
