package tokenplumb.api.read;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;

/// A protobuf message being written. Zeros are left out, as proto3 has it. Not thread-safe.
final class Message {
    final Buffer bytes = new Buffer();

    Message number(int field, long value) {
        return value == 0 ? this : always(field, value);
    }

    private Message always(int field, long value) {
        bytes.putUvarint(field << 3);
        bytes.putUvarint(value);
        return this;
    }

    private static long zigzag(long value) {
        return value << 1 ^ value >> 63;
    }

    Message real(int field, double value) {
        return Double.doubleToRawLongBits(value) == 0 ? this : alwaysReal(field, value);
    }

    private Message alwaysReal(int field, double value) {
        bytes.putUvarint(field << 3 | 1);
        bytes.putLong(Long.reverseBytes(Double.doubleToRawLongBits(value)));
        return this;
    }

    Message data(int field, byte[] data, int length) {
        bytes.putUvarint(field << 3 | 2);
        bytes.putUvarint(length);
        bytes.put(data, 0, length);
        return this;
    }

    Message text(int field, String text) {
        var encoded = text.getBytes(StandardCharsets.UTF_8);
        return encoded.length == 0 ? this : data(field, encoded, encoded.length);
    }

    Message inner(int field, Message message) {
        return data(field, message.bytes.array(), message.bytes.size());
    }

    Message labels(int field, Labels labels) {
        for (int i = 0; i < labels.size(); i++) {
            inner(field, new Message().text(1, labels.name(i)).text(2, labels.value(i)));
        }
        return this;
    }

    static Message sample(long time, double value) {
        return new Message().real(1, value).number(2, time);
    }

    static Message histogram(long time, Histogram histogram) {
        var message = new Message();
        boolean whole = histogram.isInteger();
        if (whole) {
            message.always(1, (long) histogram.count());
        } else {
            message.alwaysReal(2, histogram.count());
        }
        message.real(3, histogram.sum()).number(4, zigzag(histogram.schema()));
        message.real(5, histogram.zeroThreshold());
        if (whole) {
            message.always(6, (long) histogram.zeroCount());
        } else {
            message.alwaysReal(7, histogram.zeroCount());
        }
        message.side(8, histogram.negative(), histogram.negativeCounts(), whole);
        message.side(11, histogram.positive(), histogram.positiveCounts(), whole);
        message.number(14, hint(histogram.hint())).number(15, time);
        return message.reals(16, histogram.bounds());
    }

    private static int hint(Histogram.Reset reset) {
        return switch (reset) {
            case UNKNOWN -> 0;
            case RESET -> 1;
            case NOT_RESET -> 2;
            case GAUGE -> 3;
        };
    }

    private void side(int field, Histogram.Spans spans, double[] counts, boolean whole) {
        for (int s = 0; s < spans.size(); s++) {
            inner(
                    field,
                    new Message()
                            .number(1, zigzag(spans.offsets()[s]))
                            .number(2, spans.lengths()[s]));
        }
        if (!whole) {
            reals(field + 2, counts);
        } else if (counts.length > 0) {
            var deltas = new Buffer();
            long before = 0;
            for (double count : counts) {
                deltas.putVarint((long) count - before);
                before = (long) count;
            }
            data(field + 1, deltas.array(), deltas.size());
        }
    }

    private Message reals(int field, double[] values) {
        if (values.length == 0) {
            return this;
        }
        var packed = new Buffer();
        for (double value : values) {
            packed.putLong(Long.reverseBytes(Double.doubleToRawLongBits(value)));
        }
        return data(field, packed.array(), packed.size());
    }
}
