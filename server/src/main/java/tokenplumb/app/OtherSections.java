package tokenplumb.app;

import tokenplumb.config.Section;
import tokenplumb.relabel.Relabel;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The sections of `prometheus.yml` whose work is not done here yet. They are read with the same
/// care as the others, so that a mistake is found today and not on the day they start to count;
/// what they ask for and does not happen is said in a warning.
final class OtherSections {
    private static final Set<String> RESERVED_HEADERS =
            Set.of(
                    "authorization",
                    "host",
                    "content-encoding",
                    "content-length",
                    "content-type",
                    "x-prometheus-remote-write-version",
                    "x-prometheus-remote-read-version",
                    "user-agent",
                    "connection",
                    "keep-alive",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "www-authenticate",
                    "accept-encoding",
                    "x-amz-date",
                    "x-amz-security-token",
                    "x-amz-content-sha256");

    private OtherSections() {}

    static void read(Section root, List<String> warnings) {
        alerting(root.section("alerting"), warnings);
        remoteWrite(root, warnings);
        remoteRead(root, warnings);
        tracing(root.section("tracing"), warnings);
        otlp(root.section("otlp"), root.section("global"));
        root.section("runtime").ignore("gogc");
    }

    private static void alerting(Section alerting, List<String> warnings) {
        nullItems(alerting, "alert_relabel_configs", "empty or null alert relabeling rule");
        Relabel.read(alerting, "alert_relabel_configs");
        for (var manager : alerting.sections("alertmanagers")) {
            var version = manager.text("api_version", "v2");
            if (!version.equals("v2")) {
                manager.problem(
                        "api_version",
                        "expected Alertmanager api version to be one of [v2] but got " + version);
            }
            nullItems(
                    manager,
                    "relabel_configs",
                    "empty or null Alertmanager target relabeling rule");
            Relabel.read(manager, "relabel_configs");
            nullItems(manager, "alert_relabel_configs", "empty or null alert relabeling rule");
            Relabel.read(manager, "alert_relabel_configs");
            manager.duration("timeout", Duration.ofSeconds(10));
            manager.ignore(manager.keys().toArray(String[]::new));
            warnings.add(
                    "alerting.alertmanagers: alerts show in the API and the UI, but are not sent to"
                            + " an Alertmanager yet");
        }
    }

    private static void nullItems(Section section, String key, String message) {
        for (var item : section.nodes(key)) {
            if (item instanceof tokenplumb.yaml.YamlNode.Scalar scalar && scalar.isNull()) {
                section.problem(item.where(), message);
            }
        }
    }

    private static void remoteWrite(Section root, List<String> warnings) {
        var names = new HashSet<String>();
        for (var remote : root.sections("remote_write")) {
            if (!remote.isPresent()) {
                remote.problem("empty or null remote write config section");
                continue;
            }
            if (remote.text("url", "").isEmpty()) {
                remote.problem("url for remote_write is empty");
            }
            var name = remote.text("name", "");
            if (!name.isEmpty() && !names.add(name)) {
                remote.problem(
                        "name",
                        "found multiple remote write configs with job name \"%s\"".formatted(name));
            }
            headers(remote);
            var message = remote.text("protobuf_message", "prometheus.WriteRequest");
            if (!Set.of("prometheus.WriteRequest", "io.prometheus.write.v2.Request")
                    .contains(message)) {
                remote.problem(
                        "protobuf_message",
                        "invalid protobuf_message value: unknown type for remote write protobuf"
                                + " message %s, supported: prometheus.WriteRequest,"
                                        .formatted(message)
                                + " io.prometheus.write.v2.Request");
            }
            queue(remote.section("queue_config"));
            Relabel.read(remote, "write_relabel_configs");
            remote.duration("remote_timeout", Duration.ofSeconds(30));
            remote.ignore(remote.keys().toArray(String[]::new));
            warnings.add("remote_write: samples are NOT forwarded yet");
        }
    }

    private static void queue(Section queue) {
        if (queue.isPresent()) {
            positive(queue, "max_samples_per_send");
            positive(queue, "min_shards");
            long least = queue.integer("min_shards", 1);
            if (least > queue.integer("max_shards", 50)) {
                queue.problem(
                        "min_shards",
                        "remote write queue min_shards must not be greater than max_shards");
            }
            if (queue.duration("max_backoff", Duration.ofSeconds(5))
                            .compareTo(queue.duration("min_backoff", Duration.ofMillis(30)))
                    < 0) {
                queue.problem(
                        "max_backoff",
                        "remote write queue max_backoff must not be less than min_backoff");
            }
            queue.ignore(
                    "capacity", "batch_send_deadline", "retry_on_http_429", "sample_age_limit");
        }
    }

