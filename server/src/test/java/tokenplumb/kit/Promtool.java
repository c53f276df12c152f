package tokenplumb.kit;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Debian's promtool. Tests are skipped with a message where it is not installed.
public final class Promtool {
    private Promtool() {}

    /// The path of one of Prometheus' programs.
    public static Path program(String name) {
        for (var folder : System.getenv("PATH").split(":")) {
            var candidate = Path.of(folder, name);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        Assumptions.abort("no " + name + " here: apt-get install prometheus, to compare with it");
        throw new IllegalStateException("bug: not reached");
    }

    /// What it says; a failure is an [AssertionError] with its words.
    public static String run(Object... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(program("promtool").toString());
        List.of(arguments).forEach(each -> command.add(each.toString()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new AssertionError(command + " ended with " + status + ": " + said);
        }
        return said;
    }
}
