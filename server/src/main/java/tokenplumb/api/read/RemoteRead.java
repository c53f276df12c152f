package tokenplumb.api.read;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.bytes.Snappy;
import tokenplumb.chunks.HistogramChunk;
import tokenplumb.chunks.XorChunk;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// `/api/v1/read`: Prometheus' remote read, as samples in one message or as a stream of chunks. At
/// most [#CONCURRENT] requests are answered at a time; the others wait. Thread-safe.
public final class RemoteRead {
    private static final int CONCURRENT = 10;
    private static final int DECODED_LIMIT = 32 << 20;
    private static final long SAMPLE_LIMIT = 50_000_000;
    private static final int BYTE_LIMIT = 1 << 30; // of a whole answer of samples
    private static final int FRAME = 1 << 20;
    private static final int CHUNK_SAMPLES = 120;

    private final Storage storage;
    private final Supplier<Labels> externalLabels;
    private final Semaphore places = new Semaphore(CONCURRENT, true);

    public RemoteRead(Storage storage, Supplier<Labels> externalLabels) {
        this.storage = storage;
        this.externalLabels = externalLabels;
    }

    public HttpResponse read(HttpRequest request) {
        ReadRequest asked;
        try {
            asked = parse(request.body());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return HttpResponse.text(400, e.getMessage() + "\n");
        }
        var accepted = asked.accepted().isEmpty() ? List.of(0) : asked.accepted();
        for (int type : accepted) {
            if (type == ReadRequest.CHUNKS) {
                return new HttpResponse(
                        200,
                        Map.of(
                                "Content-Type",
                                "application/x-streamed-protobuf;"
                                        + " proto=prometheus.ChunkedReadResponse"),
                        out -> inTurn(() -> stream(asked, out)));
            }
            if (type == ReadRequest.SAMPLES) {
                return samples(asked);
            }
        }
        return HttpResponse.text(
                400,
                "server does not support any of the requested response types: %s; supported: 0 (samples), 1 (streamed chunks)\n"
                        .formatted(accepted));
    }

    private static ReadRequest parse(byte[] body) {
        var plain = new Buffer();
        Snappy.unpack(body, 0, body.length, plain);
        if (plain.size() > DECODED_LIMIT) {
            throw new IllegalArgumentException(
                    "snappy: decoded length %d exceeds limit %d"
                            .formatted(plain.size(), DECODED_LIMIT));
        }
        return ReadRequest.parse(plain.array(), plain.size());
    }

    private interface Work {
        void run() throws IOException;
    }

    private void inTurn(Work work) throws IOException {
        try {
            places.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for its turn", e);
        }
        try {
            work.run();
        } finally {
            places.release();
        }
    }

    /// An equality on an external label asks for series without it: it is added on the way out.
    private List<Matcher> own(List<Matcher> matchers, Labels external) {
        var own = new ArrayList<Matcher>();
        for (var matcher : matchers) {
            boolean isExternal =
                    matcher.type() == Matcher.Type.EQUAL
                            && external.get(matcher.name()).equals(matcher.value());
            own.add(isExternal ? Matcher.equal(matcher.name(), "") : matcher);
        }
        return own;
    }

    private static Labels shown(Labels own, Labels external) {
        var labels = Labels.builder();
        external.toMap().forEach(labels::set);
        own.toMap().forEach(labels::set);
        return labels.build();
    }

    private static final class TooMuch extends IOException {
        private static final long serialVersionUID = 1;

        TooMuch(String message) {
            super(message);
        }
    }

    private HttpResponse samples(ReadRequest asked) {
        var answer = new Message();
        try {
            inTurn(() -> gather(asked, answer));
        } catch (TooMuch e) {
            return HttpResponse.text(400, e.getMessage() + "\n");
        } catch (IOException e) {
            return HttpResponse.text(500, e.getMessage() + "\n");
        }
        var packed = new Buffer(answer.bytes.size() / 2 + 64);
        Snappy.pack(answer.bytes.array(), answer.bytes.size(), packed);
        return new HttpResponse(
                200,
                Map.of("Content-Type", "application/x-protobuf", "Content-Encoding", "snappy"),
                out -> out.write(packed.array(), 0, packed.size()));
    }

