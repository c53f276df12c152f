package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Histogram;

/// The kinds of records in log and checkpoint files, by their first byte, and how a commit is
/// spelt.
final class Records {
    /// A commit of nothing but floats of plain series.
    static final int COMMIT = 1;

    static final int CHECKPOINT_BEGIN = 2;
    static final int CHECKPOINT_SERIES = 3;
    static final int CHECKPOINT_END = 4;

    /// A commit with samples of other kinds too.
    static final int MIXED_COMMIT = 5;

    /// Series whose open chunk holds native histograms.
    static final int CHECKPOINT_NATIVES = 6;

    static final int MOVED = 7; // of Moved

    private Records() {}

    /// Hears what a commit holds, in order.
    interface Commit extends SeriesTable.Listener {
        void sample(long reference, long time, long value);

        void histogram(long reference, long time, Histogram histogram);

        void lateHistogram(long reference, long time, Histogram histogram);

        /// A sample that was late.
        void late(long reference, long time, long value);

        /// As [#folded], late.
        void lateFolded(long reference, long time, long sum, long[] counts, int at, int buckets);

        /// A folded histogram's; cumulative counts stand in `counts` from `at` on, none of a stale
        /// one.
        void folded(long reference, long time, long sum, long[] counts, int at, int buckets);
    }

    /// Writes what a batch of nothing but floats holds, after the first byte and the series table.
    static void writeFloats(Columns columns, Buffer into) {
        writeHeads(columns.references, columns.times, columns.size, into);
        for (int i = 0; i < columns.size; i++) {
            into.putLong(columns.values[i]);
        }
    }

    /// As above, of a batch with anything.
    static void writeMixed(Columns columns, Buffer into) {
        writeFloats(columns, into);
        writeFolded(columns.folded, into);
        writeNatives(columns.natives, into);
        into.putByte(columns.hasLate() ? 1 : 0);
        if (columns.hasLate()) {
            writeFloats(columns.late(), into);
            writeFolded(columns.late().folded, into);
            writeNatives(columns.late().natives, into);
        }
    }

    private static void writeNatives(Columns.Natives natives, Buffer into) {
        writeHeads(natives.references, natives.times, natives.size, into);
        for (int i = 0; i < natives.size; i++) {
            var histogram = natives.histograms[i];
            into.putByte(histogram == null ? 0 : 1);
            if (histogram == null) {
                into.putLong(natives.values[i]);
            } else {
                HistogramBytes.put(histogram, into);
            }
        }
    }

    private static void writeFolded(Columns.Folded folded, Buffer into) {
        writeHeads(folded.references, folded.times, folded.size, into);
        for (int i = 0; i < folded.size; i++) {
            into.putLong(folded.sums[i]);
            into.putUvarint(folded.buckets(i));
            long before = 0;
            for (int j = folded.starts[i]; j < folded.starts[i + 1]; j++) {
                into.putVarint(folded.counts[j] - before);
                before = folded.counts[j];
            }
        }
    }

    /// ```
    /// count | 1: all at one time, 0 | time | references, each minus the one before
    /// | (0:) times but the first, each minus the one before
    /// ```
    private static void writeHeads(long[] references, long[] times, int size, Buffer into) {
        into.putUvarint(size);
        if (size == 0) {
            return;
        }
        boolean sameTime = true;
        for (int i = 1; i < size && sameTime; i++) {
            sameTime = times[i] == times[0];
        }
        into.putByte(sameTime ? 1 : 0);
        into.putVarint(times[0]);
        long before = 0;
        for (int i = 0; i < size; i++) {
            into.putVarint(references[i] - before);
            before = references[i];
        }
        for (int i = 1; i < size && !sameTime; i++) {
            into.putVarint(times[i] - times[i - 1]);
        }
    }

    /// Reads references and times as [#writeHeads] wrote them, side by side.
    private static final class Heads {
        private final ByteReader references;
        private final ByteReader times;
        private final boolean sameTime;
        final int size;
        long reference;
        long time;
        private boolean isFirst = true;

        /// Leaves `from` behind them.
        Heads(ByteReader from, byte[] bytes) {
            size = from.getCount(1);
            sameTime = size == 0 || from.getByte() == 1;
            time = size == 0 ? 0 : from.getVarint();
            references = new ByteReader(bytes, from.position(), from.remaining());
            skipVarints(from, size);
            times = new ByteReader(bytes, from.position(), from.remaining());
            if (!sameTime) {
                skipVarints(from, size - 1);
            }
        }

        void next() {
            reference += references.getVarint();
            if (!isFirst && !sameTime) {
                time += times.getVarint();
            }
            isFirst = false;
        }
    }

    /// Reads a commit after its first byte, which is `kind`; returns how many samples it holds.
    static int readCommit(int kind, ByteReader from, byte[] bytes, Index index, Commit into) {
        if (from.getByte() == 1) {
            SeriesTable.read(from, index, into);
        }
        int size = readFloats(from, bytes, into::sample);
        if (kind == MIXED_COMMIT) {
            size += readFolded(from, bytes, into::folded);
            size += readNatives(from, bytes, into::sample, into::histogram);
            if (from.getByte() == 1) {
                size += readFloats(from, bytes, into::late);
                size += readFolded(from, bytes, into::lateFolded);
                size += readNatives(from, bytes, into::late, into::lateHistogram);
            }
        }
        return size;
    }

    private interface OneFloat {
        void sample(long reference, long time, long value);
    }

    private static int readFloats(ByteReader from, byte[] bytes, OneFloat into) {
        var heads = new Heads(from, bytes);
        for (int i = 0; i < heads.size; i++) {
            heads.next();
            into.sample(heads.reference, heads.time, from.getLong());
        }
        return heads.size;
    }

    private interface OneNative {
        void sample(long reference, long time, Histogram histogram);
    }

    private static int readNatives(
            ByteReader from, byte[] bytes, OneFloat floats, OneNative histograms) {
        var heads = new Heads(from, bytes);
        for (int i = 0; i < heads.size; i++) {
            heads.next();
            if (from.getByte() == 0) {
                floats.sample(heads.reference, heads.time, from.getLong());
            } else {
                histograms.sample(heads.reference, heads.time, HistogramBytes.get(from));
            }
        }
        return heads.size;
    }

    private interface OneFolded {
        void sample(long reference, long time, long sum, long[] counts, int at, int buckets);
    }

    private static int readFolded(ByteReader from, byte[] bytes, OneFolded into) {
        var heads = new Heads(from, bytes);
        var counts = new long[64];
        for (int i = 0; i < heads.size; i++) {
            heads.next();
            long sum = from.getLong();
            int buckets = from.getCount(1);
            if (buckets > counts.length) {
                counts = new long[buckets];
            }
            long before = 0;
            for (int j = 0; j < buckets; j++) {
                before += from.getVarint();
                counts[j] = before;
            }
            into.sample(heads.reference, heads.time, sum, counts, 0, buckets);
        }
        return heads.size;
    }

    private static void skipVarints(ByteReader reader, int count) {
        for (int i = 0; i < count; i++) {
            reader.getUvarint();
        }
    }
}
