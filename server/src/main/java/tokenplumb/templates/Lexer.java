package tokenplumb.templates;

import java.util.ArrayList;
import java.util.List;

/// Cuts a template into texts and the words of its actions.
final class Lexer {
    enum Kind {
        TEXT,
        LEFT_DELIMITER,
        RIGHT_DELIMITER,
        SPACE,
        BOOL,
        CHARACTER,
        ASSIGN,
        DECLARE,
        FIELD,
        IDENTIFIER,
        LEFT_PAREN,
        RIGHT_PAREN,
        NUMBER,
        PIPE,
        RAW_STRING,
        STRING,
        RUNE,
        VARIABLE,
        DOT,
        NIL,
        KEYWORD,
        ERROR,
        END
    }

    record Word(Kind kind, int pos, int line, String text) {
        /// As Go's messages name it.
        String shown() {
            if (kind == Kind.END) {
                return "EOF";
            }
            if (kind == Kind.ERROR) {
                return text;
            }
            if (kind == Kind.KEYWORD || kind == Kind.DOT || kind == Kind.NIL) {
                return "<" + text + ">";
            }
            return text.length() > 10
                    ? GoFormat.quote(text.substring(0, 10)) + "..."
                    : GoFormat.quote(text);
        }
    }

    private static final String LEFT = "{{";
    private static final String RIGHT = "}}";
    private static final int END = -1;

    private final String input;
    private final List<Word> words = new ArrayList<>();
    private int pos;
    private int start;
    private int line = 1;
    private int parens;

    private Lexer(String input) {
        this.input = input;
    }

    /// All words; the last is [Kind#END] or an [Kind#ERROR] whose text says what is wrong.
    static List<Word> words(String input) {
        var lexer = new Lexer(input);
        lexer.run();
        return lexer.words;
    }

    private void run() {
        while (text()) {
            if (!action()) {
                return;
            }
        }
    }

    /// Reads text up to the next action; false at the end of input.
    private boolean text() {
        int open = input.indexOf(LEFT, pos);
        int end = open < 0 ? input.length() : open;
        boolean trims = open >= 0 && trimsLeft(open + LEFT.length());
        int kept = end;
        while (trims && kept > pos && isSpace(input.charAt(kept - 1))) {
            kept--;
        }
        if (kept > pos) {
            words.add(new Word(Kind.TEXT, pos, line, input.substring(pos, kept)));
        }
        skipTo(end);
        if (open < 0) {
            words.add(new Word(Kind.END, pos, line, ""));
        }
        return open >= 0;
    }

    private boolean trimsLeft(int at) {
        return at + 1 < input.length() && input.charAt(at) == '-' && isSpace(input.charAt(at + 1));
    }

    private void skipTo(int end) {
        for (int i = pos; i < end; i++) {
            if (input.charAt(i) == '\n') {
                line++;
            }
        }
        pos = end;
        start = end;
    }

    /// Reads an action or a comment; false when nothing can follow.
    private boolean action() {
        int inner = pos + LEFT.length() + (trimsLeft(pos + LEFT.length()) ? 2 : 0);
        if (input.startsWith("/*", inner)) {
            return comment(inner);
        }
        words.add(new Word(Kind.LEFT_DELIMITER, pos, line, LEFT));
        skipTo(inner);
        parens = 0;
        while (true) {
            start = pos;
            if (atRightDelimiter()) {
                if (parens > 0) {
                    return error("unclosed left paren");
                }
                rightDelimiter();
                return true;
            }
            if (!word()) {
                return false;
            }
        }
    }

    private boolean comment(int inner) {
        int end = input.indexOf("*/", inner);
        if (end < 0) {
            return error("unclosed comment");
        }
        skipTo(end + 2);
        if (!atRightDelimiter()) {
            return error("comment ends before closing delimiter");
        }
        boolean trims = trimsRight();
        skipTo(pos + (trims ? 2 : 0) + RIGHT.length());
        if (trims) {
            skipSpaces();
        }
        return true;
    }

    private boolean trimsRight() {
        return pos + 1 < input.length()
                && isSpace(input.charAt(pos))
                && input.startsWith("-" + RIGHT, pos + 1);
    }

    private boolean atRightDelimiter() {
        return trimsRight() || input.startsWith(RIGHT, pos);
    }

    private void rightDelimiter() {
        boolean trims = trimsRight();
        pos += (trims ? 2 : 0) + RIGHT.length();
        words.add(new Word(Kind.RIGHT_DELIMITER, start, line, RIGHT));
        if (trims) {
            skipSpaces();
        }
    }

    private void skipSpaces() {
        int end = pos;
        while (end < input.length() && isSpace(input.charAt(end))) {
            end++;
        }
        skipTo(end);
    }

