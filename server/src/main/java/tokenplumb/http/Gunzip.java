package tokenplumb.http;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Unpacks gzip, never beyond a limit.
final class Gunzip {
    /// Deflate cannot pack better than this; a trailer that claims more lies.
    private static final int BEST_RATIO = 1_032;

    private Gunzip() {}

    /// The first `length` bytes of `array`.
    record Unpacked(byte[] array, int length) {}

    /// Unpacks the first `length` bytes of `packed`. Throws [Fetch.BodyTooLarge] once more than
    /// `limit` bytes have come out, without unpacking the rest.
    static Unpacked bytes(byte[] packed, int length, long limit) throws IOException {
        var out = new byte[firstGuess(packed, length, limit)];
        int size = 0;
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed, 0, length), 8 << 10)) {
            while (true) {
                if (size == out.length) {
                    int next = in.read();
                    if (next < 0) {
                        return new Unpacked(out, size);
                    }
                    if (size + 1L > limit) {
                        throw new Fetch.BodyTooLarge(limit);
                    }
                    out = Arrays.copyOf(out, (int) Math.min(limit, Math.max(1024, size * 2L)));
                    out[size++] = (byte) next;
                }
                int read = in.read(out, size, out.length - size);
                if (read < 0) {
                    return new Unpacked(out, size);
                }
                size += read;
            }
        } catch (EOFException e) {
            throw new IOException(
                    "gzip body ends in the middle, after %d unpacked bytes".formatted(size), e);
        } catch (ZipException e) {
            throw new IOException("gzip body is broken: " + e.getMessage(), e);
        }
    }

    /// The size that the trailer states (modulo 2^32), as far as it is credible.
    private static int firstGuess(byte[] packed, int length, long limit) {
        if (length < 18) {
            return 64;
        }
        long stated =
                packed[length - 4] & 0xffL
                        | (packed[length - 3] & 0xffL) << 8
                        | (packed[length - 2] & 0xffL) << 16
                        | (packed[length - 1] & 0xffL) << 24;
        return (int) Math.min(Math.min(stated, limit), (long) length * BEST_RATIO);
    }
}
