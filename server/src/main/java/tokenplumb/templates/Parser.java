package tokenplumb.templates;

import tokenplumb.templates.Lexer.Kind;
import tokenplumb.templates.Lexer.Word;
import tokenplumb.templates.Node.Expression;
import tokenplumb.templates.Node.Expression.Command;
import tokenplumb.templates.Node.Expression.Pipe;
import tokenplumb.templates.Node.Expression.Variable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Builds the tree of a template, and of those it defines. Refuses what Go refuses, in its words.
final class Parser {
    private static final int MAX_DEPTH = 200;

    private final String name;
    private final Set<String> functions;
    private final List<Word> words;
    private final Map<String, List<Node>> defined = new HashMap<>();
    private final List<String> variables = new ArrayList<>(List.of("$"));
    private int at;
    private int depth;
    private int loops;

    private Parser(String name, String text, Set<String> functions) {
        this.name = name;
        this.functions = functions;
        this.words = Lexer.words(text);
    }

    /// The templates of a text by name, its own among them. Throws [TemplateError].
    static Map<String, List<Node>> parse(String name, String text, Set<String> functions) {
        var parser = new Parser(name, text, functions);
        var body = new ArrayList<Node>();
        var end = parser.list(body, true);
        if (end.kind() != Kind.END) {
            throw parser.error(end, "unexpected " + shownAction(end));
        }
        parser.defined.putIfAbsent(name, body);
        return parser.defined;
    }

    private static String shownAction(Word keyword) {
        return "{{" + keyword.text() + "}}";
    }

    // ---- words

    private Word next() {
        var word = words.get(at);
        if (at < words.size() - 1) {
            at++;
        }
        return word;
    }

    private Word peek() {
        return words.get(at);
    }

    private Word nextWord() {
        peekWord();
        return next();
    }

    /// The next word that is no space.
    private Word peekWord() {
        while (peek().kind() == Kind.SPACE) {
            at++;
        }
        return peek();
    }

    private TemplateError error(Word word, String message) {
        return new TemplateError("template: %s:%d: %s".formatted(name, word.line(), message));
    }

    private TemplateError unexpected(Word word, String context) {
        return word.kind() == Kind.ERROR
                ? error(word, word.text())
                : error(word, "unexpected " + word.shown() + " in " + context);
    }

    private void expect(Kind kind, String context) {
        var word = nextWord();
        if (word.kind() != kind) {
            throw unexpected(word, context);
        }
    }

    // ---- control

    /// Reads nodes up to `{{end}}`, `{{else}}` or the end of input, and gives that word. After an
    /// `else` the words up to `}}` are still to be read.
    private Word list(List<Node> into, boolean top) {
        if (++depth > MAX_DEPTH) {
            throw error(peek(), "nested more than %d levels deep".formatted(MAX_DEPTH));
        }
        while (true) {
            var word = next();
            switch (word.kind()) {
                case TEXT -> into.add(new Node.Text(word.pos(), word.text()));
                case LEFT_DELIMITER -> {
                    var first = peekWord();
                    boolean ends =
                            first.kind() == Kind.KEYWORD
                                    && (first.text().equals("end") || first.text().equals("else"));
                    if (ends) {
                        next();
                        depth--;
                        return first;
                    }
                    action(into, top);
                }
                case END -> {
                    if (!top) {
                        throw error(word, "unexpected EOF");
                    }
                    depth--;
                    return word;
                }
                default -> throw unexpected(word, "input");
            }
        }
    }

    private void action(List<Node> into, boolean top) {
        var first = peekWord();
        if (first.kind() != Kind.KEYWORD) {
            int known = variables.size();
            var pipe = pipeline("command", Kind.RIGHT_DELIMITER);
            into.add(new Node.Action(first.pos(), pipe));
            if (known > variables.size()) {
                throw new IllegalStateException("bug: variables went missing");
            }
            return;
        }
        next();
        switch (first.text()) {
            case "if", "with", "range" -> into.add(branch(first));
            case "template" -> into.add(invoke(first));
            case "block" -> into.add(block(first));
            case "define" -> {
                if (!top || depth > 1) {
                    throw unexpected(first, "command");
                }
                define();
            }
            default -> {
                if (loops == 0) {
                    throw error(first, shownAction(first) + " outside {{range}}");
                }
                expect(Kind.RIGHT_DELIMITER, first.text());
                into.add(
                        first.text().equals("break")
                                ? new Node.Break(first.pos())
                                : new Node.Continue(first.pos()));
            }
        }
    }

