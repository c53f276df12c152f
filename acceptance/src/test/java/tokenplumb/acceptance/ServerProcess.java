package tokenplumb.acceptance;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// The server as users run it: `java -jar tokenplumb.jar serve` in a process of its own, on a free
/// port, over a folder that outlives it. The jar is `server/target/tokenplumb*.jar`, or
/// `-Dtokenplumb.jar`.
final class ServerProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(150); // rules look back minutes

    private final Process process;
    private final int port;
    private final Path folder;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private ServerProcess(Process process, int port, Path folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /// Starts and waits until it is ready. `config` is written to `folder/prometheus.yml`, `$PORT`
    /// in it standing for the port.
    static ServerProcess start(Path folder, String config, String... flags)
            throws IOException, InterruptedException {
        int port = freePort();
        Files.writeString(
                folder.resolve("prometheus.yml"), config.replace("$PORT", Integer.toString(port)));
        var arguments =
                new ArrayList<>(
                        List.of(
                                "serve",
                                "--config.file=" + folder.resolve("prometheus.yml"),
                                "--storage.tsdb.path=" + folder.resolve("data")));
        arguments.addAll(List.of(flags));
        return run(folder, port, arguments);
    }

    /// Starts another command that serves, such as `demo`, and waits until it is ready; its log is
    /// `folder/log`.
    static ServerProcess command(Path folder, String... arguments)
            throws IOException, InterruptedException {
        return run(folder, freePort(), List.of(arguments));
    }

    private static ServerProcess run(Path folder, int port, List<String> arguments)
            throws IOException, InterruptedException {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-jar",
                                jar().toString()));
        command.addAll(arguments);
        command.add("--web.listen-address=127.0.0.1:" + port);
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                        .start();
        var server = new ServerProcess(process, port, folder);
        server.awaitReady();
        return server;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Path jar() throws IOException {
        var named = System.getProperty("tokenplumb.jar", "");
        if (!named.isEmpty()) {
            return Path.of(named);
        }
        var target = Path.of("").toAbsolutePath().resolveSibling("server").resolve("target");
        if (Files.isDirectory(target)) {
            try (Stream<Path> files = Files.list(target)) {
                var jars =
                        files.filter(file -> isProduct(file.getFileName().toString()))
                                .sorted()
                                .toList();
                if (!jars.isEmpty()) {
                    return jars.getFirst();
                }
            }
        }
        Assumptions.abort(
                "no server/target/tokenplumb*.jar: run ./tokenplumb build first, or name one with"
                        + " -Dtokenplumb.jar=FILE");
        throw new IllegalStateException("bug: not reached");
    }

    private static boolean isProduct(String name) {
        return name.matches("tokenplumb(-[0-9][^-]*)?\\.jar");
    }

    private void awaitReady() throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (process.isAlive() && System.nanoTime() < end) {
            if (isReady()) {
                return;
            }
            Thread.sleep(20);
        }
        process.destroyForcibly().waitFor();
        throw new IOException("the server did not start; its log:\n" + log());
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path, "");
    }

    HttpResponse<String> send(String method, String path, String form)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(address() + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(form))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// Asks again and again until the answer is as wanted; fails with the last one.
    String await(String path, Predicate<String> wanted) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        var last = "";
        while (System.nanoTime() < end) {
            last = get(path).body();
            if (wanted.test(last)) {
                return last;
            }
            Thread.sleep(100);
        }
        throw new AssertionError(
                "%s still answers %s; the server's log:%n%s".formatted(path, last, log()));
    }

    /// A bare connection, for what no decent client would send.
    Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(40_000);
        return socket;
    }

    String address() {
        return "http://127.0.0.1:" + port;
    }

    /// Everything that all runs over this folder have logged.
    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    int exit() {
        return process.exitValue();
    }

    /// As a power failure of the process: SIGKILL.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM, as a service manager stops it.
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(30, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        throw new AssertionError("the server did not end within 30s of SIGTERM");
    }
}
