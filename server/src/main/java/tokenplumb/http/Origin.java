package tokenplumb.http;

/// What a kept connection leads to: only a request for the same may use it.
record Origin(String host, int port, boolean isTls, Fetch.Tls tls) {
    static Origin of(Target target, Fetch.Tls tls) {
        return new Origin(
                target.host(), target.port(), target.tls(), target.tls() ? tls : Fetch.Tls.SYSTEM);
    }
}
