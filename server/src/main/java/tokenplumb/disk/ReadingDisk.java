package tokenplumb.disk;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// A folder that is only read, whoever else uses it: what is written, renamed and deleted here
/// stays in memory and is forgotten. So a store can be opened, repaired and asked without a change
/// to its files. Thread-safe.
public final class ReadingDisk implements Disk {
    private final Path root;
    private final Map<String, byte[]> written = new HashMap<>(); // guarded by this
    private final Map<String, Path> moved = new HashMap<>(); // names of files kept elsewhere
    private final Set<String> gone = new HashSet<>(); // files of the folder not to be seen

    /// Fails when there is no such folder.
    public ReadingDisk(Path root) throws IOException {
        this.root = root;
        if (!Files.isDirectory(root)) {
            throw new FileNotFoundException("%s: there is no such folder".formatted(root));
        }
    }

    /// Where the bytes of a file stand on the real disk; null when they do not.
    private Path place(String name) {
        if (moved.containsKey(name)) {
            return moved.get(name);
        }
        var path = root.resolve(name);
        return !gone.contains(name) && Files.isRegularFile(path) ? path : null;
    }

    @Override
    public synchronized Appender append(String name) throws IOException {
        if (!written.containsKey(name)) {
            var path = place(name);
            hide(name);
            written.put(name, path == null ? new byte[0] : Files.readAllBytes(path));
        }
        return new MemoryAppender(name);
    }

    private void hide(String name) {
        written.remove(name);
        moved.remove(name);
        gone.add(name);
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // the arena is the mapping's, closed with it
    public synchronized Mapping map(String name) throws IOException {
        var bytes = written.get(name);
        if (bytes != null) {
            return new ArrayMapping(MemorySegment.ofArray(bytes.clone()));
        }
        var path = place(name);
        if (path == null) {
            throw new FileNotFoundException(root.resolve(name).toString());
        }
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            var arena = Arena.ofShared();
            try {
                long size = channel.size();
                return new FileMapping(
                        size == 0
                                ? MemorySegment.NULL
                                : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena),
                        arena);
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        }
    }

    @Override
    public synchronized List<String> list(String folder) throws IOException {
        var names = new TreeSet<String>();
        for (var name : everything(folder)) {
            if (name.indexOf('/', prefix(folder).length()) < 0) {
                names.add(name);
            }
        }
        names.remove("lock");
        return List.copyOf(names);
    }

    @Override
    public synchronized List<String> folders(String folder) throws IOException {
        var names = new TreeSet<String>();
        int start = prefix(folder).length();
        for (var name : everything(folder)) {
            int end = name.indexOf('/', start);
            if (end >= 0) {
                names.add(name.substring(0, end));
            }
        }
        return List.copyOf(names);
    }

    private static String prefix(String folder) {
        return folder.isEmpty() ? "" : folder + "/";
    }

    /// Names of all files below a folder.
    private Set<String> everything(String folder) throws IOException {
        var names = new TreeSet<String>();
        var path = root.resolve(folder);
        if (Files.isDirectory(path)) {
            try (var files = Files.walk(path)) {
                files.filter(Files::isRegularFile)
                        .map(file -> root.relativize(file).toString().replace('\\', '/'))
                        .filter(name -> !gone.contains(name))
                        .forEach(names::add);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
        for (var map : List.of(written, moved)) {
            for (var name : map.keySet()) {
                if (name.startsWith(prefix(folder))) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    @Override
    public synchronized boolean exists(String name) {
        return written.containsKey(name)
                || place(name) != null
                || Files.isDirectory(root.resolve(name));
    }

    @Override
    public synchronized long size(String name) throws IOException {
        var bytes = written.get(name);
        if (bytes != null) {
            return bytes.length;
        }
        var path = place(name);
        if (path == null) {
            throw new FileNotFoundException(root.resolve(name).toString());
        }
        return Files.size(path);
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        var bytes = written.get(from);
        var path = place(from);
        if (bytes == null && path == null) {
            renameFolder(from, to);
            return;
        }
        hide(to);
        if (bytes != null) {
            written.put(to, bytes);
        } else {
            moved.put(to, path);
        }
        hide(from);
    }

    private void renameFolder(String from, String to) throws IOException {
        var inside = everything(from);
        if (inside.isEmpty()) {
            throw new FileNotFoundException(root.resolve(from).toString());
        }
        if (!everything(to).isEmpty()) {
            throw new FileAlreadyExistsException(root.resolve(to).toString());
        }
        for (var name : inside) {
            rename(name, to + name.substring(from.length()));
        }
    }

    @Override
    public synchronized void deleteFolder(String folder) throws IOException {
        everything(folder).forEach(this::hide);
    }

    @Override
    public synchronized void delete(String name) {
        hide(name);
    }

    @Override
    public long free() {
        return Long.MAX_VALUE;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return root.toString();
    }

    private record ArrayMapping(MemorySegment bytes) implements Mapping {
        @Override
        public void close() {}
    }

    private record FileMapping(MemorySegment bytes, Arena arena) implements Mapping {
        @Override
        public void close() {
            arena.close();
        }
    }

    private final class MemoryAppender implements Appender {
        private final String name;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        MemoryAppender(String name) {
            this.name = name;
            bytes.writeBytes(written.get(name));
        }

        @Override
        public void append(byte[] from, int offset, int length) {
            bytes.write(from, offset, length);
            show();
        }

        private void show() {
            synchronized (ReadingDisk.this) {
                written.put(name, bytes.toByteArray());
            }
        }

        @Override
        public void sync() {}

        @Override
        public long size() {
            return bytes.size();
        }

        @Override
        public void truncate(long size) {
            var kept = bytes.toByteArray();
            bytes.reset();
            bytes.write(kept, 0, (int) Math.min(size, kept.length));
            show();
        }

        @Override
        public void close() {}
    }
}
