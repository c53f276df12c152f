package tokenplumb.api;

import tokenplumb.promql.QueryError;

/// Why a request was not answered, in the words of Prometheus' API: `errorType`, HTTP status, text.
final class ApiError extends RuntimeException {
    /// What the client can tell failures apart by.
    enum Kind {
        BAD_DATA("bad_data", 400),
        EXECUTION("execution", 422),
        CANCELED("canceled", 499),
        TIMEOUT("timeout", 503),
        INTERNAL("internal", 500),
        UNAVAILABLE("unavailable", 500),
        NOT_FOUND("not_found", 404);

        private final String text;
        private final int status;

        Kind(String text, int status) {
            this.text = text;
            this.status = status;
        }

        String text() {
            return text;
        }

        int status() {
            return status;
        }
    }

    private static final long serialVersionUID = 1;

    private final Kind kind;

    ApiError(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    static ApiError badData(String message) {
        return new ApiError(Kind.BAD_DATA, message);
    }

    static ApiError invalid(String parameter, String why) {
        return badData("invalid parameter \"%s\": %s".formatted(parameter, why));
    }

    /// A query that failed: its text was wrong (then the parameter is named), or its evaluation.
    static ApiError of(QueryError error) {
        return switch (error.kind()) {
            case BAD_DATA -> invalid("query", error.getMessage());
            case EXECUTION -> new ApiError(Kind.EXECUTION, error.getMessage());
            case CANCELED -> new ApiError(Kind.CANCELED, error.getMessage());
            case TIMEOUT -> new ApiError(Kind.TIMEOUT, error.getMessage());
        };
    }

    Kind kind() {
        return kind;
    }
}
