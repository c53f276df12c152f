package tokenplumb.exposition;

import java.util.Locale;
import java.util.Optional;

/// A text format of metrics.
public enum Format {
    /// Prometheus' text format, 0.0.4 and 1.0.0 (which only adds quoted names).
    TEXT,
    /// OpenMetrics 0.0.1 and 1.0.0.
    OPENMETRICS;

    /// The Content-Type under which [ExpositionWriter] writes.
    public static final String TEXT_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /// By a Content-Type header; empty where it names neither.
    public static Optional<Format> ofContentType(String contentType) {
        int end = contentType.indexOf(';');
        var mediaType = (end < 0 ? contentType : contentType.substring(0, end)).strip();
        return switch (mediaType.toLowerCase(Locale.ROOT)) {
            case "text/plain" -> Optional.of(TEXT);
            case "application/openmetrics-text" -> Optional.of(OPENMETRICS);
            default -> Optional.empty();
        };
    }
}
