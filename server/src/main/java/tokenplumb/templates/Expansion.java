package tokenplumb.templates;

import tokenplumb.templates.Node.Expression;
import tokenplumb.templates.Node.Expression.Command;
import tokenplumb.templates.Node.Expression.Pipe;
import tokenplumb.templates.Node.Expression.Variable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One run of a template over its data. `where` follows the node being evaluated, because Go's
/// messages quote it. Used once, by one thread.
final class Expansion {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_OUTPUT = 1 << 20;
    private static final long MAX_STEPS = 1_000_000;

    /// "No argument comes in through the pipe", told from a piped nil.
    private static final Object MISSING = new Object();

    private final String name;
    private final String text;
    private final Map<String, List<Node>> bodies;
    private final Map<String, Function> functions;
    private final StringBuilder out = new StringBuilder();
    private List<Binding> variables = new ArrayList<>();
    private String current; // name of the template being run
    private int at;
    private String shown = "";
    private int depth;
    private long steps;

    private static final class Binding {
        private final String name;
        private Object value;

        private Binding(String name, Object value) {
            this.name = name;
            this.value = value;
        }
    }

    /// How a list of nodes ended.
    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    Expansion(
            String name,
            String text,
            Map<String, List<Node>> bodies,
            Map<String, Function> functions) {
        this.name = name;
        this.text = text;
        this.bodies = bodies;
        this.functions = functions;
        this.current = name;
    }

    String run(Object data) {
        variables.add(new Binding("$", data));
        walk(data, bodies.get(name));
        return out.toString();
    }

    private TemplateError error(String message) {
        var before = text.substring(0, Math.min(at, text.length()));
        int lineStart = before.lastIndexOf('\n') + 1;
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        int column = GoFormat.utf8Length(before.substring(lineStart));
        return new TemplateError(
                "template: %s:%d:%d: executing %s at <%s>: %s"
                        .formatted(name, line, column, GoFormat.quote(current), shown, message));
    }

    private void at(Expression expression) {
        at = expression.pos();
        shown = expression.shown();
    }

    // ---- nodes

