package tokenplumb.cli;

import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Signal;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.Value;
import tokenplumb.scrape.ActiveTarget;
import tokenplumb.scrape.Health;
import tokenplumb.signal.Labels;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/// What `watch` prints: for every target who it is, how it is, and a line for each signal with its
/// value now and its recent course.
final class Summary {
    private static final String BARS = "▁▂▃▄▅▆▇█";
    private static final int POINTS = 24;
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    /// A line of the summary: what to ask, and how to write the answer.
    private record Row(String title, String query, String unit) {}

    private static final List<Row> NODE =
            List.of(
                    new Row(
                            "CPU busy",
                            "1 - avg(rate(node_cpu_seconds_total{mode=\"idle\",$i}[$w]))",
                            "ratio"),
                    new Row("load, 1 min", "node_load1{$i}", ""),
                    new Row(
                            "memory used",
                            "1 - node_memory_MemAvailable_bytes{$i} /"
                                    + " node_memory_MemTotal_bytes{$i}",
                            "ratio"),
                    new Row(
                            "fullest disk",
                            "max(1 -"
                                + " node_filesystem_avail_bytes{fstype!~\"tmpfs|squashfs|overlay\",$i}"
                                + " / node_filesystem_size_bytes{fstype!~\"tmpfs|squashfs|overlay\",$i})",
                            "ratio"),
                    new Row(
                            "network in",
                            "sum(rate(node_network_receive_bytes_total{device!=\"lo\",$i}[$w]))",
                            "bytes/s"),
                    new Row(
                            "network out",
                            "sum(rate(node_network_transmit_bytes_total{device!=\"lo\",$i}[$w]))",
                            "bytes/s"));

    private static final List<Row> GPU =
            List.of(
                    new Row("GPUs", "count(gpu_temperature_celsius{sensor=\"core\",$i})", ""),
                    new Row("tensor active", "avg(gpu_tensor_active_ratio{$i})", "ratio"),
                    new Row(
                            "memory used",
                            "sum(gpu_memory_bytes{state=\"used\",$i}) / sum(gpu_memory_bytes{$i})",
                            "ratio"),
                    new Row("power", "sum(gpu_power_watts{$i})", "watts"),
                    new Row(
                            "hottest",
                            "max(gpu_temperature_celsius{sensor=\"core\",$i})",
                            "celsius"));

    private final Promql promql;
    private final Catalog catalog;
    private final Duration interval;
    private final UnaryOperator<String> kindOf;

    /// `interval` is how often the targets are scraped; `kindOf` tells what a recognised source is:
    /// `engine`, `gpu`, `node`, or `""`.
    Summary(Promql promql, Catalog catalog, Duration interval, UnaryOperator<String> kindOf) {
        this.promql = promql;
        this.catalog = catalog;
        this.interval = interval;
        this.kindOf = kindOf;
    }

    /// The whole text, ending in a line break.
    String text(List<ActiveTarget> targets, Instant now, String url) {
        var out = new StringBuilder();
        out.append("tokenplumb watch   %s   %s%n".formatted(CLOCK.format(now), url));
        for (var target : targets) {
            out.append(
                    "%n%s  %s  %s%n"
                            .formatted(
                                    mark(target.health()),
                                    target.uri(),
                                    target.recognised().isEmpty()
                                            ? "not recognised"
                                            : target.recognised()));
            if (target.health() == Health.DOWN) {
                out.append("   ").append(target.lastError()).append('\n');
                continue;
            }
            if (target.health() == Health.UNKNOWN) {
                out.append("   not scraped yet\n");
                continue;
            }
            out.append(
                    "   %,d samples in %,d ms%n"
                            .formatted(target.samplesScraped(), target.lastDuration().toMillis()));
            for (var row : rows(target)) {
                line(row, target, now).ifPresent(out::append);
            }
        }
        return out.toString();
    }

    private static String mark(Health health) {
        return switch (health) {
            case UP -> "up  ";
            case DOWN -> "DOWN";
            case UNKNOWN -> "…   ";
        };
    }