    private static void positive(Section queue, String key) {
        if (queue.integer(key, 1) < 1) {
            queue.problem(key, "remote write queue " + key + " must be positive");
        }
    }

    private static void headers(Section remote) {
        for (var header : remote.map("headers").keySet()) {
            if (RESERVED_HEADERS.contains(header.toLowerCase(java.util.Locale.ROOT))) {
                remote.problem("headers", header + " is a reserved header. It must not be changed");
            }
        }
    }

    private static void remoteRead(Section root, List<String> warnings) {
        for (var remote : root.sections("remote_read")) {
            if (!remote.isPresent()) {
                remote.problem("empty or null remote read config section");
                continue;
            }
            if (remote.text("url", "").isEmpty()) {
                remote.problem("url for remote_read is empty");
            }
            headers(remote);
            remote.duration("remote_timeout", Duration.ofMinutes(1));
            remote.ignore(remote.keys().toArray(String[]::new));
            warnings.add("remote_read: queries do not ask other servers yet");
        }
    }

    private static void tracing(Section tracing, List<String> warnings) {
        if (!tracing.isPresent()) {
            return;
        }
        if (tracing.text("endpoint", "").isEmpty()) {
            tracing.problem("tracing endpoint must be set");
        }
        var compression = tracing.text("compression", "");
        if (!compression.isEmpty() && !compression.equals("gzip")) {
            tracing.problem(
                    "compression",
                    "invalid compression type %s provided, valid options: gzip"
                            .formatted(compression));
        }
        for (var header : tracing.map("headers").keySet()) {
            if (header.equalsIgnoreCase("authorization")) {
                tracing.problem(
                        "headers", "authorization header configuration is not yet supported");
            }
        }
        tracing.number("sampling_fraction", 0);
        tracing.duration("timeout", Duration.ofSeconds(10));
        tracing.ignore("client_type", "insecure", "tls_config");
        warnings.add("tracing: Tokenplumb does not trace itself yet");
    }

    private static void otlp(Section otlp, Section global) {
        boolean promoteAll = otlp.bool("promote_all_resource_attributes", false);
        var promote = otlp.texts("promote_resource_attributes");
        var ignored = otlp.texts("ignore_resource_attributes");
        if (promoteAll && !promote.isEmpty()) {
            otlp.problem(
                    "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be"
                            + " configured simultaneously");
        }
        if (!promoteAll && !ignored.isEmpty()) {
            otlp.problem(
                    "'ignore_resource_attributes' cannot be configured unless"
                            + " 'promote_all_resource_attributes' is true");
        }
        for (var list : List.of(promote, ignored)) {
            var seen = new HashSet<String>();
            for (var attribute : list) {
                if (attribute.isBlank()) {
                    otlp.problem("empty OTLP resource attribute");
                } else if (!seen.add(attribute.trim())) {
                    otlp.problem("duplicated OTLP resource attribute \"" + attribute + "\"");
                }
            }
        }
        var strategy = otlp.text("translation_strategy", "UnderscoreEscapingWithSuffixes");
        if (!Set.of(
                        "UnderscoreEscapingWithSuffixes",
                        "UnderscoreEscapingWithoutSuffixes",
                        "NoUTF8EscapingWithSuffixes",
                        "NoTranslation")
                .contains(strategy)) {
            otlp.problem(
                    "translation_strategy",
                    "unsupported OTLP translation strategy \"%s\"".formatted(strategy));
        }
        boolean legacy = global.text("metric_name_validation_scheme", "").equals("legacy");
        if (legacy && strategy.startsWith("No")) {
            otlp.problem(
                    "translation_strategy",
                    "OTLP translation strategy \"%s\" is not allowed when UTF8 is disabled; leave"
                                    .formatted(strategy)
                            + " out metric_name_validation_scheme: legacy");
        }
        otlp.ignore(
                "keep_identifying_resource_attributes",
                "convert_histograms_to_nhcb",
                "promote_scope_metadata",
                "label_name_underscore_sanitization",
                "label_name_preserve_multiple_underscores");
    }
}
