package tokenplumb.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

final class RouterTest {
    private final Router router =
            new Router()
                    .get("/", request -> HttpResponse.text(200, "home"))
                    .get("/api/v1/labels", request -> HttpResponse.text(200, "labels"))
                    .post("/api/v1/labels", request -> HttpResponse.text(200, "posted"))
                    .get(
                            "/api/v1/label/{name}/values",
                            request -> HttpResponse.text(200, "of " + request.variable("name")))
                    .get("/api/v1/label/fixed/values", request -> HttpResponse.text(200, "fixed"))
                    .get(
                            "/assets/{file...}",
                            request -> HttpResponse.text(200, "file " + request.variable("file")));

    private static String ask(HttpHandler handler, String method, String path) throws Exception {
        var response =
                handler.handle(new HttpRequest(method, path, Map.of(), Map.of(), new byte[0], ""));
        var out = new ByteArrayOutputStream();
        response.body().writeTo(out);
        return response.status()
                + " "
                + response.headers().getOrDefault("Allow", "")
                + response.headers().getOrDefault("Location", "")
                + out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void findsTheMostLiteralRoute() throws Exception {
        assertThat(ask(router, "GET", "/")).isEqualTo("200 home");
        assertThat(ask(router, "HEAD", "/api/v1/labels")).isEqualTo("200 labels");
        assertThat(ask(router, "POST", "/api/v1/labels")).isEqualTo("200 posted");
        assertThat(ask(router, "GET", "/api/v1/label/job/values")).isEqualTo("200 of job");
        assertThat(ask(router, "GET", "/api/v1/label/fixed/values")).isEqualTo("200 fixed");
        assertThat(ask(router, "GET", "/assets/js/a.js")).isEqualTo("200 file js/a.js");
    }

    @Test
    void saysWhatIsNotThereAndWhatIsNotAllowed() throws Exception {
        assertThat(ask(router, "GET", "/api/v1/label//values"))
                .isEqualTo("404 404 page not found: /api/v1/label//values\n");
        assertThat(ask(router, "GET", "/api/v1")).startsWith("404 ");
        assertThat(ask(router, "PUT", "/api/v1/labels"))
                .isEqualTo("405 GET, POSTPUT is not allowed here: /api/v1/labels\n");
    }

    @Test
    void servesBelowAPrefix() throws Exception {
        var below = Router.below("/tp/", router);
        assertThat(ask(below, "GET", "/tp/api/v1/labels")).isEqualTo("200 labels");
        assertThat(ask(below, "GET", "/")).isEqualTo("302 /tp/");
        assertThat(ask(below, "GET", "/tp")).isEqualTo("302 /tp/");
        assertThat(ask(below, "GET", "/tpx")).startsWith("404 ");
        assertThat(ask(Router.below("/", router), "GET", "/")).isEqualTo("200 home");
    }

    @Test
    void refusesTheSameRouteTwice() {
        assertThatThrownBy(() -> router.get("/", request -> HttpResponse.text(200, "")))
                .hasMessage("bug: two handlers for GET /");
        assertThatThrownBy(() ->
                        router.get(
                                "/api/v1/label/{other}/x", request -> HttpResponse.text(200, "")))
                .hasMessageContaining("{other}");
    }
}
