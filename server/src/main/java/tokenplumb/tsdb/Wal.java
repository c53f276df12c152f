package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/// The write-ahead log being written: one frame for each commit, in numbered segment files
/// (docs/format/head.md). It always begins a new file after a start, so that damage at the end of
/// an old one is never written over.
///
/// [#append] is for holders of [#lock], [#sync] for one thread beside them.
final class Wal {
    static final String FOLDER = "head/wal";
    static final int HEADER = 16;

    private static final long MAGIC = 0x54_50_57_41_4C_00_00_01L; // TPWAL, version 1
    private static final long SEGMENT_BYTES = 16 << 20;

    /// Orders commits. Taken before the head's lock and after the index's; held while writing, so
    /// queries never take it.
    final ReentrantLock lock = new ReentrantLock();

    private final Disk disk;
    private long next; // number of the next segment
    private Disk.Appender file; // null until the next append
    private final AtomicLong bytes; // in all segments not dropped
    private final List<Disk.Appender> retired = new ArrayList<>(); // to be synced and closed
    private final Runnable whenDirty;
    private volatile boolean dirty; // something waits for a sync

    /// Why the log takes nothing: what was acknowledged may not be on disk. Null when all is well.
    private volatile IOException failure;

    /// `whenDirty` is called when something begins to wait for a [#sync].
    Wal(Disk disk, long firstSegment, long bytesBefore, Runnable whenDirty) {
        this.whenDirty = whenDirty;
        this.disk = disk;
        this.next = firstSegment;
        this.bytes = new AtomicLong(bytesBefore);
    }

    static String name(long segment) {
        return String.format(Locale.ROOT, "%s/%08d", FOLDER, segment);
    }

    static void putHeader(Buffer into, long segment) {
        into.putLong(MAGIC);
        into.putLong(segment);
    }

    static boolean isMagic(long magic) {
        return magic == MAGIC;
    }

    long bytes() {
        return bytes.get();
    }

    /// Writes a frame (`synced`: and returns when it is safe from a power failure). On failure
    /// nothing of it is left.
    void append(Buffer frame, boolean synced) throws IOException {
        var why = failure;
        if (why != null) {
            throw new IOException(
                    "%s: nothing is accepted until the disk takes it again (%s)"
                            .formatted(disk, why.getMessage()),
                    why);
        }
        if (file == null) {
            open();
        }
        long before = file.size();
        try {
            file.append(frame.array(), 0, frame.size());
            if (synced) {
                file.sync();
            }
        } catch (IOException e) {
            takeBack(before, e);
            throw e;
        }
        if (!synced) {
            markDirty();
        }
        bytes.addAndGet(frame.size());
        if (file.size() >= SEGMENT_BYTES) {
            retire();
        }
    }

    private void open() throws IOException {
        var header = new Buffer(HEADER);
        putHeader(header, next);
        var opened = disk.append(name(next));
        next++;
        file = opened;
        try {
            opened.append(header.array(), 0, header.size());
        } catch (IOException e) {
            takeBack(0, e);
            retire();
            throw e;
        }
        bytes.addAndGet(header.size());
    }

    /// What cannot be cut off is left behind: nothing is written after it, and a reader's checksum
    /// tells it from a record.
    private void takeBack(long size, IOException cause) {
        try {
            file.truncate(size);
        } catch (IOException e) {
            cause.addSuppressed(e);
            retire();
        }
    }

    private void retire() {
        retired.add(file);
        file = null;
        markDirty();
    }

    private void markDirty() {
        if (!dirty) {
            dirty = true;
            whenDirty.run();
        }
    }

    /// Ends the current segment; what is appended later stands in the returned one or after it.
    long roll() {
        lock.lock();
        try {
            if (file != null) {
                retire();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    boolean isUnsafe() {
        return failure != null;
    }

    /// The failed sync because of which nothing is accepted, or null.
    IOException failure() {
        return failure;
    }

    /// After everything acknowledged was written anew.
    void isSafeAgain() {
        failure = null;
    }

    boolean isDirty() {
        return dirty;
    }

    /// Returns when everything appended before the call is safe from a power failure. What could
    /// not be synced is not tried again, as the system may have dropped it: it must be written
    /// anew.
    void sync() throws IOException {
        dirty = false;
        List<Disk.Appender> olds;
        Disk.Appender current;
        lock.lock();
        try {
            olds = List.copyOf(retired);
            retired.clear();
            current = file;
        } finally {
            lock.unlock();
        }
        try {
            syncAll(olds, current);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    private static void syncAll(List<Disk.Appender> olds, Disk.Appender current)
            throws IOException {
        IOException first = null;
        for (var old : olds) {
            try (old) {
                old.sync();
            } catch (IOException e) {
                first = e;
            }
        }
        if (first != null) {
            throw first;
        }
        if (current != null) {
            current.sync();
        }
    }

    /// Deletes the segments before `segment`, of which a checkpoint holds everything.
    void dropBefore(long segment) throws IOException {
        for (var name : disk.list(FOLDER)) {
            long number = number(name);
            if (number >= 0 && number < segment) {
                long size = disk.size(name);
                disk.delete(name);
                bytes.addAndGet(-size);
            }
        }
    }

    /// The number of a segment file, or -1 when the name is not one's.
    static long number(String name) {
        var digits = name.substring(FOLDER.length() + 1);
        return digits.matches("[0-9]{8,18}") ? Long.parseLong(digits) : -1;
    }

    void close() throws IOException {
        sync();
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
