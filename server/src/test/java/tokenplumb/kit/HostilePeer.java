package tokenplumb.kit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;

/// An HTTP peer on a real loopback socket that answers every request in one particular way, most of
/// them bad.
public final class HostilePeer implements AutoCloseable {
    /// Says something to one client; its request has been read already.
    @FunctionalInterface
    public interface Manner {
        void answer(OutputStream out, String request) throws Exception;
    }

    /// How long the slow ones wait: longer than any test's timeout.
    private static final Duration FOREVER = Duration.ofSeconds(30);

    private final ServerSocket listening;
    private final Manner manner;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    public HostilePeer(Manner manner) throws IOException {
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.manner = manner;
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                var socket = listening.accept();
                Thread.ofVirtual().start(() -> converse(socket));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void converse(Socket socket) {
        try (socket) {
            var request = head(socket.getInputStream());
            if (!request.isEmpty()) {
                requests.add(request);
                manner.answer(socket.getOutputStream(), request);
            }
        } catch (Exception gone) {
            // the client has had enough, as it should
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                break;
            }
            head.append((char) b);
        }
        return head.toString();
    }

    /// `host:port`.
    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /// Heads of all requests so far.
    public List<String> requests() {
        return List.copyOf(requests);
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void head(OutputStream out, String... lines) throws IOException {
        out.write(bytes("HTTP/1.1 " + String.join("\r\n", lines) + "\r\n\r\n"));
        out.flush();
    }

    /// A well-behaved answer.
    public static Manner says(String contentType, byte[] body) {
        return (out, request) -> {
            head(
                    out,
                    "200 OK",
                    "Content-Type: " + contentType,
                    "Content-Length: " + body.length,
                    "Connection: close");
            out.write(body);
        };
    }

    public static Manner says(String body) {
        return says("text/plain; version=0.0.4", bytes(body));
    }

    public static Manner status(String status) {
        return (out, request) -> head(out, status, "Content-Length: 0", "Connection: close");
    }

    public static Manner redirectsTo(String location) {
        return (out, request) ->
                head(
                        out,
                        "302 Found",
                        "Location: " + location,
                        "Content-Length: 0",
                        "Connection: close");
    }

    /// Takes the request and never answers.
    public static Manner hangs() {
        return (out, request) -> Thread.sleep(FOREVER);
    }

    /// Sends a beginning of the body and then nothing more.
    public static Manner hangsInTheMiddle() {
        return (out, request) -> {
            head(out, "200 OK", "Content-Type: text/plain", "Content-Length: 1000");
            out.write(bytes("a 1\n"));
            out.flush();
            Thread.sleep(FOREVER);
        };
    }

    /// One byte now and then: never silent, never done.
    public static Manner drips() {
        return (out, request) -> {
            head(out, "200 OK", "Content-Type: text/plain", "Content-Length: 100000");
            for (int i = 0; i < 100_000; i++) {
                out.write('a');
                out.flush();
                Thread.sleep(20);
            }
        };
    }

    /// Promises more than it sends.
    public static Manner liesAboutItsLength() {
        return (out, request) -> {
            head(out, "200 OK", "Content-Type: text/plain", "Content-Length: 1000");
            out.write(bytes("a 1\n"));
        };
    }

    /// A gigabyte of good samples, in chunks.
    public static Manner sendsAGigabyte() {
        return (out, request) -> {
            head(out, "200 OK", "Content-Type: text/plain", "Transfer-Encoding: chunked");
            var chunk = bytes("a{x=\"1234567\"} 1\n".repeat(4096));
            for (long sent = 0; sent < 1L << 30; sent += chunk.length) {
                out.write(bytes(Integer.toHexString(chunk.length) + "\r\n"));
                out.write(chunk);
                out.write(bytes("\r\n"));
            }
            out.write(bytes("0\r\n\r\n"));
        };
    }

    /// A small body that unpacks to 64 MiB.
    public static Manner sendsABomb() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            var block = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                gzip.write(block);
            }
        }
        return (out, request) -> {
            head(
                    out,
                    "200 OK",
                    "Content-Type: text/plain",
                    "Content-Encoding: gzip",
                    "Content-Length: " + packed.size());
            packed.writeTo(out);
        };
    }

    /// Ends in the middle of a label.
    public static Manner sendsHalfALine() {
        return says("a 1\nb{x=\"");
    }

    /// Bytes that are no text at all, said to be metrics.
    public static Manner sendsBinary() {
        var noise = new byte[10_000];
        new Random(7).nextBytes(noise);
        return says("text/plain", noise);
    }

    /// Headers without end.
    public static Manner sendsEndlessHeaders() {
        return (out, request) -> {
            out.write(bytes("HTTP/1.1 200 OK\r\n"));
            var line = bytes("X-More: " + "x".repeat(1000) + "\r\n");
            while (true) {
                out.write(line);
            }
        };
    }

    /// Closes without a word.
    public static Manner closesAtOnce() {
        return (out, request) -> {};
    }

    /// Speaks, but not HTTP.
    public static Manner speaksSomethingElse() {
        return (out, request) -> out.write(bytes("SSH-2.0-OpenSSH_9.2\r\n"));
    }
}
