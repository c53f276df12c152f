/// Builds everything with `new`, in the order data flows, and closes it in reverse; the map a
/// newcomer reads first. Start at [Platform].
@Room(uses = "*")
package tokenplumb.app;

import tokenplumb.Room;
