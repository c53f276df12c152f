package tokenplumb.promql;

/// A mistake in a query, or a limit that it met. The kind is the HTTP API's `errorType`.
public final class QueryError extends RuntimeException {
    /// `errorType` and HTTP status of Prometheus' API.
    public enum Kind {
        BAD_DATA("bad_data", 400),
        EXECUTION("execution", 422),
        CANCELED("canceled", 503),
        TIMEOUT("timeout", 503);

        private final String text;
        private final int status;

        Kind(String text, int status) {
            this.text = text;
            this.status = status;
        }

        public String text() {
            return text;
        }

        public int status() {
            return status;
        }
    }

    private static final long serialVersionUID = 1;

    private final Kind kind;

    public QueryError(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
