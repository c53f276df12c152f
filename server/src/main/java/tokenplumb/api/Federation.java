package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// `/federate`: the newest sample of each series asked for, with its own time, in text format
/// 0.0.4. Series that have ended are left out.
final class Federation {
    private static final Map<String, String> TEXT =
            Map.of(
                    "Content-Type",
                    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    private static final int PIECE = 16 << 10;

    private record Newest(Labels labels, long time, double value) {}

    private final Storage storage;
    private final Duration lookback;
    private final InstantSource clock;
    private final Supplier<Labels> external;

    Federation(Storage storage, Duration lookback, InstantSource clock, Supplier<Labels> external) {
        this.storage = storage;
        this.lookback = lookback;
        this.clock = clock;
        this.external = external;
    }

    HttpResponse federate(HttpRequest request) {
        var selectors = new ArrayList<List<Matcher>>();
        try {
            for (var text : request.parameters("match[]")) {
                selectors.add(Asked.selector(text));
            }
        } catch (ApiError e) {
            return HttpResponse.text(400, e.getMessage() + "\n");
        }
        var newest = newest(selectors);
        var labels = external.get();
        return new HttpResponse(200, TEXT, out -> write(out, newest, labels));
    }

    private List<Newest> newest(List<List<Matcher>> selectors) {
        long now = clock.millis();
        long from = now - lookback.toMillis();
        var found = new ArrayList<Newest>();
        var seen = new HashSet<Labels>();
        var samples = new Samples();
        try (var querier = storage.querier()) {
            for (var selector : selectors) {
                for (var series : querier.select(from, now, selector)) {
                    if (!series.labels().has(Labels.NAME) || !seen.add(series.labels())) {
                        continue;
                    }
                    samples.clear();
                    series.read(from, now, samples);
                    int last = samples.size() - 1;
                    boolean isFloat = last >= 0 && !samples.isHistogram(last);
                    if (isFloat && !StaleMarker.is(samples.value(last))) {
                        found.add(
                                new Newest(
                                        series.labels(), samples.time(last), samples.value(last)));
                    }
                }
            }
        }
        found.sort(
                Comparator.comparing((Newest sample) -> sample.labels().metricName())
                        .thenComparing(Newest::labels));
        return found;
    }

    private static void write(OutputStream out, List<Newest> newest, Labels external)
            throws IOException {
        var text = new StringBuilder();
        var family = "";
        for (var sample : newest) {
            var name = sample.labels().metricName();
            if (!name.equals(family)) {
                text.append("# TYPE ").append(isPlain(name, true) ? name : quoted(name));
                text.append(" untyped\n");
                family = name;
            }
            write(text, sample, external);
            if (text.length() > PIECE) {
                out.write(text.toString().getBytes(StandardCharsets.UTF_8));
                text.setLength(0);
            }
        }
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// External labels are added where the series lacks them, and so is `instance=""`: it keeps
    /// whoever scrapes this with `honor_labels` from putting our own address there.
    private static void write(StringBuilder text, Newest sample, Labels external) {
        var labels = new TreeMap<>(external.toMap());
        labels.putIfAbsent("instance", "");
        var own = sample.labels().toMap();
        labels.keySet().removeAll(own.keySet());
        var name = own.remove(Labels.NAME);
        boolean plain = isPlain(name, true);
        if (plain) {
            text.append(name);
        }
        text.append('{');
        var separator = "";
        if (!plain) {
            text.append(quoted(name));
            separator = ",";
        }
        for (var set : List.of(own, labels)) {
            for (var label : set.entrySet()) {
                text.append(separator);
                text.append(
                        isPlain(label.getKey(), false) ? label.getKey() : quoted(label.getKey()));
                text.append('=').append(quoted(label.getValue()));
                separator = ",";
            }
        }
        text.append("} ").append(Decimal.general(sample.value()));
        text.append(' ').append(sample.time()).append('\n');
    }

    private static boolean isPlain(String name, boolean colons) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
            boolean digit = c >= '0' && c <= '9' && i > 0;
            if (!letter && !digit && !(colons && c == ':')) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
