package tokenplumb.http;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.regex.Pattern;

/// The parts of a URI that a request is made of. `path` is as it goes over the wire, query
/// included; `authority` is the `Host` header.
record Target(boolean tls, String host, int port, String path, String authority) {
    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^\\[\\]:]+)(?::([0-9]{1,5}))?");

    static Target of(URI uri) throws IOException {
        var scheme = String.valueOf(uri.getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IOException("cannot ask " + uri + ": only http and https are spoken here");
        }
        // java.net.URI knows no host where a name has an underscore, as names in compose files do.
        var authority = Objects.requireNonNullElse(uri.getRawAuthority(), "");
        var match = HOST_AND_PORT.matcher(authority.substring(authority.indexOf('@') + 1));
        if (!match.matches()) {
            throw new IOException("cannot ask " + uri + ": it names no host");
        }
        boolean tls = scheme.equals("https");
        var host = match.group(1);
        var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        boolean hasPort = match.group(2) != null;
        int port = hasPort ? Integer.parseInt(match.group(2)) : tls ? 443 : 80;
        var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new Target(
                tls,
                bare,
                port,
                uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery(),
                hasPort ? host + ":" + port : host);
    }
}
