package tokenplumb.signal;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

import java.util.Collections;
import java.util.List;
import java.util.Set;

/// A regular expression in RE2's syntax, matched in linear time and anchored at both ends as
/// everywhere in Prometheus. What can be said in words and gaps is matched by comparing: literals,
/// sets of them however nested (`(a|b)c`, `[ab]c?`), beginnings, endings and middles (`a.*`,
/// `.*a.*b`, `10.0.0.1:80`), and all of that in any case (`(?i:a|b)`). What is left is RE2's, and
/// is asked only about texts that begin and end as every match must.
public final class Regex {
    private static final String SPECIAL = "\\.+*?()|[]{}^$";

    private final String source;
    private final RegexShape shape;
    private final Set<String> literals;
    private volatile Pattern compiled; // null until needed when the shape is whole

    private Regex(String source) {
        RegexLimits.checkLength(source);
        this.source = source;
        this.shape = shape(source);
        this.literals = Collections.unmodifiableSet(shape.spellings());
        if (!shape.isWhole()) {
            this.compiled = compile(source);
        }
    }

    /// Throws [IllegalArgumentException] with RE2's message when malformed, with our own when it is
    /// too large.
    public static Regex anchored(String source) {
        return new Regex(source);
    }

    private static RegexShape shape(String source) {
        var words = List.of(source.split("\\|", -1));
        if (words.stream().allMatch(Regex::isLiteral)) {
            return RegexShape.ofWords(words);
        }
        RegexLimits.checkForm(source);
        return RegexReader.read(source).map(RegexShape::of).orElse(RegexShape.UNKNOWN);
    }

    private static Pattern compile(String source) {
        unanchored(source); // alone first: a)(b would only become sound in the frame below
        try {
            // Go's Prometheus compiles ^(?s:…)$, so a dot also matches a newline.
            return Pattern.compile("^(?s:" + source + ")$");
        } catch (PatternSyntaxException e) {
            throw malformed(e, source);
        }
    }

    /// In Go's words; re2j has others for a bracket too many.
    private static IllegalArgumentException malformed(PatternSyntaxException e, String source) {
        boolean underflow = "stack underflow".equals(e.getPattern());
        var what = underflow ? "unexpected )" : e.getDescription();
        var where = underflow ? source : e.getPattern();
        var shown = where == null ? "" : ": `" + where + "`";
        return new IllegalArgumentException("error parsing regexp: " + what + shown, e);
    }

    private static boolean isLiteral(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (SPECIAL.indexOf(c) >= 0 || Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    /// Whether a pattern is found anywhere in a text, as Go's `regexp.MatchString`. Throws
    /// [IllegalArgumentException] with RE2's message when the pattern is malformed.
    public static boolean found(String pattern, String text) {
        return unanchored(pattern).matcher(text).find();
    }

    /// Every match of a pattern replaced, `$1` and `${name}` standing for its groups, as Go's
    /// `ReplaceAllString`. Throws as [#found].
    public static String replaceAll(String pattern, String text, String template) {
        var compiled = unanchored(pattern);
        var match = compiled.matcher(text);
        var out = new StringBuilder();
        int from = 0;
        while (match.find()) {
            out.append(text, from, match.start());
            out.append(expand(match, compiled, template));
            from = match.end();
        }
        return out.append(text.substring(from)).toString();
    }

    private static Pattern unanchored(String pattern) {
        RegexLimits.check(pattern);
        try {
            return Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw malformed(e, pattern);
        }
    }

    public String source() {
        return source;
    }

    /// All texts that match, sorted, when they are a known, finite and not too large set: what can
    /// be looked up instead of asking [#matches] about each value there is. Empty when not known.
    public Set<String> literals() {
        return literals;
    }

    /// What every text that matches begins with; empty when nothing is known.
    public String prefix() {
        return shape.prefix();
    }

    /// Whether every text matches, the empty one too: `.*`.
    public boolean matchesAll() {
        return shape.globs().stream().anyMatch(glob -> glob.isOnlyGap(0));
    }

    /// Whether every text but the empty one surely matches: `.+`, and `.*` too.
    public boolean matchesAllButEmpty() {
        return shape.globs().stream().anyMatch(glob -> glob.isOnlyGap(0) || glob.isOnlyGap(1));
    }

    public boolean matches(String text) {
        if (shape.isWhole()) {
            return shape.matches(text);
        }
        return text.startsWith(shape.prefix())
                && text.endsWith(shape.suffix())
                && compiled.matcher(text).matches();
    }

    /// Expands `template` (`$1`, `${1}`, `${name}`, `$$`, as Go's regexp does) with the groups of a
    /// full match of `text`, or returns null when `text` does not match.
    public String expand(String text, String template) {
        if (!matches(text)) {
            return null;
        }
        if (template.indexOf('$') < 0) {
            return template;
        }
        var pattern = compiled;
        if (pattern == null) {
            pattern = compile(source);
            compiled = pattern;
        }
        var match = pattern.matcher(text);
        if (!match.matches()) {
            return null;
        }
        return expand(match, pattern, template);
    }

    private static String expand(com.google.re2j.Matcher match, Pattern pattern, String template) {
        var out = new StringBuilder();
        int i = 0;
        while (i < template.length()) {
            char c = template.charAt(i);
            if (c != '$' || i + 1 == template.length()) {
                out.append(c);
                i++;
                continue;
            }
            if (template.charAt(i + 1) == '$') {
                out.append('$');
                i += 2;
                continue;
            }
            boolean braced = template.charAt(i + 1) == '{';
            int start = braced ? i + 2 : i + 1;
            int end = start;
            while (end < template.length() && isWord(template.charAt(end))) {
                end++;
            }
            boolean closed = !braced || end < template.length() && template.charAt(end) == '}';
            if (end == start || !closed) {
                out.append(c); // malformed, as Go: the dollar stands for itself
                i++;
                continue;
            }
            out.append(group(match, pattern, template.substring(start, end)));
            i = braced ? end + 1 : end;
        }
        return out.toString();
    }

    private static boolean isWord(char c) {
        return c == '_' || Character.isLetterOrDigit(c);
    }

    private static String group(com.google.re2j.Matcher match, Pattern pattern, String name) {
        String value = null;
        if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int index = name.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(name);
            value = index <= match.groupCount() ? match.group(index) : null;
        } else if (pattern.namedGroups().containsKey(name)) {
            value = match.group(name);
        }
        return value == null ? "" : value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Regex regex && source.equals(regex.source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    @Override
    public String toString() {
        return source;
    }
}
