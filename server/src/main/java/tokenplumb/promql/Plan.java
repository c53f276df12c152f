package tokenplumb.promql;

import java.util.List;

/// How a node of a query's expression was evaluated and what it took; the nodes below it are its
/// children. Says nothing of any value.
///
/// @param node what kind of node: `sum`, `rate`, `selector`, `/`
/// @param expression as text, cut where it is long
/// @param ways what was special: evaluated once for all steps, taken from an equal expression, …
/// @param evaluations how often it was evaluated: more than once below subqueries
/// @param series that its own selector found, 0 where it has none
/// @param columns series that it gave
/// @param samples read for it and for the nodes below
/// @param bytes most that was held for it and for the nodes below at once
/// @param threads most that read for it
/// @param selectSeconds finding its series, within `ownSeconds`
/// @param ownSeconds without the nodes below
/// @param totalSeconds with them
public record Plan(
        String node,
        String expression,
        List<String> ways,
        long evaluations,
        long series,
        long columns,
        long samples,
        long bytes,
        int threads,
        double selectSeconds,
        double ownSeconds,
        double totalSeconds,
        List<Plan> children) {
    public Plan {
        ways = List.copyOf(ways);
        children = List.copyOf(children);
    }

    /// The node of this plan that took most time by itself.
    public Plan costliest() {
        var costliest = this;
        for (var child : children) {
            var below = child.costliest();
            if (below.ownSeconds > costliest.ownSeconds) {
                costliest = below;
            }
        }
        return costliest;
    }
}
