package tokenplumb.tsdb.block;

import tokenplumb.bytes.ByteReader;

import java.util.Arrays;

/// A series as the index has it: its labels as numbers of symbols, and its chunks. Made to be
/// reused. Not thread-safe.
final class SeriesEntry {
    int[] symbols = new int[64]; // name, value, name, value, …
    int pairs;
    long[] minTimes = new long[16];
    long[] maxTimes = new long[16];
    long[] references = new long[16];
    int chunks;

    /// Bytes and a reader for whoever fills it.
    byte[] bytes = new byte[512];

    final ByteReader reader = new ByteReader(bytes, 0, 0);

    /// Takes in a series' body. Throws [IndexOutOfBoundsException] when it makes no sense.
    void read(ByteReader body) {
        pairs = body.getCount(2);
        if (pairs * 2 > symbols.length) {
            symbols = new int[pairs * 4];
        }
        for (int i = 0; i < pairs * 2; i++) {
            symbols[i] = symbol(body.getUvarint());
        }
        chunks = body.getCount(3);
        if (chunks > minTimes.length) {
            minTimes = new long[chunks * 2];
            maxTimes = new long[chunks * 2];
            references = new long[chunks * 2];
        }
        for (int i = 0; i < chunks; i++) {
            if (i == 0) {
                minTimes[i] = body.getVarint();
                maxTimes[i] = minTimes[i] + body.getUvarint();
                references[i] = body.getUvarint();
            } else {
                minTimes[i] = maxTimes[i - 1] + body.getUvarint();
                maxTimes[i] = minTimes[i] + body.getUvarint();
                references[i] = references[i - 1] + body.getVarint();
            }
        }
    }

    private static int symbol(long number) {
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new IndexOutOfBoundsException("symbol " + number);
        }
        return (int) number;
    }

    /// Whether a chunk has anything in a range that is not deleted as a whole.
    boolean hasAnyIn(long from, long to, long[] deleted) {
        for (int i = 0; i < chunks; i++) {
            if (minTimes[i] <= to && maxTimes[i] >= from && !isDeleted(i, deleted)) {
                return true;
            }
        }
        return false;
    }

    boolean isDeleted(int chunk, long[] deleted) {
        for (int i = 0; i < deleted.length; i += 2) {
            if (deleted[i] <= minTimes[chunk] && deleted[i + 1] >= maxTimes[chunk]) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return "%d pairs, chunks at %s"
                .formatted(pairs, Arrays.toString(Arrays.copyOf(references, chunks)));
    }
}
