package tokenplumb.rules;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A group and how its last evaluation went.
public record GroupStatus(
        String name,
        String file,
        List<RuleStatus> rules,
        Duration interval,
        long limit,
        Duration evaluationTime,
        Optional<Instant> lastEvaluation) {
    public GroupStatus {
        rules = List.copyOf(rules);
    }
}
