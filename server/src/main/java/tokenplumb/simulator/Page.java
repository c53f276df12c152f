package tokenplumb.simulator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/// What one exporter shows: its lines in order, each with the place its value comes from. Not
/// thread-safe.
final class Page {
    /// One sample, and everything up to its value.
    private record Line(String text, NumberStyle style, DoubleSupplier value) {}

    private final List<Object> parts = new ArrayList<>(); // a Line, or text as it stands
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
        parts.add(new Line(text.append(' ').toString(), style, value));
        return this;
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
