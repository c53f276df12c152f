/// Prometheus' text format 0.0.4 and OpenMetrics 1.0: parsed in one pass over bytes, and written.
/// Start at [Exposition].
@Room(uses = "signal", hot = true)
package tokenplumb.exposition;

import tokenplumb.Room;
