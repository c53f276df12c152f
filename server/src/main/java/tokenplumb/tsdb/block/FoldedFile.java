package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The sidecar `folded`: which of a block's series are folded histograms, and how their `le` are
/// spelled. A block without one has none. The file holds its content twice, because a small fault
/// in it would cost the whole block. Immutable.
final class FoldedFile {
    static final String FILE = "folded";
    static final FoldedFile NONE = new FoldedFile(List.of(), new int[0], new int[0]);

    private static final int MAGIC = 0x0F01DED1;
    private static final int VERSION = 1;

    private final List<BucketLayout> layouts;
    private final int[] series; // ascending
    private final int[] layoutOf;

    private FoldedFile(List<BucketLayout> layouts, int[] series, int[] layoutOf) {
        this.layouts = layouts;
        this.series = series;
        this.layoutOf = layoutOf;
    }

    /// All folded series, ascending; not to be changed.
    int[] series() {
        return series;
    }

    boolean has(int id) {
        return Arrays.binarySearch(series, id) >= 0;
    }

    /// The layout of a series, [BucketLayout#NONE] when it is not folded.
    BucketLayout layout(int id) {
        int at = Arrays.binarySearch(series, id);
        return at < 0 ? BucketLayout.NONE : layouts.get(layoutOf[at]);
    }

    /// Reads a block's.
    static FoldedFile read(Disk disk, String folder, BlockDamage damage) throws IOException {
        var name = folder + "/" + FILE;
        if (!disk.exists(name)) {
            return NONE;
        }
        var bytes = disk.read(name);
        int half = bytes.length / 2;
        try {
            return parse(Arrays.copyOf(bytes, half));
        } catch (IndexOutOfBoundsException | IllegalArgumentException first) {
            damage.damaged(name, 0, "the first copy: " + first.getMessage());
        }
        try {
            return parse(Arrays.copyOfRange(bytes, half, bytes.length));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException(
                    "%s is damaged in both copies: %s".formatted(name, e.getMessage()), e);
        }
    }

    /// What is wrong with a block's, both copies looked at; empty when nothing is.
    static List<String> check(Disk disk, String folder) throws IOException {
        var name = folder + "/" + FILE;
        var problems = new ArrayList<String>();
        if (!disk.exists(name)) {
            return problems;
        }
        var bytes = disk.read(name);
        int half = bytes.length / 2;
        if (!Arrays.equals(bytes, 0, half, bytes, half, bytes.length)) {
            problems.add(name + ": its two copies differ");
        }
        return problems;
    }

    private static FoldedFile parse(byte[] bytes) {
        var reader = new ByteReader(bytes, 0, bytes.length);
        if (reader.getInt() != MAGIC || reader.getByte() != VERSION) {
            throw new IllegalArgumentException("it does not begin as version 1 does");
        }
        int content = bytes.length - 4;
        if (Crc32c.of(bytes, 0, content) != new ByteReader(bytes, content, 4).getInt()) {
            throw new IllegalArgumentException("its checksum does not match");
        }
        var layouts = new ArrayList<BucketLayout>();
        for (int i = reader.getCount(2); i > 0; i--) {
            var spellings = new ArrayList<String>();
            for (int b = reader.getCount(1); b > 0; b--) {
                spellings.add(reader.getText());
            }
            layouts.add(BucketLayout.of(spellings));
        }
        int count = reader.getCount(2);
        var series = new int[count];
        var layoutOf = new int[count];
        int last = 0;
        for (int i = 0; i < count; i++) {
            last += (int) reader.getUvarint();
            series[i] = last;
            layoutOf[i] = (int) reader.getUvarint();
            if (layoutOf[i] < 0 || layoutOf[i] >= layouts.size()) {
                throw new IllegalArgumentException("layout %d is not there".formatted(layoutOf[i]));
            }
        }
        return new FoldedFile(List.copyOf(layouts), series, layoutOf);
    }

    /// Gathers the sidecar of a block being written.
    static final class Writer {
        private final Map<BucketLayout, Integer> layouts = new HashMap<>();
        private final List<BucketLayout> inOrder = new ArrayList<>();
        private final Buffer series = new Buffer();
        private int count;
        private int last;

        /// The number of a layout, for [#add].
        int layout(BucketLayout layout) {
            return layouts.computeIfAbsent(
                    layout,
                    added -> {
                        inOrder.add(added);
                        return inOrder.size() - 1;
                    });
        }

        boolean isEmpty() {
            return inOrder.isEmpty();
        }

        /// The next folded series, in ascending order.
        void add(int id, int layout) {
            series.putUvarint(id - last);
            series.putUvarint(layout);
            last = id;
            count++;
        }

        Buffer bytes() {
            var into = new Buffer(series.size() + 1024);
            into.putInt(MAGIC);
            into.putByte(VERSION);
            into.putUvarint(inOrder.size());
            for (var layout : inOrder) {
                into.putUvarint(layout.size());
                for (int i = 0; i < layout.size(); i++) {
                    into.putText(layout.le(i));
                }
            }
            into.putUvarint(count);
            into.put(series.array(), 0, series.size());
            into.putInt(Crc32c.of(into.array(), 0, into.size()));
            into.put(Arrays.copyOf(into.array(), into.size()), 0, into.size());
            return into;
        }
    }
}
