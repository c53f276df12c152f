/// HTTP server and client; the only room that knows an HTTP library. Handlers are plain blocking
/// code, each request on a virtual thread of its own. Start at [HttpServer] and [Fetch].
@Room(
        uses = {},
        libraries = {"io.vertx", "io.netty", "javax.net.ssl"})
package tokenplumb.http;

import tokenplumb.Room;
