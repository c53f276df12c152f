package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;

import java.io.IOException;
import java.util.List;

/// The folders of blocks below a common one: `<ULID>` is a block, `<ULID>.tmp-for-creation` one
/// that never was finished, `<ULID>.tmp-for-deletion` one that is going.
public final class BlockFolders {
    static final String CREATION = ".tmp-for-creation";
    static final String DELETION = ".tmp-for-deletion";

    private BlockFolders() {}

    /// Folders of blocks directly below `parent` (`""` is the root), sorted, oldest made first.
    public static List<String> list(Disk disk, String parent) throws IOException {
        return disk.folders(parent).stream().filter(each -> Ulid.is(nameOf(each))).toList();
    }

    /// Where a block of this name stands below `parent`.
    public static String of(String parent, String ulid) {
        return parent.isEmpty() ? ulid : parent + "/" + ulid;
    }

    /// Removes a block at once, even if the power goes half-way.
    public static void delete(Disk disk, String folder) throws IOException {
        var going = folder + DELETION;
        disk.deleteFolder(going);
        disk.rename(folder, going);
        disk.deleteFolder(going);
    }

    /// Removes what an earlier process left half-made or half-deleted; how many there were.
    public static int sweep(Disk disk, String parent) throws IOException {
        int swept = 0;
        for (var folder : disk.folders(parent)) {
            var name = nameOf(folder);
            if ((name.endsWith(CREATION) || name.endsWith(DELETION))
                    && Ulid.is(name.substring(0, name.indexOf('.')))) {
                disk.deleteFolder(folder);
                swept++;
            }
        }
        return swept;
    }

    private static String nameOf(String folder) {
        return folder.substring(folder.lastIndexOf('/') + 1);
    }
}
