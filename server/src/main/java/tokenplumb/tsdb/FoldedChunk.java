package tokenplumb.tsdb;

import tokenplumb.bytes.BitReader;
import tokenplumb.chunks.Varbits;
import tokenplumb.chunks.XorAppender;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.StaleMarker;

/// The head's encoding of a folded histogram: an XOR chunk of its times and sums, where the bits of
/// the counts follow those of each sample that is not stale:
///
/// ```
/// 0                       every bucket as before
/// 1 | bucket by bucket    by how much its own count (not the cumulative one) has grown since the
///                         sample before: zigzag plus one, in Elias' gamma code
/// ```
///
/// Most buckets of a histogram do not change from scrape to scrape and cost one bit.
final class FoldedChunk {
    /// The number by which segments know this encoding; Prometheus has none like it.
    static final int ENCODING = 0x46;

    private static final int PEEKED = 57; // bits that a peek is good for

    private FoldedChunk() {}

    /// Appends the counts of a sample to the stream; `before` holds those of the sample before
    /// (zeros, at the start of a chunk) and afterwards these.
    static void append(XorAppender stream, long[] before, long[] counts, int at) {
        long growth = 0; // of the bucket before, cumulative
        int run = 0; // of buckets that did not grow, not written yet
        boolean isSame = true;
        for (int i = 0; i < before.length; i++) {
            long cumulative = counts[at + i] - before[i];
            long own = cumulative - growth;
            if (own == 0) {
                run++;
                continue;
            }
            growth = cumulative;
            if (isSame) {
                isSame = false;
                stream.extra(1, 1);
            }
            putOnes(stream, run);
            run = 0;
            putGamma(stream, (own << 1 ^ own >> 63) + 1);
        }
        if (isSame) {
            stream.extra(0, 1);
            return;
        }
        putOnes(stream, run);
        System.arraycopy(counts, at, before, 0, before.length);
    }

    private static void putOnes(XorAppender stream, int count) {
        for (int left = count; left > 0; left -= 63) {
            int some = Math.min(left, 63);
            stream.extra((1L << some) - 1, some);
        }
    }

    private static void putGamma(XorAppender stream, long number) {
        int length = 64 - Long.numberOfLeadingZeros(number);
        if (length <= 32) {
            stream.extra(number, 2 * length - 1); // its zeros come by themselves
            return;
        }
        stream.extra(0, length - 1);
        stream.extra(number, length);
    }

    /// Appends to `into`, which is for as many buckets as the chunk has, the samples from `from` to
    /// `to`. The chunk starts with its count at `offset`, and [BitReader#PADDING] bytes of anything
    /// follow it.
    static void read(byte[] bytes, int offset, long from, long to, FoldedSamples into) {
        int count = (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
        if (count == 0) {
            return;
        }
        var bits = new BitReader(bytes, offset + 2);
        var counts = new long[into.buckets()];
        long time = Varbits.getVarint(bits);
        long sum = bits.read(64);
        long delta = 0;
        int leading = 0;
        int significant = 0;
        int i = 0;
        while (true) {
            double value = Double.longBitsToDouble(sum);
            if (!StaleMarker.is(value) && bits.bit()) {
                readCounts(bits, counts);
            }
            if (time > to) {
                return;
            }
            if (time >= from) {
                into.add(time, value, counts, 0);
            }
            if (++i == count) {
                return;
            }
            if (i == 1) {
                delta = Varbits.getUvarint(bits);
            } else if (bits.bit()) {
                delta += Varbits.getChange(bits);
            }
            time += delta;
            if (bits.bit()) {
                if (bits.bit()) {
                    leading = (int) bits.read(5);
                    significant = (int) bits.read(6);
                    significant = significant == 0 ? 64 : significant;
                }
                sum ^= bits.read(significant) << (64 - leading - significant);
            }
        }
    }

    /// Runs of buckets that have not grown, each a one, are passed over together; a short code is
    /// read out of the same word that its zeros were counted in.
    private static void readCounts(BitReader bits, long[] counts) {
        long growth = 0;
        int i = 0;
        while (i < counts.length) {
            long word = bits.peek();
            int ones = Math.min(Long.numberOfLeadingZeros(~word), PEEKED);
            if (ones > 0) {
                int end = Math.min(i + ones, counts.length);
                bits.skip(end - i);
                for (; i < end; i++) {
                    counts[i] += growth;
                }
                continue;
            }
            int zeros = Long.numberOfLeadingZeros(word);
            long code;
            if (2 * zeros + 1 <= PEEKED) {
                code = word >>> (63 - 2 * zeros);
                bits.skip(2 * zeros + 1);
            } else {
                zeros = bits.zeros();
                code = bits.read(zeros + 1);
            }
            long zigzag = code - 1;
            growth += zigzag >>> 1 ^ -(zigzag & 1);
            counts[i++] += growth;
        }
    }
}
