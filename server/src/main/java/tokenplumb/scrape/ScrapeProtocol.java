package tokenplumb.scrape;

import tokenplumb.config.Section;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// A format that a target may be asked for, by its name in the configuration.
enum ScrapeProtocol {
    /// Accepted in the configuration, not asked for: we do not read it yet.
    PROTO("PrometheusProto", ""),
    TEXT_0_0_4("PrometheusText0.0.4", "text/plain;version=0.0.4"),
    TEXT_1_0_0("PrometheusText1.0.0", "text/plain;version=1.0.0"),
    OPENMETRICS_0_0_1("OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1"),
    OPENMETRICS_1_0_0("OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0");

    static final List<ScrapeProtocol> DEFAULT =
            List.of(OPENMETRICS_1_0_0, OPENMETRICS_0_0_1, TEXT_1_0_0, TEXT_0_0_4);

    private final String text;
    private final String mediaType;

    ScrapeProtocol(String text, String mediaType) {
        this.text = text;
        this.mediaType = mediaType;
    }

    /// As a Content-Type.
    String mediaType() {
        return mediaType;
    }

    static List<ScrapeProtocol> read(Section section, List<ScrapeProtocol> otherwise) {
        if (!section.has("scrape_protocols")) {
            return otherwise;
        }
        var protocols = new ArrayList<ScrapeProtocol>();
        var texts = section.texts("scrape_protocols");
        if (texts.isEmpty()) {
            section.problem("scrape_protocols", "scrape_protocols cannot be empty; leave it out");
        }
        for (var text : texts) {
            var protocol = of(text);
            if (protocol.isEmpty()) {
                section.problem(
                        "scrape_protocols",
                        "scrape_protocols: unknown scrape protocol %s, supported: [%s]"
                                .formatted(text, names()));
            } else if (protocols.contains(protocol.get())) {
                section.problem(
                        "scrape_protocols",
                        "duplicated protocol in scrape_protocols: " + protocol.get().text);
            } else {
                protocols.add(protocol.get());
            }
        }
        return protocols;
    }

    /// The Content-Type to assume where a target sends none that we know; `""` for none.
    static String readFallback(Section section) {
        var text = section.text("fallback_scrape_protocol", "");
        if (text.isEmpty()) {
            return "";
        }
        var protocol = of(text);
        if (protocol.isEmpty()) {
            section.problem(
                    "fallback_scrape_protocol",
                    "invalid fallback_scrape_protocol for scrape config with job name \"%s\": unknown scrape protocol %s, supported: [%s]"
                            .formatted(section.text("job_name", ""), text, names()));
            return "";
        }
        return protocol.get().mediaType;
    }

    private static Optional<ScrapeProtocol> of(String text) {
        return Arrays.stream(values()).filter(protocol -> protocol.text.equals(text)).findFirst();
    }

    private static String names() {
        return Arrays.stream(values())
                .map(protocol -> protocol.text)
                .sorted()
                .collect(Collectors.joining(" "));
    }

    /// The Accept header for these protocols, the first one liked best, as Prometheus writes it.
    static String accept(List<ScrapeProtocol> protocols, String escaping) {
        var parts = new ArrayList<String>();
        int weight = values().length + 1;
        for (var protocol : protocols) {
            if (protocol == PROTO) {
                continue;
            }
            var escapes =
                    protocol == TEXT_1_0_0 || protocol == OPENMETRICS_1_0_0
                            ? ";escaping=" + escaping
                            : "";
            parts.add(protocol.mediaType + escapes + ";q=0." + weight--);
        }
        parts.add("*/*;q=0." + weight);
        return String.join(",", parts);
    }
}
