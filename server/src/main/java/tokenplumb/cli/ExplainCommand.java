package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// `tokenplumb explain QUERY`.
@Command(
        name = "explain",
        description = "Say what the names in a query resolve to, and why its result is empty.",
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Runnable {
    @Parameters(paramLabel = "QUERY", description = "A PromQL expression.")
    String query = "";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where Tokenplumb runs (default: ${DEFAULT-VALUE}).")
    String url = "http://localhost:9090";

    @Override
    public void run() {
        var path =
                "/api/tokenplumb/v1/explain?query="
                        + URLEncoder.encode(query, StandardCharsets.UTF_8);
        print(new Remote(url).ask("GET", path, ""), 0);
    }

    private static void print(Object value, int indent) {
        var space = " ".repeat(indent);
        switch (value) {
            case Map<?, ?> map ->
                    map.forEach((name, item) -> {
                        if (item instanceof Map || item instanceof List) {
                            System.out.println(space + name + ":");
                            print(item, indent + 2);
                        } else {
                            System.out.println(space + name + ": " + item);
                        }
                    });
            case List<?> list -> list.forEach(item -> print(item, indent));
            default -> System.out.println(space + value);
        }
    }
}
