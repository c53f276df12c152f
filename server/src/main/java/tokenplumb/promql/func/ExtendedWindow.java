package tokenplumb.promql.func;

import tokenplumb.signal.Samples;

import java.util.Optional;

/// Functions over windows that reach beyond their range, for the selector modifiers `anchored` (the
/// last sample at or before the range's start counts as its start) and `smoothed` (values at both
/// bounds are interpolated). Such a window also holds the samples up to one lookback outside.
public final class ExtendedWindow {
    private ExtendedWindow() {}

    public static Optional<RangeFunction> anchored(String name) {
        return switch (name) {
            case "changes", "resets" -> {
                var inner = RangeFunction.named(name).orElseThrow();
                yield Optional.of(w -> fromAnchor(w, inner));
            }
            default -> change(name, false);
        };
    }

    public static Optional<RangeFunction> smoothed(String name) {
        return change(name, true);
    }

    private static Optional<RangeFunction> change(String name, boolean smoothed) {
        return switch (name) {
            case "rate" ->
                    Optional.of(w -> {
                        double change = change(w, smoothed, true);
                        boolean absent =
                                Double.doubleToRawLongBits(change)
                                        == Double.doubleToRawLongBits(RangeFunction.ABSENT);
                        return absent ? change : change / w.seconds();
                    });
            case "increase" -> Optional.of(w -> change(w, smoothed, true));
            case "delta" -> Optional.of(w -> change(w, smoothed, false));
            default -> Optional.empty();
        };
    }

    private static double fromAnchor(Window w, RangeFunction function) {
        int from = w.from;
        while (from < w.to && w.times[from] <= w.start) {
            from++;
        }
        if (from == w.to) {
            return RangeFunction.ABSENT;
        }
        int kept = w.from;
        w.from = Math.max(w.from, from - 1);
        double value = function.at(w);
        w.from = kept;
        return value;
    }

    private static double change(Window w, boolean smoothed, boolean counter) {
        int first = firstAround(w);
        int last = lastAround(w, smoothed);
        if (w.times[last] <= w.start || smoothed && w.times[first] > w.end) {
            return RangeFunction.ABSENT;
        }
        double left = left(w, first, smoothed, counter);
        double right = right(w, last, smoothed, counter);
        double change = right - left;
        if (!counter) {
            return change;
        }
        int from = w.times[first] <= w.start ? first + 1 : first;
        int to = w.times[last] >= w.end ? last - 1 : last;
        double before = left;
        for (int i = from; i <= to; i++) {
            if (w.values[i] < before) {
                change += before;
            }
            before = w.values[i];
        }
        return right < before ? change + before : change;
    }

    /// The last sample at or before the range's start, or else the first of all.
    private static int firstAround(Window w) {
        int i = w.from;
        while (i < w.to - 1 && w.times[i] <= w.start) {
            i++;
        }
        return Math.max(w.from, i - 1);
    }

    /// The last sample; when smoothed, the first at or after the range's end if there is one.
    private static int lastAround(Window w, boolean smoothed) {
        if (!smoothed) {
            return w.to - 1;
        }
        int i = w.from;
        while (i < w.to - 1 && w.times[i] < w.end) {
            i++;
        }
        return i;
    }

    private static double left(Window w, int first, boolean smoothed, boolean counter) {
        return smoothed && w.times[first] < w.start
                ? between(w, first, first + 1, w.start, counter)
                : w.values[first];
    }

    private static double right(Window w, int last, boolean smoothed, boolean counter) {
        return smoothed && last > w.from && w.times[last] > w.end
                ? between(w, last - 1, last, w.end, counter)
                : w.values[last];
    }

    /// On the line between two samples; a counter that has fallen has risen from zero.
    private static double between(Window w, int a, int b, long time, boolean counter) {
        double y2 = w.values[b];
        double y1 = counter && y2 < w.values[a] ? 0 : w.values[a];
        return y1 + (y2 - y1) * (double) (time - w.times[a]) / (double) (w.times[b] - w.times[a]);
    }

    /// A range as an instant query shows it: with its values at both bounds. Appends to `into`.
    public static void show(Window w, boolean smoothed, Samples into) {
        int first = firstAround(w);
        int last = lastAround(w, smoothed);
        if (w.times[last] <= w.start) {
            return;
        }
        double left = left(w, first, smoothed, false);
        double right = right(w, last, smoothed, false);
        into.add(w.start, left);
        for (int i = first; i <= last; i++) {
            if (w.times[i] > w.start && w.times[i] < w.end) {
                into.add(w.times[i], w.values[i]);
            }
        }
        into.add(w.end, right);
    }
}
