package tokenplumb.ui;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Over the small app in `src/test/resources/tokenplumb/testui/`.
final class UiTest {
    private final Ui ui = new Ui("/tokenplumb/testui/");

    private static HttpResponse ask(Ui ui, String path, Map<String, List<String>> headers) {
        return ui.handle(new HttpRequest("GET", path, Map.of(), headers, new byte[0], ""));
    }

    private HttpResponse ask(String path) {
        return ask(ui, path, Map.of());
    }

    private static String text(HttpResponse response) throws Exception {
        var out = new ByteArrayOutputStream();
        response.body().writeTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void servesEveryPageWithTheApp() throws Exception {
        for (var page :
                List.of(
                        "/",
                        "/fleet",
                        "/explore",
                        "/targets",
                        "/alerts",
                        "/graph",
                        "/fleet/replica/a")) {
            var response = ask(page);
            assertThat(response.status()).as(page).isEqualTo(200);
            assertThat(text(response)).contains("<title>test app</title>");
            assertThat(response.headers())
                    .containsEntry("Content-Type", "text/html; charset=utf-8")
                    .containsEntry("Cache-Control", "no-cache")
                    .containsEntry("X-Content-Type-Options", "nosniff");
            assertThat(response.headers().get("Content-Security-Policy"))
                    .startsWith("default-src 'self'");
        }
    }

    @Test
    void letsHashedFilesBeKept() throws Exception {
        var script = ask("/assets/app-1a2b.js");
        assertThat(text(script)).isEqualTo("console.log('plain');\n");
        assertThat(script.headers())
                .containsEntry("Content-Type", "text/javascript; charset=utf-8")
                .containsEntry("Cache-Control", "public, max-age=31536000, immutable");
        assertThat(
                        ask(
                                        ui,
                                        "/assets/app-1a2b.js",
                                        Map.of(
                                                "if-none-match",
                                                List.of(script.headers().get("ETag"))))
                                .status())
                .isEqualTo(304);
    }

    @Test
    void prefersThePackedFile() {
        var packed = ask(ui, "/assets/app-1a2b.js", Map.of("accept-encoding", List.of("gzip, br")));
        assertThat(packed.headers()).containsEntry("Content-Encoding", "gzip");
    }

    @Test
    void findsNothingOutsideItsFolder() {
        for (var path :
                List.of(
                        "/assets/gone.js",
                        "/favicon.png",
                        "/../testui/index.html",
                        "/assets/../../../tokenplumb/HouseTest.class",
                        "/..%2f..%2fetc/passwd.txt")) {
            assertThat(ask(path).status()).as(path).isEqualTo(404);
        }
    }

    @Test
    void helpsWhereTheAppWasNotBuilt() throws Exception {
        var page = ask(new Ui("/nowhere/"), "/", Map.of());
        assertThat(page.status()).isEqualTo(200);
        assertThat(text(page)).contains("./tokenplumb build").contains("api/v1/targets");
        assertThat(page.headers()).containsKey("Content-Security-Policy");
    }

    @Test
    void isOnlyRead() {
        assertThat(
                        ui.handle(
                                        new HttpRequest(
                                                "POST",
                                                "/fleet",
                                                Map.of(),
                                                Map.of(),
                                                new byte[0],
                                                ""))
                                .status())
                .isEqualTo(405);
    }
}