    private boolean word() {
        int c = read();
        if (c == END) {
            return error("unclosed action");
        }
        if (isSpace(c)) {
            while (isSpace(peek()) && !atRightDelimiter()) {
                read();
            }
            return emit(Kind.SPACE);
        }
        switch (c) {
            case '=':
                return emit(Kind.ASSIGN);
            case ':':
                return read() == '=' ? emit(Kind.DECLARE) : error("expected :=");
            case '|':
                return emit(Kind.PIPE);
            case '"':
                return quoted('"', Kind.STRING, "unterminated quoted string");
            case '\'':
                return quoted('\'', Kind.RUNE, "unterminated character constant");
            case '`':
                return rawString();
            case '$':
                return isTerminator(peek()) ? emit(Kind.VARIABLE) : name(Kind.VARIABLE);
            case '.':
                if (!isDigit(peek())) {
                    return isTerminator(peek()) ? emit(Kind.DOT) : name(Kind.FIELD);
                }
                pos--;
                return number();
            case '(':
                parens++;
                return emit(Kind.LEFT_PAREN);
            case ')':
                parens--;
                return parens < 0 ? error("unexpected right paren") : emit(Kind.RIGHT_PAREN);
            default:
                break;
        }
        if (c == '+' || c == '-' || isDigit(c)) {
            pos--;
            return number();
        }
        if (isAlphanumeric(c)) {
            return name(Kind.IDENTIFIER);
        }
        return c < 0x80 && c > ' '
                ? emit(Kind.CHARACTER)
                : error("unrecognized character in action: " + GoFormat.unicode(c));
    }

    private boolean name(Kind kind) {
        while (isAlphanumeric(peek())) {
            read();
        }
        if (!isTerminator(peek())) {
            return error("bad character " + GoFormat.unicode(peek()));
        }
        if (kind != Kind.IDENTIFIER) {
            return emit(kind);
        }
        return switch (input.substring(start, pos)) {
            case "true", "false" -> emit(Kind.BOOL);
            case "nil" -> emit(Kind.NIL);
            case "block",
                    "break",
                    "continue",
                    "define",
                    "else",
                    "end",
                    "if",
                    "range",
                    "template",
                    "with" ->
                    emit(Kind.KEYWORD);
            default -> emit(Kind.IDENTIFIER);
        };
    }

    private boolean isTerminator(int c) {
        return switch (c) {
            case END, '.', ',', '|', ':', '=', ')', '(' -> true;
            default -> isSpace(c) || input.startsWith(RIGHT, pos);
        };
    }

    private boolean quoted(char quote, Kind kind, String unterminated) {
        while (true) {
            int c = read();
            if (c == '\\' && peek() != END && peek() != '\n') {
                read();
            } else if (c == END || c == '\n' || c == '\\') {
                return error(unterminated);
            } else if (c == quote) {
                return emit(kind);
            }
        }
    }

    private boolean rawString() {
        int end = input.indexOf('`', pos);
        if (end < 0) {
            return error("unterminated raw quoted string");
        }
        int began = line;
        int from = start;
        skipTo(end + 1);
        words.add(new Word(Kind.RAW_STRING, from, began, input.substring(from, pos)));
        return true;
    }

    private boolean number() {
        if (peek() == '+' || peek() == '-') {
            read();
        }
        boolean hex = input.startsWith("0x", pos) || input.startsWith("0X", pos);
        boolean exponent = false;
        int first = pos;
        while (true) {
            int c = peek();
            boolean sign = (c == '+' || c == '-') && exponent;
            exponent = !hex && (c == 'e' || c == 'E');
            if (!isAlphanumeric(c) && c != '.' && !sign) {
                break;
            }
            read();
        }
        var text = input.substring(start, pos);
        boolean bad = pos == first || !(Parser.number(text) instanceof Number);
        return bad ? error("bad number syntax: " + GoFormat.quote(text)) : emit(Kind.NUMBER);
    }

    private boolean emit(Kind kind) {
        words.add(new Word(kind, start, line, input.substring(start, pos)));
        for (int i = start; i < pos; i++) {
            line += input.charAt(i) == '\n' ? 1 : 0;
        }
        return true;
    }

    private boolean error(String message) {
        words.add(new Word(Kind.ERROR, start, line, message));
        return false;
    }

    private int read() {
        if (pos >= input.length()) {
            return END;
        }
        int c = input.codePointAt(pos);
        pos += Character.charCount(c);
        return c;
    }

    private int peek() {
        return pos >= input.length() ? END : input.codePointAt(pos);
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isAlphanumeric(int c) {
        return c == '_' || c != END && Character.isLetterOrDigit(c);
    }
}
