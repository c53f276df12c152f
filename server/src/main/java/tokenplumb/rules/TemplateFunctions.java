package tokenplumb.rules;

import tokenplumb.config.Durations;
import tokenplumb.promql.Value;
import tokenplumb.signal.Regex;
import tokenplumb.templates.Fields;
import tokenplumb.templates.Function;
import tokenplumb.templates.GoFormat;
import tokenplumb.templates.TextMap;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Prometheus' own template functions, those that query among them.
final class TemplateFunctions {
    private static final Pattern IP_4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /// Answers the queries of templates.
    @FunctionalInterface
    interface Asking {
        List<Value.Sample> ask(String query);
    }

    /// A query's result, as Go's `template.queryResult`.
    record Result(List<Sample> samples) implements Fields {
        @Override
        public String typeName() {
            return "template.queryResult";
        }

        @Override
        public Optional<Object> field(String name, List<Object> arguments) {
            return Optional.empty();
        }

        @Override
        public String print() {
            return GoFormat.print(List.<Object>copyOf(samples));
        }
    }

    /// One of its samples.
    record Sample(TextMap labels, double value) implements Fields {
        @Override
        public String typeName() {
            return "*template.sample";
        }

        @Override
        public Optional<Object> field(String name, List<Object> arguments) {
            return switch (name) {
                case "Labels" -> Optional.of(labels);
                case "Value" -> Optional.of(value);
                default -> Optional.empty();
            };
        }

        @Override
        public String print() {
            return "{" + GoFormat.print(labels) + " " + GoFormat.print(value) + "}";
        }
    }

    private TemplateFunctions() {}

    /// All of them, for a moment (in seconds) and a way to ask.
    static Map<String, Function> at(double seconds, URI externalUrl, Asking asking) {
        var all = new HashMap<String, Function>();
        queries(all, asking);
        texts(all);
        numbers(all);
        hosts(all);
        all.put("now", Function.of(a -> seconds));
        var path = externalUrl.getPath() == null ? "" : externalUrl.getPath();
        all.put("pathPrefix", Function.of(a -> path));
        all.put("externalURL", Function.of(a -> externalUrl.toString()));
        return all;
    }

    private static void queries(Map<String, Function> all, Asking asking) {
        all.put("query", text(query -> result(asking.ask(query))));
        all.put(
                "first",
                Function.of(
                        a -> {
                            var samples = ((Result) a.getFirst()).samples();
                            if (samples.isEmpty()) {
                                throw new IllegalArgumentException(
                                        "first() called on vector with no elements");
                            }
                            return samples.getFirst();
                        },
                        Result.class));
        all.put(
                "label",
                Function.of(
                        a -> labelOf(a.getLast(), (String) a.getFirst()),
                        String.class,
                        Sample.class));
        all.put("value", Function.of(a -> ((Sample) a.getFirst()).value(), Sample.class));
        all.put("strvalue", Function.of(a -> labelOf(a.getFirst(), "__value__"), Sample.class));
        all.put(
                "sortByLabel",
                Function.of(
                        a -> {
                            var label = (String) a.getFirst();
                            var sorted = new ArrayList<>(((Result) a.getLast()).samples());
                            sorted.sort(Comparator.comparing(sample -> labelOf(sample, label)));
                            return new Result(sorted);
                        },
                        String.class,
                        Result.class));
    }

    private static Result result(List<Value.Sample> vector) {
        return new Result(
                vector.stream()
                        .map(sample ->
                                new Sample(new TextMap(sample.labels().toMap()), sample.value()))
                        .toList());
    }

    private static String labelOf(Object sample, String label) {
        return ((Sample) sample).labels().entries().getOrDefault(label, "");
    }

    /// A function of one text.
    private static Function text(java.util.function.Function<String, Object> body) {
        return Function.of(a -> body.apply((String) a.getFirst()), String.class);
    }