    private void gather(ReadRequest asked, Message answer) throws IOException {
        var external = externalLabels.get();
        for (var query : asked.queries()) {
            var result = new Message();
            long[] count = new long[1];
            each(
                    query,
                    external,
                    (labels, samples) -> {
                        count[0] += samples.size();
                        if (count[0] > SAMPLE_LIMIT) {
                            throw new TooMuch("exceeded sample limit (%d)".formatted(SAMPLE_LIMIT));
                        }
                        result.inner(1, series(labels, samples));
                        if ((long) answer.bytes.size() + result.bytes.size() > BYTE_LIMIT) {
                            throw new TooMuch(
                                    "an answer of more than %d bytes: ask for less, or for streamed chunks"
                                            .formatted(BYTE_LIMIT));
                        }
                    });
            answer.inner(1, result);
        }
    }

    private static Message series(Labels labels, Samples samples) {
        var series = new Message().labels(1, labels);
        for (int i = 0; i < samples.size(); i++) {
            if (!samples.isHistogram(i)) {
                series.inner(2, Message.sample(samples.time(i), samples.value(i)));
            }
        }
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isHistogram(i)) {
                series.inner(4, Message.histogram(samples.time(i), samples.histogram(i)));
            }
        }
        return series;
    }

    private interface Taker {
        void take(Labels labels, Samples samples) throws IOException;
    }

    /// Series that have samples in the range, sorted by their own labels.
    private void each(ReadRequest.Query query, Labels external, Taker to) throws IOException {
        try (var querier = storage.querier()) {
            var matchers = own(query.matchers(), external);
            var found = new ArrayList<>(querier.select(query.start(), query.end(), matchers));
            found.sort(Comparator.comparing(Series::labels));
            var samples = new Samples();
            for (var series : found) {
                samples.clear();
                series.read(query.start(), query.end(), samples);
                if (samples.size() > 0) {
                    to.take(shown(series.labels(), external), samples);
                }
            }
        }
    }

    // --- chunks

    private void stream(ReadRequest asked, OutputStream out) throws IOException {
        var external = externalLabels.get();
        for (int index = 0; index < asked.queries().size(); index++) {
            int query = index;
            each(
                    asked.queries().get(index),
                    external,
                    (labels, samples) -> frames(labels, samples, query, out));
        }
    }

    /// One series in each frame; a long one in several.
    private static void frames(Labels labels, Samples samples, int query, OutputStream out)
            throws IOException {
        var series = new Message().labels(1, labels);
        int from = 0;
        while (from < samples.size()) {
            int end = chunkEnd(samples, from);
            series.inner(2, chunk(samples, from, end));
            from = end;
            if (series.bytes.size() >= FRAME || from == samples.size()) {
                frame(new Message().inner(1, series).number(2, query), out);
                series = new Message().labels(1, labels);
            }
        }
    }

    private static int chunkEnd(Samples samples, int from) {
        int most = Math.min(samples.size(), from + CHUNK_SAMPLES);
        if (samples.isHistogram(from)) {
            return HistogramChunk.runEnd(samples, from, most);
        }
        int end = from + 1;
        while (end < most && !samples.isHistogram(end)) {
            end++;
        }
        return end;
    }

    private static Message chunk(Samples samples, int from, int end) {
        var data = new Buffer();
        int encoding = XorChunk.ENCODING;
        if (samples.isHistogram(from)) {
            encoding = HistogramChunk.encoding(samples.histogram(from));
            HistogramChunk.write(samples, from, end, HistogramChunk.reset(samples, from), data);
        } else {
            XorChunk.write(samples, from, end, data);
        }
        return new Message()
                .number(1, samples.time(from))
                .number(2, samples.time(end - 1))
                .number(3, encoding)
                .data(4, data.array(), data.size());
    }

    private static void frame(Message message, OutputStream out) throws IOException {
        var head = new Buffer(16);
        int size = message.bytes.size();
        head.putUvarint(size);
        head.putInt(Crc32c.of(message.bytes.array(), 0, size));
        out.write(head.array(), 0, head.size());
        out.write(message.bytes.array(), 0, size);
    }
}
