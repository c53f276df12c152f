/// The seams to everything that is kept. Start at [Storage].
@Room(uses = "signal")
package tokenplumb.storage;

import tokenplumb.Room;
