package tokenplumb.promql.parse;

import tokenplumb.promql.parse.Lexeme.Kind;

import java.util.Locale;

/// Cuts a query into [Lexeme]s, one at a time. What a character means depends on where it stands:
/// outside, between braces, or in a range right after `[` or one of its operators. Which state
/// follows which is Prometheus' own, because its messages and a few accepted oddities depend on it.
///
/// Not thread-safe.
final class Lexer {
    private static final int END = -1;
    private static final int BROKEN = 0xfffd; // as Go reads a byte that is not UTF-8
    private static final String DIGITS = "0123456789";
    private static final String HEX_DIGITS = "0123456789abcdefABCDEF";

    private final String input;
    private int pos;
    private int start;
    private int width; // of the character read last
    private int parens;
    private boolean inBraces;
    private boolean inBrackets;
    private boolean expectsDuration; // right after [ and the operators that follow it
    private boolean sawColon;
    private boolean sawDuration;

    Lexer(String input) {
        this.input = input;
    }

    /// The next word, comments skipped. After the end it gives the end again. Throws [Mistake].
    Lexeme next() {
        while (true) {
            start = pos;
            if (inBraces) {
                if (skipComment() || skipSpaces()) {
                    continue;
                }
                return insideBraces();
            }
            if (expectsDuration) {
                if (skipSpaces()) {
                    continue;
                }
                return insideRange();
            }
            if (skipComment() || skipSpaces()) {
                continue;
            }
            return outside();
        }
    }

    private Lexeme outside() {
        int c = read();
        switch (c) {
            case END:
                if (parens != 0) {
                    throw mistake("unclosed left parenthesis");
                }
                if (inBrackets) {
                    throw mistake("unclosed left bracket");
                }
                return lexeme(Kind.END_OF_INPUT);
            case ',':
                return lexeme(Kind.COMMA);
            case '*':
                return lexeme(Kind.MUL);
            case '/':
                return lexeme(Kind.DIV);
            case '%':
                return lexeme(Kind.MOD);
            case '+':
                return lexeme(Kind.ADD);
            case '-':
                return lexeme(Kind.SUB);
            case '^':
                return lexeme(Kind.POW);
            case '@':
                return lexeme(Kind.AT);
            case '=':
                return equalsSign();
            case '!':
                int next = read();
                if (next != '=') {
                    throw mistake("unexpected character after '!': " + GoText.quoteRune(next));
                }
                return lexeme(Kind.NOT_EQUAL);
            case '<':
                return comparison(Kind.LESS, Kind.LESS_OR_EQUAL, Kind.TRIM_UPPER);
            case '>':
                return comparison(Kind.GREATER, Kind.GREATER_OR_EQUAL, Kind.TRIM_LOWER);
            case '"', '\'':
                return string(c);
            case '`':
                return rawString();
            case '(':
                parens++;
                return lexeme(Kind.LEFT_PAREN);
            case ')':
                return rightParen();
            case '{':
                inBraces = true;
                return lexeme(Kind.LEFT_BRACE);
            case '[':
                return leftBracket();
            case ']':
                if (!inBrackets) {
                    throw mistake("unexpected right bracket ']'");
                }
                inBrackets = false;
                return lexeme(Kind.RIGHT_BRACKET);
            default:
                break;
        }
        if (isDigit(c) || c == '.' && isDigit(peek())) {
            back();
            return numberOrDuration();
        }
        if (!isLetter(c) && c != ':') {
            throw mistake("unexpected character: " + GoText.quoteRune(c));
        }
        return inBrackets ? wordInBrackets(c) : word();
    }

    private Lexeme equalsSign() {
        int next = peek();
        if (next == '~') {
            throw mistake("unexpected character after '=': '~'");
        }
        if (next != '=') {
            return lexeme(Kind.ASSIGN);
        }
        read();
        return lexeme(Kind.EQUAL);
    }

    private Lexeme comparison(Kind alone, Kind orEqual, Kind trim) {
        int next = peek();
        if (next == '=') {
            read();
            return lexeme(orEqual);
        }
        if (next == '/') {
            read();
            return lexeme(trim);
        }
        return lexeme(alone);
    }

    private Lexeme rightParen() {
        parens--;
        if (parens < 0) {
            start = pos; // as Prometheus, which has handed out the word before it complains
            throw mistake("unexpected right parenthesis ')'");
        }
        return lexeme(Kind.RIGHT_PAREN);
    }

    private Lexeme leftBracket() {
        if (inBrackets) {
            throw mistake("unexpected left bracket '['");
        }
        sawColon = false;
        inBrackets = true;
        expectsDuration = true;
        return lexeme(Kind.LEFT_BRACKET);
    }

