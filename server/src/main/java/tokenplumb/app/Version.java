package tokenplumb.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What this build is.
public final class Version {
    private static final String TEXT = read();

    private Version() {}

    /// Such as `0.1.0`.
    public static String text() {
        return TEXT;
    }

    private static String read() {
        try (var in = Version.class.getResourceAsStream("/tokenplumb/build.properties")) {
            var properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
