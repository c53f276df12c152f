package tokenplumb.simulator;

import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/// What one exporter shows: its lines in order, each with the place its value comes from. Rendered
/// as text for a scrape, or read line by line for a history. Not thread-safe.
final class Page {
    /// One sample: everything up to the value, and the same as labels.
    record Line(String text, String name, String[] pairs, NumberStyle style, DoubleSupplier value) {
        /// The series a scrape makes of it: bounds and quantiles always with a point, as since
        /// Prometheus 3.
        Labels labels(Labels target) {
            var builder = target.toBuilder().set(Labels.NAME, name);
            for (int i = 0; i < pairs.length; i += 2) {
                boolean number = pairs[i].equals("le") || pairs[i].equals("quantile");
                builder.set(pairs[i], number ? pointed(pairs[i + 1]) : pairs[i + 1]);
            }
            return builder.build();
        }

        private static String pointed(String number) {
            return number.equals("+Inf")
                    ? number
                    : NumberStyle.PYTHON.text(Double.parseDouble(number));
        }
    }

    private final List<Object> parts = new ArrayList<>(); // a Line, or text as it stands
    private final List<Line> lines = new ArrayList<>();
    private int lastLength = 1024;

    Page text(String asItStands) {
        parts.add(asItStands);
        return this;
    }

    Page family(String name, String type, String help) {
        return text("# HELP " + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n');
    }

    /// Adds a sample; `pairs` are label names and values in the exporter's order.
    Page line(NumberStyle style, String name, DoubleSupplier value, String... pairs) {
        var text = new StringBuilder(name);
        for (int i = 0; i < pairs.length; i += 2) {
            text.append(i == 0 ? '{' : ',').append(pairs[i]).append("=\"");
            text.append(escape(pairs[i + 1])).append('"');
        }
        if (pairs.length > 0) {
            text.append('}');
        }
        var line = new Line(text.append(' ').toString(), name, pairs, style, value);
        parts.add(line);
        lines.add(line);
        return this;
    }

    List<Line> lines() {
        return lines;
    }

    byte[] render() {
        var out = new StringBuilder(lastLength + 1024);
        for (var part : parts) {
            if (part instanceof Line line) {
                out.append(line.text());
                line.style().append(out, line.value().getAsDouble());
                out.append('\n');
            } else {
                out.append((String) part);
            }
        }
        lastLength = out.length();
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