    private Node branch(Word keyword) {
        int known = variables.size();
        var pipe = pipeline(keyword.text(), Kind.RIGHT_DELIMITER);
        boolean loop = keyword.text().equals("range");
        loops += loop ? 1 : 0;
        var body = new ArrayList<Node>();
        var otherwise = new ArrayList<Node>();
        var end = list(body, false);
        loops -= loop ? 1 : 0;
        if (end.text().equals("else")) {
            var follows = peekWord();
            boolean chained = follows.kind() == Kind.KEYWORD && follows.text().equals("if");
            if (chained && keyword.text().equals("if")
                    || follows.kind() == Kind.KEYWORD
                            && follows.text().equals("with")
                            && keyword.text().equals("with")) {
                next();
                otherwise.add(branch(follows));
            } else {
                expect(Kind.RIGHT_DELIMITER, "else");
                end = list(otherwise, false);
                if (!end.text().equals("end")) {
                    throw error(end, "expected end; found " + shownAction(end));
                }
                expect(Kind.RIGHT_DELIMITER, "end");
            }
        } else {
            expect(Kind.RIGHT_DELIMITER, "end");
        }
        forget(known);
        return switch (keyword.text()) {
            case "if" -> new Node.If(keyword.pos(), pipe, body, otherwise);
            case "with" -> new Node.With(keyword.pos(), pipe, body, otherwise);
            default -> new Node.Range(keyword.pos(), pipe, body, otherwise);
        };
    }

    private void forget(int known) {
        variables.subList(known, variables.size()).clear();
    }

    private Node invoke(Word keyword) {
        var called = templateName("template clause");
        if (nextIs(Kind.RIGHT_DELIMITER)) {
            return new Node.Invoke(keyword.pos(), called, Optional.empty());
        }
        var pipe = pipeline("template clause", Kind.RIGHT_DELIMITER);
        return new Node.Invoke(keyword.pos(), called, Optional.of(pipe));
    }

    private boolean nextIs(Kind kind) {
        if (peekWord().kind() != kind) {
            return false;
        }
        next();
        return true;
    }

    private String templateName(String context) {
        var word = nextWord();
        if (word.kind() != Kind.STRING && word.kind() != Kind.RAW_STRING) {
            throw unexpected(word, context);
        }
        return unquote(word);
    }

    private void define() {
        var called = templateName("define clause");
        expect(Kind.RIGHT_DELIMITER, "define clause");
        body(called, "define clause");
    }

    private void body(String called, String context) {
        var outer = new ArrayList<>(variables);
        variables.clear();
        variables.add("$");
        var body = new ArrayList<Node>();
        var end = list(body, false);
        if (!end.text().equals("end")) {
            throw error(end, "unexpected " + shownAction(end) + " in " + context);
        }
        expect(Kind.RIGHT_DELIMITER, "end");
        variables.clear();
        variables.addAll(outer);
        defined.put(called, body);
    }

    private Node block(Word keyword) {
        var called = templateName("block clause");
        var pipe = pipeline("block clause", Kind.RIGHT_DELIMITER);
        body(called, "block clause");
        return new Node.Invoke(keyword.pos(), called, Optional.of(pipe));
    }

    // ---- pipelines

    private Pipe pipeline(String context, Kind end) {
        int start = peekWord().pos();
        var declared = new ArrayList<Variable>();
        boolean assigns = declarations(context, declared);
        var commands = new ArrayList<Command>();
        while (true) {
            var word = peekWord();
            if (word.kind() == end) {
                next();
                break;
            }
            if (!startsOperand(word.kind())) {
                throw unexpected(next(), context);
            }
            commands.add(command());
        }
        if (commands.isEmpty()) {
            throw error(words.get(Math.max(at - 1, 0)), "missing value for " + context);
        }
        for (int i = 1; i < commands.size(); i++) {
            var first = commands.get(i).words().getFirst();
            if (first instanceof Expression.Constant
                    || first instanceof Expression.Dot
                    || first instanceof Expression.Nil) {
                throw error(
                        words.get(Math.max(at - 1, 0)),
                        "non executable command in pipeline stage " + (i + 1));
            }
        }
        return new Pipe(start, declared, assigns, commands);
    }

    /// Reads `$x :=` and its like, when the pipeline begins so; says whether it was `=`.
    private boolean declarations(String context, List<Variable> declared) {
        while (peekWord().kind() == Kind.VARIABLE) {
            int before = at;
            var variable = next();
            var sign = peekWord();
            boolean comma = sign.kind() == Kind.CHARACTER && sign.text().equals(",");
            if (sign.kind() != Kind.ASSIGN && sign.kind() != Kind.DECLARE && !comma) {
                at = before;
                return false;
            }
            next();
            declared.add(new Variable(variable.pos(), List.of(variable.text())));
            boolean assigns = sign.kind() == Kind.ASSIGN;
            if (assigns) {
                known(variable);
            }
            variables.add(variable.text());
            if (!comma) {
                return assigns;
            }
            if (!context.equals("range") || declared.size() > 1) {
                throw error(sign, "too many declarations in " + context);
            }
            if (peekWord().kind() != Kind.VARIABLE) {
                throw error(peek(), "range can only initialize variables");
            }
        }
        return false;
    }

    private void known(Word variable) {
        if (!variables.contains(variable.text())) {
            throw error(variable, "undefined variable " + GoFormat.quote(variable.text()));
        }
    }

    private static boolean startsOperand(Kind kind) {
        return switch (kind) {
            case BOOL,
                    RUNE,
                    DOT,
                    FIELD,
                    IDENTIFIER,
                    NUMBER,
                    NIL,
                    RAW_STRING,
                    STRING,
                    VARIABLE,
                    LEFT_PAREN ->
                    true;
            default -> false;
        };
    }

