package tokenplumb.cli;

import tokenplumb.app.Platform;
import tokenplumb.app.Signals;
import tokenplumb.config.ConfigError;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/// Runs a platform until the process is told to end: by SIGTERM, SIGINT, or `POST /-/quit`. SIGHUP
/// reloads the configuration.
final class Running {
    /// Builds the platform.
    @FunctionalInterface
    interface Building {
        Platform build() throws IOException;
    }

    /// What to do once it runs; called on the main thread, may block.
    @FunctionalInterface
    interface Meanwhile {
        void run(Platform platform) throws InterruptedException;
    }

    private Running() {}

    static void until(Building building, Meanwhile meanwhile) {
        var quit = new CountDownLatch(1);
        Platform platform;
        try {
            platform = building.build();
        } catch (ConfigError e) {
            throw new Failure(2, "The configuration is wrong:\n" + e.getMessage());
        } catch (IOException e) {
            throw new Failure(1, e.getMessage());
        }
        var closed = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    quit.countDown();
                                    platform.close();
                                    closed.countDown();
                                },
                                "shutdown"));
        Signals.on("HUP", () -> Thread.ofVirtual().start(platform::reloadQuietly));
        platform.onQuit(quit::countDown);
        try {
            platform.start();
            meanwhile.run(platform);
            quit.await();
        } catch (ConfigError e) {
            platform.close();
            throw new Failure(2, "The configuration is wrong:\n" + e.getMessage());
        } catch (IOException e) {
            platform.close();
            throw new Failure(1, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        platform.close();
    }
}
