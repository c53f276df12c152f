package tokenplumb.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;

/// Against a JDK server whose certificate says `metrics.example`.
@Timeout(120)
final class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir private static Path folder;
    private static Network network; // opened once for all tests
    private static KeyStore server;
    private static KeyStore client;

    @BeforeAll
    static void makeKeys() throws Exception {
        network = new Network();
        server = keys("server", "san=dns:metrics.example");
        client = keys("client", "san=dns:client.example");
    }

    @AfterAll
    static void close() {
        network.close();
    }

    private static KeyStore keys(String name, String extension) throws Exception {
        var file = folder.resolve(name + ".p12");
        var command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "key",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        extension,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD));
        var process =
                new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        var store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(Files.readAllBytes(file)), PASSWORD);
        return store;
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(kind, Base64.getMimeEncoder().encodeToString(der), kind);
    }

    private static String certificate(KeyStore store) throws Exception {
        return pem("CERTIFICATE", store.getCertificate("key").getEncoded());
    }

    private static String key(KeyStore store) throws Exception {
        return pem("PRIVATE KEY", store.getKey("key", PASSWORD).getEncoded());
    }

    private static SSLServerSocket listen(boolean asksForCertificate) throws Exception {
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(server, PASSWORD);
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        trusted.setCertificateEntry("client", client.getCertificate("key"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
        var socket =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(asksForCertificate);
        Thread.ofVirtual().start(() -> serve(socket));
        return socket;
    }

    private static void serve(SSLServerSocket listening) {
        try {
            while (true) {
                var socket = listening.accept();
                Thread.ofVirtual()
                        .start(() -> {
                            try (socket) {
                                RawServer.head(socket.getInputStream());
                                RawServer.say(
                                        socket.getOutputStream(),
                                        "HTTP/1.1 200 OK",
                                        "Content-Length: 4",
                                        "Connection: close",
                                        "",
                                        "safe");
                            } catch (IOException refused) {
                                // what the test wants to see
                            }
                        });
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private static String get(SSLServerSocket listening, Fetch.Tls tls) throws Exception {
        var response =
                network.fetch()
                        .fetch(
                                Fetch.Request.get(
                                                URI.create(
                                                        "https://127.0.0.1:"
                                                                + listening.getLocalPort()
                                                                + "/"),
                                                Map.of(),
                                                Duration.ofSeconds(10),
                                                0)
                                        .with(new Fetch.Options(false, tls)));
        return new String(response.body(), 0, response.length(), StandardCharsets.UTF_8);
    }

    @Test
    void trustsTheGivenAuthorityForTheGivenName() throws Exception {
        try (var listening = listen(false)) {
            var ca = certificate(server);
            assertThat(get(listening, new Fetch.Tls(ca, "", "", "metrics.example", false)))
                    .isEqualTo("safe");
            assertThatThrownBy(() -> get(listening, new Fetch.Tls(ca, "", "", "", false)))
                    .hasMessageStartingWith("TLS with 127.0.0.1 ");
            assertThatThrownBy(
                            () -> get(listening, new Fetch.Tls(ca, "", "", "other.example", false)))
                    .hasMessageContaining("other.example");
        }
    }

    @Test
    void trustsNobodyItDoesNotKnowUnlessToldTo() throws Exception {
        try (var listening = listen(false)) {
            assertThatThrownBy(() ->
                            get(listening, new Fetch.Tls("", "", "", "metrics.example", false)))
                    .hasMessageStartingWith("TLS with 127.0.0.1 ")
                    .hasMessageContaining("certification path");
            assertThat(get(listening, new Fetch.Tls("", "", "", "", true))).isEqualTo("safe");
        }
    }

    @Test
    void showsItsOwnCertificateWhereOneIsWanted() throws Exception {
        try (var listening = listen(true)) {
            var ca = certificate(server);
            assertThat(
                            get(
                                    listening,
                                    new Fetch.Tls(
                                            ca,
                                            certificate(client),
                                            key(client),
                                            "metrics.example",
                                            false)))
                    .isEqualTo("safe");
            assertThatThrownBy(() ->
                            get(listening, new Fetch.Tls(ca, "", "", "metrics.example", false)))
                    .isInstanceOf(IOException.class);
        }
    }
}
