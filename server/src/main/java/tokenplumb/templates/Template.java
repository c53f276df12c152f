package tokenplumb.templates;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A parsed template. Immutable, and so are its expansions' effects: none. Thread-safe as far as
/// its functions are.
public final class Template {
    private final String name;
    private final String text;
    private final Map<String, List<Node>> bodies;
    private final Map<String, Function> functions;

    private Template(
            String name,
            String text,
            Map<String, List<Node>> bodies,
            Map<String, Function> functions) {
        this.name = name;
        this.text = text;
        this.bodies = bodies;
        this.functions = functions;
    }

    /// `functions` come beside Go's builtins. Throws [TemplateError].
    public static Template parse(String name, String text, Map<String, Function> functions) {
        var all = new HashMap<>(Builtins.ALL);
        all.putAll(functions);
        return new Template(name, text, Parser.parse(name, text, all.keySet()), Map.copyOf(all));
    }

    /// The text with `data` as its dot. Throws [TemplateError].
    public String expand(Object data) {
        return expand(data, functions);
    }

    /// The same with functions that are only known now, such as those that ask at a certain time;
    /// they take the places of those given to [#parse].
    public String expandWith(Object data, Map<String, Function> late) {
        var all = new HashMap<>(functions);
        all.putAll(late);
        return expand(data, all);
    }

    private String expand(Object data, Map<String, Function> all) {
        return new Expansion(name, text, bodies, all).run(data);
    }
}
