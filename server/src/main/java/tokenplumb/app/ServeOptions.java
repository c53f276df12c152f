package tokenplumb.app;

import tokenplumb.promql.Limits;
import tokenplumb.promql.Promql;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The flags of `serve`, named and defaulted as Prometheus'.
///
/// @param configFile the configuration file; empty where the configuration is made up by the caller
///   (`demo`, `watch`)
/// @param configText the configuration where there is no file
/// @param storagePath folder of the store
/// @param retention how long samples are kept; empty: as the configuration says, else 15 days
/// @param retentionBytes how many bytes are kept; 0: no limit
/// @param denseFromLevel blocks compacted so often are dense; 0: none, 1: all
/// @param listen where to listen, at least one; port 0 takes a free one
/// @param externalUrl where users reach this server; empty: derived from host and port
/// @param routePrefix prefix of all paths, without a slash at its end; `""` for none
/// @param flags every flag as it was given or defaulted, for the API's status page
public record ServeOptions(
        Optional<Path> configFile,
        String configText,
        Path storagePath,
        Optional<Duration> retention,
        long retentionBytes,
        int denseFromLevel,
        List<Listen> listen,
        Optional<URI> externalUrl,
        String routePrefix,
        boolean enableLifecycle,
        boolean enableAdminApi,
        Duration lookback,
        Duration queryTimeout,
        int maxConcurrency,
        Limits limits,
        Promql.Sharing sharing,
        boolean experimentalFunctions,
        boolean delayedNameRemoval,
        Map<String, String> flags) {
    /// An address to listen on; an empty host means every address of the machine.
    public record Listen(String host, int port) {
        /// Reads `host:port`, `:port` or `[::1]:port`. Throws [IllegalArgumentException].
        public static Listen parse(String text) {
            int colon = text.lastIndexOf(':');
            var host = colon < 0 ? "" : text.substring(0, colon);
            try {
                int port = Integer.parseInt(text.substring(colon + 1));
                if (colon >= 0 && port >= 0 && port <= 65_535) {
                    return new Listen(
                            host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                            port);
                }
            } catch (NumberFormatException notAPort) {
                // falls through to the message below
            }
            throw new IllegalArgumentException(
                    "\"%s\" is no address to listen on; write host:port, such as 0.0.0.0:9090"
                            .formatted(text));
        }
    }

    public ServeOptions {
        listen = List.copyOf(listen);
        flags = Map.copyOf(flags);
    }
}
