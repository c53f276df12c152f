package tokenplumb.app;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// A store's folder: the user's, or a temporary one that goes when the process does.
record Folders(Path path, boolean temporary) {
    private static final System.Logger LOG = System.getLogger("tokenplumb.app");

    static Folders of(java.util.Optional<Path> wanted, String prefix) throws IOException {
        return wanted.isPresent()
                ? new Folders(wanted.get(), false)
                : new Folders(Files.createTempDirectory(prefix), true);
    }

    void deleteIfTemporary() {
        if (!temporary) {
            return;
        }
        try (var all = Files.walk(path)) {
            for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "could not delete {0}: {1}", path, e.getMessage());
        }
    }
}
