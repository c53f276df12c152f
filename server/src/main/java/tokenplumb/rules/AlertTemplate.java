package tokenplumb.rules;

import tokenplumb.templates.Fields;
import tokenplumb.templates.Function;
import tokenplumb.templates.Template;
import tokenplumb.templates.TemplateError;
import tokenplumb.templates.TextMap;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A label or annotation of an alerting rule, to be expanded for each alert.
final class AlertTemplate {
    /// The convenient variables; written before the text, so that places in messages are
    /// Prometheus' own.
    private static final String VARIABLES =
            "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
                    + "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

    private static final Map<String, Function> FUNCTIONS =
            TemplateFunctions.at(0, URI.create("/"), query -> List.of());

    private final String name;
    private final String text;
    private final Template template; // null where the text has nothing to expand

    private AlertTemplate(String name, String text, Template template) {
        this.name = name;
        this.text = text;
        this.template = template;
    }

    /// Throws [TemplateError].
    static AlertTemplate parse(String alert, String text) {
        var name = "__alert_" + alert;
        boolean plain = !text.contains("{{");
        return new AlertTemplate(
                name, text, plain ? null : Template.parse(name, VARIABLES + text, FUNCTIONS));
    }

    /// What a template sees of an alert.
    record Data(TextMap labels, TextMap external, String externalUrl, double value)
            implements Fields {
        @Override
        public String typeName() {
            return "struct { Labels map[string]string; ExternalLabels map[string]string;"
                    + " ExternalURL string; Value interface {} }";
        }

        @Override
        public Optional<Object> field(String name, List<Object> arguments) {
            return switch (name) {
                case "Labels" -> Optional.of(labels);
                case "ExternalLabels" -> Optional.of(external);
                case "ExternalURL" -> Optional.of(externalUrl);
                case "Value" -> Optional.of(value);
                default -> Optional.empty();
            };
        }

        @Override
        public String print() {
            return "{" + labels + " " + external + " " + externalUrl + " " + value + "}";
        }
    }

    /// A failure becomes the text, as in Prometheus: a bad template must not stop an alert.
    String expand(Data data, Map<String, Function> functions) {
        if (template == null) {
            return text;
        }
        try {
            return template.expandWith(data, functions);
        } catch (TemplateError e) {
            return "<error expanding template: error executing template %s: %s>"
                    .formatted(name, e.getMessage());
        }
    }
}
