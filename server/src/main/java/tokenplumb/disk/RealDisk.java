package tokenplumb.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// A folder of the file system, held by one process at a time through a lock file.
///
/// Appends go through [RandomAccessFile] because, unlike a [FileChannel], it does not shut itself
/// when the writing thread is interrupted, and scrape loops end by interruption.
public final class RealDisk implements Disk {
    private static final String LOCK = "lock";

    private final Path root;
    private final FileChannel lock;

    /// Takes the folder, making it if need be. Fails when it cannot be written or another process
    /// holds it.
    public RealDisk(Path root) throws IOException {
        this.root = root;
        try {
            Files.createDirectories(root);
            this.lock =
                    FileChannel.open(
                            root.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.READ);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(
                    "data folder %s: a file of that name is in the way; move it or choose another folder"
                            .formatted(root),
                    e);
        } catch (AccessDeniedException e) {
            throw new IOException(
                    "data folder %s is not writable by user %s; change its owner or choose another folder"
                            .formatted(root, System.getProperty("user.name")),
                    e);
        } catch (FileSystemException e) {
            throw new IOException(
                    "data folder %s cannot be written (%s); choose a folder on a writable file system"
                            .formatted(root, e.getReason()),
                    e);
        }
        takeLock();
    }

    private void takeLock() throws IOException {
        boolean taken = false;
        try {
            refuseIfPrometheusHolds();
            taken = lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // held by this very process
        } finally {
            if (!taken) {
                lock.close();
            }
        }
        if (!taken) {
            throw new IOException(
                    "data folder %s is in use by another process; stop that one or choose another folder"
                            .formatted(root));
        }
    }

    /// Prometheus locks its folder by `flock(2)`, which Java's locks neither see nor stop; Linux
    /// tells of it in `/proc/locks`.
    private void refuseIfPrometheusHolds() throws IOException {
        List<String> locks;
        String inode;
        try {
            locks = Files.readAllLines(Path.of("/proc/locks"));
            inode = String.valueOf(Files.getAttribute(root.resolve(LOCK), "unix:ino"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return; // another system
        }
        for (var line : locks) {
            var words =
                    line.trim().split("\\s+", -1); // 1: FLOCK ADVISORY WRITE pid maj:min:inode …
            if (words.length > 5 && words[1].equals("FLOCK") && words[5].endsWith(":" + inode)) {
                throw new IOException(
                        "data folder %s is in use by another process (%s), perhaps a Prometheus; stop that one or choose another folder"
                                .formatted(root, words[4]));
            }
        }
    }

    @Override
    public Appender append(String name) throws IOException {
        var path = root.resolve(name);
        Files.createDirectories(path.getParent());
        boolean isNew = !Files.exists(path);
        return new RealAppender(path, isNew);
    }

    @Override
    public Mapping map(String name) throws IOException {
        return uninterrupted(() -> mapNow(name));
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena is the mapping's, closed with it
    private Mapping mapNow(String name) throws IOException {
        try (var channel = FileChannel.open(root.resolve(name), StandardOpenOption.READ)) {
            var arena = Arena.ofShared();
            try {
                long size = channel.size();
                var bytes =
                        size == 0
                                ? MemorySegment.NULL
                                : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
                return new RealMapping(bytes, arena);
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        }
    }

    @Override
    public List<String> list(String folder) throws IOException {
        var path = root.resolve(folder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (var files = Files.list(path)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.equals(root.resolve(LOCK)))
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public List<String> folders(String folder) throws IOException {
        var path = root.resolve(folder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (var files = Files.list(path)) {
            return files.filter(Files::isDirectory)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public boolean exists(String name) {
        return Files.exists(root.resolve(name));
    }

    @Override
    public long size(String name) throws IOException {
        return Files.size(root.resolve(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        var target = root.resolve(to);
        Files.createDirectories(target.getParent());
        Files.move(
                root.resolve(from),
                target,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        syncFolders(target.getParent());
    }

    @Override
    public void link(String from, String to) throws IOException {
        var target = root.resolve(to);
        Files.createDirectories(target.getParent());
        Files.deleteIfExists(target);
        try {
            Files.createLink(target, root.resolve(from));
            syncFolders(target.getParent());
        } catch (FileSystemException | UnsupportedOperationException e) {
            Disk.super.link(from, to);
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(root.resolve(name));
    }

    @Override
    public void deleteFolder(String folder) throws IOException {
        for (var inner : folders(folder)) {
            deleteFolder(inner);
        }
        for (var file : list(folder)) {
            delete(file);
        }
        Files.deleteIfExists(root.resolve(folder));
    }

    @Override
    public long free() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    /// Lets the folder go. The lock file itself stays, so that no two processes can ever lock two
    /// different files of that name.
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release data folder " + root, e);
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }

    /// A folder and those it is in, which may be as new as what is in it.
    private void syncFolders(Path folder) throws IOException {
        for (var each = folder; each.startsWith(root); each = each.getParent()) {
            syncFolder(each);
            if (each.equals(root)) {
                return;
            }
        }
    }

    private static void syncFolder(Path folder) throws IOException {
        uninterrupted(() -> {
            try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
            return folder;
        });
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    /// Channels shut themselves when their thread is interrupted. An interruption is none of the
    /// disk's business: it is put off until the work is done.
    private static <T> T uninterrupted(Work<T> work) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return work.run();
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final class RealAppender implements Appender {
        private final Path path;
        private final RandomAccessFile file;
        private boolean isFolderSynced;
        private long size;

        RealAppender(Path path, boolean isNew) throws IOException {
            this.path = path;
            this.file = new RandomAccessFile(path.toFile(), "rw");
            this.isFolderSynced = !isNew;
            this.size = file.length();
            file.seek(size);
        }

        @Override
        public void append(byte[] bytes, int offset, int length) throws IOException {
            try {
                file.write(bytes, offset, length);
            } catch (IOException e) {
                throw new IOException(
                        "cannot write %d bytes to %s: %s".formatted(length, path, e.getMessage()),
                        e);
            }
            size += length;
        }

        @Override
        public void sync() throws IOException {
            file.getFD().sync();
            if (!isFolderSynced) {
                syncFolders(path.getParent());
                isFolderSynced = true;
            }
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void truncate(long toSize) throws IOException {
            file.setLength(toSize);
            file.seek(toSize);
            size = toSize;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private record RealMapping(MemorySegment bytes, Arena arena) implements Mapping {
        @Override
        public void close() {
            arena.close();
        }
    }
}
