package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;

/// The open chunk of a series of native histograms, and the head's encoding of one: the count of
/// samples in two bytes, then sample by sample the time minus the one before (varint) and the
/// histogram after the one before that was not stale ([HistogramBytes]).
final class NativeChunk {
    /// The number by which segments know this encoding; Prometheus has none like it.
    static final int ENCODING = 0x48;

    /// A chunk of more bytes is full.
    static final int MOST_BYTES = 64 << 10;

    private final Buffer bytes;
    private Histogram last = Histogram.STALE;
    private long lastTime;
    private int count;

    NativeChunk() {
        bytes = new Buffer(256);
    }

    /// Goes on with what [#write] wrote.
    NativeChunk(byte[] chunk, int length) {
        bytes = new Buffer(length);
        bytes.put(chunk, 2, length - 2);
        count = (chunk[0] & 0xff) << 8 | chunk[1] & 0xff;
        var from = new ByteReader(chunk, 2, length - 2);
        for (int i = 0; i < count; i++) {
            lastTime += from.getVarint();
            var next = HistogramBytes.get(from, last);
            last = next.isStale() ? last : next;
        }
    }

    void append(long time, Histogram histogram) {
        bytes.putVarint(time - lastTime);
        HistogramBytes.put(histogram, last, bytes);
        last = histogram.isStale() ? last : histogram;
        lastTime = time;
        count++;
    }

    int size() {
        return bytes.size();
    }

    void write(Buffer into) {
        into.putShort(count);
        into.put(bytes.array(), 0, bytes.size());
    }

    /// Appends to `into` the samples of a chunk from `from` to `to`.
    static void read(byte[] bytes, int offset, long from, long to, Samples into) {
        int count = (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
        var reader = new ByteReader(bytes, offset + 2, bytes.length - offset - 2);
        long time = 0;
        var last = Histogram.STALE;
        for (int i = 0; i < count; i++) {
            time += reader.getVarint();
            var histogram = HistogramBytes.get(reader, last);
            last = histogram.isStale() ? last : histogram;
            if (time > to) {
                return;
            }
            if (time >= from) {
                into.add(time, histogram);
            }
        }
    }
}
