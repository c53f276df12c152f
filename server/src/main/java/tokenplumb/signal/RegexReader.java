package tokenplumb.signal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Reads a regular expression into its alternatives, each a sequence of [Piece]s, as far as it can
/// be said in words and gaps. What cannot is [Piece.Unknown]; where not even the extent of
/// something is sure, nothing is said at all and RE2 alone decides. Never judges: whatever it reads
/// without an Unknown is sound in RE2's syntax too.
final class RegexReader {
    /// A stretch of an alternative.
    sealed interface Piece {
        /// These very characters, [Glob#ANY] standing for any; in `anyCase` they are small letters.
        record Word(String text, boolean anyCase) implements Piece {}

        /// Any characters, so many at least.
        record Gap(int atLeast) implements Piece {}

        /// The beginning of the text.
        record Begin() implements Piece {}

        /// The end of the text.
        record End() implements Piece {}

        /// Anything, nothing too.
        record Unknown() implements Piece {}
    }

    private static final int MOST_ALTERNATIVES = 1000; // that a product may grow to
    private static final int MOST_CHARACTERS = 1 << 18; // of all alternatives of a product
    private static final int LONGEST = 1 << 13; // that an alternative grows piece by piece
    private static final int DEEPEST = 100;
    private static final int LARGEST_CLASS = 64;
    private static final String SPECIAL = "\\.+*?()|[]{}^$";
    private static final List<Piece> EMPTY = List.of();
    private static final List<List<Piece>> UNKNOWN = List.of(List.of(new Piece.Unknown()));

    private final String source;
    private int at;
    private int depth;
    private boolean lost;
    private boolean anyCase;
    private boolean dotAll = true; // as in Prometheus, where a dot is a newline too
    private boolean multiline;

    private RegexReader(String source) {
        this.source = source;
    }

    static Optional<List<List<Piece>>> read(String source) {
        var reader = new RegexReader(source);
        var alternatives = reader.alternatives();
        boolean whole = !reader.lost && reader.at == source.length();
        return whole ? Optional.of(alternatives) : Optional.empty();
    }

    private List<List<Piece>> lose() {
        lost = true;
        at = source.length();
        return List.of();
    }

    private List<List<Piece>> alternatives() {
        var all = new ArrayList<>(sequence());
        while (next('|')) {
            at++;
            all.addAll(sequence());
        }
        return all;
    }

    private boolean next(char c) {
        return at < source.length() && source.charAt(at) == c;
    }

    private List<List<Piece>> sequence() {
        List<List<Piece>> all = List.of(EMPTY);
        while (at < source.length() && !next('|') && !next(')')) {
            all = product(all, item());
        }
        return all;
    }

    /// One atom with what repeats it.
    private List<List<Piece>> item() {
        char c = source.charAt(at);
        return switch (c) {
            case '(' -> source.startsWith("(?", at) ? flagged() : repeated(group(), false);
            case '[' -> repeated(characterClass(), false);
            case '\\' -> escape();
            case '.' -> {
                at++;
                yield dotAll ? repeated(word(String.valueOf(Glob.ANY)), true) : openDot();
            }
            case '^' -> anchor(new Piece.Begin());
            case '$' -> anchor(new Piece.End());
            case '*', '+', '?' -> lose();
            case '{' -> lose(); // a mistake, or a brace that re2j reads in its own way
            default -> literal();
        };
    }

    private List<List<Piece>> openDot() {
        return repeated(UNKNOWN, false);
    }

    private List<List<Piece>> anchor(Piece piece) {
        at++;
        if (isRepeat()) {
            return lose();
        }
        return multiline ? UNKNOWN : List.of(List.of(piece));
    }

