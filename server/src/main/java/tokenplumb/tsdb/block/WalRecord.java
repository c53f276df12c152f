package tokenplumb.tsdb.block;

import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;
import tokenplumb.signal.StaleMarker;

/// Reads a record of a Prometheus' log. One that makes no sense throws [IndexOutOfBoundsException];
/// what it gave before that stands.
final class WalRecord {
    static final int SERIES = 1;
    private static final int SAMPLES = 2;
    private static final int TOMBSTONES = 3;
    private static final int EXEMPLARS = 4;
    private static final int MMAP_MARKERS = 5;
    private static final int METADATA = 6;
    private static final int HISTOGRAMS = 7;
    private static final int FLOAT_HISTOGRAMS = 8;
    private static final int CUSTOM_HISTOGRAMS = 9;
    private static final int CUSTOM_FLOAT_HISTOGRAMS = 10;
    private static final int SAMPLES_2 = 11;
    private static final int HISTOGRAMS_2 = 12;
    private static final int FLOAT_HISTOGRAMS_2 = 13;

    private static final int SAME_START = 1;
    private static final int OWN_START = 2;

    private static final Histogram.Reset[] HINTS = {
        Histogram.Reset.UNKNOWN,
        Histogram.Reset.RESET,
        Histogram.Reset.NOT_RESET,
        Histogram.Reset.GAUGE
    };
    private static final Metadata.Type[] TYPES = {
        Metadata.Type.UNKNOWN,
        Metadata.Type.COUNTER,
        Metadata.Type.GAUGE,
        Metadata.Type.HISTOGRAM,
        Metadata.Type.GAUGEHISTOGRAM,
        Metadata.Type.SUMMARY,
        Metadata.Type.INFO,
        Metadata.Type.STATESET
    };

    private WalRecord() {}

    /// Takes in what a record says, by Prometheus' own references of series.
    interface Listener {
        void series(long reference, Labels labels);

        void sample(long reference, long timeMillis, double value);

        void histogram(long reference, long timeMillis, Histogram histogram);

        void exemplar(long reference, Exemplar exemplar);

        void metadata(long reference, Metadata metadata);

        void deleted(long reference, long from, long to);

        /// A record of a type that nobody here knows.
        void unknown(int type);
    }

    static int type(byte[] bytes, int length) {
        return length == 0 ? 0 : bytes[0] & 0xff;
    }

    static void read(byte[] bytes, int length, Listener listener) {
        var reader = new ByteReader(bytes, 0, length);
        int type = reader.getByte();
        switch (type) {
            case SERIES -> series(reader, listener);
            case SAMPLES -> samples(reader, listener);
            case TOMBSTONES -> tombstones(reader, listener);
            case EXEMPLARS -> exemplars(reader, listener);
            case MMAP_MARKERS -> {} // which late chunks are in files: all of those are read
            case METADATA -> metadata(reader, listener);
            case HISTOGRAMS, CUSTOM_HISTOGRAMS -> histograms(reader, true, listener);
            case FLOAT_HISTOGRAMS, CUSTOM_FLOAT_HISTOGRAMS -> histograms(reader, false, listener);
            case SAMPLES_2 -> samples2(reader, listener);
            case HISTOGRAMS_2 -> histograms2(reader, true, listener);
            case FLOAT_HISTOGRAMS_2 -> histograms2(reader, false, listener);
            default -> listener.unknown(type);
        }
    }

    private static void series(ByteReader reader, Listener listener) {
        while (reader.remaining() > 0) {
            long reference = reader.getLong();
            listener.series(reference, labels(reader));
        }
    }

