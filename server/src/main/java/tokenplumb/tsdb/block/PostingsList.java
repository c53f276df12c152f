package tokenplumb.tsdb.block;

import java.util.Arrays;

/// Ascending numbers of series, kept as differences in a byte or two each.
final class PostingsList {
    private byte[] bytes = new byte[4];
    private int size;
    private int count;
    private int last;

    void add(int id) {
        if (bytes.length - size < 5) {
            bytes = Arrays.copyOf(bytes, size + Math.max(5, size / 2));
        }
        int rest = id - last;
        while ((rest & ~0x7f) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        last = id;
        count++;
    }

    int count() {
        return count;
    }

    /// All of them.
    int[] ids() {
        var ids = new int[count];
        var filled = new int[1];
        forEach(id -> ids[filled[0]++] = id);
        return ids;
    }

    /// Hears each number in turn.
    interface Each {
        void id(int id);
    }

    void forEach(Each each) {
        int id = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            int shift = 0;
            byte b;
            do {
                b = bytes[at++];
                id += (b & 0x7f) << shift;
                shift += 7;
            } while (b < 0);
            each.id(id);
        }
    }
}
