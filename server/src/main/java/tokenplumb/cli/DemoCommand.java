package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import tokenplumb.app.Demo;
import tokenplumb.app.Platform;
import tokenplumb.simulator.Fault;
import tokenplumb.simulator.FleetOptions;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// `tokenplumb demo`.
@Command(
        name = "demo",
        description = {
            "Run a simulated fleet of vLLM replicas on GPUs, and watch it.",
            "Takes the flags of serve. Without --storage.tsdb.path its data is thrown away at the"
                    + " end.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DemoCommand implements Runnable {
    @Mixin ServeFlags flags = new ServeFlags();

    @Option(
            names = "--demo.faults",
            paramLabel = "TIMETABLE",
            description = {
                "Faults to come, such as \"kv-cache-thrash@60s+5m thermal-throttle@10m\".",
                "`tokenplumb fault` starts one in a demo that runs."
            })
    String faults = "";

    @Option(
            names = "--demo.seed",
            paramLabel = "N",
            description = "Seed of every random draw (default: ${DEFAULT-VALUE}).")
    long seed = 42;

    @Option(
            names = "--demo.load",
            paramLabel = "FACTOR",
            description =
                    "How busy the fleet is; 1 is busy and healthy (default: ${DEFAULT-VALUE}).")
    double load = 1;

    @Option(
            names = "--demo.interval",
            paramLabel = "DURATION",
            description = "How often it is scraped (default: ${DEFAULT-VALUE}).")
    String interval = "5s";

    @Override
    public void run() {
        var fleet =
                FleetOptions.defaults().withSeed(seed).withLoad(load).withTimetable(timetable());
        Running.until(
                () -> {
                    var demo =
                            new Demo(
                                    fleet,
                                    InstantSource.system(),
                                    interval,
                                    Optional.ofNullable(flags.storagePath));
                    var config = flags.configFile;
                    var options =
                            flags.options(
                                    Optional.ofNullable(config), demo.configText(), demo.folder());
                    return new Platform(options, InstantSource.system(), Optional.of(demo));
                },
                platform -> {
                    System.out.println(
                            """
                            A simulated fleet: 2 models, 6 vLLM replicas, 16 GPUs. Nothing here is real.
                              look        %1$s
                              break it    tokenplumb fault kv-cache-thrash --url %1$s
                              stop        Ctrl-C\
                            """
                                    .formatted(platform.url()));
                });
    }

    private List<Fault> timetable() {
        try {
            return Fault.timetable(faults);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(flags.spec.commandLine(), e.getMessage());
        }
    }
}
