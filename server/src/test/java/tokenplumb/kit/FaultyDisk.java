package tokenplumb.kit;

import tokenplumb.disk.Disk;

import java.io.IOException;
import java.util.List;
import java.util.Random;

/// A disk that fails as told: the power goes at a given operation, it fills up, or it cannot be
/// read or synced. Counts every operation that a real disk could fail. Thread-safe.
public final class FaultyDisk implements Disk {
    private final MemoryDisk disk;
    private final Random random;
    private long operations;
    private long lastOperation = Long.MAX_VALUE;
    private long capacity = Long.MAX_VALUE;
    private int failingReads;
    private int failingSyncs;
    private boolean isOff;

    public FaultyDisk(MemoryDisk disk, Random random) {
        this.disk = disk;
        this.random = random;
    }

    /// The power goes while this operation, counted from 0, is under way.
    public synchronized FaultyDisk losingPowerAt(long operation) {
        lastOperation = operation;
        return this;
    }

    /// No more than this many bytes fit from now on.
    public synchronized FaultyDisk capacity(long bytes) {
        capacity = bytes;
        return this;
    }

    /// The next `count` files to be mapped cannot be read.
    public synchronized FaultyDisk failingReads(int count) {
        failingReads = count;
        return this;
    }

    /// The next `count` syncs fail.
    public synchronized FaultyDisk failingSyncs(int count) {
        failingSyncs = count;
        return this;
    }

    public synchronized long operations() {
        return operations;
    }

    public synchronized boolean isOff() {
        return isOff;
    }

    /// The disk as the power failure (of this moment, if there was none) leaves it.
    public synchronized MemoryDisk afterPowerLoss() {
        isOff = true;
        return disk.afterPowerLoss(random);
    }

    /// Whether this operation is the last; throws when the power is off already.
    private synchronized boolean isLast() throws IOException {
        if (isOff) {
            throw new IOException("the power is off");
        }
        isOff = operations++ == lastOperation;
        return isOff;
    }

    /// An operation that happens wholly or not at all.
    private boolean happens() throws IOException {
        return !isLast() || random.nextBoolean();
    }

    private IOException powerLost() {
        return new IOException("the power went off");
    }

    private void failIfOff() throws IOException {
        synchronized (this) {
            if (isOff) {
                throw powerLost();
            }
        }
    }

    @Override
    public Appender append(String name) throws IOException {
        if (isLast()) {
            throw powerLost();
        }
        return new FaultyAppender(disk.append(name));
    }

    @Override
    public Mapping map(String name) throws IOException {
        synchronized (this) {
            if (isOff) {
                throw new IOException("the power is off");
            }
            if (failingReads > 0) {
                failingReads--;
                throw new IOException(name + ": Input/output error");
            }
        }
        return disk.map(name);
    }

    @Override
    public List<String> list(String folder) {
        return disk.list(folder);
    }

    @Override
    public List<String> folders(String folder) {
        return disk.folders(folder);
    }

    @Override
    public boolean exists(String name) {
        return disk.exists(name);
    }

    @Override
    public long size(String name) throws IOException {
        return disk.size(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        if (happens()) {
            disk.rename(from, to);
        }
        failIfOff();
    }

    @Override
    public void delete(String name) throws IOException {
        if (happens()) {
            disk.delete(name);
        }
        failIfOff();
    }

    @Override
    public void deleteFolder(String folder) throws IOException {
        for (var inner : disk.folders(folder)) {
            deleteFolder(inner);
        }
        for (var file : disk.list(folder)) {
            delete(file);
        }
    }

    @Override
    public synchronized long free() {
        return Math.max(0, capacity - disk.bytes());
    }

    @Override
    public void close() {}

    private final class FaultyAppender implements Appender {
        private final Appender file;

        FaultyAppender(Appender file) {
            this.file = file;
        }

        @Override
        public void append(byte[] bytes, int offset, int length) throws IOException {
            if (isLast()) {
                file.append(bytes, offset, random.nextInt(length + 1));
                throw powerLost();
            }
            long free = free();
            if (free < length) {
                file.append(bytes, offset, (int) free);
                throw new IOException("No space left on device");
            }
            file.append(bytes, offset, length);
        }

        @Override
        public void sync() throws IOException {
            synchronized (FaultyDisk.this) {
                if (failingSyncs > 0 && !isOff) {
                    failingSyncs--;
                    throw new IOException("sync: Input/output error");
                }
            }
            if (happens()) {
                file.sync();
            }
            failIfOff();
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            if (happens()) {
                file.truncate(size);
            }
            failIfOff();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
