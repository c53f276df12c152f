package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Predicate;

/// A tier's file, mapped: one span of time. Only the names of its metrics are in memory.
/// Thread-safe; counts who uses it and lets go of the mapping after the last.
final class TierFile {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    final String name;
    final long millis;
    final long from; // exclusive
    final long to; // inclusive
    final long earliest; // time of a sample, MAX_VALUE when there is none
    final long count; // series
    private final Disk.Mapping mapping;
    private final MemorySegment bytes;
    private final long dataLength;
    private final int[] textAt; // in the index, of each text, and of the end
    private final String[] metrics;
    private final int[] metricSeries; // where each metric's series begin in the index; one more
    private final int[] metricCount;
    private final long[] metricData;
    private int users = 1; // guarded by this

    /// One series in it.
    record Entry(
            Labels labels, BucketLayout layout, long data, int length, long first, long last) {}

    private TierFile(String name, Disk.Mapping mapping) throws IOException {
        this.name = name;
        this.mapping = mapping;
        this.bytes = mapping.bytes();
        long size = bytes.byteSize();
        long footer = size - TierWriter.FOOTER;
        if (footer < 0 || bytes.get(LONG, size - 8) != TierWriter.MAGIC) {
            throw new IOException(name + " is no tier file, or is cut short");
        }
        this.dataLength = bytes.get(LONG, footer);
        long length = bytes.get(LONG, footer + 8);
        this.millis = bytes.get(LONG, footer + 16);
        this.from = bytes.get(LONG, footer + 24);
        this.to = bytes.get(LONG, footer + 32);
        this.earliest = bytes.get(LONG, footer + 40);
        this.count = bytes.get(LONG, footer + 48);
        if (dataLength < 0 || length < 0 || dataLength + length != footer) {
            throw new IOException(name + ": its footer does not fit its size");
        }
        var index = slice(dataLength, (int) length);
        if (Crc32c.of(index, 0, index.length) != bytes.get(INT, footer + 56)) {
            throw new IOException(name + ": the checksum of its index is wrong");
        }
        var reader = new ByteReader(index, 0, index.length);
        textAt = new int[reader.getCount(1) + 1];
        for (int i = 0; i + 1 < textAt.length; i++) {
            textAt[i] = reader.position();
            reader.skip(reader.getCount(1));
        }
        textAt[textAt.length - 1] = reader.position();
        int names = reader.getCount(3);
        metrics = new String[names];
        metricCount = new int[names];
        metricSeries = new int[names + 1];
        metricData = new long[names];
        var lengths = new int[names];
        for (int i = 0; i < names; i++) {
            metrics[i] = reader.getText();
            metricCount[i] = (int) reader.getUvarint();
            lengths[i] = (int) reader.getUvarint();
            metricData[i] = reader.getUvarint();
        }
        metricSeries[0] = reader.position();
        for (int i = 0; i < names; i++) {
            metricSeries[i + 1] = metricSeries[i] + lengths[i];
        }
    }

    /// Throws when the file as a whole cannot be used.
    static TierFile open(Disk disk, String name) throws IOException {
        var mapping = disk.map(name);
        try {
            return new TierFile(name, mapping);
        } catch (IOException | IndexOutOfBoundsException damaged) {
            mapping.close();
            throw damaged instanceof IOException known
                    ? known
                    : new IOException(name + ": its index cannot be read", damaged);
        }
    }

    private byte[] slice(long at, int length) {
        return bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    }

    long size() {
        return bytes.byteSize();
    }

    synchronized void use() {
        users++;
    }

    void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        mapping.close();
    }

    // --- finding

    interface Visitor {
        void series(Entry entry);
    }

    /// Series of the metrics that pass, whose labels pass all matchers, in the file's order.
    void forEach(Predicate<String> metric, List<Matcher> matchers, Visitor visitor) {
        for (int i = 0; i < metrics.length; i++) {
            if (metric.test(metrics[i])) {
                forEach(i, matchers, visitor);
            }
        }
    }

    private void forEach(int metric, List<Matcher> matchers, Visitor visitor) {
        int length = metricSeries[metric + 1] - metricSeries[metric];
        var reader = new ByteReader(slice(dataLength + metricSeries[metric], length), 0, length);
        var texts = new String[textAt.length - 1];
        long data = metricData[metric];
        for (int i = 0; i < metricCount[metric]; i++) {
            var pairs = new String[2 * reader.getCount(2)];
            for (int j = 0; j < pairs.length; j++) {
                pairs[j] = text((int) reader.getUvarint(), texts);
            }
            int layout = (int) reader.getUvarint();
            int bytesOfIt = (int) reader.getUvarint();
            long first = reader.getVarint();
            long last = first + reader.getUvarint();
            var labels = Labels.ofSorted(pairs);
            if (passes(labels, matchers)) {
                visitor.series(
                        new Entry(
                                labels,
                                layout == 0
                                        ? BucketLayout.NONE
                                        : BucketLayout.of(
                                                List.of(text(layout - 1, texts).split(",", -1))),
                                data,
                                bytesOfIt,
                                first,
                                last));
            }
            data += bytesOfIt;
        }
    }

    private static boolean passes(Labels labels, List<Matcher> matchers) {
        for (var matcher : matchers) {
            if (!matcher.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    private String text(int number, String[] known) {
        if (known[number] == null) {
            int at = textAt[number];
            var coded = slice(dataLength + at, textAt[number + 1] - at);
            known[number] = new ByteReader(coded, 0, coded.length).getText();
        }
        return known[number];
    }

    // --- reading

    /// Throws [IOException] where the data is damaged.
    PlainWindows plain(Entry entry) throws IOException {
        try {
            return PlainWindows.read(millis, data(entry));
        } catch (IndexOutOfBoundsException | NegativeArraySizeException damaged) {
            throw new IOException(name + ": data of " + entry.labels + " cannot be read", damaged);
        }
    }

    FoldedWindows folded(Entry entry) throws IOException {
        try {
            return FoldedWindows.read(millis, entry.layout.size(), data(entry));
        } catch (IndexOutOfBoundsException | NegativeArraySizeException damaged) {
            throw new IOException(name + ": data of " + entry.labels + " cannot be read", damaged);
        }
    }

    private ByteReader data(Entry entry) throws IOException {
        var data = slice(entry.data, entry.length);
        int size = data.length - 4;
        if (Crc32c.of(data, 0, size) != new ByteReader(data, size, 4).getInt()) {
            throw new IOException(
                    name + ": the checksum of " + entry.labels + " is wrong; it is left out");
        }
        return new ByteReader(data, 0, size);
    }

    @Override
    public String toString() {
        return name;
    }
}
