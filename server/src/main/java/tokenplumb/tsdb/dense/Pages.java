package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;

import java.util.Arrays;

/// A section of the index as it is written: pages, each with a checksum, and a directory of where
/// they begin. Not thread-safe.
final class Pages {
    private final Buffer pages = new Buffer(1 << 12);
    private final Buffer page = new Buffer(1 << 12);
    private int[] starts = new int[16];
    private int count;

    /// What goes into the page that is being written.
    Buffer page() {
        return page;
    }

    /// Ends the page, even an empty one.
    void end() {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
        }
        starts[count++] = pages.size();
        pages.putInt(Crc32c.of(page.array(), 0, page.size()));
        pages.put(page.array(), 0, page.size());
        page.reset();
    }

    /// Ends the page if something is in it.
    void endIfAny() {
        if (page.size() > 0) {
            end();
        }
    }

    /// Pages ended.
    int count() {
        return count;
    }

    /// Appends the section; where it begins and how many pages it has goes to `contents`.
    void write(Buffer index, Buffer contents) {
        contents.putUvarint(index.size());
        contents.putUvarint(count);
        contents.putUvarint(pages.size());
        index.put(pages.array(), 0, pages.size());
        for (int i = 0; i < count; i++) {
            index.putInt(starts[i]);
        }
    }
}