    private static Labels labels(ByteReader reader) {
        var pairs = new String[reader.getCount(2) * 2];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = reader.getText();
        }
        return SeriesOrder.labels(pairs);
    }

    private static void samples(ByteReader reader, Listener listener) {
        if (reader.remaining() == 0) {
            return;
        }
        long reference = reader.getLong();
        long time = reader.getLong();
        while (reader.remaining() > 0) {
            long each = reference + reader.getVarint();
            long at = time + reader.getVarint();
            listener.sample(each, at, Double.longBitsToDouble(reader.getLong()));
        }
    }

    private static void samples2(ByteReader reader, Listener listener) {
        if (reader.remaining() == 0) {
            return;
        }
        long reference = reader.getVarint();
        long time = reader.getVarint();
        reader.getVarint(); // when it started
        listener.sample(reference, time, Double.longBitsToDouble(reader.getLong()));
        while (reader.remaining() > 0) {
            reference += reader.getVarint();
            long at = time + reader.getVarint();
            skipStart(reader);
            listener.sample(reference, at, Double.longBitsToDouble(reader.getLong()));
        }
    }

    private static void skipStart(ByteReader reader) {
        int marker = reader.getByte();
        if (marker == OWN_START) {
            reader.getVarint();
        } else if (marker > SAME_START) {
            throw new IndexOutOfBoundsException("start time of kind " + marker);
        }
    }

    private static void tombstones(ByteReader reader, Listener listener) {
        while (reader.remaining() > 0) {
            long reference = reader.getLong();
            long from = reader.getVarint();
            listener.deleted(reference, from, reader.getVarint());
        }
    }

    private static void exemplars(ByteReader reader, Listener listener) {
        if (reader.remaining() == 0) {
            return;
        }
        long reference = reader.getLong();
        long time = reader.getLong();
        while (reader.remaining() > 0) {
            long each = reference + reader.getVarint();
            long at = time + reader.getVarint();
            double value = Double.longBitsToDouble(reader.getLong());
            listener.exemplar(each, new Exemplar(labels(reader), value, at));
        }
    }

    private static void metadata(ByteReader reader, Listener listener) {
        while (reader.remaining() > 0) {
            long reference = reader.getUvarint();
            int type = reader.getByte();
            var help = "";
            var unit = "";
            for (int i = reader.getCount(2); i > 0; i--) {
                var name = reader.getText();
                var value = reader.getText();
                if (name.equals("HELP")) {
                    help = value;
                } else if (name.equals("UNIT")) {
                    unit = value;
                }
            }
            var known = type < TYPES.length ? TYPES[type] : Metadata.Type.UNKNOWN;
            listener.metadata(reference, new Metadata(known, help, unit));
        }
    }

    private static void histograms(ByteReader reader, boolean isInteger, Listener listener) {
        if (reader.remaining() == 0) {
            return;
        }
        long reference = reader.getLong();
        long time = reader.getLong();
        while (reader.remaining() > 0) {
            long each = reference + reader.getVarint();
            long at = time + reader.getVarint();
            listener.histogram(each, at, histogram(reader, isInteger));
        }
    }

    private static void histograms2(ByteReader reader, boolean isInteger, Listener listener) {
        if (reader.remaining() == 0) {
            return;
        }
        long reference = reader.getVarint();
        long time = reader.getVarint();
        reader.getVarint();
        listener.histogram(reference, time, histogram(reader, isInteger));
        while (reader.remaining() > 0) {
            reference += reader.getVarint();
            long at = time + reader.getVarint();
            skipStart(reader);
            listener.histogram(reference, at, histogram(reader, isInteger));
        }
    }

    private static Histogram histogram(ByteReader reader, boolean isInteger) {
        int hint = reader.getByte();
        int schema = (int) reader.getVarint();
        double threshold = Double.longBitsToDouble(reader.getLong());
        double zeroCount = isInteger ? reader.getUvarint() : number(reader);
        double count = isInteger ? reader.getUvarint() : number(reader);
        double sum = number(reader);
        var positive = spans(reader);
        var negative = spans(reader);
        double[] positiveCounts = counts(reader, isInteger, positive);
        double[] negativeCounts = counts(reader, isInteger, negative);
        double[] bounds = {};
        if (schema == Histogram.CUSTOM_BOUNDS) {
            bounds = new double[reader.getCount(8)];
            for (int i = 0; i < bounds.length; i++) {
                bounds[i] = number(reader);
            }
        }
        if (StaleMarker.is(sum)) {
            return Histogram.STALE;
        }
        return new Histogram(
                isInteger,
                hint < HINTS.length ? HINTS[hint] : Histogram.Reset.UNKNOWN,
                schema,
                threshold,
                zeroCount,
                count,
                sum,
                positive,
                positiveCounts,
                negative,
                negativeCounts,
                bounds);
    }

    private static double number(ByteReader reader) {
        return Double.longBitsToDouble(reader.getLong());
    }

    private static Spans spans(ByteReader reader) {
        int count = reader.getCount(2);
        if (count == 0) {
            return Spans.NONE;
        }
        var offsets = new int[count];
        var lengths = new int[count];
        for (int i = 0; i < count; i++) {
            offsets[i] = (int) reader.getVarint();
            lengths[i] = (int) reader.getUvarint();
        }
        return new Spans(offsets, lengths);
    }

    private static double[] counts(ByteReader reader, boolean isInteger, Spans spans) {
        var counts = new double[reader.getCount(isInteger ? 1 : 8)];
        long count = 0;
        for (int i = 0; i < counts.length; i++) {
            if (isInteger) {
                count += reader.getVarint();
                counts[i] = count;
            } else {
                counts[i] = number(reader);
            }
        }
        if (counts.length != spans.buckets()) {
            throw new IndexOutOfBoundsException(
                    "%d buckets for spans %s".formatted(counts.length, spans));
        }
        return counts;
    }
}
