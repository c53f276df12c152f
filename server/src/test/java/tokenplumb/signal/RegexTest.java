package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import tokenplumb.kit.Seeds;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class RegexTest {
    private static final String[] ATOMS = {
        "a",
        "b",
        "ab",
        "foo",
        "K",
        "s",
        "S",
        "é",
        "É",
        "😀",
        "\n",
        " ",
        "-",
        ":",
        ".",
        ".*",
        ".+",
        ".?",
        ".{2}",
        ".{1,}",
        ".*?",
        ".+?",
        "\\.",
        "\\-",
        "\\d",
        "\\w",
        "\\s",
        "\\n",
        "[ab]",
        "[a-c]",
        "[^a]",
        "[k]",
        "[[:alpha:]]",
        "[.]",
        "[a\\]b]",
        "[]a]",
        "^",
        "$",
        "\\A",
        "\\z",
        "\\b",
        "(?i)",
        "(?-i)",
        "(?s)",
        "(?-s)",
        "(?m)",
        "(?U)",
        "{",
        "}",
        "]",
        "{2",
        "\\Qa.b\\E",
        "\\x41",
        "\\pL",
        "\\p{Lu}",
        "()",
        "(?:)",
        "|",
        "\\",
        "(",
        ")",
        "[",
        "*",
        "(?P<x>a)",
        "\ud83d"
    };
    private static final String[] REPEATS = {
        "*", "+", "?", "{0}", "{2}", "{1,2}", "{0,3}", "{2,}", "*?", "??", "{2}?", "{,2}", "{3,1}"
    };
    private static final String[] TEXTS = {
        "a", "b", "A", "B", "c", "ab", "foo", "FOO", "k", "K", "\u212A", "s", "S", "\u017F", "é",
        "É", "😀", "\ud83d", "\n", " ", "-", ":", ".", "0", "7", "{", "}", "]", "a.b", "{2"
    };

    private static String pattern(Random random, int depth) {
        var out = new StringBuilder();
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(10);
            if (kind < 2 && depth > 0) {
                var opening = List.of("(", "(?:", "(?i:", "(?s-i:", "(?-s:", "(?m:");
                out.append(opening.get(random.nextInt(opening.size())))
                        .append(pattern(random, depth - 1))
                        .append(')');
            } else if (kind < 4) {
                out.append(ATOMS[random.nextInt(12)]);
            } else {
                out.append(ATOMS[random.nextInt(ATOMS.length)]);
            }
            if (random.nextInt(4) == 0) {
                out.append(REPEATS[random.nextInt(REPEATS.length)]);
            }
            if (random.nextInt(5) == 0) {
                out.append('|');
            }
        }
        return out.toString();
    }

    private static String text(Random random) {
        var out = new StringBuilder();
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            out.append(TEXTS[random.nextInt(TEXTS.length)]);
        }
        return out.toString();
    }

    @Test
    void matchesWhatRe2Matches() {
        int[] counts = new int[2];
        Seeds.forEach(
                4_000,
                random -> {
                    var source = pattern(random, 3);
                    Pattern expected;
                    try {
                        Pattern.compile(source);
                        expected = Pattern.compile("^(?s:" + source + ")$");
                    } catch (PatternSyntaxException malformed) {
                        assertThat(catchThrowable(() -> Regex.anchored(source)))
                                .as("malformed pattern <%s>: %s", source, malformed)
                                .isInstanceOf(IllegalArgumentException.class);
                        return;
                    }
                    var regex = Regex.anchored(source);
                    var texts = new ArrayList<>(List.of("", source));
                    for (int i = 0; i < 20; i++) {
                        texts.add(text(random));
                    }
                    texts.addAll(regex.literals());
                    for (var text : texts) {
                        boolean matches = expected.matcher(text).matches();
                        counts[matches ? 1 : 0]++;
                        assertThat(regex.matches(text))
                                .as("pattern <%s>, text <%s>", source, text)
                                .isEqualTo(matches);
                        if (matches) {
                            assertThat(text).as("pattern <%s>", source).startsWith(regex.prefix());
                        }
                        if (!regex.literals().isEmpty()) {
                            assertThat(regex.literals().contains(text))
                                    .as("pattern <%s>, text <%s>", source, text)
                                    .isEqualTo(matches);
                        }
                        assertThat(matches || !regex.matchesAll()).isTrue();
                        assertThat(matches || text.isEmpty() || !regex.matchesAllButEmpty())
                                .isTrue();
                    }
                });
        assertThat(counts[1]).as("texts that match").isGreaterThan(2_000);
        assertThat(counts[0]).as("texts that do not").isGreaterThan(2_000);
    }

    @Test
    void knowsTheWordsOfASetHoweverItIsWritten() {
        assertThat(Regex.anchored("b|a").literals()).containsExactly("a", "b");
        assertThat(Regex.anchored("(a|b)c").literals()).containsExactly("ac", "bc");
        assertThat(Regex.anchored("^(?:x(a|b(c|d))?)$").literals())
                .containsExactly("x", "xa", "xbc", "xbd");
        assertThat(Regex.anchored("gpu[0-3]").literals())
                .containsExactly("gpu0", "gpu1", "gpu2", "gpu3");
        assertThat(Regex.anchored("a\\.b\\-c").literals()).containsExactly("a.b-c");
        assertThat(Regex.anchored("10[.]0[.]0[.](1|2)").literals())
                .containsExactly("10.0.0.1", "10.0.0.2");
        assertThat(Regex.anchored("(?i:up)").literals()).containsExactly("UP", "Up", "uP", "up");
        assertThat(Regex.anchored("(?i)a1|b").literals()).containsExactly("A1", "B", "a1", "b");
        assertThat(Regex.anchored("").literals()).containsExactly("");
        assertThat(Regex.anchored("a.*").literals()).isEmpty();
        assertThat(Regex.anchored("(?i:abcdefghijkl)").literals())
                .as("too many spellings")
                .isEmpty();
    }

    @Test
    void knowsHowMatchesBegin() {
        assertThat(Regex.anchored("vllm:.*").prefix()).isEqualTo("vllm:");
        assertThat(Regex.anchored("vllm:[a-z_]+_total").prefix()).isEqualTo("vllm:");
        assertThat(Regex.anchored("^node_(cpu|cores?).*").prefix()).isEqualTo("node_c");
        assertThat(Regex.anchored("(?:ab)+").prefix()).isEqualTo("ab");
        assertThat(Regex.anchored("a.*|b.*").prefix()).isEmpty();
        assertThat(Regex.anchored("10.0.0.1").prefix()).isEqualTo("10");
        assertThat(Regex.anchored("(?i)1a").prefix()).isEqualTo("1");
        assertThat(Regex.anchored("(?i)[0-9]+").prefix()).isEmpty();
    }

    @Test
    void knowsWhatPassesEverything() {
        for (var all : List.of(".*", "(.*)", "^.*$", ".*|a", "(a|.*)", ".*.*", ".*?", "(?i:.*)")) {
            assertThat(Regex.anchored(all).matchesAll()).as(all).isTrue();
        }
        assertThat(Regex.anchored("(?-s:.*)").matchesAll()).isFalse();
        assertThat(Regex.anchored(".+").matchesAll()).isFalse();
        assertThat(Regex.anchored(".+").matchesAllButEmpty()).isTrue();
        assertThat(Regex.anchored("..+").matchesAllButEmpty()).isFalse();
        assertThat(Matcher.of(Matcher.Type.REGEX, "a", ".*").passesAll()).isTrue();
        assertThat(Matcher.of(Matcher.Type.NOT_EQUAL, "a", "").passesAllThatHaveIt()).isTrue();
        assertThat(Matcher.of(Matcher.Type.NOT_REGEX, "a", "^$").passesAllThatHaveIt()).isTrue();
        assertThat(Matcher.of(Matcher.Type.NOT_REGEX, "a", ".*").passesAllThatHaveIt()).isFalse();
        assertThat(Matcher.of(Matcher.Type.NOT_REGEX, "a", "b|c").setFails())
                .containsExactly("b", "c");
    }

    @Test
    @Timeout(20)
    void nastyPatternsTakeLinearTime() {
        var long1 = "a".repeat(20_000);
        var long2 = "x".repeat(20_000);
        assertThat(Regex.anchored("(a*)*b").matches(long1)).isFalse();
        assertThat(Regex.anchored("(x+x+)+y").matches(long2)).isFalse();
        assertThat(Regex.anchored("(a|aa)+$b").matches(long1)).isFalse();
        assertThat(Regex.anchored("(.*)*(.*)*(.*)*b").matches(long1)).isFalse();
        assertThat(Regex.anchored(".*.*.*.*.*.*.*.*.*.*b").matches(long1)).isFalse();
        assertThat(Regex.anchored(".*a.*a.*a.*a.*a.*b").matches(long1)).isFalse();
        assertThat(Regex.anchored(".+a.?a.?a.+b.+").matches(long1)).isFalse();
        assertThat(Regex.anchored("(a?){500}a{500}").matches("a".repeat(500))).isTrue();
    }

    @Test
    @Timeout(20)
    void readsLargeExpressionsInLinearTime() {
        var addresses = new ArrayList<String>();
        for (int i = 0; i < 10_000; i++) {
            addresses.add("10.0." + i / 250 + "." + i % 250 + ":9090");
        }
        var regex = Regex.anchored(String.join("|", addresses));
        assertThat(regex.matches("10.0.39.249:9090")).isTrue();
        assertThat(regex.matches("10.0.40.0:9090")).isFalse();
        assertThat(regex.prefix()).isEqualTo("10");
        assertThat(Regex.anchored("\\.".repeat(20_000)).matches(".".repeat(20_000))).isTrue();
        assertThat(Regex.anchored("(a|b)".repeat(5_000)).matches("ab".repeat(2_500))).isTrue();
        assertThat(Regex.anchored(".*a".repeat(5_000)).matches("a".repeat(5_000))).isTrue();
    }
}
