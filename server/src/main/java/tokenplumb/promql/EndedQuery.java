package tokenplumb.promql;

import java.time.Duration;
import java.util.Optional;

/// A query that is over, answered or not.
///
/// @param query as it was when it ended
/// @param took from being asked to its end
/// @param error why it was not answered
/// @param stats what it cost; of one that failed, until then
/// @param plan of one that was slow or failed while it ran, or whose plan was asked for
public record EndedQuery(
        ActiveQuery query,
        Duration took,
        Optional<QueryError> error,
        Answer.Stats stats,
        Optional<Plan> plan) {}
