package tokenplumb.kit;

import tokenplumb.disk.Disk;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// A disk in memory that knows what a power failure would leave of it: [#afterPowerLoss].
/// Thread-safe.
public final class MemoryDisk implements Disk {
    private static final class Content {
        byte[] bytes = new byte[256];
        int size;
        int synced;
        boolean isNameSynced;
    }

    private final TreeMap<String, Content> files = new TreeMap<>();
    private final Map<String, Content> deleted = new HashMap<>(); // a power failure may undo it

    @Override
    public synchronized Appender append(String name) {
        return new MemoryAppender(files.computeIfAbsent(name, key -> new Content()));
    }

    @Override
    public synchronized Mapping map(String name) throws IOException {
        var content = content(name);
        var bytes = MemorySegment.ofArray(Arrays.copyOf(content.bytes, content.size));
        return new Mapping() {
            @Override
            public MemorySegment bytes() {
                return bytes;
            }

            @Override
            public void close() {}
        };
    }

    private Content content(String name) throws IOException {
        var content = files.get(name);
        if (content == null) {
            throw new FileNotFoundException(name);
        }
        return content;
    }

    @Override
    public synchronized List<String> list(String folder) {
        var prefix = folder.isEmpty() ? "" : folder + "/";
        return files.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .filter(name -> name.indexOf('/', prefix.length()) < 0)
                .toList();
    }

    @Override
    public synchronized List<String> folders(String folder) {
        var prefix = folder.isEmpty() ? "" : folder + "/";
        return files.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .filter(name -> name.indexOf('/', prefix.length()) >= 0)
                .map(name -> name.substring(0, name.indexOf('/', prefix.length())))
                .distinct()
                .toList();
    }

    @Override
    public synchronized boolean exists(String name) {
        return files.containsKey(name) || !filesIn(name).isEmpty();
    }

    /// Names of all files in a folder, however deep.
    private List<String> filesIn(String folder) {
        return List.copyOf(files.subMap(folder + "/", folder + "0").keySet());
    }

    @Override
    public synchronized long size(String name) throws IOException {
        return content(name).size;
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        var inside = filesIn(from);
        if (!inside.isEmpty()) {
            renameFolder(inside, from, to);
            return;
        }
        var content = content(from);
        files.remove(from);
        files.put(to, content);
        deleted.remove(to);
        content.isNameSynced = true;
    }

    private void renameFolder(List<String> inside, String from, String to) throws IOException {
        if (files.containsKey(to) || !filesIn(to).isEmpty()) {
            throw new FileAlreadyExistsException(to);
        }
        for (var name : inside) {
            files.put(to + name.substring(from.length()), files.remove(name));
        }
        deleted.keySet().removeIf(name -> name.startsWith(to + "/"));
        deleted.keySet().removeIf(name -> name.startsWith(from + "/"));
    }

    /// As a file system does: file by file.
    @Override
    public synchronized void deleteFolder(String folder) {
        filesIn(folder).forEach(this::delete);
    }

    @Override
    public synchronized void delete(String name) {
        var content = files.remove(name);
        if (content != null) {
            deleted.put(name, content);
        }
    }

    @Override
    public long free() {
        return Long.MAX_VALUE;
    }

    @Override
    public void close() {}

    /// Bytes in all files.
    public synchronized long bytes() {
        return files.values().stream().mapToLong(content -> content.size).sum();
    }

    /// Whether a power failure now would lose nothing.
    public synchronized boolean isSynced() {
        return files.values().stream()
                .allMatch(content -> content.isNameSynced && content.synced == content.size);
    }

    /// Names of all files.
    public synchronized List<String> names() {
        return List.copyOf(files.keySet());
    }

    /// Changes bytes of a file in place, as bad hardware does.
    public synchronized void damage(String name, int offset, byte... bytes) {
        System.arraycopy(bytes, 0, files.get(name).bytes, offset, bytes.length);
    }

    /// Cuts a file short behind its owner's back.
    public synchronized void cut(String name, int size) {
        files.get(name).size = size;
    }

    /// A disk as a power failure now could leave it, if chance wills: what was synced is there, of
    /// everything younger any part, torn, zeroed or garbled.
    public synchronized MemoryDisk afterPowerLoss(Random random) {
        var after = new MemoryDisk();
        for (var file : files.entrySet()) {
            var content = file.getValue();
            if (content.isNameSynced || random.nextBoolean()) {
                after.files.put(file.getKey(), leftOf(content, random));
            }
        }
        for (var file : deleted.entrySet()) {
            if (!after.files.containsKey(file.getKey()) && random.nextInt(4) == 0) {
                after.files.put(file.getKey(), leftOf(file.getValue(), random));
            }
        }
        return after;
    }

    private static Content leftOf(Content content, Random random) {
        var left = new Content();
        int young = content.size - content.synced;
        left.size = content.synced + (young > 0 ? random.nextInt(young + 1) : 0);
        left.bytes = Arrays.copyOf(content.bytes, Math.max(1, left.size));
        left.synced = left.size;
        left.isNameSynced = true;
        int youngLeft = left.size - content.synced;
        if (youngLeft > 0) {
            int from = content.synced + random.nextInt(youngLeft);
            switch (random.nextInt(6)) {
                case 0 -> Arrays.fill(left.bytes, from, left.size, (byte) 0);
                case 1 -> left.bytes[from] ^= (byte) (1 << random.nextInt(8));
                case 2 ->
                        Arrays.fill(
                                left.bytes,
                                from,
                                from + random.nextInt(left.size - from + 1),
                                (byte) 0);
                default -> {}
            }
        }
        return left;
    }

    private final class MemoryAppender implements Appender {
        private final Content content;

        MemoryAppender(Content content) {
            this.content = content;
        }

        @Override
        public void append(byte[] bytes, int offset, int length) {
            synchronized (MemoryDisk.this) {
                if (content.bytes.length - content.size < length) {
                    content.bytes =
                            Arrays.copyOf(
                                    content.bytes,
                                    Math.max(content.size + length, content.bytes.length * 2));
                }
                System.arraycopy(bytes, offset, content.bytes, content.size, length);
                content.size += length;
            }
        }

        @Override
        public void sync() {
            synchronized (MemoryDisk.this) {
                content.synced = content.size;
                content.isNameSynced = true;
            }
        }

        @Override
        public long size() {
            synchronized (MemoryDisk.this) {
                return content.size;
            }
        }

        @Override
        public void truncate(long size) {
            synchronized (MemoryDisk.this) {
                content.size = (int) size;
                content.synced = Math.min(content.synced, content.size);
            }
        }

        @Override
        public void close() {}
    }
}
