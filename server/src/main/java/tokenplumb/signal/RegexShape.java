package tokenplumb.signal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What can be said of the texts that an expression matches: all of it when `isWhole`, and then RE2
/// is not needed; otherwise only how each of them begins and ends.
///
/// `words` match as they stand, `smallWords` in any case, `globs` by their stretches.
record RegexShape(
        boolean isWhole,
        Set<String> words,
        Set<String> smallWords,
        List<Glob> globs,
        String prefix,
        String suffix) {
    static final RegexShape UNKNOWN = new RegexShape(false, Set.of(), Set.of(), List.of(), "", "");

    private static final int MOST_SPELLINGS = 256;

    static RegexShape ofWords(List<String> words) {
        var sorted = sorted(words);
        var all = new Common();
        sorted.forEach(word -> all.meet(word, word));
        return new RegexShape(true, sorted, Set.of(), List.of(), all.prefix(), all.suffix());
    }

    private static Set<String> sorted(Iterable<String> words) {
        var sorted = new TreeSet<String>();
        words.forEach(sorted::add);
        return new LinkedHashSet<>(sorted);
    }

    static RegexShape of(List<List<RegexReader.Piece>> alternatives) {
        boolean isWhole = true;
        var words = new TreeSet<String>();
        var smallWords = new TreeSet<String>();
        var globs = new ArrayList<Glob>();
        var all = new Common();
        for (var alternative : alternatives) {
            var anchored = new Anchored(alternative);
            if (anchored.isImpossible) {
                continue;
            }
            var pieces = anchored.pieces;
            all.meet(beginning(pieces), ending(pieces));
            if (!isPlain(pieces)) {
                isWhole = false;
            } else if (isWord(pieces)) {
                var word =
                        pieces.isEmpty() ? "" : ((RegexReader.Piece.Word) pieces.getFirst()).text();
                (isAnyCase(pieces) ? smallWords : words).add(word);
            } else {
                globs.add(glob(pieces));
            }
        }
        return isWhole
                ? new RegexShape(
                        true,
                        new LinkedHashSet<>(words),
                        new LinkedHashSet<>(smallWords),
                        List.copyOf(globs),
                        all.prefix(),
                        all.suffix())
                : new RegexShape(false, Set.of(), Set.of(), List.of(), all.prefix(), all.suffix());
    }

    /// Whether words and gaps are all there is, and one case holds for all of them.
    private static boolean isPlain(List<RegexReader.Piece> pieces) {
        RegexReader.Piece before = new RegexReader.Piece.Gap(0);
        boolean anyCase = isAnyCase(pieces);
        for (var piece : pieces) {
            boolean isPlain =
                    switch (piece) {
                        case RegexReader.Piece.Gap _ -> true;
                        case RegexReader.Piece.Word(String text, boolean any) ->
                                !(before instanceof RegexReader.Piece.Word)
                                        && (any == anyCase
                                                || text.chars().noneMatch(RegexReader::isCased));
                        default -> false;
                    };
            if (!isPlain) {
                return false;
            }
            before = piece;
        }
        return true;
    }

    private static boolean isAnyCase(List<RegexReader.Piece> pieces) {
        return pieces.stream()
                .anyMatch(piece -> piece instanceof RegexReader.Piece.Word(_, boolean any) && any);
    }

    private static boolean isWord(List<RegexReader.Piece> pieces) {
        return pieces.isEmpty()
                || pieces.size() == 1
                        && pieces.getFirst() instanceof RegexReader.Piece.Word(String text, _)
                        && text.indexOf(Glob.ANY) < 0;
    }

    private static Glob glob(List<RegexReader.Piece> pieces) {
        var stretches = new ArrayList<String>();
        var gaps = new ArrayList<Integer>();
        stretches.add("");
        for (var piece : pieces) {
            switch (piece) {
                case RegexReader.Piece.Gap(int atLeast) -> {
                    gaps.add(atLeast);
                    stretches.add("");
                }
                case RegexReader.Piece.Word(String text, _) ->
                        stretches.set(stretches.size() - 1, text);
                default -> throw new IllegalStateException("bug: not plain: " + piece);
            }
        }
        return new Glob(
                stretches, gaps.stream().mapToInt(Integer::intValue).toArray(), isAnyCase(pieces));
    }

    /// What every match of one alternative begins with.
    private static String beginning(List<RegexReader.Piece> pieces) {
        if (pieces.isEmpty() || !(pieces.getFirst() instanceof RegexReader.Piece.Word word)) {
            return "";
        }
        var text = word.text();
        int end = 0;
        while (end < text.length() && isSure(text.charAt(end), word.anyCase())) {
            end++;
        }
        return text.substring(0, end);
    }

    private static String ending(List<RegexReader.Piece> pieces) {
        if (pieces.isEmpty() || !(pieces.getLast() instanceof RegexReader.Piece.Word word)) {
            return "";
        }
        var text = word.text();
        int start = text.length();
        while (start > 0 && isSure(text.charAt(start - 1), word.anyCase())) {
            start--;
        }
        return text.substring(start);
    }

    private static boolean isSure(char c, boolean anyCase) {
        return c != Glob.ANY && !(anyCase && RegexReader.isCased(c));
    }

    /// The words one may look up instead of asking [#matches] about each; empty when they are not
    /// known or too many.
    Set<String> spellings() {
        if (!isWhole || !globs.isEmpty()) {
            return Set.of();
        }
        if (smallWords.isEmpty()) {
            return words;
        }
        var all = new TreeSet<>(words);
        for (var small : smallWords) {
            var some = List.of("");
            for (int i = 0; i < small.length(); i++) {
                var cases = RegexReader.cases(small.charAt(i));
                if (some.size() * cases.size() + all.size() > MOST_SPELLINGS) {
                    return Set.of();
                }
                some = some.stream().flatMap(w -> cases.stream().map(c -> w + c)).toList();
            }
            all.addAll(some);
        }
        return new LinkedHashSet<>(all);
    }

    /// Only when whole.
    boolean matches(String text) {
        if (words.contains(text)) {
            return true;
        }
        if (globs.isEmpty() && smallWords.isEmpty()) {
            return false;
        }
        var small = text;
        boolean isSmall = false;
        if (!smallWords.isEmpty()) {
            small = RegexReader.small(text);
            isSmall = true;
            if (smallWords.contains(small)) {
                return true;
            }
        }
        for (var glob : globs) {
            if (glob.anyCase() && !isSmall) {
                small = RegexReader.small(text);
                isSmall = true;
            }
            if (glob.matches(glob.anyCase() ? small : text)) {
                return true;
            }
        }
        return false;
    }

    /// How all alternatives begin and end.
    private static final class Common {
        private String prefix = "";
        private String suffix = "";
        private boolean isFirst = true;

        void meet(String beginning, String ending) {
            if (isFirst) {
                prefix = beginning;
                suffix = ending;
                isFirst = false;
                return;
            }
            int same = 0;
            while (same < Math.min(prefix.length(), beginning.length())
                    && prefix.charAt(same) == beginning.charAt(same)) {
                same++;
            }
            boolean isHalf = same > 0 && Character.isHighSurrogate(prefix.charAt(same - 1));
            prefix = prefix.substring(0, isHalf ? same - 1 : same);
            same = 0;
            while (same < Math.min(suffix.length(), ending.length())
                    && suffix.charAt(suffix.length() - 1 - same)
                            == ending.charAt(ending.length() - 1 - same)) {
                same++;
            }
            suffix = suffix.substring(suffix.length() - same);
        }

        String prefix() {
            return prefix;
        }

        String suffix() {
            return suffix;
        }
    }

    /// An alternative without its anchors: `^` behind nothing but gaps that may be empty makes them
    /// so, behind anything else it cannot be; `$` likewise.
    private static final class Anchored {
        private final List<RegexReader.Piece> pieces;
        private boolean isImpossible;

        Anchored(List<RegexReader.Piece> written) {
            boolean hasUnknown =
                    written.stream().anyMatch(p -> p instanceof RegexReader.Piece.Unknown);
            int first = 0;
            int last = written.size();
            for (int i = 0; i < written.size(); i++) {
                if (written.get(i) instanceof RegexReader.Piece.Begin) {
                    first = i + 1;
                }
            }
            for (int i = written.size() - 1; i >= 0; i--) {
                if (written.get(i) instanceof RegexReader.Piece.End) {
                    last = i;
                }
            }
            if (first == 0 && last == written.size()) {
                pieces = written;
                return;
            }
            if (hasUnknown || first > last) {
                pieces = List.of(new RegexReader.Piece.Unknown());
                return;
            }
            isImpossible =
                    !written.subList(0, first).stream().allMatch(Anchored::mayBeEmpty)
                            || !written.subList(last, written.size()).stream()
                                    .allMatch(Anchored::mayBeEmpty);
            pieces = written.subList(first, last);
        }

        private static boolean mayBeEmpty(RegexReader.Piece piece) {
            return switch (piece) {
                case RegexReader.Piece.Gap(int atLeast) -> atLeast == 0;
                case RegexReader.Piece.Word(String text, _) -> text.isEmpty();
                default -> true;
            };
        }
    }
}
