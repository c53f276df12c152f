package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads what [ChunkShaper] took apart. A chunk that cannot be is an [IndexOutOfBoundsException] or
/// [IllegalStateException]. Made to be reused. Not thread-safe.
final class ChunkReader {
    /// Numbers in one chunk are not more than this, in all its columns.
    static final int MOST_NUMBERS = 1 << 26;

    private final ColumnDecoder decoder = new ColumnDecoder();
    private final ByteReader head = new ByteReader(new byte[0], 0, 0);
    private final Values values = new Values();
    private long[] numbers = new long[0];
    private double[] doubles = new double[0];
    private long[] running = new long[0];
    private long[] counts = new long[0];

    private void room(int rows) {
        if (numbers.length < rows) {
            numbers = new long[Math.max(rows, numbers.length * 2)];
            doubles = new double[numbers.length];
            running = new long[numbers.length];
        }
    }

    /// Adds rows `from` to `to` (exclusive) of a plain series' chunk of `rows`. After the chunk,
    /// the array has [ColumnDecoder#PADDING] bytes of anything.
    void plain(
            byte[] bytes,
            int offset,
            int length,
            Models models,
            long[] times,
            int rows,
            int from,
            int to,
            Samples into) {
        room(rows);
        head.reset(bytes, offset, length);
        if (length > 0 && (bytes[offset] & 0xff) == ChunkShaper.MIXED) {
            mixed(bytes, models, times, rows, from, to, into);
            return;
        }
        values.read(head, rows);
        if (values.isStreamed()) {
            decoder.reset(bytes, head.position());
            numbers[0] = 0;
            decoder.decode(
                    models.of(values.isBits() ? ChunkShaper.VALUE_BITS : ChunkShaper.VALUES),
                    numbers,
                    rows);
            atEnd(offset + length);
        }
        values.restore(numbers, rows, doubles);
        for (int i = from; i < to; i++) {
            into.add(times[i], doubles[i]);
        }
    }

    private void atEnd(int end) {
        if (!decoder.isAtEnd() || decoder.position() > end * 8L) {
            throw new IllegalStateException("a stream that does not end where it should");
        }
    }

    /// As [#plain], of a folded histogram of `into`'s buckets.
    void folded(
            byte[] bytes,
            int offset,
            int length,
            Models models,
            long[] times,
            int rows,
            int from,
            int to,
            FoldedSamples into) {
        room(rows);
        head.reset(bytes, offset, length);
        int buckets = into.buckets();
        if ((long) buckets * rows > MOST_NUMBERS) {
            throw new IllegalStateException("more numbers than a chunk may hold");
        }
        var firsts = new long[buckets];
        for (int bucket = 0; bucket < buckets; bucket++) {
            firsts[bucket] = head.getVarint();
        }
        var live = new byte[buckets + 7 >> 3];
        boolean isStreamed = false;
        for (int i = 0; i < live.length; i++) {
            live[i] = (byte) head.getByte();
            isStreamed |= live[i] != 0;
        }
        values.read(head, rows);
        isStreamed |= values.isStreamed();
        if (isStreamed) {
            decoder.reset(bytes, head.position());
        }
        if (counts.length < buckets * rows) {
            counts = new long[Math.max(buckets * rows, Math.min(counts.length * 2, MOST_NUMBERS))];
        }
        Arrays.fill(running, 0, rows, 0);
        for (int bucket = 0; bucket < buckets; bucket++) {
            long first = firsts[bucket];
            if ((live[bucket >> 3] >> (bucket & 7) & 1) != 0) {
                numbers[0] = 0;
                decoder.decode(models.of(ChunkShaper.COUNTS), numbers, rows);
                for (int row = 0, at = bucket; row < rows; row++, at += buckets) {
                    running[row] += first + numbers[row];
                    counts[at] = running[row];
                }
            } else {
                for (int row = 0, at = bucket; row < rows; row++, at += buckets) {
                    running[row] += first;
                    counts[at] = running[row];
                }
            }
        }
        if (values.isStreamed()) {
            numbers[0] = 0;
            decoder.decode(
                    models.of(values.isBits() ? ChunkShaper.VALUE_BITS : ChunkShaper.VALUES),
                    numbers,
                    rows);
        }
        if (isStreamed) {
            atEnd(offset + length);
        }
        values.restore(numbers, rows, doubles);
        for (int i = from; i < to; i++) {
            into.add(times[i], doubles[i], counts, i * buckets);
        }
    }

