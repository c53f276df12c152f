package tokenplumb.http;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;

/// The parts of a URI that a request is made of. `path` is as it goes over the wire, query
/// included; `authority` is the `Host` header.
record Target(boolean tls, String host, int port, String path, String authority) {
    private static final int UNSAID = -1;
    private static final int NONE = -2;

    static Target of(URI uri) throws IOException {
        var scheme = String.valueOf(uri.getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IOException("cannot ask " + uri + ": only http and https are spoken here");
        }
        // java.net.URI knows no host where a name has an underscore, as names in compose files do.
        var authority = Objects.requireNonNullElse(uri.getRawAuthority(), "");
        authority = authority.substring(authority.indexOf('@') + 1);
        int hostEnd = hostEnd(authority);
        int port = hostEnd <= 0 ? NONE : port(authority, hostEnd);
        if (port == NONE) {
            throw new IOException(
                    "cannot ask " + uri + ": it names no host, or a port that cannot be");
        }
        boolean tls = scheme.equals("https");
        boolean hasPort = port != UNSAID;
        var host = authority.substring(0, hostEnd);
        var bare = host.startsWith("[") ? host.substring(1, hostEnd - 1) : host;
        port = hasPort ? port : tls ? 443 : 80;
        var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new Target(
                tls,
                bare,
                port,
                uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery(),
                hasPort ? host + ":" + port : host);
    }

    /// Where a name, an address, or an IPv6 address in brackets ends; 0 where there is none.
    private static int hostEnd(String authority) {
        if (authority.startsWith("[")) {
            int end = authority.indexOf(']');
            for (int i = 1; i < end; i++) {
                char c = authority.charAt(i);
                if (Character.digit(c, 16) < 0 && c != ':' && c != '.' && c != '%') {
                    return 0;
                }
            }
            return end < 2 ? 0 : end + 1;
        }
        int colon = authority.indexOf(':');
        int end = colon < 0 ? authority.length() : colon;
        boolean hasBracket = authority.indexOf('[') >= 0 || authority.indexOf(']') >= 0;
        return hasBracket ? 0 : end;
    }

    /// What follows the host: nothing, or a colon and one to five digits.
    private static int port(String authority, int hostEnd) {
        int digits = authority.length() - hostEnd - 1;
        if (digits < 0) {
            return UNSAID;
        }
        if (authority.charAt(hostEnd) != ':' || digits == 0 || digits > 5) {
            return NONE;
        }
        int port = 0;
        for (int i = hostEnd + 1; i < authority.length(); i++) {
            int digit = authority.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return NONE;
            }
            port = port * 10 + digit;
        }
        return port < 65_536 ? port : NONE;
    }
}
