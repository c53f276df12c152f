package tokenplumb.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// An answer: status, headers, and a body that is either bytes or written as a stream.
public record HttpResponse(int status, Map<String, String> headers, Body body) {
    /// Writes the body. Called once, on the request's own thread; writing blocks when the client is
    /// slow and throws when it has gone.
    @FunctionalInterface
    public interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    public static HttpResponse of(int status, String contentType, byte[] body) {
        return new HttpResponse(
                status, Map.of("Content-Type", contentType), out -> out.write(body));
    }

    public static HttpResponse text(int status, String text) {
        return of(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpResponse json(int status, byte[] json) {
        return of(status, "application/json", json);
    }

    public static HttpResponse redirect(String location) {
        return new HttpResponse(302, Map.of("Location", location), out -> {});
    }

    public HttpResponse with(String header, String value) {
        var all = new LinkedHashMap<>(headers);
        all.put(header, value);
        return new HttpResponse(status, all, body);
    }
}