    private void mixed(
            byte[] bytes, Models models, long[] times, int rows, int from, int to, Samples into) {
        head.skip(1);
        int count = head.getCount(1);
        var runs = new ArrayList<Run>(count);
        int start = 0;
        long numbersInAll = 0;
        for (int i = 0; i < count; i++) {
            long length = head.getUvarint();
            if (length < 2 || length >> 1 > rows - start) {
                throw new IllegalStateException("a run of samples that cannot be");
            }
            var run = run((length & 1) != 0, start, (int) (length >> 1));
            runs.add(run);
            numbersInAll += (long) run.columns.size() * run.length;
            start += run.length;
        }
        if (start != rows || numbersInAll > MOST_NUMBERS) {
            throw new IllegalStateException("runs of samples that cannot be");
        }
        boolean isStreamed =
                runs.stream().anyMatch(run -> run.columns.stream().anyMatch(Values::isStreamed));
        if (isStreamed) {
            decoder.reset(bytes, head.position());
        }
        for (var run : runs) {
            var columns = new double[run.columns.size()][];
            for (int i = 0; i < columns.length; i++) {
                var column = run.columns.get(i);
                boolean isValue = run.shape.isEmpty() || i == Run.SUM;
                if (column.isStreamed()) {
                    numbers[0] = 0;
                    int role = isValue ? ChunkShaper.VALUES : ChunkShaper.COUNTS;
                    decoder.decode(
                            models.of(role + (column.isBits() ? 1 : 0)), numbers, run.length);
                }
                columns[i] = new double[run.length];
                column.restore(numbers, run.length, columns[i]);
            }
            for (int i = Math.max(from, run.start); i < Math.min(to, run.start + run.length); i++) {
                if (run.shape.isEmpty()) {
                    into.add(times[i], columns[0][i - run.start]);
                } else {
                    into.add(times[i], run.histogram(columns, i - run.start));
                }
            }
        }
        if (isStreamed && !decoder.isAtEnd()) {
            throw new IllegalStateException("a stream that does not end where it should");
        }
    }

    private Run run(boolean isHistogram, int start, int length) {
        var columns = new ArrayList<Values>();
        if (!isHistogram) {
            columns.add(column(length));
            return new Run(start, length, List.of(), columns);
        }
        boolean isInteger = head.getByte() != 0;
        int schema = (int) head.getVarint();
        double zeroThreshold = Double.longBitsToDouble(head.getLong());
        var positive = spans();
        var negative = spans();
        int positives = head.getCount(1);
        int negatives = head.getCount(1);
        var bounds = new double[head.getCount(8)];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = Double.longBitsToDouble(head.getLong());
        }
        for (int i = 0; i < Run.SUM + 1 + positives + negatives; i++) {
            columns.add(column(length));
        }
        var shape =
                new Histogram(
                        isInteger,
                        Histogram.Reset.UNKNOWN,
                        schema,
                        zeroThreshold,
                        0,
                        0,
                        0,
                        positive,
                        new double[positives],
                        negative,
                        new double[negatives],
                        bounds);
        return new Run(start, length, List.of(shape), columns);
    }

    private Values column(int length) {
        var column = new Values();
        column.read(head, length);
        return column;
    }

    private Histogram.Spans spans() {
        int count = head.getCount(2);
        var offsets = new int[count];
        var lengths = new int[count];
        for (int i = 0; i < count; i++) {
            offsets[i] = (int) head.getVarint();
            lengths[i] = (int) head.getVarint();
        }
        return new Histogram.Spans(offsets, lengths);
    }

    /// Floats (no shape), or histograms of one shape.
    private record Run(int start, int length, List<Histogram> shape, List<Values> columns) {
        static final int SUM = 3;

        Histogram histogram(double[][] of, int row) {
            var like = shape.getFirst();
            int positives = like.positiveCounts().length;
            var positiveCounts = new double[positives];
            for (int i = 0; i < positives; i++) {
                positiveCounts[i] = of[SUM + 1 + i][row];
            }
            var negativeCounts = new double[like.negativeCounts().length];
            for (int i = 0; i < negativeCounts.length; i++) {
                negativeCounts[i] = of[SUM + 1 + positives + i][row];
            }
            return new Histogram(
                    like.isInteger(),
                    ChunkShaper.hint((int) of[0][row]),
                    like.schema(),
                    like.zeroThreshold(),
                    of[1][row],
                    of[2][row],
                    of[SUM][row],
                    like.positive(),
                    positiveCounts,
                    like.negative(),
                    negativeCounts,
                    like.bounds());
        }
    }
}
