package tokenplumb.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * A program's own meters, written out in Prometheus' text format 0.0.4. Thread-safe; incrementing
 * is lock-free. Asking twice for the same name and labels gives the same meter.
 */
public final class Meters {
    /** Only grows. */
    public static final class Counter {
        private final DoubleAdder sum = new DoubleAdder();

        private Counter() {}

        public void increment() {
            sum.add(1);
        }

        /** Adds an amount that is not negative. */
        public void add(double amount) {
            if (!(amount >= 0)) {
                throw new IllegalArgumentException("a counter cannot shrink: " + amount);
            }
            sum.add(amount);
        }

        public double value() {
            return sum.sum();
        }
    }

    /** Counts observations below each upper bound. */
    public static final class Histogram {
        private final double[] bounds;
        private final AtomicLongArray counts;
        private final LongAdder count = new LongAdder();
        private final DoubleAdder sum = new DoubleAdder();

        private Histogram(double[] bounds) {
            this.bounds = bounds;
            this.counts = new AtomicLongArray(bounds.length);
        }

        public void observe(double value) {
            for (int i = 0; i < bounds.length; i++) {
                if (value <= bounds[i]) {
                    counts.incrementAndGet(i);
                    break;
                }
            }
            sum.add(value);
            count.increment();
        }
    }

    private record Family(String type, String help, ConcurrentSkipListMap<String, Object> series) {}

    private final ConcurrentSkipListMap<String, Family> families = new ConcurrentSkipListMap<>();

    public Meters() {}

    /** A counter; {@code labels} are name, value, name, value, … */
    public Counter counter(String name, String help, String... labels) {
        return (Counter)
                family(name, "counter", help)
                        .series()
                        .computeIfAbsent(format(labels), key -> new Counter());
    }

    /** A gauge whose value is asked for at each exposition. A later call replaces the supplier. */
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        family(name, "gauge", help).series().put(format(labels), value);
    }

    /** A counter whose value is kept elsewhere and asked for at each exposition. */
    public void counter(String name, String help, DoubleSupplier value, String... labels) {
        family(name, "counter", help).series().put(format(labels), value);
    }

    /** A histogram with the given upper bounds, in growing order and without +Inf. */
    public Histogram histogram(String name, String help, double[] bounds, String... labels) {
        return (Histogram)
                family(name, "histogram", help)
                        .series()
                        .computeIfAbsent(format(labels), key -> new Histogram(bounds.clone()));
    }

    private Family family(String name, String type, String help) {
        Family family =
                families.computeIfAbsent(
                        name, key -> new Family(type, help, new ConcurrentSkipListMap<>()));
        if (!family.type().equals(type)) {
            throw new IllegalArgumentException(
                    name + " is a " + family.type() + " already, not a " + type);
        }
        return family;
    }

    private static String format(String... labels) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < labels.length; i += 2) {
            String value =
                    labels[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
            parts.add(labels[i] + "=\"" + value + "\"");
        }
        return String.join(",", parts);
    }

    /** All meters in text format 0.0.4, sorted by name. */
    public String exposition() {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, Family> entry : families.entrySet()) {
            String name = entry.getKey();
            Family family = entry.getValue();
            out.append("# HELP ").append(name).append(' ').append(family.help()).append('\n');
            out.append("# TYPE ").append(name).append(' ').append(family.type()).append('\n');
            family.series().forEach((labels, meter) -> write(out, name, labels, meter));
        }
        return out.toString();
    }

    private static void write(StringBuilder out, String name, String labels, Object meter) {
        if (meter instanceof Counter counter) {
            line(out, name, labels, counter.value());
        } else if (meter instanceof DoubleSupplier gauge) {
            line(out, name, labels, gauge.getAsDouble());
        } else if (meter instanceof Histogram histogram) {
            String separator = labels.isEmpty() ? "" : labels + ",";
            long cumulative = 0;
            for (int i = 0; i < histogram.bounds.length; i++) {
                cumulative += histogram.counts.get(i);
                line(
                        out,
                        name + "_bucket",
                        separator + "le=\"" + number(histogram.bounds[i]) + "\"",
                        cumulative);
            }
            long count = Math.max(cumulative, histogram.count.sum());
            line(out, name + "_bucket", separator + "le=\"+Inf\"", count);
            line(out, name + "_sum", labels, histogram.sum.sum());
            line(out, name + "_count", labels, count);
        }
    }

    private static void line(StringBuilder out, String name, String labels, double value) {
        out.append(name);
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ').append(number(value)).append('\n');
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
