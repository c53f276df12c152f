package tokenplumb.http;

import io.vertx.core.Future;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Waits on a virtual thread for what happens on an event loop.
final class Waiting {
    private static final Duration CLOSING = Duration.ofSeconds(30);

    private Waiting() {}

    /// The result, or the failure as it was.
    static <T> T within(Duration time, Future<T> future)
            throws InterruptedException, TimeoutException, Failure {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(Math.max(0, time.toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new Failure(e.getCause());
        }
    }

    /// Waits for something to have closed; how it went no longer matters to anybody.
    static void quietly(Future<?> closing) {
        try {
            within(CLOSING, closing);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Failure | TimeoutException e) {
            System.getLogger("tokenplumb.http")
                    .log(System.Logger.Level.DEBUG, "closing the network", e);
        }
    }

    /// What went wrong on the event loop is the cause.
    static final class Failure extends IOException {
        private static final long serialVersionUID = 1;

        Failure(Throwable cause) {
            super(cause);
        }
    }
}