    private static void texts(Map<String, Function> all) {
        all.put("toUpper", text(text -> text.toUpperCase(Locale.ROOT)));
        all.put("toLower", text(text -> text.toLowerCase(Locale.ROOT)));
        all.put("title", text(TemplateFunctions::title));
        all.put("safeHtml", text(text -> text));
        all.put("urlQueryEscape", text(TemplateFunctions::escape));
        all.put("graphLink", text(expr -> "/graph?g0.expr=" + escape(expr) + "&g0.tab=0"));
        all.put("tableLink", text(expr -> "/graph?g0.expr=" + escape(expr) + "&g0.tab=1"));
        all.put(
                "match",
                Function.of(
                        a -> Regex.found((String) a.getFirst(), (String) a.getLast()),
                        String.class,
                        String.class));
        all.put(
                "reReplaceAll",
                Function.of(
                        a ->
                                Regex.replaceAll(
                                        (String) a.get(0), (String) a.get(2), (String) a.get(1)),
                        String.class,
                        String.class,
                        String.class));
        all.put("args", Function.variadic(TemplateFunctions::arguments, Object.class));
    }

    private static Map<String, Object> arguments(List<Object> values) {
        var named = new TreeMap<String, Object>();
        for (int i = 0; i < values.size(); i++) {
            named.put("arg" + i, values.get(i));
        }
        return named;
    }

    /// As Go's `url.QueryEscape`.
    static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("%7E", "~")
                .replace("*", "%2A");
    }

    private static String title(String text) {
        var out = new StringBuilder();
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(inWord ? c : Character.toTitleCase(c));
            inWord = Character.isLetterOrDigit(c) || inWord && (c == '\'' || c == '_');
        }
        return out.toString();
    }

    private static void numbers(Map<String, Function> all) {
        all.put("humanize", number(Humanize::decimal));
        all.put("humanize1024", number(Humanize::binary));
        all.put("humanizeDuration", number(Humanize::duration));
        all.put("humanizePercentage", number(Humanize::percentage));
        all.put("humanizeTimestamp", number(Humanize::timestamp));
        all.put("toTime", number(GoTime::ofSeconds));
        all.put("toDuration", number(seconds -> new GoDuration((long) (seconds * 1e9))));
        all.put("parseDuration", text(TemplateFunctions::seconds));
    }

    private static Function number(java.util.function.DoubleFunction<Object> body) {
        return Function.of(a -> body.apply(Humanize.number(a.getFirst())), Object.class);
    }

    private static Object seconds(String duration) {
        boolean negative = duration.startsWith("-");
        double seconds =
                Durations.parse(negative ? duration.substring(1) : duration).toMillis() / 1000.0;
        return negative ? -seconds : seconds;
    }

    private static void hosts(Map<String, Function> all) {
        all.put("stripPort", text(hostPort -> split(hostPort).host()));
        all.put(
                "stripDomain",
                text(hostPort -> {
                    var split = split(hostPort);
                    if (isIp(split.host())) {
                        return hostPort;
                    }
                    var host = split.host().split("\\.", -1)[0];
                    return split.port().isEmpty() ? host : host + ":" + split.port();
                }));
    }

    private record HostPort(String host, String port) {}

    /// As Go's `net.SplitHostPort`; all is host where that would fail.
    private static HostPort split(String hostPort) {
        var whole = new HostPort(hostPort, "");
        int colon = hostPort.lastIndexOf(':');
        if (colon < 0) {
            return whole;
        }
        var host = hostPort.substring(0, colon);
        if (host.startsWith("[")) {
            return host.indexOf(']') == host.length() - 1
                    ? new HostPort(
                            host.substring(1, host.length() - 1), hostPort.substring(colon + 1))
                    : whole;
        }
        boolean broken = host.indexOf(':') >= 0 || host.indexOf(']') >= 0;
        return broken ? whole : new HostPort(host, hostPort.substring(colon + 1));
    }

    private static boolean isIp(String host) {
        return host.indexOf(':') >= 0 || IP_4.matcher(host).matches();
    }
}