    /// A word where a range has already begun with a number: only `:` and the duration functions.
    private Lexeme wordInBrackets(int first) {
        if (first == ':') {
            if (sawColon) {
                throw mistake("unexpected colon ':'");
            }
            sawColon = true;
            return lexeme(Kind.COLON);
        }
        if (startsDurationFunction(first)) {
            var kind = durationFunction();
            if (kind != null) {
                return lexeme(kind);
            }
        }
        throw mistake("unexpected character: " + GoText.quoteRune(first) + ", expected ':'");
    }

    private Lexeme insideRange() {
        int c = read();
        switch (c) {
            case END:
                throw mistake("unexpected end of input in duration expression");
            case ']':
                inBrackets = false;
                expectsDuration = false;
                sawColon = false;
                return lexeme(Kind.RIGHT_BRACKET);
            case ':':
                if (!sawDuration) {
                    start = pos;
                    throw mistake("unexpected colon before duration in duration expression");
                }
                if (sawColon) {
                    start = pos;
                    throw mistake("unexpected repeated colon in duration expression");
                }
                sawColon = true;
                return lexeme(Kind.COLON);
            case '(':
                parens++;
                return lexeme(Kind.LEFT_PAREN);
            case ')':
                return rightParen();
            case '+':
                return lexeme(Kind.ADD);
            case '-':
                return lexeme(Kind.SUB);
            case '*':
                return lexeme(Kind.MUL);
            case '/':
                return lexeme(Kind.DIV);
            case '%':
                return lexeme(Kind.MOD);
            case '^':
                return lexeme(Kind.POW);
            case ',':
                return lexeme(Kind.COMMA);
            default:
                break;
        }
        if (startsDurationFunction(c)) {
            var kind = durationFunction();
            if (kind != null) {
                return lexeme(kind);
            }
        } else if (isDigit(c) || c == '.' && isDigit(peek())) {
            back();
            sawDuration = true;
            expectsDuration = false;
            return numberOrDuration();
        }
        throw mistake("unexpected character in duration expression: " + GoText.quoteRune(c));
    }

    private Lexeme insideBraces() {
        int c = read();
        if (isLetter(c)) {
            skipWord(false);
            return lexeme(Kind.IDENTIFIER);
        }
        switch (c) {
            case END:
                throw mistake("unexpected end of input inside braces");
            case ',':
                return lexeme(Kind.COMMA);
            case '"', '\'':
                return string(c);
            case '`':
                return rawString();
            case '=':
                if (read() == '~') {
                    return lexeme(Kind.EQUAL_REGEX);
                }
                back();
                return lexeme(Kind.ASSIGN);
            case '!':
                int next = read();
                if (next == '~') {
                    return lexeme(Kind.NOT_EQUAL_REGEX);
                }
                if (next == '=') {
                    return lexeme(Kind.NOT_EQUAL);
                }
                throw mistake(
                        "unexpected character after '!' inside braces: " + GoText.quoteRune(next));
            case '{':
                throw mistake("unexpected left brace '{'");
            case '}':
                inBraces = false;
                return lexeme(Kind.RIGHT_BRACE);
            default:
                throw mistake("unexpected character inside braces: " + GoText.quoteRune(c));
        }
    }

    private Lexeme word() {
        skipWord(true);
        var text = input.substring(start, pos);
        var kind = Lexeme.kindOf(text);
        boolean fills = kind == Kind.FILL || kind == Kind.FILL_LEFT || kind == Kind.FILL_RIGHT;
        if (fills && !parenFollows()) {
            kind = Kind.IDENTIFIER; // so that metrics of that name keep working
        }
        return new Lexeme(kind, text, start, pos);
    }

    private boolean parenFollows() {
        int i = pos;
        while (i < input.length() && isSpace(input.charAt(i))) {
            i++;
        }
        return i < input.length() && input.charAt(i) == '(';
    }

    private static boolean startsDurationFunction(int c) {
        return switch (c) {
            case 's', 'S', 'r', 'R', 'm', 'M' -> true;
            default -> false;
        };
    }

    /// The duration function the text goes on with, or null.
    private Kind durationFunction() {
        int c = read();
        while (isLetter(c)) {
            c = read();
        }
        back();
        return switch (input.substring(start, pos).toLowerCase(Locale.ROOT)) {
            case "step" -> Kind.STEP;
            case "range" -> Kind.RANGE;
            case "max_of" -> Kind.MAX_OF;
            case "min_of" -> Kind.MIN_OF;
            default -> null;
        };
    }

    private Lexeme string(int quote) {
        while (true) {
            int c = read();
            if (c == quote) {
                return lexeme(Kind.STRING);
            }
            switch (c) {
                case '\\' -> escape(quote);
                case BROKEN -> throw mistake("invalid UTF-8 rune");
                case END, '\n' -> throw mistake("unterminated quoted string");
                default -> {}
            }
        }
    }

