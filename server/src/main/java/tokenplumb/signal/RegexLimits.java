package tokenplumb.signal;

import java.util.ArrayDeque;
import java.util.regex.Pattern;

/// Refuses expressions that would compile to more than is sensible, before anything is compiled:
/// counted repeats that multiply to more than 1000, as Go's RE2 does (`(a{1,100}){1,100}` would be
/// ten thousand copies of `a`, and one level more a million), groups nested too deeply for those
/// who follow them recursively, and more states in all than a text may be led through.
final class RegexLimits {
    static final int MOST_CHARACTERS = 1 << 20;
    static final int MOST_STATES = 50_000;
    private static final int MOST_REPEATS = 1000;
    private static final int DEEPEST = 500;
    private static final int SHOWN = 100;
    private static final Pattern COUNT = Pattern.compile("\\{(\\d{1,9})(,(\\d{1,9})?)?\\}");

    /// What stood before a group was opened.
    private record Outer(long most, long states) {}

    private final String source;
    private final ArrayDeque<Outer> outer = new ArrayDeque<>();
    private long atom = 1; // how often what stands just before is repeated within itself
    private long atomStates; // what stands just before compiles to
    private long group = 1; // the most of all atoms of the group that is open
    private long groupStates; // what all of the open group but the last atom compiles to
    private int at;

    private RegexLimits(String source) {
        this.source = source;
    }

    /// Throws [IllegalArgumentException] where the length alone is too much.
    static void checkLength(String source) {
        if (source.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException(
                    "regular expression of %d characters is too long: at most %d are allowed; ask with several matchers or several queries"
                            .formatted(source.length(), MOST_CHARACTERS));
        }
    }

    /// Throws [IllegalArgumentException], with Go's message where Go has one.
    static void check(String source) {
        long states = checkForm(source);
        if (states > MOST_STATES) {
            throw new IllegalArgumentException(
                    "regular expression is too large: it compiles to about %d states, at most %d are allowed; use smaller counted repeats: `%s`"
                            .formatted(states, MOST_STATES, shown(source)));
        }
    }

    /// As [#check] for what is not going to be compiled: only depth and repeats. Answers how many
    /// states it would compile to.
    static long checkForm(String source) {
        checkLength(source);
        return new RegexLimits(source).states();
    }

    private long states() {
        while (at < source.length()) {
            char c = source.charAt(at);
            switch (c) {
                case '\\' -> skipEscape();
                case '[' -> skipClass();
                case '(' -> open();
                case ')' -> close();
                case '{' -> repeat();
                case '*', '+', '?' -> at++;
                default -> {
                    nextAtom(1);
                    at++;
                }
            }
        }
        return groupStates + atomStates;
    }

    private static String shown(String source) {
        return source.length() <= SHOWN ? source : source.substring(0, SHOWN) + "…";
    }

    private void nextAtom(long states) {
        atom = 1;
        groupStates += atomStates;
        atomStates = states;
    }

    private void open() {
        nextAtom(0);
        if (outer.size() >= DEEPEST) {
            throw new IllegalArgumentException(
                    "error parsing regexp: expression nests too deeply: `" + shown(source) + "`");
        }
        outer.push(new Outer(group, groupStates));
        group = 1;
        groupStates = 0;
        at++;
    }

    private void close() {
        atom = group;
        atomStates = groupStates + atomStates + 2;
        var before = outer.isEmpty() ? new Outer(1, 0) : outer.pop();
        group = Math.max(before.most(), atom);
        groupStates = before.states();
        at++;
    }

    private void skipEscape() {
        nextAtom(1);
        if (source.startsWith("\\Q", at)) {
            int end = source.indexOf("\\E", at);
            atomStates = (end < 0 ? source.length() : end) - at;
            at = end < 0 ? source.length() : end + 2;
            return;
        }
        at += 2;
    }

    private void skipClass() {
        nextAtom(1);
        at = afterClass(source, at);
    }

    /// Where a class that opens at `at` ends; behind the text when it never does.
    static int afterClass(String source, int at) {
        int i = at + 1;
        if (source.startsWith("^", i)) {
            i++;
        }
        if (source.startsWith("]", i)) {
            i++;
        }
        while (i < source.length() && source.charAt(i) != ']') {
            int named = source.startsWith("[:", i) ? source.indexOf(":]", i) : -1;
            if (named > 0) {
                i = named + 2;
            } else {
                i += source.charAt(i) == '\\' ? 2 : 1;
            }
        }
        return i + 1;
    }

    private void repeat() {
        var match = COUNT.matcher(source).region(at, source.length());
        if (!match.lookingAt()) {
            nextAtom(1);
            at++;
            return;
        }
        long least = Long.parseLong(match.group(1));
        long times = match.group(3) == null ? least : Long.parseLong(match.group(3));
        atom *= Math.max(1, times);
        atomStates *= Math.max(1, times);
        if (atom > MOST_REPEATS) {
            throw new IllegalArgumentException(
                    "error parsing regexp: invalid repeat count: `" + match.group() + "`");
        }
        group = Math.max(group, atom);
        at = match.end();
    }
}
