package tokenplumb.api;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpResponse;

import java.net.URI;
import java.time.Instant;
import java.util.Map;

/// How the API presents itself.
///
/// @param version such as `0.1.0`
/// @param revision the commit it was built from, `""` when unknown
/// @param started when the process began
/// @param externalUrl where users reach this server
/// @param flags every flag as given or defaulted, for the status page
/// @param lifecycle whether `/-/reload` and `/-/quit` may be used
/// @param adminApi whether the admin API was asked for
/// @param corsOrigin an anchored regular expression of origins that scripts may come from
/// @param retention how long samples are kept, as text
/// @param faults serves `/faults` and `/faults/{id}` of the demo; [#noDemo] elsewhere
/// @param pages answers every path that is not the API's: the web app
public record ApiOptions(
        String version,
        String revision,
        Instant started,
        URI externalUrl,
        Map<String, String> flags,
        boolean lifecycle,
        boolean adminApi,
        String corsOrigin,
        String retention,
        HttpHandler faults,
        HttpHandler pages) {
    public ApiOptions {
        flags = Map.copyOf(flags);
    }

    /// Where there is no simulated fleet, there is nothing to break.
    public static HttpHandler noDemo() {
        return request ->
                Answers.error(
                        new ApiError(
                                ApiError.Kind.NOT_FOUND,
                                "only the demo has faults to inject: start `tokenplumb demo`"));
    }

    /// Answers as if the web app had not been built.
    public static HttpHandler noPages() {
        return request -> HttpResponse.text(404, "404 page not found: " + request.path() + "\n");
    }
}