    private List<Row> rows(ActiveTarget target) {
        return switch (kindOf.apply(target.recognised())) {
            case "node" -> NODE;
            case "gpu" -> GPU;
            case "engine" -> signals();
            default -> List.of();
        };
    }

    private List<Row> signals() {
        var rows = new ArrayList<Row>();
        for (var signal : catalog.signals()) {
            for (var line : signal.lines()) {
                var title =
                        signal.lines().size() == 1
                                ? signal.title()
                                : signal.title() + ", " + line.name();
                rows.add(new Row(title, line.query(Signal.Scope.FLEET, "$i", "$w"), signal.unit()));
            }
        }
        return rows;
    }

    private Optional<String> line(Row row, ActiveTarget target, Instant now) {
        var instance = "instance=" + Labels.quote(target.labels().get("instance"));
        // Four scrapes in the window, so that one may be missed.
        var window = Math.max(20, interval.toSeconds() * 4) + "s";
        var query = row.query().replace("$i", instance).replace("$w", window);
        long end = now.toEpochMilli();
        long step = interval.toMillis();
        try {
            var request = Promql.Request.of(query);
            var answer = promql.range(request, end - step * (POINTS - 1), end, step);
            if (!(answer.value() instanceof Value.Matrix matrix) || matrix.columns().isEmpty()) {
                return Optional.empty();
            }
            var samples = matrix.columns().getFirst().samples();
            var values = new ArrayList<OptionalDouble>();
            int at = 0;
            for (int i = 0; i < POINTS; i++) {
                long time = end - step * (POINTS - 1 - i);
                if (at < samples.size() && samples.time(at) == time) {
                    values.add(OptionalDouble.of(samples.value(at++)));
                } else {
                    values.add(OptionalDouble.empty());
                }
            }
            double last = samples.value(samples.size() - 1);
            return Optional.of(
                    "   %-34s %12s  %s%n"
                            .formatted(row.title(), number(last, row.unit()), course(values)));
        } catch (QueryError e) {
            return Optional.of("   %-34s %s%n".formatted(row.title(), e.getMessage()));
        }
    }

    /// Values as bars from the smallest to the largest; a gap is a space.
    static String course(List<OptionalDouble> values) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (var value : values) {
            if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
                least = Math.min(least, value.getAsDouble());
                most = Math.max(most, value.getAsDouble());
            }
        }
        var out = new StringBuilder();
        for (var value : values) {
            if (value.isEmpty() || !Double.isFinite(value.getAsDouble())) {
                out.append(' ');
                continue;
            }
            // A flat course lies at the bottom: there is nothing to see in it.
            double share = most > least ? (value.getAsDouble() - least) / (most - least) : 0;
            out.append(BARS.charAt((int) Math.round(share * (BARS.length() - 1))));
        }
        return out.toString();
    }

    /// A value for people, with its unit.
    static String number(double value, String unit) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return switch (unit) {
            case "ratio" -> "%.1f %%".formatted(value * 100);
            case "seconds", "s" -> seconds(value);
            case "bytes", "bytes/s" -> scaled(value, 1024, "B" + unit.substring(5));
            case "watts" -> "%.0f W".formatted(value);
            case "celsius" -> "%.0f °C".formatted(value);
            case "" -> plain(value);
            default -> plain(value) + " " + unit;
        };
    }

    private static String seconds(double value) {
        return Math.abs(value) < 1 ? "%.0f ms".formatted(value * 1000) : "%.2f s".formatted(value);
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? "%,.0f".formatted(value)
                : Math.abs(value) >= 100 ? "%,.0f".formatted(value) : "%.2f".formatted(value);
    }

    private static String scaled(double value, double base, String unit) {
        var prefixes = List.of("", "Ki", "Mi", "Gi", "Ti");
        int i = 0;
        while (Math.abs(value) >= base && i < prefixes.size() - 1) {
            value /= base;
            i++;
        }
        return "%.1f %s%s".formatted(value, prefixes.get(i), unit);
    }
}
