package tokenplumb.http;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// A connection to a server, kept from one request to the next. Used by one thread at a time, which
/// blocks in it; only [#close] may come from anywhere, and ends whatever waits.
final class Connection implements Closeable {
    private static final int HEAD = 2 << 10;

    private final Origin origin;
    private final String address;
    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    /// Where heads are read into; grown by [Reply] for one that is large.
    byte[] head = new byte[HEAD];

    /// The length of the last body, a guess at the next.
    int usualLength;

    private long idleSince;

    private Connection(Origin origin, String address, SocketChannel channel, Socket socket)
            throws IOException {
        this.origin = origin;
        this.address = address;
        this.channel = channel;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /// Connects, with TLS where `tls` is there.
    static Connection open(
            Origin origin, InetAddress at, Deadline deadline, Optional<SSLContext> tls)
            throws IOException {
        var address = at.getHostAddress() + ":" + origin.port();
        var channel = SocketChannel.open();
        try {
            deadline.holds(channel);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            try {
                channel.connect(new InetSocketAddress(at, origin.port()));
            } catch (IOException e) {
                throw new Unreachable(e);
            }
            var socket = tls.isEmpty() ? channel.socket() : secured(channel, origin, tls.get());
            return new Connection(origin, address, channel, socket);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static Socket secured(SocketChannel channel, Origin origin, SSLContext tls)
            throws IOException {
        var name = origin.tls().serverName().isEmpty() ? origin.host() : origin.tls().serverName();
        var socket =
                (SSLSocket)
                        tls.getSocketFactory()
                                .createSocket(channel.socket(), name, origin.port(), true);
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        if (!origin.tls().skipVerify()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /// There is no connection; another address may do.
    static final class Unreachable extends IOException {
        private static final long serialVersionUID = 1;

        Unreachable(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    Origin origin() {
        return origin;
    }

    /// The address and port at the other end.
    String address() {
        return address;
    }

    void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /// Waits for some bytes, at least one and at most `length`; -1 once the other side has closed.
    int read(byte[] into, int at, int length) throws IOException {
        return in.read(into, at, length);
    }

    /// Nobody uses it for the time being.
    void rest(long now) {
        idleSince = now;
        if (head.length > HEAD) {
            head = new byte[HEAD];
        }
    }

    long idleNanos(long now) {
        return now - idleSince;
    }

    /// False when the server is known to have closed it, or has said something unasked.
    boolean isQuiet() {
        if (origin.isTls()) {
            return channel.isOpen(); // a TLS server may well send a session ticket late
        }
        try {
            channel.configureBlocking(false);
            try {
                return channel.read(ByteBuffer.wrap(head, 0, 1)) == 0;
            } finally {
                channel.configureBlocking(true);
            }
        } catch (IOException e) {
            return false;
        }
    }

    SocketChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger("tokenplumb.http").log(System.Logger.Level.DEBUG, "closing", e);
        }
    }
}
