package tokenplumb.signal;

import java.util.List;

/// Stretches of text with gaps between, as in `vllm:.*_seconds_.+`: matched by looking for each
/// stretch in turn. The earliest place of a stretch leaves the most room to all that follow, so
/// nothing is ever tried twice.
final class Glob {
    /// In a stretch, stands for any one character. No literal holds it: half a surrogate pair is
    /// never taken for one.
    static final char ANY = '\uDC00';

    private final String[] stretches; // one more than gaps; may be empty
    private final int[] gaps; // characters that a gap holds at least
    private final boolean anyCase; // matched against text in small letters

    Glob(List<String> stretches, int[] gaps, boolean anyCase) {
        this.stretches = stretches.toArray(String[]::new);
        this.gaps = gaps;
        this.anyCase = anyCase;
        assert gaps.length + 1 == this.stretches.length : "bug: a gap lies between two stretches";
    }

    boolean anyCase() {
        return anyCase;
    }

    /// Whether it is one gap and nothing else; `atLeast` is how much it must hold.
    boolean isOnlyGap(int atLeast) {
        return gaps.length == 1
                && gaps[0] == atLeast
                && stretches[0].isEmpty()
                && stretches[1].isEmpty();
    }

    boolean matches(String text) {
        int last = gaps.length;
        int at = end(text, 0, stretches[0]);
        if (last == 0 || at < 0) {
            return at == text.length();
        }
        for (int i = 1; i < last; i++) {
            at = after(text, at, gaps[i - 1]);
            if (at < 0) {
                return false;
            }
            at = find(text, at, stretches[i]);
            if (at < 0) {
                return false;
            }
        }
        at = after(text, at, gaps[last - 1]);
        return at >= 0 && at <= start(text, stretches[last]);
    }

    /// Where the stretch ends when it begins at `from`, or -1.
    private static int end(String text, int from, String stretch) {
        int at = from;
        for (int i = 0; i < stretch.length(); i++) {
            if (at >= text.length()) {
                return -1;
            }
            char wanted = stretch.charAt(i);
            if (wanted == ANY) {
                at += Character.charCount(text.codePointAt(at));
            } else if (text.charAt(at) == wanted) {
                at++;
            } else {
                return -1;
            }
        }
        return at;
    }

    /// Where the stretch begins when it ends with the text, or -1.
    private static int start(String text, String stretch) {
        int at = text.length();
        for (int i = stretch.length() - 1; i >= 0; i--) {
            if (at <= 0) {
                return -1;
            }
            char wanted = stretch.charAt(i);
            if (wanted == ANY) {
                at -= Character.charCount(text.codePointBefore(at));
            } else if (text.charAt(at - 1) == wanted) {
                at--;
            } else {
                return -1;
            }
        }
        return at;
    }

    /// Where the first such stretch at or behind `from` ends, or -1.
    private static int find(String text, int from, String stretch) {
        if (stretch.indexOf(ANY) < 0) {
            int found = text.indexOf(stretch, from);
            return found < 0 ? -1 : found + stretch.length();
        }
        int at = from;
        while (at < text.length()) {
            int end = end(text, at, stretch);
            if (end >= 0) {
                return end;
            }
            at += Character.charCount(text.codePointAt(at));
        }
        return -1;
    }

    private static int after(String text, int from, int characters) {
        int at = from;
        for (int i = 0; i < characters; i++) {
            if (at >= text.length()) {
                return -1;
            }
            at += Character.charCount(text.codePointAt(at));
        }
        return at;
    }
}
