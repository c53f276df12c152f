package tokenplumb.rules;

import tokenplumb.templates.Fields;
import tokenplumb.templates.GoFormat;

import java.util.List;
import java.util.Optional;

/// A length of time in a template, with the methods of Go's `time.Duration` that templates use.
record GoDuration(long nanos) implements Fields {
    @Override
    public String typeName() {
        return "*time.Duration";
    }

    @Override
    public Optional<Object> field(String name, List<Object> arguments) {
        return Optional.ofNullable(
                switch (name) {
                    case "String" -> print();
                    case "Seconds" -> nanos / 1e9;
                    case "Minutes" -> nanos / 60e9;
                    case "Hours" -> nanos / 3600e9;
                    case "Milliseconds" -> nanos / 1_000_000;
                    default -> null;
                });
    }

    /// As Go: `1h30m0s`, `1.5s`, `20ms`.
    @Override
    public String print() {
        if (nanos == 0) {
            return "0s";
        }
        var sign = nanos < 0 ? "-" : "";
        long rest = Math.abs(nanos);
        if (rest < 1_000_000_000) {
            var unit = rest < 1_000 ? "ns" : rest < 1_000_000 ? "µs" : "ms";
            double scale = rest < 1_000 ? 1 : rest < 1_000_000 ? 1e3 : 1e6;
            return sign + GoFormat.number(rest / scale, 'f', -1) + unit;
        }
        long hours = rest / 3_600_000_000_000L;
        long minutes = rest / 60_000_000_000L % 60;
        var seconds = GoFormat.number(rest % 60_000_000_000L / 1e9, 'f', -1) + "s";
        if (hours > 0) {
            return sign + hours + "h" + minutes + "m" + seconds;
        }
        return sign + (minutes > 0 ? minutes + "m" : "") + seconds;
    }
}
