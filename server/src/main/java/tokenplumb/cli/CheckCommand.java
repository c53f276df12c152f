package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import tokenplumb.app.PlatformConfig;
import tokenplumb.config.ConfigError;
import tokenplumb.rules.RuleFile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// `tokenplumb check config|rules FILE…`: exit code 0 when all is well, 1 otherwise.
@Command(
        name = "check",
        description = "Check files before they are used.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "config|rules")
final class CheckCommand {
    @Command(
            name = "config",
            description = "Check configuration files, and the rule files that they name.",
            mixinStandardHelpOptions = true)
    int config(
            @Option(
                            names = "--syntax-only",
                            description = "Only the file itself, not the files it names.")
                    boolean syntaxOnly,
            @Option(names = "--agent", description = "Check it as the configuration of an agent.")
                    boolean agent,
            @Parameters(arity = "1..*", paramLabel = "FILE") List<Path> files) {
        boolean well = true;
        for (var file : files) {
            System.out.println("Checking " + file);
            try {
                var config = PlatformConfig.read(file, Files.readString(file), agent);
                for (var warning : config.warnings()) {
                    System.out.println("  WARNING: " + warning);
                }
                System.out.println("  SUCCESS: " + file + " is valid configuration file syntax");
                if (!syntaxOnly) {
                    for (var pattern : config.ruleFiles()) {
                        var found = PlatformConfig.matching(pattern);
                        if (found.isEmpty()
                                && !String.valueOf(pattern.getFileName()).contains("*")) {
                            System.out.println("  FAILED: rule file " + pattern + " is not there");
                            well = false;
                        }
                        well &= rulesAreWell(found);
                    }
                }
            } catch (ConfigError e) {
                failed(e.getMessage());
                well = false;
            } catch (IOException e) {
                failed(reason(file, e));
                well = false;
            }
        }
        return well ? 0 : 1;
    }

    @Command(name = "rules", description = "Check rule files.", mixinStandardHelpOptions = true)
    int rules(@Parameters(arity = "1..*", paramLabel = "FILE") List<Path> files) {
        return rulesAreWell(files) ? 0 : 1;
    }

    private static boolean rulesAreWell(List<Path> files) {
        boolean well = true;
        for (var file : files) {
            System.out.println("Checking " + file);
            try {
                var read = RuleFile.read(file.toString(), Files.readString(file));
                System.out.print(read.verdict());
                well &= read.problems().isEmpty();
            } catch (IOException e) {
                failed(reason(file, e));
                well = false;
            }
        }
        return well;
    }

    private static void failed(String message) {
        System.out.println("  FAILED:");
        message.lines().forEach(line -> System.out.println("    " + line));
    }

    private static String reason(Path file, IOException e) {
        return e instanceof NoSuchFileException
                ? file + ": there is no such file"
                : file + ": cannot be read: " + e.getMessage();
    }
}
