package tokenplumb.app;

import java.time.Instant;

/// Which configuration is in force, and how the last reload went. Thread-safe.
final class ConfigStatus {
    private volatile PlatformConfig current;
    private volatile Instant lastSuccess;
    private volatile String lastError = "";
    private volatile Instant lastErrorTime = Instant.EPOCH;

    ConfigStatus(PlatformConfig current, Instant now) {
        this.current = current;
        this.lastSuccess = now;
    }

    void succeeded(PlatformConfig config, Instant now) {
        current = config;
        lastSuccess = now;
        lastError = "";
    }

    void failed(String error, Instant now) {
        lastError = error;
        lastErrorTime = now;
    }

    PlatformConfig current() {
        return current;
    }

    Instant lastSuccess() {
        return lastSuccess;
    }

    /// What was wrong with the last file that was refused; `""` when the last reload went well.
    String lastError() {
        return lastError;
    }

    Instant lastErrorTime() {
        return lastErrorTime;
    }
}
