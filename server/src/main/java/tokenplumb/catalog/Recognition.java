package tokenplumb.catalog;

/// What a target turned out to be, judged by the names of its metrics alone.
///
/// @param source name of the source, such as `vllm`
/// @param title name for people, such as `vLLM`
/// @param kind `engine`, `gpu`, `node`, `gateway`, …
/// @param role `engine`, `router`, `gateway`, `client` or `exporter`
/// @param since first version it can be, `""` when the names do not say
/// @param before first version it cannot be any more, `""` when the names do not say
public record Recognition(
        String source, String title, String kind, String role, String since, String before) {
    /// For people: `vLLM 0.9.2 to below 0.11`.
    public String text() {
        if (since.isEmpty() && before.isEmpty()) {
            return title;
        }
        if (before.isEmpty()) {
            return title + " " + since + " or newer";
        }
        return since.isEmpty()
                ? title + " older than " + before
                : title + " " + since + " to below " + before;
    }
}
