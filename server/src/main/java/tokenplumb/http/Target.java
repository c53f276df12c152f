package tokenplumb.http;

import java.io.IOException;
import java.net.URI;

/// The parts of a URI that a request is made of. `path` is as it goes over the wire, query
/// included; `authority` is the `Host` header.
record Target(boolean tls, String host, int port, String path, String authority) {
    static Target of(URI uri) throws IOException {
        var scheme = String.valueOf(uri.getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IOException("cannot ask " + uri + ": only http and https are spoken here");
        }
        var host = uri.getHost();
        if (host == null) {
            throw new IOException("cannot ask " + uri + ": it names no host");
        }
        boolean tls = scheme.equals("https");
        var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
        var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new Target(
                tls,
                bare,
                port,
                uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery(),
                uri.getPort() >= 0 ? host + ":" + port : host);
    }
}