    private Command command() {
        int start = peekWord().pos();
        var operands = new ArrayList<Expression>();
        while (true) {
            if (startsOperand(peekWord().kind())) {
                operands.add(operand());
            }
            var word = peek();
            switch (word.kind()) {
                case SPACE -> next();
                case RIGHT_DELIMITER, RIGHT_PAREN -> {
                    return new Command(start, operands);
                }
                case PIPE -> {
                    next();
                    if (!startsOperand(peekWord().kind())) {
                        throw peek().kind() == Kind.RIGHT_DELIMITER
                                ? error(peek(), "missing value for command")
                                : unexpected(peek(), "command");
                    }
                    return new Command(start, operands);
                }
                default -> throw unexpected(word, "operand");
            }
        }
    }

    private Expression operand() {
        var first = term();
        if (peek().kind() != Kind.FIELD) {
            return first;
        }
        int pos = peek().pos();
        var names = new ArrayList<String>();
        while (peek().kind() == Kind.FIELD) {
            names.add(next().text().substring(1));
        }
        return switch (first) {
            case Expression.Field field -> new Expression.Field(pos, joined(field.names(), names));
            case Variable variable -> new Variable(pos, joined(variable.names(), names));
            case Expression.Constant c -> throw unexpectedDot(c);
            case Expression.Nil nil -> throw unexpectedDot(nil);
            case Expression.Dot dot -> throw unexpectedDot(dot);
            default -> new Expression.Chain(pos, first, names);
        };
    }

    private static List<String> joined(List<String> first, List<String> then) {
        var all = new ArrayList<>(first);
        all.addAll(then);
        return List.copyOf(all);
    }

    private TemplateError unexpectedDot(Expression term) {
        return error(peek(), "unexpected . after term " + GoFormat.quote(term.shown()));
    }

    private Expression term() {
        var word = next();
        int pos = word.pos();
        var text = word.text();
        return switch (word.kind()) {
            case IDENTIFIER -> {
                if (!functions.contains(text)) {
                    throw error(word, "function " + GoFormat.quote(text) + " not defined");
                }
                yield new Expression.Identifier(pos, text);
            }
            case DOT -> new Expression.Dot(pos);
            case NIL -> new Expression.Nil(pos);
            case VARIABLE -> {
                known(word);
                yield new Variable(pos, List.of(text));
            }
            case FIELD -> new Expression.Field(pos, List.of(text.substring(1)));
            case BOOL -> new Expression.Constant(pos, text.equals("true"), text);
            case NUMBER -> new Expression.Constant(pos, number(text), text);
            case RUNE -> new Expression.Constant(pos, rune(word), text);
            case STRING, RAW_STRING -> new Expression.Constant(pos, unquote(word), text);
            case LEFT_PAREN -> {
                if (++depth > MAX_DEPTH) {
                    throw error(word, "nested more than %d levels deep".formatted(MAX_DEPTH));
                }
                var pipe = pipeline("parenthesized pipeline", Kind.RIGHT_PAREN);
                depth--;
                yield pipe;
            }
            default -> throw unexpected(word, "operand");
        };
    }

    // ---- constants

    /// A [Long] or a [Double]; the text itself when it is neither.
    static Object number(String text) {
        var digits = text.replace("_", "");
        boolean hex = digits.matches("[+-]?0[xX][0-9a-fA-F]+");
        try {
            if (hex) {
                return Long.decode(digits.replace("+", ""));
            }
            if (digits.matches("[+-]?[0-9]+")) {
                boolean octal = digits.matches("[+-]?0[0-7]+");
                return Long.parseLong(digits, octal ? 8 : 10);
            }
            return digits.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")
                    ? (Object) Double.parseDouble(digits)
                    : text;
        } catch (NumberFormatException e) {
            return text;
        }
    }

    private Object rune(Word word) {
        var text = unquote(word);
        if (text.codePointCount(0, text.length()) != 1) {
            throw error(word, "malformed character constant: " + word.text());
        }
        return (long) text.codePointAt(0);
    }

    private String unquote(Word word) {
        var inner = word.text().substring(1, word.text().length() - 1);
        if (word.kind() == Kind.RAW_STRING || inner.indexOf('\\') < 0) {
            return inner;
        }
        var out = new StringBuilder();
        int i = 0;
        while (i < inner.length()) {
            char c = inner.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char kind = inner.charAt(i++);
            int escape = "abfnrtv\\\"'".indexOf(kind);
            if (escape >= 0) {
                out.append("\u0007\b\f\n\r\t\u000b\\\"'".charAt(escape));
                continue;
            }
            int length =
                    switch (kind) {
                        case 'x' -> 2;
                        case 'u' -> 4;
                        case 'U' -> 8;
                        default -> 0;
                    };
            try {
                if (length == 0) {
                    out.append((char) Integer.parseInt(inner, i - 1, i + 2, 8));
                    i += 2;
                } else {
                    out.appendCodePoint(Integer.parseInt(inner, i, i + length, 16));
                    i += length;
                }
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw error(word, "invalid syntax");
            }
        }
        return out.toString();
    }
}
