package tokenplumb.tsdb;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.chunks.XorChunk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;

import java.util.Arrays;

/// Chunks of one series copied out of where they are kept, so that they can be decoded without a
/// lock. Made to be reused. Not thread-safe.
final class Found {
    final SegmentFile.Head head = new SegmentFile.Head();
    final ByteReader reader = new ByteReader(new byte[0], 0, 0);
    final Buffer bytes = new Buffer(1024);
    private int[] starts = new int[16];
    private int[] encodings = new int[16];
    private int size;

    void clear() {
        bytes.reset();
        size = 0;
    }

    int size() {
        return size;
    }

    /// Notes that a chunk begins at this place of [#bytes].
    void add(int start, int encoding) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            encodings = Arrays.copyOf(encodings, size * 2);
        }
        encodings[size] = encoding;
        starts[size++] = start;
    }

    /// Turns round the order of the chunks from the given one on.
    void reverseFrom(int first) {
        for (int low = first, high = size - 1; low < high; low++, high--) {
            swap(starts, low, high);
            swap(encodings, low, high);
        }
    }

    private static void swap(int[] array, int a, int b) {
        int swapped = array[a];
        array[a] = array[b];
        array[b] = swapped;
    }

    /// Decodes all chunks of a plain series.
    void decode(long from, long to, Samples into) {
        bytes.ensure(BitReader.PADDING);
        for (int i = 0; i < size; i++) {
            if (encodings[i] == XorChunk.ENCODING) {
                XorChunk.read(bytes.array(), starts[i], from, to, into);
            } else if (encodings[i] == NativeChunk.ENCODING) {
                NativeChunk.read(bytes.array(), starts[i], from, to, into);
            }
        }
    }

    /// Decodes all chunks of a folded histogram.
    void decode(long from, long to, FoldedSamples into) {
        bytes.ensure(BitReader.PADDING);
        for (int i = 0; i < size; i++) {
            if (encodings[i] == FoldedChunk.ENCODING) {
                FoldedChunk.read(bytes.array(), starts[i], from, to, into);
            }
        }
    }
}
