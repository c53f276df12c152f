package tokenplumb.chunks;

import tokenplumb.signal.Samples;

/// A chunk of any of Prometheus' encodings. Its bytes begin at an offset and are followed by
/// [tokenplumb.bytes.BitReader#PADDING] bytes of anything. What is not a sound chunk throws
/// [IndexOutOfBoundsException]; samples before the fault may have been appended by then.
public final class Chunk {
    public static final int XOR = XorChunk.ENCODING;
    public static final int HISTOGRAM = 2;
    public static final int FLOAT_HISTOGRAM = 3;

    /// Floats, written by Prometheus 3.11 and later where start times are kept.
    public static final int XOR2 = 4;

    /// Histograms with start times, likewise.
    public static final int HISTOGRAM_START = 5;

    /// Float histograms with start times, likewise.
    public static final int FLOAT_HISTOGRAM_START = 6;

    private static final int HEAD = 2;
    private static final int START_COUNT = 0x3fff; // two bits of the count are flags there

    private Chunk() {}

    public static boolean isKnown(int encoding) {
        return encoding >= XOR && encoding <= FLOAT_HISTOGRAM_START;
    }

    public static boolean isHistogram(int encoding) {
        return isKnown(encoding) && encoding != XOR && encoding != XOR2;
    }

    /// Samples in a chunk.
    public static int count(int encoding, byte[] bytes, int offset) {
        int count = (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
        boolean hasFlags = encoding == HISTOGRAM_START || encoding == FLOAT_HISTOGRAM_START;
        return hasFlags ? count & START_COUNT : count;
    }

    /// Appends to `into` the samples from `from` to `to` (both included) of a chunk of `length`
    /// bytes. Start times are not read.
    public static void read(
            int encoding, byte[] bytes, int offset, int length, long from, long to, Samples into) {
        if (length < HEAD) {
            throw new IndexOutOfBoundsException("chunk of %d bytes".formatted(length));
        }
        switch (encoding) {
            case XOR -> XorChunk.read(bytes, offset, from, to, into);
            case XOR2 -> Xor2Chunk.read(bytes, offset, from, to, into);
            case HISTOGRAM, FLOAT_HISTOGRAM, HISTOGRAM_START, FLOAT_HISTOGRAM_START ->
                    HistogramChunk.read(encoding, bytes, offset, length, from, to, into);
            default ->
                    throw new IndexOutOfBoundsException(
                            "chunk of encoding %d, known are 1 to 6".formatted(encoding));
        }
    }
}
