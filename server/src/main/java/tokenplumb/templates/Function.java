package tokenplumb.templates;

import java.util.List;

/// A function that templates may call. Arguments are checked against `parameters` first; the last
/// one repeats when `variadic`. `Object` takes anything, null too.
public record Function(List<Class<?>> parameters, boolean variadic, Body body) {
    /// What the function does. Throws [IllegalArgumentException] to fail the expansion with its
    /// message.
    @FunctionalInterface
    public interface Body {
        Object call(List<Object> arguments);
    }

    public Function {
        parameters = List.copyOf(parameters);
    }

    public static Function of(Body body, Class<?>... parameters) {
        return new Function(List.of(parameters), false, body);
    }

    public static Function variadic(Body body, Class<?>... parameters) {
        return new Function(List.of(parameters), true, body);
    }
}
