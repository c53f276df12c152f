package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

import tokenplumb.app.Platform;
import tokenplumb.app.Watching;
import tokenplumb.config.Durations;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// `tokenplumb watch URL…`.
@Command(
        name = "watch",
        description = {
            "Look at engines, GPU and node exporters right now, with no file at all.",
            "Recognises by content what each URL serves, prints a live summary, and serves the UI.",
            "Takes the flags of serve. Without --storage.tsdb.path its data is thrown away at the"
                    + " end.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class WatchCommand implements Runnable {
    @Mixin ServeFlags flags = new ServeFlags();

    @Parameters(
            arity = "1..*",
            paramLabel = "URL",
            description =
                    "Such as http://localhost:8000 or localhost:9100; /metrics is added where there"
                            + " is no path.")
    List<String> urls;

    @Option(
            names = "--watch.interval",
            paramLabel = "DURATION",
            description = "How often to scrape (default: ${DEFAULT-VALUE}).")
    String interval = "5s";

    @Override
    public void run() {
        var every = every();
        try {
            var watching = Watching.of(urls, every, Optional.ofNullable(flags.storagePath));
            watching.findings().forEach(System.out::println);
            Running.until(
                    () ->
                            new Platform(
                                    flags.options(
                                            Optional.empty(),
                                            watching.configText(),
                                            watching.folder()),
                                    InstantSource.system(),
                                    Optional.of(watching)),
                    platform -> draw(platform, every));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(flags.spec.commandLine(), e.getMessage());
        } catch (IOException e) {
            throw new Failure(1, e.getMessage());
        }
    }

    private Duration every() {
        try {
            var duration = Durations.parse(interval);
            if (duration.toMillis() < 500) {
                throw new IllegalArgumentException("must be at least 500ms");
            }
            return duration;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    flags.spec.commandLine(), "--watch.interval: " + e.getMessage());
        }
    }

    @SuppressWarnings(
            "SystemConsoleNull") // since JDK 25 it is null again where there is no terminal
    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private static void draw(Platform platform, Duration every) throws InterruptedException {
        var summary = new Summary(platform.promql(), platform.catalog(), every, platform::kindOf);
        boolean terminal = isTerminal();
        if (terminal) {
            System.out.print("\u001b[2J");
        }
        while (!Thread.currentThread().isInterrupted()) {
            Thread.sleep(terminal ? every : Duration.ofSeconds(Math.max(10, every.toSeconds())));
            var text =
                    summary.text(
                            platform.scraping().active(),
                            InstantSource.system().instant(),
                            platform.url());
            if (terminal) {
                // Home, every line cleared to its end, the rest of the screen cleared.
                System.out.print("\u001b[H" + text.replace("\n", "\u001b[K\n") + "\u001b[J");
            } else {
                System.out.println(text);
            }
            System.out.flush();
        }
    }
}