    /// A run of plain characters; the last stands alone when it is repeated.
    private List<List<Piece>> literal() {
        int from = at;
        int last = at;
        while (at < source.length()) {
            int c = source.codePointAt(at);
            boolean isPlain = SPECIAL.indexOf(c) < 0 || c == '}' || c == ']';
            if (!isPlain) {
                break;
            }
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                return lose();
            }
            last = at;
            at += Character.charCount(c);
        }
        if (last > from && isRepeat()) {
            at = last;
            return word(source.substring(from, last));
        }
        return repeated(word(source.substring(from, at)), false);
    }

    /// One alternative: this text, in the case that holds here.
    private List<List<Piece>> word(String text) {
        if (!anyCase || text.chars().noneMatch(RegexReader::isCased) && isAscii(text)) {
            return List.of(List.of(new Piece.Word(text, false)));
        }
        return isAscii(text)
                ? List.of(List.of(new Piece.Word(small(text), true)))
                : UNKNOWN; // other scripts' cases are RE2's to know
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 128 || c == Glob.ANY);
    }

    /// Whether another character differs from this one by case only, seen from ASCII.
    static boolean isCased(int c) {
        return c >= 'a' && c <= 'z' || smallOf((char) c) != c;
    }

    static String small(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (smallOf(text.charAt(i)) != text.charAt(i)) {
                var all = text.toCharArray();
                for (int j = i; j < all.length; j++) {
                    all[j] = smallOf(all[j]);
                }
                return new String(all);
            }
        }
        return text;
    }

    private static char smallOf(char c) {
        if (c >= 'A' && c <= 'Z') {
            return (char) (c + ('a' - 'A'));
        }
        return switch (c) {
            case '\u212A' -> 'k'; // the Kelvin sign
            case '\u017F' -> 's'; // the long s
            default -> c;
        };
    }

    /// All characters that are this one but for case.
    static List<Character> cases(char c) {
        char small = smallOf(c);
        if (small < 'a' || small > 'z') {
            return List.of(c);
        }
        char large = (char) (small - ('a' - 'A'));
        return switch (small) {
            case 'k' -> List.of('k', 'K', '\u212A');
            case 's' -> List.of('s', 'S', '\u017F');
            default -> List.of(small, large);
        };
    }

    private List<List<Piece>> group() {
        at++;
        return inside();
    }

    private List<List<Piece>> inside() {
        boolean wasAnyCase = anyCase;
        boolean wasDotAll = dotAll;
        boolean wasMultiline = multiline;
        if (++depth > DEEPEST) {
            return lose();
        }
        var all = alternatives();
        if (lost || !next(')')) {
            return lose();
        }
        at++;
        depth--;
        anyCase = wasAnyCase;
        dotAll = wasDotAll;
        multiline = wasMultiline;
        return all;
    }

    /// `(?i)`, which holds to the end of the group around, and `(?i:…)`.
    private List<List<Piece>> flagged() {
        boolean wasAnyCase = anyCase;
        boolean wasDotAll = dotAll;
        boolean wasMultiline = multiline;
        boolean on = true;
        int from = at + 2;
        for (at = from; at < source.length(); at++) {
            char c = source.charAt(at);
            switch (c) {
                case 'i' -> anyCase = on;
                case 's' -> dotAll = on;
                case 'm' -> multiline = on;
                case '-' -> {
                    if (!on) {
                        return lose();
                    }
                    on = false;
                }
                case ')' -> {
                    at++;
                    boolean isSound = at - 1 > from && source.charAt(at - 2) != '-';
                    return isSound && !isRepeat() ? List.of(EMPTY) : lose();
                }
                case ':' -> {
                    if (at > from && source.charAt(at - 1) == '-') {
                        return lose();
                    }
                    at++;
                    var all = inside();
                    anyCase = wasAnyCase;
                    dotAll = wasDotAll;
                    multiline = wasMultiline;
                    return repeated(all, false);
                }
                default -> {
                    return lose(); // named groups, greediness and mistakes
                }
            }
        }
        return lose();
    }

    private List<List<Piece>> escape() {
        if (at + 1 >= source.length()) {
            return lose();
        }
        char c = source.charAt(at + 1);
        at += 2;
        return switch (c) {
            case 'n' -> repeated(word("\n"), false);
            case 't' -> repeated(word("\t"), false);
            case 'r' -> repeated(word("\r"), false);
            case 'f' -> repeated(word("\f"), false);
            case 'd' -> repeated(words("0123456789".chars().boxed().toList()), false);
            case 'D', 's', 'S', 'w', 'W' -> repeated(UNKNOWN, false);
            case 'A' -> isRepeat() ? lose() : List.of(List.of(new Piece.Begin()));
            case 'z' -> isRepeat() ? lose() : List.of(List.of(new Piece.End()));
            case 'b', 'B' -> isRepeat() ? lose() : UNKNOWN;
            default -> isPunctuation(c) ? repeated(word(String.valueOf(c)), false) : lose();
        };
    }

    private static boolean isPunctuation(char c) {
        return c > ' ' && c < 127 && c != '_' && !Character.isLetterOrDigit(c);
    }

    private List<List<Piece>> words(List<Integer> characters) {
        var all = new ArrayList<List<Piece>>(characters.size());
        for (int c : characters) {
            all.addAll(word(Character.toString(c)));
        }
        return all;
    }

    /// `[abc]` and `[0-9]` are alternatives when they are few; all else is unknown.
    private List<List<Piece>> characterClass() {
        int end = RegexLimits.afterClass(source, at);
        if (end > source.length()) {
            return lose();
        }
        var inside = source.substring(at + 1, end - 1);
        at = end;
        return few(inside).map(this::words).orElse(UNKNOWN);
    }

    private Optional<List<Integer>> few(String inside) {
        boolean isPlain =
                !inside.isEmpty()
                        && inside.chars()
                                .allMatch(c -> c > ' ' && c < 127 && "\\[]^".indexOf(c) < 0);
        if (!isPlain) {
            return Optional.empty();
        }
        var found = new TreeSet<Integer>();
        for (int i = 0; i < inside.length(); i++) {
            char first = inside.charAt(i);
            char last = first;
            if (first == '-') {
                return Optional.empty();
            }
            if (i + 2 < inside.length() && inside.charAt(i + 1) == '-') {
                last = inside.charAt(i + 2);
                i += 2;
            }
            if (last < first || last == '-') {
                return Optional.empty();
            }
            for (char c = first; c <= last; c++) {
                found.add((int) (anyCase ? smallOf(c) : c));
            }
        }
        return found.size() > LARGEST_CLASS ? Optional.empty() : Optional.of(List.copyOf(found));
    }

    private boolean isRepeat() {
        if (at >= source.length()) {
            return false;
        }
        char c = source.charAt(at);
        return c == '*' || c == '+' || c == '?' || c == '{' && counted().isPresent();
    }

    /// How often, where `most` is -1 for no end; and where that stands to its end.
    private record Times(int least, int most, int end) {}

    private Optional<Times> counted() {
        int i = at + 1;
        int from = i;
        while (i < source.length() && isDigit(source.charAt(i))) {
            i++;
        }
        if (i == from || i - from > 4) {
            return i == from ? Optional.empty() : Optional.of(new Times(9999, 9999, i));
        }
        int least = Integer.parseInt(source.substring(from, i));
        int most = least;
        if (i < source.length() && source.charAt(i) == ',') {
            i++;
            int second = i;
            while (i < source.length() && isDigit(source.charAt(i))) {
                i++;
            }
            if (i - second > 4) {
                return Optional.of(new Times(9999, 9999, i));
            }
            most = i == second ? -1 : Integer.parseInt(source.substring(second, i));
        }
        return i < source.length() && source.charAt(i) == '}'
                ? Optional.of(new Times(least, most, i + 1))
                : Optional.empty();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /// The atom as often as what follows it says.
    private List<List<Piece>> repeated(List<List<Piece>> atom, boolean isDot) {
        if (lost || !isRepeat()) {
            return atom;
        }
        var times =
                switch (source.charAt(at)) {
                    case '*' -> new Times(0, -1, at + 1);
                    case '+' -> new Times(1, -1, at + 1);
                    case '?' -> new Times(0, 1, at + 1);
                    default -> counted().orElseThrow();
                };
        at = times.end();
        if (next('?')) {
            at++; // as few as will do: the same texts match
        }
        boolean isMistaken = times.least() > 1000 || times.most() > 1000;
        if (isMistaken || isRepeat() || times.most() >= 0 && times.most() < times.least()) {
            return lose(); // RE2 has a word for it
        }
        if (times.most() < 0) {
            return isDot
                    ? List.of(List.of(new Piece.Gap(times.least())))
                    : product(power(atom, times.least()), UNKNOWN);
        }
        var all = new ArrayList<List<Piece>>();
        var some = power(atom, times.least());
        all.addAll(some);
        for (int i = times.least(); i < times.most(); i++) {
            some = product(some, atom);
            all.addAll(some);
            if (all.size() > MOST_ALTERNATIVES || characters(all) > MOST_CHARACTERS) {
                return UNKNOWN;
            }
        }
        return all;
    }

    private List<List<Piece>> power(List<List<Piece>> atom, int times) {
        List<List<Piece>> all = List.of(EMPTY);
        for (int i = 0; i < times; i++) {
            all = product(all, atom);
            boolean isSingle = all.size() == 1 && !all.getFirst().isEmpty();
            if (isSingle && all.getFirst().getLast() instanceof Piece.Unknown) {
                break; // no better for being longer
            }
        }
        return all;
    }

    private static long characters(List<List<Piece>> all) {
        long sum = 0;
        for (var each : all) {
            for (var piece : each) {
                sum += piece instanceof Piece.Word word ? word.text().length() : 1;
            }
        }
        return sum;
    }

    private List<List<Piece>> product(List<List<Piece>> left, List<List<Piece>> right) {
        if (lost) {
            return List.of();
        }
        long count = (long) left.size() * right.size();
        long characters = characters(left);
        boolean isLarge =
                Math.min(left.size(), right.size()) > 1 && count > MOST_ALTERNATIVES
                        || left.size() == 1 && characters > LONGEST
                        || characters * right.size() + characters(right) * left.size()
                                > MOST_CHARACTERS + 2L * source.length();
        if (isLarge) {
            return left.size() == 1
                    ? List.of(joined(left.getFirst(), UNKNOWN.getFirst()))
                    : UNKNOWN;
        }
        var all = new ArrayList<List<Piece>>((int) count);
        for (var a : left) {
            for (var b : right) {
                all.add(joined(a, b));
            }
        }
        return all;
    }

    private static List<Piece> joined(List<Piece> a, List<Piece> b) {
        if (a.isEmpty()) {
            return b;
        }
        if (b.isEmpty()) {
            return a;
        }
        var all = new ArrayList<>(a);
        for (var piece : b) {
            var last = all.getLast();
            if (last instanceof Piece.Word before
                    && piece instanceof Piece.Word after
                    && canJoin(before, after)) {
                all.set(
                        all.size() - 1,
                        new Piece.Word(
                                before.text() + after.text(), before.anyCase() || after.anyCase()));
            } else if (last instanceof Piece.Gap before && piece instanceof Piece.Gap after) {
                all.set(all.size() - 1, new Piece.Gap(before.atLeast() + after.atLeast()));
            } else if (!(last instanceof Piece.Unknown && piece instanceof Piece.Unknown)) {
                all.add(piece);
            }
        }
        return all;
    }

    private static boolean canJoin(Piece.Word a, Piece.Word b) {
        return a.anyCase() == b.anyCase()
                || (a.anyCase() ? b : a).text().chars().noneMatch(RegexReader::isCased);
    }
}
