package tokenplumb.promql.func;

import java.util.ArrayList;
import java.util.List;

/// The order in which people expect `node9` before `node10`: runs of digits compare as numbers.
public final class NaturalOrder {
    private NaturalOrder() {}

    public static int compare(String a, String b) {
        var left = chunks(a);
        var right = chunks(b);
        for (int i = 0; i < left.size() && i < right.size(); i++) {
            int order = compareChunks(left.get(i), right.get(i));
            if (order != 0) {
                return order;
            }
        }
        int order = Integer.compare(left.size(), right.size());
        return order != 0 ? order : a.compareTo(b);
    }

    private static int compareChunks(String a, String b) {
        if (!isDigit(a.charAt(0)) || !isDigit(b.charAt(0))) {
            return a.compareTo(b);
        }
        var left = a.replaceFirst("^0+(?=.)", "");
        var right = b.replaceFirst("^0+(?=.)", "");
        int order = Integer.compare(left.length(), right.length());
        return order != 0 ? order : left.compareTo(right);
    }

    private static List<String> chunks(String text) {
        var chunks = new ArrayList<String>();
        int start = 0;
        for (int i = 1; i <= text.length(); i++) {
            if (i == text.length() || isDigit(text.charAt(i)) != isDigit(text.charAt(i - 1))) {
                chunks.add(text.substring(start, i));
                start = i;
            }
        }
        return chunks;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
