package tokenplumb.config;

import tokenplumb.yaml.Position;

import java.util.List;
import java.util.stream.Collectors;

/// The mistakes in a user's file: for each, where it stands, what is wrong and how to mend it.
public final class ConfigError extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// One mistake.
    public record Problem(Position where, String what) {
        @Override
        public String toString() {
            return where + ": " + what;
        }
    }

    private final transient List<Problem> problems;

    public ConfigError(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public ConfigError(Position where, String what) {
        this(List.of(new Problem(where, what)));
    }

    /// At least one, in the order found.
    public List<Problem> problems() {
        return problems;
    }
}
