package tokenplumb.cli;

import picocli.CommandLine.Command;

/// `tokenplumb version`.
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Runnable {
    @Override
    public void run() {
        for (var line : new Main.VersionText().getVersion()) {
            System.out.println(line);
        }
    }
}
