package tokenplumb.cli;

import tokenplumb.json.Json;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/// Asks a Tokenplumb that runs.
final class Remote {
    private final String base;

    Remote(String url) {
        this.base = url.replaceAll("/+$", "");
    }

    /// The answer's `data`. Throws [Failure] saying what went wrong.
    Object ask(String method, String path, String json) {
        try (var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
            var request =
                    HttpRequest.newBuilder(URI.create(base + path))
                            .timeout(Duration.ofSeconds(30))
                            .header("Content-Type", "application/json")
                            .method(
                                    method,
                                    json.isEmpty()
                                            ? HttpRequest.BodyPublishers.noBody()
                                            : HttpRequest.BodyPublishers.ofString(json))
                            .build();
            var response = client.send(request, BodyHandlers.ofByteArray());
            return data(response.statusCode(), response.body());
        } catch (ConnectException e) {
            throw new Failure(
                    1,
                    "No Tokenplumb answers at %s; start `tokenplumb demo`, or give --url"
                            .formatted(base));
        } catch (IOException | IllegalArgumentException e) {
            throw new Failure(1, "%s: %s".formatted(base, e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(1, "interrupted");
        }
    }

    private Object data(int status, byte[] body) {
        try {
            if (body.length > 0 && Json.read(body) instanceof Map<?, ?> answer) {
                if (status / 100 == 2) {
                    return answer.containsKey("data") ? answer.get("data") : answer;
                }
                throw new Failure(1, String.valueOf(answer.get("error")));
            }
        } catch (IllegalArgumentException notJson) {
            // falls through: the status says it
        }
        if (status / 100 == 2) {
            return Map.of();
        }
        throw new Failure(1, "%s answered %d".formatted(base, status));
    }
}
