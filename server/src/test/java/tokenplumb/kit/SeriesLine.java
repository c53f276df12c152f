package tokenplumb.kit;

import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;

import java.util.ArrayList;
import java.util.List;

/// A line of Prometheus' test language that describes a series: `name{a="b"} 0+10x3 _ stale`.
/// Native histograms (`{{…}}`) are recognised and become [#HISTOGRAM].
public record SeriesLine(Labels labels, List<Double> values) {
    /// Stands where there is no sample.
    public static final Double GAP = null;

    /// The value that stands for a native histogram.
    public static final double HISTOGRAM = Double.longBitsToDouble(0x7ff8_dead_beef_0001L);

    public static boolean isHistogram(double value) {
        return Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(HISTOGRAM);
    }

    public boolean hasHistograms() {
        return values.stream().anyMatch(v -> v != null && isHistogram(v));
    }

    public static SeriesLine parse(String line) {
        return new Reader(line.strip()).series();
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        SeriesLine series() {
            var labels = labels();
            var values = new ArrayList<Double>();
            for (var item : items()) {
                expand(item, values);
            }
            return new SeriesLine(labels, values);
        }

        private Labels labels() {
            var labels = Labels.builder();
            int start = at;
            while (at < text.length() && "{ \t".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            labels.set(Labels.NAME, text.substring(start, at));
            skipBlanks();
            if (at == text.length() || text.charAt(at) != '{' || text.startsWith("{{", at)) {
                return labels.build();
            }
            at++;
            while (true) {
                skipBlanks();
                char c = text.charAt(at);
                if (c == '}') {
                    at++;
                    return labels.build();
                }
                if (c == ',') {
                    at++;
                    continue;
                }
                pair(labels);
            }
        }

        private void pair(Labels.Builder labels) {
            boolean quoted = "\"'`".indexOf(text.charAt(at)) >= 0;
            var name = quoted ? string() : word();
            skipBlanks();
            if (quoted && text.charAt(at) != '=') {
                labels.set(Labels.NAME, name);
                return;
            }
            at++; // =
            skipBlanks();
            labels.set(name, string());
        }

        private String word() {
            int start = at;
            while ("= \t".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        private String string() {
            char quote = text.charAt(at++);
            var out = new StringBuilder();
            while (text.charAt(at) != quote) {
                char c = text.charAt(at++);
                if (c != '\\' || quote == '`') {
                    out.append(c);
                    continue;
                }
                char escaped = text.charAt(at++);
                switch (escaped) {
                    case 'n' -> out.append('\n');
                    case 't' -> out.append('\t');
                    case 'r' -> out.append('\r');
                    case 'u' -> {
                        out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                        at += 4;
                    }
                    case 'x' -> {
                        out.append((char) Integer.parseInt(text.substring(at, at + 2), 16));
                        at += 2;
                    }
                    default -> out.append(escaped);
                }
            }
            at++;
            return out.toString();
        }

        private void skipBlanks() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private List<String> items() {
            var items = new ArrayList<String>();
            while (true) {
                skipBlanks();
                if (at == text.length()) {
                    return items;
                }
                int start = at;
                while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
                    at = text.startsWith("{{", at) ? text.indexOf("}}", at) + 2 : at + 1;
                }
                items.add(text.substring(start, at));
            }
        }

        private static void expand(String item, List<Double> values) {
            if (item.equals("stale")) {
                values.add(StaleMarker.VALUE);
            } else if (item.startsWith("{{")) {
                int x = item.lastIndexOf('x');
                boolean repeated = x > item.lastIndexOf("}}");
                repeat(HISTOGRAM, repeated ? Integer.parseInt(item.substring(x + 1)) : 0, values);
            } else if (item.startsWith("_")) {
                int gaps = item.length() > 1 ? Integer.parseInt(item.substring(2)) : 1;
                for (int i = 0; i < gaps; i++) {
                    values.add(GAP);
                }
            } else {
                expandNumber(item, values);
            }
        }

        private static void repeat(double value, int times, List<Double> values) {
            for (int i = 0; i <= times; i++) {
                values.add(value);
            }
        }

        private static void expandNumber(String item, List<Double> values) {
            int x = item.indexOf('x');
            if (x < 0) {
                values.add(number(item));
                return;
            }
            int times = Integer.parseInt(item.substring(x + 1));
            var start = item.substring(0, x);
            int sign = -1;
            for (int i = 1; i < start.length() && sign < 0; i++) {
                boolean isSign = start.charAt(i) == '+' || start.charAt(i) == '-';
                if (isSign && "eE".indexOf(start.charAt(i - 1)) < 0) {
                    sign = i;
                }
            }
            if (sign < 0) {
                repeat(number(start), times, values);
                return;
            }
            double value = number(start.substring(0, sign));
            double delta = number(start.substring(sign));
            for (int i = 0; i <= times; i++) {
                values.add(value);
                value += delta;
            }
        }
    }

    /// A number as the test language writes it.
    public static double number(String text) {
        boolean negative = text.startsWith("-");
        var digits = negative || text.startsWith("+") ? text.substring(1) : text;
        double size;
        if (digits.equalsIgnoreCase("inf")) {
            size = Double.POSITIVE_INFINITY;
        } else if (digits.equalsIgnoreCase("nan")) {
            size = Double.NaN;
        } else if (digits.matches("0[0-7]+")) {
            size = Long.parseLong(digits, 8);
        } else if (digits.matches("0[xX][0-9a-fA-F]+")) {
            size = Long.parseLong(digits.substring(2), 16);
        } else if (digits.matches("0[bB][01]+")) {
            size = Long.parseLong(digits.substring(2), 2);
        } else if (digits.matches("0[oO][0-7]+")) {
            size = Long.parseLong(digits.substring(2), 8);
        } else {
            size = Double.parseDouble(digits);
        }
        return negative ? -size : size;
    }
}
