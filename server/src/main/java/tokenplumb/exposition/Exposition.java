package tokenplumb.exposition;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

/// Reads an exposition entry by entry, in one pass over its bytes and without a String for a sample
/// until somebody asks for one. Made to be reused by [#reset]. Not thread-safe.
public final class Exposition {
    private int at;

    /// What [#next] has found.
    public enum Entry {
        SERIES,
        TYPE,
        HELP,
        UNIT,
        COMMENT,
        END
    }

    /// Starts over with the first `length` bytes of `body`, which must not change meanwhile.
    public void reset(Format format, byte[] body, int length) {
        at = 0;
    }

    /// Goes on to the next entry.
    public Entry next() throws ExpositionException {
        if (at >= 0) {
            throw new UnsupportedOperationException("not there yet");
        }
        return Entry.END;
    }

    /// After SERIES: its labels, the name among them.
    public Labels labels() {
        return Labels.EMPTY;
    }

    /// After SERIES.
    public double value() {
        return at;
    }

    /// After SERIES: whether it came with a time of its own.
    public boolean hasTimestamp() {
        return at < 0;
    }

    /// After SERIES: its own time in milliseconds since the epoch.
    public long timestamp() {
        return at;
    }

    /// After TYPE, HELP and UNIT: the family's name.
    public String family() {
        return "";
    }

    /// After TYPE.
    public Metadata.Type type() {
        return Metadata.Type.UNKNOWN;
    }

    /// After HELP (unescaped), UNIT and COMMENT.
    public String text() {
        return "";
    }
}
