package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/// Every series with its open chunk, written down so that the log before it can go and a start
/// replays little.
///
/// It is not of one instant: commits go on while it is written. It need not be, because the log
/// that begins before it holds those commits too, and replaying a sample that is there already
/// changes nothing.
final class Checkpoint {
    private static final String PREFIX = Wal.FOLDER + "/checkpoint-";
    private static final String TEMPORARY = Wal.FOLDER + "/checkpoint.tmp";
    private static final int ROWS_AT_ONCE = 256;
    private static final int WRITE_AT_ONCE = 256 << 10;

    private Checkpoint() {}

    /// The log from this segment on is not in the checkpoint.
    static String name(long walSegment) {
        return String.format(Locale.ROOT, "%s%08d", PREFIX, walSegment);
    }

    /// The number in a checkpoint's name, or -1 when the name is not one's.
    static long number(String name) {
        if (!name.startsWith(PREFIX)) {
            return -1;
        }
        var digits = name.substring(PREFIX.length());
        return digits.matches("[0-9]{8,18}") ? Long.parseLong(digits) : -1;
    }

    /// What must happen between writing the series and trusting the checkpoint.
    interface BeforeEnd {
        void run() throws IOException;
    }

    /// Writes one; returns its size. The log must have been rolled to `walSegment` before, and full
    /// chunks have gone to `firstSegment` or later ones since.
    static long write(Disk disk, Head head, long walSegment, long firstSegment, BeforeEnd beforeEnd)
            throws IOException {
        disk.delete(TEMPORARY);
        try {
            long size = writeTemporary(disk, head, firstSegment, beforeEnd);
            disk.rename(TEMPORARY, name(walSegment));
            return size;
        } catch (IOException e) {
            disk.delete(TEMPORARY);
            throw e;
        }
    }

    private static long writeTemporary(Disk disk, Head head, long firstSegment, BeforeEnd beforeEnd)
            throws IOException {
        var into = new Buffer(WRITE_AT_ONCE + (WRITE_AT_ONCE >> 1));
        try (var file = disk.append(TEMPORARY)) {
            int begun = Frame.begin(into);
            into.putByte(Records.CHECKPOINT_BEGIN);
            into.putUvarint(firstSegment);
            into.putUvarint(head.generation());
            into.putVarint(head.locked(head::minValid));
            Frame.end(into, begun);
            long series = 0;
            int end = rowCount(head);
            for (int row = 0; row < end; row += ROWS_AT_ONCE) {
                series += writeRows(head, row, Math.min(end, row + ROWS_AT_ONCE), into);
                if (into.size() >= WRITE_AT_ONCE) {
                    file.append(into.array(), 0, into.size());
                    into.reset();
                }
            }
            writeLate(head, into);
            begun = Frame.begin(into);
            into.putByte(Records.CHECKPOINT_END);
            into.putUvarint(series);
            Frame.end(into, begun);
            file.append(into.array(), 0, into.size());
            beforeEnd.run();
            file.sync();
            return file.size();
        }
    }

    private static int rowCount(Head head) {
        head.lock.lock();
        try {
            return head.rows.size();
        } finally {
            head.lock.unlock();
        }
    }

    private static int writeRows(Head head, int from, int to, Buffer into) {
        var some = new Written(Records.CHECKPOINT_SERIES);
        var natives = new Written(Records.CHECKPOINT_NATIVES);
        head.index.lock.readLock().lock();
        head.lock.lock();
        try {
            for (int row = from; row < to; row++) {
                if (!head.index.has(row) || !head.rows.isLogged(row)) {
                    continue;
                }
                if (head.rows.isNative(row)) {
                    natives.table.add(head.rows.reference(row), head.index.labels(row));
                    head.rows.writeNative(row, natives.states);
                } else {
                    some.table.add(head.rows.reference(row), head.index.labels(row));
                    head.rows.write(row, some.states);
                }
            }
        } finally {
            head.lock.unlock();
            head.index.lock.readLock().unlock();
        }
        return some.flush(into) + natives.flush(into);
    }

    /// Series of one kind, with their states.
    private static final class Written {
        final SeriesTable table = new SeriesTable();
        final Buffer states = new Buffer();
        private final int kind;

        Written(int kind) {
            this.kind = kind;
        }

        int flush(Buffer into) {
            int series = table.size();
            if (series > 0) {
                int begun = Frame.begin(into);
                into.putByte(kind);
                table.flush(into);
                into.put(states.array(), 0, states.size());
                Frame.end(into, begun);
            }
            return series;
        }
    }

    /// Late samples go as a commit of nothing else, a frame for some rows at once.
    private static void writeLate(Head head, Buffer into) {
        var some = new Columns();
        int rows = 0;
        head.lock.lock();
        try {
            int epoch = head.truncations();
            for (int row : head.late.rows()) {
                some.addLate(
                        head.late.column(row),
                        (time, commit) -> !head.isWritten(time, commit, epoch));
                if (++rows % ROWS_AT_ONCE == 0) {
                    flushLate(some, into);
                }
            }
        } finally {
            head.lock.unlock();
        }
        flushLate(some, into);
    }

    private static void flushLate(Columns some, Buffer into) {
        if (some.isEmpty()) {
            return;
        }
        int begun = Frame.begin(into);
        into.putByte(Records.MIXED_COMMIT);
        into.putByte(0);
        Records.writeMixed(some, into);
        Frame.end(into, begun);
        some.clear();
    }

    /// Puts the series of a record (after its first byte, `kind`) back; returns how many.
    static int restore(int kind, ByteReader from, Head head, SeriesTable.Listener series) {
        var references = new long[ROWS_AT_ONCE];
        int[] count = new int[1];
        SeriesTable.read(
                from,
                head.index,
                (reference, ids) -> {
                    series.series(reference, ids);
                    references[count[0]++] = reference;
                });
        for (int i = 0; i < count[0]; i++) {
            if (kind == Records.CHECKPOINT_NATIVES) {
                head.rows.restoreNative((int) references[i], from);
            } else {
                head.rows.restore((int) references[i], from);
            }
        }
        return count[0];
    }

    /// Whether every record of a checkpoint is sound, up to its end.
    static boolean isWhole(MemorySegment file) {
        var seen =
                new Object() {
                    boolean isDamaged;
                    int last;
                };
        Frame.scan(
                file,
                0,
                file.byteSize(),
                new Frame.Listener() {
                    @Override
                    public void body(byte[] bytes, int length, long offset) {
                        seen.last = bytes[0];
                    }

                    @Override
                    public void damage(long offset, long length, boolean tail, String what) {
                        seen.isDamaged = true;
                    }
                });
        return !seen.isDamaged && seen.last == Records.CHECKPOINT_END;
    }

    /// Deletes the checkpoints before the one of `walSegment`.
    static void dropBefore(Disk disk, long walSegment) throws IOException {
        for (var name : disk.list(Wal.FOLDER)) {
            long number = number(name);
            if (number >= 0 && number < walSegment) {
                disk.delete(name);
            }
        }
    }
}