    private Lexeme rawString() {
        while (true) {
            switch (read()) {
                case '`' -> {
                    return lexeme(Kind.STRING);
                }
                case BROKEN -> throw mistake("invalid UTF-8 rune");
                case END -> throw mistake("unterminated raw string");
                default -> {}
            }
        }
    }

    private void escape(int quote) {
        int c = read();
        if (c == quote) {
            return;
        }
        switch (c) {
            case 'a', 'b', 'f', 'n', 'r', 't', 'v', '\\' -> {}
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                back();
                escapeCode(3, 8, 255);
            }
            case 'x' -> escapeCode(2, 16, 255);
            case 'u' -> escapeCode(4, 16, Character.MAX_CODE_POINT);
            case 'U' -> escapeCode(8, 16, Character.MAX_CODE_POINT);
            case END -> throw mistake("escape sequence not terminated");
            default -> throw mistake("unknown escape sequence " + GoText.unicode(c));
        }
    }

    private void escapeCode(int digits, int base, int most) {
        long code = 0;
        for (int i = 0; i < digits; i++) {
            int c = read();
            int digit = c < 0x80 ? Character.digit(c, base) : -1;
            if (c == END) {
                throw mistake("escape sequence not terminated");
            }
            if (digit < 0) {
                throw mistake("illegal character " + GoText.unicode(c) + " in escape sequence");
            }
            code = code * base + digit;
        }
        if (code > most || 0xd800 <= code && code < 0xe000) {
            throw mistake("escape sequence is an invalid Unicode code point");
        }
    }

    private Lexeme numberOrDuration() {
        if (number()) {
            return lexeme(Kind.NUMBER);
        }
        if (restOfDuration()) {
            back();
            return lexeme(Kind.DURATION);
        }
        throw mistake(
                "bad number or duration syntax: " + GoText.quote(input.substring(start, pos)));
    }

    /// Reads on as far as a number goes; false where it is none after all.
    private boolean number() {
        var digits = DIGITS;
        if (accept("0") && accept("xX")) {
            accept("_");
            digits = HEX_DIGITS;
        }
        accept(".");
        accept(digits);
        boolean sawDot = false;
        boolean sawExponent = false;
        while (true) {
            if (isNext(".")) {
                if (sawDot) {
                    read();
                    return false;
                }
                read();
                sawDot = true;
                if (accept("_.") || digits.equals(HEX_DIGITS)) {
                    return false;
                }
            } else if (isNext("eE") && sawExponent) {
                read();
                return false;
            } else if (isNext("eE")) {
                read();
                sawExponent = true;
                accept("+-");
                if (accept("._eE") || peek() == END) {
                    return false;
                }
            } else if (isNext("_")) {
                read();
                if (accept("._eE") || peek() == END) {
                    return false;
                }
            } else if (isNext(digits)) {
                read();
            } else {
                return !isWordPart(peek());
            }
        }
    }

    /// Reads on after a number that turned out to have a unit; one character too far on success.
    private boolean restOfDuration() {
        if (!accept("smhdwy")) {
            return false;
        }
        accept("s");
        while (accept(DIGITS)) {
            acceptDigits();
            if (!accept("smhdw")) {
                return false;
            }
            accept("s");
        }
        return !isWordPart(read());
    }

    private void acceptDigits() {
        boolean more = true;
        while (more) {
            more = accept(DIGITS);
        }
    }

    private void skipWord(boolean colons) {
        int c = read();
        while (isWordPart(c) || colons && c == ':') {
            c = read();
        }
        back();
    }

    private boolean skipComment() {
        if (peek() != '#') {
            return false;
        }
        int c = read();
        while (c != END && c != '\n' && c != '\r') {
            c = read();
        }
        back();
        return true;
    }

    private boolean skipSpaces() {
        boolean some = false;
        while (isSpace(peek())) {
            read();
            some = true;
        }
        return some;
    }

    private Lexeme lexeme(Kind kind) {
        return new Lexeme(kind, input.substring(start, pos), start, pos);
    }

    private Mistake mistake(String message) {
        return new Mistake(start, message);
    }

    private int read() {
        if (pos >= input.length()) {
            width = 0;
            return END;
        }
        int c = input.codePointAt(pos);
        width = Character.charCount(c);
        pos += width;
        return c >= 0xd800 && c < 0xe000 ? BROKEN : c;
    }

    /// Steps back over the character read last; once for each [#read].
    private void back() {
        pos -= width;
        width = 0;
    }

    private int peek() {
        int c = read();
        back();
        return c;
    }

    private boolean isNext(String valid) {
        int c = peek();
        return c != END && valid.indexOf(c) >= 0;
    }

    private boolean accept(String valid) {
        if (!isNext(valid)) {
            return false;
        }
        read();
        return true;
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(int c) {
        return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isWordPart(int c) {
        return isLetter(c) || isDigit(c);
    }
}
