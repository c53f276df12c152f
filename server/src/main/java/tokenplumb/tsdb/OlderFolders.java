package tokenplumb.tsdb;

import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.ValueLayout;

/// Where this store kept its files before: `wal/`, which a Prometheus' log is called too, and
/// `segments/`. They are moved to where they stand now; a Prometheus' log stays.
final class OlderFolders {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final String WAL = "wal";
    private static final String SEGMENTS = "segments";

    private OlderFolders() {}

    /// Moves what is there, file by file: after a crash the next start moves the rest.
    static void move(Disk disk) throws IOException {
        boolean isOurs = isOurs(disk);
        int moved = 0;
        if (isOurs) {
            moved += move(disk, WAL, Wal.FOLDER);
        }
        moved += move(disk, SEGMENTS, SegmentFile.FOLDER);
        if (moved > 0) {
            LOG.log(
                    Level.INFO,
                    "{0} files of an older version were moved to {1}/ and {2}/",
                    moved,
                    Wal.FOLDER,
                    SegmentFile.FOLDER);
        }
    }

    private static boolean isOurs(Disk disk) throws IOException {
        var files = disk.list(WAL);
        for (var name : files) {
            if (name.startsWith(WAL + "/checkpoint-")
                    || name.startsWith(WAL + "/unreadable-")
                    || isLog(disk, name)) {
                return true;
            }
        }
        return !files.isEmpty() && !disk.list(SEGMENTS).isEmpty(); // torn, all of it
    }

    private static boolean isLog(Disk disk, String name) throws IOException {
        try (var mapping = disk.map(name)) {
            var bytes = mapping.bytes();
            if (bytes.byteSize() < Long.BYTES) {
                return false;
            }
            var start = bytes.asSlice(0, Long.BYTES).toArray(ValueLayout.JAVA_BYTE);
            return Wal.isMagic(new ByteReader(start, 0, start.length).getLong());
        }
    }

    private static int move(Disk disk, String from, String to) throws IOException {
        int moved = 0;
        for (var name : disk.list(from)) {
            disk.rename(name, to + name.substring(from.length()));
            moved++;
        }
        disk.deleteFolder(from);
        return moved;
    }
}
