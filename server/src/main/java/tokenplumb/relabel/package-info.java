/// Steps that rewrite or drop label sets, exactly as Prometheus' relabeling. Start at [Relabel].
@Room(uses = {"config", "signal"})
package tokenplumb.relabel;

import tokenplumb.Room;
