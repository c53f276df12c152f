/// Bytes and bits in arrays that are reused: growing buffers, varints, bit streams, CRC-32C. Start
/// at [Buffer].
@Room(hot = true)
package tokenplumb.bytes;

import tokenplumb.Room;
