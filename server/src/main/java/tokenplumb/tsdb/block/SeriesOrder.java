package tokenplumb.tsdb.block;

import tokenplumb.signal.Labels;

import java.util.Comparator;

/// The order of series in a block: by labels, as bytes of UTF-8. It differs from that of [Labels]
/// itself only where letters beyond the basic plane of Unicode meet those at its very end.
public final class SeriesOrder {
    /// Of whole label sets: pair by pair, name before value; fewer pairs first.
    public static final Comparator<Labels> BY_BYTES = SeriesOrder::compare;

    private SeriesOrder() {}

    private static int compare(Labels a, Labels b) {
        int common = Math.min(a.size(), b.size());
        for (int i = 0; i < common; i++) {
            int names = compare(a.name(i), b.name(i));
            if (names != 0) {
                return names;
            }
            int values = compare(a.value(i), b.value(i));
            if (values != 0) {
                return values;
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    /// Compares two texts by the bytes of their UTF-8.
    static int compare(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean isHigh = Character.isSurrogate(x);
                return isHigh == Character.isSurrogate(y)
                        ? Character.compare(x, y)
                        : Boolean.compare(isHigh, !isHigh);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /// Labels of pairs in the order of their names' bytes, as files have them.
    static Labels labels(String... pairs) {
        boolean isSorted = true;
        for (int i = 0; i < pairs.length; i += 2) {
            isSorted &= !pairs[i + 1].isEmpty() && (i == 0 || pairs[i - 2].compareTo(pairs[i]) < 0);
        }
        return isSorted ? Labels.ofSorted(pairs) : Labels.of(pairs);
    }
}
