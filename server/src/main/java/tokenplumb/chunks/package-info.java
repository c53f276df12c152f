/// Samples in few bits, byte for byte as Prometheus' chunks. Start at [XorChunk].
@Room(
        uses = {"bytes", "signal"},
        hot = true)
package tokenplumb.chunks;

import tokenplumb.Room;
