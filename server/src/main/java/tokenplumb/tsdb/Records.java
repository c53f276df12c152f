package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

/// The kinds of records in log and checkpoint files, by their first byte, and how a commit is
/// spelt.
final class Records {
    static final int COMMIT = 1;
    static final int CHECKPOINT_BEGIN = 2;
    static final int CHECKPOINT_SERIES = 3;
    static final int CHECKPOINT_END = 4;

    private Records() {}

    /// Hears what a commit holds, in order.
    interface Commit extends SeriesTable.Listener {
        void sample(long reference, long time, long value);
    }

    /// ```
    /// count | 1: all at one time, 0 | time | references, each minus the one before
    /// | (0:) times but the first, each minus the one before | values, 8 bytes each
    /// ```
    static void writeSamples(Columns columns, Buffer into) {
        int size = columns.size;
        into.putUvarint(size);
        boolean sameTime = true;
        for (int i = 1; i < size && sameTime; i++) {
            sameTime = columns.times[i] == columns.times[0];
        }
        into.putByte(sameTime ? 1 : 0);
        into.putVarint(columns.times[0]);
        long before = 0;
        for (int i = 0; i < size; i++) {
            into.putVarint(columns.references[i] - before);
            before = columns.references[i];
        }
        for (int i = 1; i < size && !sameTime; i++) {
            into.putVarint(columns.times[i] - columns.times[i - 1]);
        }
        for (int i = 0; i < size; i++) {
            into.putLong(columns.values[i]);
        }
    }

    /// Reads a commit after its first byte; returns how many samples it holds.
    static int readCommit(ByteReader from, byte[] bytes, Index index, Commit into) {
        if (from.getByte() == 1) {
            SeriesTable.read(from, index, into);
        }
        int size = from.getCount(8);
        boolean sameTime = from.getByte() == 1;
        long time = from.getVarint();
        var times = new ByteReader(bytes, from.position(), from.remaining());
        skipVarints(times, size);
        var values = new ByteReader(bytes, times.position(), times.remaining());
        if (!sameTime) {
            skipVarints(values, size - 1);
        }
        long reference = 0;
        for (int i = 0; i < size; i++) {
            reference += from.getVarint();
            if (i > 0 && !sameTime) {
                time += times.getVarint();
            }
            into.sample(reference, time, values.getLong());
        }
        return size;
    }

    private static void skipVarints(ByteReader reader, int count) {
        for (int i = 0; i < count; i++) {
            reader.getUvarint();
        }
    }
}
