package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import tokenplumb.app.Platform;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/// `tokenplumb serve`.
@Command(
        name = "serve",
        description = {
            "Scrape, store, evaluate rules, answer queries and show it all.",
            "Takes Prometheus' flags and configuration file, and can replace it in place.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ServeCommand implements Runnable {
    @Mixin ServeFlags flags = new ServeFlags();

    @Override
    public void run() {
        var file = flags.configFile == null ? defaultFile() : flags.configFile;
        var storage = flags.storagePath == null ? Path.of("data") : flags.storagePath;
        var options = flags.options(Optional.of(file), "", storage);
        Running.until(
                () -> new Platform(options, InstantSource.system(), Optional.empty()),
                platform -> {});
    }

    private static Path defaultFile() {
        for (var name : new String[] {"prometheus.yml", "tokenplumb.yml"}) {
            if (Files.exists(Path.of(name))) {
                return Path.of(name);
            }
        }
        throw new Failure(
                2,
                """
                There is no prometheus.yml or tokenplumb.yml in this folder. Choose one:
                  tokenplumb serve --config.file=FILE    with a Prometheus configuration
                  tokenplumb watch http://HOST:8000      no file at all, just look at an engine
                  tokenplumb demo                        a simulated fleet\
                """);
    }
}
