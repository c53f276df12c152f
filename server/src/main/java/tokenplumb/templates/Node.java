package tokenplumb.templates;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// A piece of a parsed template; `pos` is a char index into its text.
sealed interface Node {
    int pos();

    record Text(int pos, String text) implements Node {}

    record Action(int pos, Expression.Pipe pipe) implements Node {}

    record If(int pos, Expression.Pipe pipe, List<Node> body, List<Node> otherwise)
            implements Node {}

    record With(int pos, Expression.Pipe pipe, List<Node> body, List<Node> otherwise)
            implements Node {}

    record Range(int pos, Expression.Pipe pipe, List<Node> body, List<Node> otherwise)
            implements Node {}

    record Invoke(int pos, String name, Optional<Expression.Pipe> pipe) implements Node {}

    record Break(int pos) implements Node {}

    record Continue(int pos) implements Node {}

    /// What stands inside `{{ }}`. `shown` is how messages quote it.
    sealed interface Expression {
        int pos();

        String shown();

        record Pipe(int pos, List<Variable> declared, boolean assigns, List<Command> commands)
                implements Expression {
            @Override
            public String shown() {
                var left = declared.stream().map(Variable::shown).collect(Collectors.joining(", "));
                var right =
                        commands.stream().map(Command::shown).collect(Collectors.joining(" | "));
                return declared.isEmpty() ? right : left + (assigns ? " = " : " := ") + right;
            }
        }

        record Command(int pos, List<Expression> words) implements Expression {
            @Override
            public String shown() {
                return words.stream()
                        .map(word -> word instanceof Pipe ? "(" + word.shown() + ")" : word.shown())
                        .collect(Collectors.joining(" "));
            }
        }

        record Identifier(int pos, String name) implements Expression {
            @Override
            public String shown() {
                return name;
            }
        }

        record Field(int pos, List<String> names) implements Expression {
            @Override
            public String shown() {
                return "." + String.join(".", names);
            }
        }

        record Variable(int pos, List<String> names) implements Expression {
            @Override
            public String shown() {
                return String.join(".", names);
            }
        }

        record Chain(int pos, Expression of, List<String> names) implements Expression {
            @Override
            public String shown() {
                var first = of instanceof Pipe ? "(" + of.shown() + ")" : of.shown();
                return first + "." + String.join(".", names);
            }
        }

        record Dot(int pos) implements Expression {
            @Override
            public String shown() {
                return ".";
            }
        }

        record Nil(int pos) implements Expression {
            @Override
            public String shown() {
                return "nil";
            }
        }

        /// A number, text or boolean; `shown` as it was written.
        record Constant(int pos, Object value, String shown) implements Expression {}
    }
}
