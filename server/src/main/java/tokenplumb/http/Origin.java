package tokenplumb.http;

/// What a kept connection leads to: only a request for the same may use it.
record Origin(String host, int port, boolean isTls, Fetch.Tls tls) {
    static Origin of(Target target, Fetch.Tls tls) {
        return new Origin(
                target.host(), target.port(), target.tls(), target.tls() ? tls : Fetch.Tls.SYSTEM);
    }

    // A record's own are method handles, which cost more here than all the rest of a look-up: a
    // scrape comes by too seldom for them to be compiled soon.

    @Override
    @SuppressWarnings("ReferenceEquality") // the same object nearly always
    public boolean equals(Object other) {
        return other instanceof Origin o
                && port == o.port
                && isTls == o.isTls
                && host.equals(o.host)
                && (tls == o.tls || tls.equals(o.tls));
    }

    @Override
    public int hashCode() {
        return host.hashCode() * 31 + port;
    }
}
