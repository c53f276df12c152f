/// The face of the JSON library: written and read as a stream. Start at [Json].
@Room(libraries = "tools.jackson")
package tokenplumb.json;

import tokenplumb.Room;
