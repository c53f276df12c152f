package tokenplumb.http;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Unpacks gzip (RFC 1952) from array to array, never beyond a limit. Thread-safe; a few inflaters
/// are kept, as each holds some 40 kB outside the heap.
final class Gunzip implements AutoCloseable {
    /// Deflate cannot pack better than this; a trailer that claims more lies.
    private static final int BEST_RATIO = 1_032;

    private static final int MOST_KEPT = 4;
    private static final int LEAST = 1 << 10;
    private static final int TRAILER = 8;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;

    private final Spares spares;
    private final ArrayDeque<Inflater> kept = new ArrayDeque<>(); // guarded by itself

    Gunzip(Spares spares) {
        this.spares = spares;
    }

    /// The first `length` bytes of `array`, which is from [Spares].
    record Unpacked(byte[] array, int length) {}

    /// Unpacks the first `length` bytes of `packed`. Throws [Fetch.BodyTooLarge] once more than
    /// `limit` bytes have come out, without unpacking the rest.
    Unpacked bytes(byte[] packed, int length, long limit) throws IOException {
        var inflater = inflater();
        try {
            return bytes(inflater, packed, length, limit);
        } catch (DataFormatException e) {
            throw new IOException("gzip body is broken: " + e.getMessage(), e);
        } finally {
            keep(inflater);
        }
    }

    private Unpacked bytes(Inflater inflater, byte[] packed, int length, long limit)
            throws IOException, DataFormatException {
        var out = spares.take(firstGuess(packed, length, limit));
        int size = 0;
        int at = 0;
        do { // one member after the other
            inflater.reset();
            at = dataAt(packed, at, length, size);
            inflater.setInput(packed, at, length - at);
            int start = size;
            while (!inflater.finished()) {
                if (size > limit) {
                    spares.give(out);
                    throw new Fetch.BodyTooLarge(limit);
                }
                if (size == out.length) {
                    out = spares.grow(out, size, (int) Math.min(limit + 1, size * 2L));
                }
                int some = inflater.inflate(out, size, out.length - size);
                if (some == 0 && !inflater.finished()) {
                    if (inflater.needsInput()) {
                        throw endsEarly(size);
                    }
                    throw new DataFormatException("it needs a dictionary");
                }
                size += some;
            }
            if (size > limit) {
                spares.give(out);
                throw new Fetch.BodyTooLarge(limit);
            }
            at = length - inflater.getRemaining();
            check(out, start, size, packed, at, length);
            at += TRAILER;
        } while (length - at > TRAILER && packed[at] == 0x1f);
        return new Unpacked(out, size);
    }

    private static IOException endsEarly(int size) {
        return new IOException(
                "gzip body ends in the middle, after %d unpacked bytes".formatted(size));
    }

    /// Where the deflated data of a member begins.
    private static int dataAt(byte[] packed, int start, int length, int size)
            throws IOException, DataFormatException {
        if (length - start < 10) {
            throw endsEarly(size);
        }
        if ((packed[start] & 0xff) != 0x1f
                || (packed[start + 1] & 0xff) != 0x8b
                || packed[start + 2] != 8) {
            throw new DataFormatException("it does not begin as gzip does");
        }
        int flags = packed[start + 3];
        int at = start + 10;
        if ((flags & EXTRA) != 0) {
            if (at + 2 > length) {
                throw endsEarly(size);
            }
            at += 2 + (packed[at] & 0xff | (packed[at + 1] & 0xff) << 8);
        }
        for (int text = NAME; text <= COMMENT; text <<= 1) {
            if ((flags & text) != 0) {
                while (at < length && packed[at] != 0) {
                    at++;
                }
                at++;
            }
        }
        if ((flags & HEADER_CHECKSUM) != 0) {
            at += 2;
        }
        if (at > length) {
            throw endsEarly(size);
        }
        return at;
    }

    private static void check(byte[] out, int from, int to, byte[] packed, int at, int length)
            throws IOException, DataFormatException {
        if (length - at < TRAILER) {
            throw endsEarly(to);
        }
        var crc = new CRC32();
        crc.update(out, from, to - from);
        if ((int) crc.getValue() != number(packed, at) || to - from != number(packed, at + 4)) {
            throw new DataFormatException("its checksum or length does not fit");
        }
    }

    private static int number(byte[] bytes, int at) {
        return bytes[at] & 0xff
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | (bytes[at + 3] & 0xff) << 24;
    }

    /// The size that the trailer states (modulo 2^32), as far as it is credible.
    private static int firstGuess(byte[] packed, int length, long limit) {
        if (length < 18) {
            return LEAST;
        }
        long stated = number(packed, length - 4) & 0xffff_ffffL;
        long credible = Math.min(Math.min(stated, limit), (long) length * BEST_RATIO);
        return (int) Math.max(LEAST, credible + 1); // room left over shows that it has ended
    }

    private Inflater inflater() {
        synchronized (kept) {
            var inflater = kept.pollLast();
            if (inflater != null) {
                return inflater;
            }
        }
        return new Inflater(true);
    }

    private void keep(Inflater inflater) {
        inflater.reset();
        synchronized (kept) {
            if (kept.size() < MOST_KEPT) {
                kept.addLast(inflater);
                return;
            }
        }
        inflater.end();
    }

    @Override
    public void close() {
        synchronized (kept) {
            kept.forEach(Inflater::end);
            kept.clear();
        }
    }
}
