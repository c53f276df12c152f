package tokenplumb.exposition;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.nio.charset.StandardCharsets;

/// Writes text format 0.0.4. Names that the format cannot spell bare are quoted, as format 1.0.0
/// allows. Not thread-safe.
public final class ExpositionWriter {
    private final StringBuilder out = new StringBuilder(4096);

    /// Opens a family: its HELP line (left out when empty) and its TYPE line.
    public ExpositionWriter family(String name, Metadata.Type type, String help) {
        if (!help.isEmpty()) {
            out.append("# HELP ");
            metricName(name);
            out.append(' ');
            escape(help, false);
            out.append('\n');
        }
        out.append("# TYPE ");
        metricName(name);
        out.append(' ').append(spelling(type)).append('\n');
        return this;
    }

    /// Format 0.0.4 knows five types; the others become what they would be without OpenMetrics.
    private static String spelling(Metadata.Type type) {
        return switch (type) {
            case COUNTER -> "counter";
            case GAUGE, INFO, STATESET -> "gauge";
            case HISTOGRAM, GAUGEHISTOGRAM -> "histogram";
            case SUMMARY -> "summary";
            case UNKNOWN -> "untyped";
        };
    }

    /// One sample; `labels` carries the name.
    public ExpositionWriter sample(Labels labels, double value) {
        series(labels);
        out.append(' ').append(Numbers.text(value)).append('\n');
        return this;
    }

    /// One sample with a time of its own, in milliseconds since the epoch.
    public ExpositionWriter sample(Labels labels, double value, long timeMillis) {
        series(labels);
        out.append(' ').append(Numbers.text(value)).append(' ').append(timeMillis).append('\n');
        return this;
    }

    private void series(Labels labels) {
        var name = labels.metricName();
        boolean bare = isName(name, true);
        if (bare) {
            out.append(name);
        }
        char before = '{';
        if (!bare && !name.isEmpty()) {
            out.append('{');
            quote(name);
            before = ',';
        }
        for (int i = 0; i < labels.size(); i++) {
            var label = labels.name(i);
            if (label.equals(Labels.NAME)) {
                continue;
            }
            out.append(before);
            before = ',';
            if (isName(label, false)) {
                out.append(label);
            } else {
                quote(label);
            }
            out.append('=');
            quote(labels.value(i));
        }
        if (before == ',') {
            out.append('}');
        }
    }

    private void metricName(String name) {
        if (isName(name, true)) {
            out.append(name);
        } else {
            quote(name);
        }
    }

    private static boolean isName(String name, boolean colons) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
            if (!letter && !(c == ':' && colons) && !(c >= '0' && c <= '9' && i > 0)) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private void quote(String text) {
        out.append('"');
        escape(text, true);
        out.append('"');
    }

    private void escape(String text, boolean quotes) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                out.append("\\\\");
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '"' && quotes) {
                out.append("\\\"");
            } else {
                out.append(c);
            }
        }
    }

    /// Everything written since the last [#clear].
    public byte[] bytes() {
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    public int length() {
        return out.length();
    }

    public void clear() {
        out.setLength(0);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
