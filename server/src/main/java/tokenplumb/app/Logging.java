package tokenplumb.app;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Log lines on standard error as Prometheus writes them: `time=… level=INFO source=scrape
/// msg="…"`, or as JSON. Rooms log through `System.Logger`, which ends here.
public final class Logging {
    // Held so that the settings are not collected with their loggers.
    private static final Logger ROOT = Logger.getLogger("");
    private static final Logger NETTY = Logger.getLogger("io.netty");
    private static final Logger VERTX = Logger.getLogger("io.vertx");

    private Logging() {}

    /// `level` is debug, info, warn or error; `format` logfmt or json. Throws
    /// [IllegalArgumentException].
    public static void set(String level, String format) {
        var threshold =
                switch (level.toLowerCase(Locale.ROOT)) {
                    case "debug" -> Level.FINE;
                    case "info" -> Level.INFO;
                    case "warn", "warning" -> Level.WARNING;
                    case "error" -> Level.SEVERE;
                    default ->
                            throw new IllegalArgumentException(
                                    "unknown log level \"%s\"; one of debug, info, warn, error"
                                            .formatted(level));
                };
        boolean json =
                switch (format) {
                    case "logfmt" -> false;
                    case "json" -> true;
                    default ->
                            throw new IllegalArgumentException(
                                    "unknown log format \"%s\"; one of logfmt, json"
                                            .formatted(format));
                };
        for (var handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ROOT.addHandler(new Lines(json));
        ROOT.setLevel(threshold);
        // These say on info and debug what concerns only their makers.
        NETTY.setLevel(Level.WARNING);
        VERTX.setLevel(Level.WARNING);
    }

    private static final class Lines extends Handler {
        private final boolean json;

        Lines(boolean json) {
            this.json = json;
            setFormatter(
                    new Formatter() {
                        @Override
                        public String format(LogRecord line) {
                            return line(line, formatMessage(line));
                        }
                    });
        }

        private String line(LogRecord line, String message) {
            var source = line.getLoggerName() == null ? "" : line.getLoggerName();
            source = source.startsWith("tokenplumb.") ? source.substring(11) : source;
            var level =
                    line.getLevel().intValue() >= Level.SEVERE.intValue()
                            ? "ERROR"
                            : line.getLevel().intValue() >= Level.WARNING.intValue()
                                    ? "WARN"
                                    : line.getLevel().intValue() >= Level.INFO.intValue()
                                            ? "INFO"
                                            : "DEBUG";
            var time = Instant.ofEpochMilli(line.getMillis()).truncatedTo(ChronoUnit.MILLIS);
            var text = message + trace(line.getThrown());
            return json
                    ? "{\"time\":\"%s\",\"level\":\"%s\",\"source\":%s,\"msg\":%s}%n"
                            .formatted(time, level, quoted(source), quoted(text))
                    : "time=%s level=%s source=%s msg=%s%n"
                            .formatted(time, level, source, quoted(text));
        }

        private static String trace(Throwable thrown) {
            if (thrown == null) {
                return "";
            }
            var out = new StringWriter();
            thrown.printStackTrace(new PrintWriter(out));
            return "\n" + out;
        }

        private static String quoted(String text) {
            var out = new StringBuilder(text.length() + 2).append('"');
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                switch (c) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    default -> {
                        if (c < 0x20) {
                            out.append("\\u%04x".formatted((int) c));
                        } else {
                            out.append(c);
                        }
                    }
                }
            }
            return out.append('"').toString();
        }

        @Override
        public void publish(LogRecord line) {
            if (isLoggable(line)) {
                System.err.print(getFormatter().format(line));
            }
        }

        @Override
        public void flush() {
            System.err.flush();
        }

        @Override
        public void close() {}
    }
}
