package tokenplumb.promql;

/// How much one query may take. A request can only make them tighter.
///
/// @param samples held in memory at once
/// @param bytes of memory held at once, results included
/// @param series that its selectors find, each selector counted
/// @param steps of a range query: points of a resulting series
/// @param depth of its expression
/// @param text characters of its text
/// @param regex characters of one regular expression in it
public record Limits(
        long samples, long bytes, long series, int steps, int depth, int text, int regex) {
    /// The deepest expression there can be, whatever [#depth] says: the parser refuses deeper ones.
    public static final int DEEPEST = 2_000;

    private static final long LEAST_BYTES = 16L << 20;

    public Limits {
        if (samples < 1 || bytes < 1 || series < 1 || steps < 1) {
            throw new IllegalArgumentException("a limit must be positive");
        }
        if (depth < 1 || text < 1 || regex < 1) {
            throw new IllegalArgumentException("a limit must be positive");
        }
    }

    /// Where nothing else is said: as Prometheus where it has such a limit; a quarter of the heap.
    public static Limits defaults() {
        return new Limits(
                50_000_000, bytesOf(maxHeap(), 4), 1_000_000, 11_000, DEEPEST, 1 << 18, 1 << 16);
    }

    /// The share of a heap that queries get: one in `parts`, if that is not nothing.
    public static long bytesOf(long heap, int parts) {
        return Math.max(LEAST_BYTES, heap / parts);
    }

    private static long maxHeap() {
        return Runtime.getRuntime().maxMemory();
    }

    public Limits withSamples(long most) {
        return new Limits(most, bytes, series, steps, depth, text, regex);
    }

    public Limits withBytes(long most) {
        return new Limits(samples, most, series, steps, depth, text, regex);
    }

    public Limits withSeries(long most) {
        return new Limits(samples, bytes, most, steps, depth, text, regex);
    }

    /// The lower of each.
    public Limits tightenedBy(Limits other) {
        return new Limits(
                Math.min(samples, other.samples),
                Math.min(bytes, other.bytes),
                Math.min(series, other.series),
                Math.min(steps, other.steps),
                Math.min(depth, other.depth),
                Math.min(text, other.text),
                Math.min(regex, other.regex));
    }
}
