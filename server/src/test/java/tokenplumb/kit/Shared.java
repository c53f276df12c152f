package tokenplumb.kit;

import org.junit.jupiter.api.Assumptions;

import java.nio.file.Files;
import java.nio.file.Path;

/// The folder `shared/` that stands beside the checkout: real data and conformance cases. Tests
/// that need it are skipped with a message where it is absent.
public final class Shared {
    private Shared() {}

    /// A file or folder below `shared/`.
    public static Path path(String relative) {
        for (var folder = Path.of("").toAbsolutePath();
                folder != null;
                folder = folder.getParent()) {
            var candidate = folder.resolveSibling("shared");
            if (Files.isDirectory(candidate.resolve("conformance"))) {
                return candidate.resolve(relative);
            }
        }
        Assumptions.abort("no folder shared/ beside the checkout: " + relative + " not tested");
        throw new IllegalStateException("bug: not reached");
    }
}
