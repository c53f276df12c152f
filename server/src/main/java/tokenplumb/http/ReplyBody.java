package tokenplumb.http;

import java.io.EOFException;
import java.io.IOException;

/// The bytes of an answer as they come in, in an array from [Spares], which whoever reads it gives
/// back. Chunks are joined in place.
final class ReplyBody {
    private static final int FIRST = 4 << 10;
    private static final int LARGEST_STEP = 1 << 20;
    private static final int LEAST_ROOM = 1 << 10;
    private static final long LONGEST_CHUNK = 1L << 40;

    private final Connection connection;
    private final Spares spares;
    private final long most;
    private byte[] bytes = new byte[0];
    private int length; // of the body so far
    private int end; // of what has come: the body, and behind it what is still to be looked at
    private boolean isWhole;

    /// A body of more than `most` bytes is refused.
    ReplyBody(Connection connection, Spares spares, long most) {
        this.connection = connection;
        this.spares = spares;
        this.most = most;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /// Whether nothing but the body has come, so that the next answer begins at the next byte.
    boolean isWhole() {
        return isWhole;
    }

    /// Throws [EOFException] where the connection ends too early.
    void read(ReplyHead head, boolean isExpected) throws IOException {
        long announced = isExpected ? head.length() : 0;
        if (isExpected && head.isChunked()) {
            begin(head, Math.max(FIRST, connection.usualLength + LEAST_ROOM));
            readChunks();
        } else if (announced >= 0) {
            readExactly(head, announced);
        } else {
            begin(head, Math.max(FIRST, connection.usualLength + 1));
            readAll();
        }
        connection.usualLength = Math.min(length, LARGEST_STEP);
    }

    private void begin(ReplyHead head, int room) {
        end = head.end() - head.bodyAt();
        bytes = spares.take(Math.max(room, end));
        System.arraycopy(connection.head, head.bodyAt(), bytes, 0, end);
    }

    private void readExactly(ReplyHead head, long announced) throws IOException {
        if (announced > most) {
            throw new Fetch.BodyTooLarge(most);
        }
        begin(head, (int) Math.min(announced, LARGEST_STEP)); // more when it has really come
        length = (int) Math.min(end, announced);
        while (length < announced) {
            if (length == bytes.length) {
                grow(Math.min(announced, length * 2L));
            }
            end += fill((int) Math.min(announced, bytes.length));
            length = end;
        }
        isWhole = end == announced;
    }

    private void readAll() throws IOException {
        while (true) {
            length = end;
            if (length > most) {
                throw new Fetch.BodyTooLarge(most);
            }
            if (end == bytes.length) {
                grow(end * 2L);
            }
            int read = connection.read(bytes, end, bytes.length - end);
            if (read < 0) {
                return;
            }
            end += read;
        }
    }

    /// Reads up to `limit`, at least a byte.
    private int fill(int limit) throws IOException {
        int read = connection.read(bytes, end, limit - end);
        if (read < 0) {
            throw new EOFException("closed");
        }
        return read;
    }

    private void grow(long wanted) {
        long step = Math.max(LEAST_ROOM, Math.min(wanted, Integer.MAX_VALUE - 8L));
        bytes = spares.grow(bytes, end, (int) step);
    }

    private enum Part {
        SIZE,
        EXTENSION,
        DATA,
        DATA_END,
        TRAILER
    }

    private void readChunks() throws IOException {
        var part = Part.SIZE;
        int at = 0; // what is looked at next; never before `length`
        long left = 0; // of the chunk's size or data
        int trailer = 0; // bytes of it
        int line = 0; // bytes of the line or number we are in
        while (true) {
            while (at < end) {
                if (part == Part.DATA) {
                    int some = (int) Math.min(left, end - at);
                    System.arraycopy(bytes, at, bytes, length, some);
                    length += some;
                    at += some;
                    left -= some;
                    part = left == 0 ? Part.DATA_END : part;
                    continue;
                }
                byte next = bytes[at++];
                switch (part) {
                    case SIZE -> {
                        int digit = Character.digit(next, 16);
                        if (digit >= 0 && left < LONGEST_CHUNK) {
                            left = left << 4 | digit;
                            line++;
                            continue;
                        }
                        if (line == 0 || next > ' ' && next != ';') {
                            throw new ReplyHead.NotHttp("a chunk of its answer has no size");
                        }
                        part = Part.EXTENSION;
                        at--;
                    }
                    case EXTENSION -> {
                        if (next == '\n') {
                            if (length + left > most) {
                                throw new Fetch.BodyTooLarge(most);
                            }
                            part = left == 0 ? Part.TRAILER : Part.DATA;
                            line = 0;
                        } else if (++line > LARGEST_STEP) {
                            throw new ReplyHead.NotHttp("a chunk's size is a line without end");
                        }
                    }
                    case DATA_END -> {
                        if (next == '\n') {
                            part = Part.SIZE;
                        } else if (next != '\r') {
                            throw new ReplyHead.NotHttp("a chunk of its answer has a wrong size");
                        }
                    }
                    case TRAILER -> {
                        if (next == '\n') {
                            if (line == 0) {
                                isWhole = at == end;
                                return;
                            }
                            line = 0;
                        } else if (next != '\r') {
                            line++;
                        }
                        if (++trailer > LARGEST_STEP) {
                            throw new ReplyHead.NotHttp("its answer has a trailer without end");
                        }
                    }
                    case DATA -> throw new IllegalStateException("bug: data is taken above");
                }
            }
            at = length;
            end = length;
            if (bytes.length - end < LEAST_ROOM) {
                grow(Math.max(end * 2L, end + Math.min(left, LARGEST_STEP)));
            }
            end += fill(bytes.length);
        }
    }
}
