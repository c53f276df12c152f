package tokenplumb.exposition;

import java.io.IOException;

/// An exposition that is not what its format allows: `line N: what, at "…"`.
public final class ExpositionException extends IOException {
    private static final long serialVersionUID = 1;

    private final int line;

    ExpositionException(int line, String what, String at) {
        super("line " + line + ": " + what + ", at " + at);
        this.line = line;
    }

    /// Where, counted from 1.
    public int line() {
        return line;
    }
}
