package tokenplumb.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

import tokenplumb.app.Version;

/// The command `tokenplumb`. Exit codes: 0 well, 1 what was asked for failed or is wrong, 2 the
/// command itself was wrong.
@Command(
        name = "tokenplumb",
        description = {
            "Observability for LLM inference: one process from the user's token down to the"
                    + " silicon.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Main.VersionText.class,
        mixinStandardHelpOptions = true,
        subcommands = {
            ServeCommand.class,
            DemoCommand.class,
            WatchCommand.class,
            CheckCommand.class,
            TsdbCommand.class,
            FaultCommand.class,
            ExplainCommand.class,
            PlanCommand.class,
            VersionCommand.class,
            WarmUpCommand.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "Start with `tokenplumb demo`: a simulated fleet, watched, at http://localhost:9090.",
            "`tokenplumb watch http://my-vllm:8000` needs no configuration at all."
        })
public final class Main {
    private Main() {}

    /// What `--version` prints.
    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "tokenplumb, version " + Version.text(),
                "  java:     "
                        + System.getProperty("java.runtime.version")
                        + " ("
                        + System.getProperty("java.vendor")
                        + ")",
                "  platform: " + System.getProperty("os.name") + "/" + System.getProperty("os.arch")
            };
        }
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        var commands = new CommandLine(new Main());
        commands.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof Failure told) {
                command.getErr().println(told.getMessage());
                return told.exitCode();
            }
            throw failure;
        });
        if (arguments.length == 0) {
            commands.usage(System.out);
            return 2;
        }
        return commands.execute(arguments);
    }
}
