package tokenplumb.acceptance;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program of Debian's that speaks to our server. Tests that need one are skipped, saying how to
/// get it, where it is not installed.
record Program(Path path) {
    /// What a run printed, both streams together, and how it ended.
    record Run(int exit, String output) {}

    static Program of(String name, String debianPackage) {
        for (var folder : System.getenv("PATH").split(":")) {
            var candidate = Path.of(folder, name);
            if (Files.isExecutable(candidate)) {
                return new Program(candidate);
            }
        }
        Assumptions.abort(
                "%s is not installed: apt-get install %s, to test against it"
                        .formatted(name, debianPackage));
        throw new IllegalStateException("bug: not reached");
    }

    Run run(String... arguments) throws IOException, InterruptedException {
        return run(new byte[0], arguments);
    }

    Run run(byte[] input, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(path.toString()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.getOutputStream()) {
            out.write(input);
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(command + " did not end within a minute");
        }
        return new Run(process.exitValue(), output);
    }
}
