package tokenplumb.disk;

import tokenplumb.kit.MemoryDisk;

class MemoryDiskTest extends DiskContract {
    @Override
    Disk empty() {
        return new MemoryDisk();
    }
}