    private Flow walk(Object dot, List<Node> nodes) {
        for (var node : nodes) {
            if (++steps > MAX_STEPS) {
                throw error("runs too long; does it loop over a very large result?");
            }
            at = node.pos();
            var flow =
                    switch (node) {
                        case Node.Text plain -> append(plain.text());
                        case Node.Action action -> act(dot, action);
                        case Node.If branch -> choose(dot, branch);
                        case Node.With with -> with(dot, with);
                        case Node.Range range -> range(dot, range);
                        case Node.Invoke invoke -> invoke(dot, invoke);
                        case Node.Break stop -> Flow.BREAK;
                        case Node.Continue next -> Flow.CONTINUE;
                    };
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow append(String piece) {
        if (out.length() + piece.length() > MAX_OUTPUT) {
            throw error("expands to more than 1 MiB");
        }
        out.append(piece);
        return Flow.ON;
    }

    private Flow act(Object dot, Node.Action action) {
        var value = pipeline(dot, action.pipe());
        return action.pipe().declared().isEmpty() ? append(GoFormat.print(value)) : Flow.ON;
    }

    private Flow choose(Object dot, Node.If branch) {
        int known = variables.size();
        boolean truth = Values.isTrue(pipeline(dot, branch.pipe()));
        var flow = walk(dot, truth ? branch.body() : branch.otherwise());
        forget(known);
        return flow;
    }

    private Flow with(Object dot, Node.With with) {
        int known = variables.size();
        var value = pipeline(dot, with.pipe());
        var flow = Values.isTrue(value) ? walk(value, with.body()) : walk(dot, with.otherwise());
        forget(known);
        return flow;
    }

    private void forget(int known) {
        variables.subList(known, variables.size()).clear();
    }

    private Flow range(Object dot, Node.Range range) {
        int known = variables.size();
        var value = pipeline(dot, withoutDeclarations(range.pipe()));
        var entries = entries(value);
        if (entries.isEmpty()) {
            var flow = walk(dot, range.otherwise());
            forget(known);
            return flow;
        }
        var declared = range.pipe().declared();
        for (var entry : entries) {
            if (declared.size() == 1) {
                bind(declared.getFirst(), range.pipe().assigns(), entry.value());
            } else if (declared.size() == 2) {
                bind(declared.getFirst(), range.pipe().assigns(), entry.key());
                bind(declared.getLast(), range.pipe().assigns(), entry.value());
            }
            var flow = walk(entry.value(), range.body());
            forget(known);
            if (flow == Flow.BREAK) {
                break;
            }
        }
        return Flow.ON;
    }

    private static Pipe withoutDeclarations(Pipe pipe) {
        return new Pipe(pipe.pos(), List.of(), false, pipe.commands());
    }

    /// A key or index, and what is there.
    private record Entry(Object key, Object value) {}

    private List<Entry> entries(Object value) {
        var entries = new ArrayList<Entry>();
        switch (value) {
            case null -> {}
            case List<?> list -> {
                for (int i = 0; i < list.size(); i++) {
                    entries.add(new Entry((long) i, list.get(i)));
                }
            }
            case TextMap map ->
                    map.entries().forEach((key, text) -> entries.add(new Entry(key, text)));
            case Map<?, ?> map ->
                    new TreeMap<Object, Object>(map)
                            .forEach((key, item) -> entries.add(new Entry(key, item)));
            case Long count -> {
                if (count > 100_000) {
                    throw error("range over " + count + " is too long");
                }
                for (long i = 0; i < count; i++) {
                    entries.add(new Entry(i, i));
                }
            }
            default -> throw error("range can't iterate over " + GoFormat.print(value));
        }
        return entries;
    }

    private Flow invoke(Object dot, Node.Invoke invoke) {
        var body = bodies.get(invoke.name());
        if (body == null) {
            shown = "{{template " + GoFormat.quote(invoke.name()) + "}}";
            throw error("template " + GoFormat.quote(invoke.name()) + " not defined");
        }
        if (depth >= MAX_DEPTH) {
            throw error("exceeded maximum template depth (" + MAX_DEPTH + ")");
        }
        var data = invoke.pipe().isPresent() ? pipeline(dot, invoke.pipe().get()) : null;
        var outerVariables = variables;
        var outerName = current;
        variables = new ArrayList<>(List.of(new Binding("$", data)));
        current = invoke.name();
        depth++;
        walk(data, body);
        depth--;
        current = outerName;
        variables = outerVariables;
        return Flow.ON;
    }

    // ---- expressions

    private Object pipeline(Object dot, Pipe pipe) {
        at(pipe);
        var value = MISSING;
        for (var command : pipe.commands()) {
            value = command(dot, command, value);
        }
        for (var variable : pipe.declared()) {
            bind(variable, pipe.assigns(), value);
        }
        return value;
    }

    private void bind(Variable variable, boolean assigns, Object value) {
        var called = variable.names().getFirst();
        if (!assigns) {
            variables.add(new Binding(called, value));
            return;
        }
        for (var binding : variables.reversed()) {
            if (binding.name.equals(called)) {
                binding.value = value;
                return;
            }
        }
    }

    private Object variable(String called) {
        for (var binding : variables.reversed()) {
            if (binding.name.equals(called)) {
                return binding.value;
            }
        }
        throw error("undefined variable: " + called);
    }

    private Object command(Object dot, Command command, Object piped) {
        var words = command.words();
        return switch (words.getFirst()) {
            case Expression.Field field -> {
                at(field);
                yield fields(dot, dot, field.names(), words, piped);
            }
            case Expression.Chain chain -> chain(dot, chain, words, piped);
            case Expression.Identifier identifier -> call(dot, identifier, command, words, piped);
            case Variable variable -> variable(dot, variable, words, piped);
            case Pipe pipe -> {
                notAFunction(words, piped);
                yield pipeline(dot, pipe);
            }
            case Expression.Nil nil -> {
                at(nil);
                throw error("nil is not a command");
            }
            case Expression.Dot self -> {
                at(self);
                notAFunction(words, piped);
                yield dot;
            }
            case Expression.Constant constant -> {
                at(constant);
                notAFunction(words, piped);
                yield constant.value();
            }
            case Command inner -> throw new IllegalStateException("bug: " + inner.shown());
        };
    }

    private void notAFunction(List<Expression> words, Object piped) {
        if (words.size() > 1 || piped != MISSING) {
            throw error("can't give argument to non-function " + words.getFirst().shown());
        }
    }

    private Object chain(Object dot, Expression.Chain chain, List<Expression> words, Object piped) {
        at(chain);
        if (chain.of() instanceof Expression.Nil) {
            throw error("indirection through explicit nil in " + chain.shown());
        }
        return fields(dot, argument(dot, chain.of()), chain.names(), words, piped);
    }

    private Object variable(Object dot, Variable variable, List<Expression> words, Object piped) {
        at(variable);
        var value = variable(variable.names().getFirst());
        if (variable.names().size() == 1) {
            notAFunction(words, piped);
            return value;
        }
        var names = variable.names().subList(1, variable.names().size());
        return fields(dot, value, names, words, piped);
    }

    private Object fields(
            Object dot, Object of, List<String> names, List<Expression> words, Object piped) {
        var value = of;
        for (var field : names.subList(0, names.size() - 1)) {
            value = field(value, field, List.of());
        }
        var arguments = new ArrayList<Object>();
        for (var word : words.subList(Math.min(1, words.size()), words.size())) {
            arguments.add(argument(dot, word));
        }
        if (piped != MISSING) {
            arguments.add(piped);
        }
        return field(value, names.getLast(), arguments);
    }

    private Object field(Object of, String field, List<Object> arguments) {
        if (!(of instanceof Fields) && !arguments.isEmpty()) {
            throw error(field + " has arguments but cannot be invoked as function");
        }
        return switch (of) {
            case null -> null;
            case TextMap map -> map.entries().getOrDefault(field, "");
            case Map<?, ?> map -> map.get(field);
            case Fields object -> {
                try {
                    yield object.field(field, arguments)
                            .orElseThrow(() -> noField(field, object.typeName()));
                } catch (IllegalArgumentException e) {
                    throw error("error calling " + field + ": " + e.getMessage());
                }
            }
            default -> throw noField(field, Values.typeName(of));
        };
    }

    private TemplateError noField(String field, String type) {
        return error("can't evaluate field " + field + " in type " + type);
    }

    private Object argument(Object dot, Expression word) {
        at(word);
        return switch (word) {
            case Expression.Dot self -> dot;
            case Expression.Nil nil -> null;
            case Expression.Constant constant -> constant.value();
            case Expression.Field field -> fields(dot, dot, field.names(), List.of(), MISSING);
            case Variable variable -> variable(dot, variable, List.of(), MISSING);
            case Expression.Chain chain -> chain(dot, chain, List.of(), MISSING);
            case Pipe pipe -> pipeline(dot, pipe);
            case Expression.Identifier identifier ->
                    call(dot, identifier, identifier, List.of(identifier), MISSING);
            case Command command -> throw new IllegalStateException("bug: " + command.shown());
        };
    }

    private Object call(
            Object dot,
            Expression.Identifier identifier,
            Expression whole,
            List<Expression> words,
            Object piped) {
        at(identifier);
        var called = identifier.name();
        var function = functions.get(called);
        int given = words.size() - 1 + (piped == MISSING ? 0 : 1);
        checkCount(called, function, given);
        if ((called.equals("and") || called.equals("or")) && !words.isEmpty()) {
            return shortCircuit(dot, called.equals("or"), words, piped);
        }
        var arguments = new ArrayList<Object>();
        for (int i = 1; i < words.size(); i++) {
            arguments.add(checked(argument(dot, words.get(i)), function, i - 1));
        }
        if (piped != MISSING) {
            arguments.add(checked(piped, function, given - 1));
        }
        try {
            return function.body().call(arguments);
        } catch (IllegalArgumentException e) {
            at(whole);
            throw error("error calling " + called + ": " + e.getMessage());
        }
    }

    private void checkCount(String called, Function function, int given) {
        int wanted = function.parameters().size();
        if (function.variadic() && given < wanted - 1) {
            throw error(
                    "wrong number of args for %s: want at least %d got %d"
                            .formatted(called, wanted - 1, given));
        }
        if (!function.variadic() && given != wanted) {
            throw error(
                    "wrong number of args for %s: want %d got %d".formatted(called, wanted, given));
        }
    }

    private Object shortCircuit(Object dot, boolean or, List<Expression> words, Object piped) {
        Object value = null;
        for (int i = 1; i < words.size(); i++) {
            value = argument(dot, words.get(i));
            if (Values.isTrue(value) == or) {
                return value;
            }
        }
        return piped == MISSING ? value : piped;
    }

    private Object checked(Object value, Function function, int index) {
        var parameters = function.parameters();
        var wanted = parameters.get(Math.min(index, parameters.size() - 1));
        if (wanted == Object.class || wanted.isInstance(value)) {
            return value;
        }
        if (value == null) {
            throw error("invalid value; expected " + Values.typeName(wanted));
        }
        throw error(
                "wrong type for value; expected %s; got %s"
                        .formatted(Values.typeName(wanted), Values.typeName(value)));
    }
}
