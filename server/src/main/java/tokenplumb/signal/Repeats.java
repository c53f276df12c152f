package tokenplumb.signal;

import java.util.ArrayDeque;
import java.util.regex.Pattern;

/// Refuses counted repeats that multiply to more than 1000, as Go's RE2 does: `(a{1,100}){1,100}`
/// would compile to ten thousand copies of `a`, and one level more to a million.
final class Repeats {
    private static final int MOST = 1000;
    private static final Pattern COUNT = Pattern.compile("\\{(\\d{1,9})(,(\\d{1,9})?)?\\}");

    private final String source;
    private final ArrayDeque<Long> outer = new ArrayDeque<>();
    private long atom = 1; // how often what stands just before is repeated within itself
    private long group = 1; // the most of all atoms of the group that is open
    private int at;

    private Repeats(String source) {
        this.source = source;
    }

    /// Throws [IllegalArgumentException] with Go's message.
    static void check(String source) {
        if (source.indexOf('{') >= 0) {
            new Repeats(source).check();
        }
    }

    private void check() {
        while (at < source.length()) {
            char c = source.charAt(at);
            switch (c) {
                case '\\' -> skipEscape();
                case '[' -> skipClass();
                case '(' -> {
                    outer.push(group);
                    group = 1;
                    at++;
                }
                case ')' -> {
                    atom = group;
                    group = Math.max(outer.isEmpty() ? 1 : outer.pop(), atom);
                    at++;
                }
                case '{' -> repeat();
                case '*', '+', '?' -> at++;
                default -> {
                    atom = 1;
                    at++;
                }
            }
        }
    }

    private void skipEscape() {
        atom = 1;
        if (source.startsWith("\\Q", at)) {
            int end = source.indexOf("\\E", at);
            at = end < 0 ? source.length() : end + 2;
            return;
        }
        at += 2;
    }

    private void skipClass() {
        atom = 1;
        at++;
        if (source.startsWith("^", at)) {
            at++;
        }
        if (source.startsWith("]", at)) {
            at++;
        }
        while (at < source.length() && source.charAt(at) != ']') {
            if (source.startsWith("[:", at) && source.indexOf(":]", at) > 0) {
                at = source.indexOf(":]", at) + 2;
            } else {
                at += source.charAt(at) == '\\' ? 2 : 1;
            }
        }
        at++;
    }

    private void repeat() {
        var match = COUNT.matcher(source).region(at, source.length());
        if (!match.lookingAt()) {
            atom = 1;
            at++;
            return;
        }
        long least = Long.parseLong(match.group(1));
        long times = match.group(3) == null ? least : Long.parseLong(match.group(3));
        atom *= Math.max(1, times);
        if (atom > MOST) {
            throw new IllegalArgumentException(
                    "error parsing regexp: invalid repeat count: `" + match.group() + "`");
        }
        group = Math.max(group, atom);
        at = match.end();
    }
}
