package tokenplumb.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A peer that says whatever a test wants, byte by byte, to each connection it accepts.
final class RawServer implements AutoCloseable {
    /// Speaks to one connection; the request head has been read already.
    @FunctionalInterface
    interface Speech {
        void speak(OutputStream out, Socket socket) throws Exception;
    }

    private final ServerSocket listening;
    final List<String> heads = new CopyOnWriteArrayList<>();

    RawServer(Speech speech) throws IOException {
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> accept(speech));
    }

    private void accept(Speech speech) {
        try {
            while (true) {
                var socket = listening.accept();
                Thread.ofVirtual().start(() -> converse(speech, socket));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void converse(Speech speech, Socket socket) {
        try (socket) {
            heads.add(head(socket.getInputStream()));
            speech.speak(socket.getOutputStream(), socket);
        } catch (Exception gone) {
            // the client has had enough
        }
    }

    /// Reads up to and including the empty line.
    static String head(InputStream in) throws IOException {
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

    /// Lines are joined by CR LF.
    static void say(OutputStream out, String... lines) throws IOException {
        out.write(String.join("\r\n", lines).getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/metrics");
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
