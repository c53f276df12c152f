package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The launcher on machines that lack something, or have an older Java first.
final class LauncherTest {
    private static final Path LAUNCHER = Path.of("").toAbsolutePath().resolveSibling("tokenplumb");

    private static final String OLD_JAVA =
            """
            #!/bin/sh
            echo 'openjdk version "17.0.1"' >&2
            """;

    private record Run(int exit, String output) {}

    private static Run run(Map<String, String> environment, Path script, String... arguments)
            throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(List.of("/bin/bash", script.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    @Test
    void takesAJdk25FromJavaHomeThoughTheDefaultIsOlder(@TempDir Path folder)
            throws IOException, InterruptedException {
        var bin = Files.createDirectories(folder.resolve("bin"));
        var old = Files.writeString(bin.resolve("java"), OLD_JAVA);
        assertThat(old.toFile().setExecutable(true)).isTrue();
        var run =
                run(
                        Map.of(
                                "PATH", bin + ":/usr/bin:/bin",
                                "HOME", folder.toString(),
                                "JAVA_HOME", System.getProperty("java.home")),
                        LAUNCHER,
                        "version");
        assertThat(run.output()).contains("tokenplumb, version").contains("java:     25");
        assertThat(run.exit()).isZero();
    }

    @Test
    void saysWhatIsMissingAndHowToGetIt(@TempDir Path folder)
            throws IOException, InterruptedException {
        // The launcher alone, where nothing is built and no JDK 25 can be found.
        var script =
                Files.writeString(
                        folder.resolve("tokenplumb"),
                        Files.readString(LAUNCHER).replace("/usr/lib/jvm/*25*", "/nowhere"));
        var run = run(Map.of("PATH", "/usr/bin:/bin", "HOME", folder.toString()), script, "demo");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.output())
                .contains("needs a JDK 25 and found none")
                .contains("apt install openjdk-25-jdk");
    }
}
