package tokenplumb.discovery;

import tokenplumb.signal.Labels;

import java.util.List;

/// Targets that were found together. Each target has at least `__address__`; `labels` are added to
/// every target that lacks them. `source` tells groups of one job apart.
public record TargetGroup(String source, List<Labels> targets, Labels labels) {
    public TargetGroup {
        targets = List.copyOf(targets);
    }

    /// Each target with the group's labels; its own win.
    public List<Labels> combined() {
        return targets.stream()
                .map(target -> {
                    var builder = labels.toBuilder();
                    for (int i = 0; i < target.size(); i++) {
                        builder.set(target.name(i), target.value(i));
                    }
                    return builder.build();
                })
                .toList();
    }
}
