package tokenplumb.api;

import tokenplumb.signal.Labels;

import java.time.Instant;

/// The running program, as the API sees it; `app` plugs it in. Thread-safe.
public interface Server {
    /// The configuration in force and how the last reload went. `yaml` has its secrets masked;
    /// `error` says where the refused file is wrong, `""` when the last reload went well.
    record ConfigState(String yaml, Instant lastSuccess, String error, Instant lastError) {
        public boolean ok() {
            return error.isEmpty();
        }
    }

    ConfigState config();

    /// `external_labels` of the configuration in force.
    Labels externalLabels();

    /// Reads the configuration again. On a mistake the old one goes on, and the exception's message
    /// says what is wrong where.
    void reload() throws Exception;

    /// Asks the program to end; returns at once.
    void quit();
}
