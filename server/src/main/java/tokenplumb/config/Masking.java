package tokenplumb.config;

import tokenplumb.yaml.YamlNode;

import java.util.Set;

/// Prints a YAML tree with its secrets masked.
final class Masking {
    private static final Set<String> SECRETS =
            Set.of(
                    "password",
                    "bearer_token",
                    "credentials",
                    "client_secret",
                    "secret",
                    "secrets",
                    "secret_key",
                    "access_key",
                    "key",
                    "token",
                    "auth_token",
                    "api_token",
                    "application_credential_secret",
                    "application_secret",
                    "consumer_key",
                    "service_key",
                    "routing_key",
                    "api_key",
                    "api_url",
                    "webhook_url",
                    "slack_api_url");

    private final StringBuilder out = new StringBuilder();

    private Masking() {}

    static String print(YamlNode node) {
        var printer = new Masking();
        if (node instanceof YamlNode.Scalar scalar) {
            return printer.scalar(scalar) + "\n";
        }
        printer.block(node, 0, false);
        return printer.out.toString();
    }

    private void block(YamlNode node, int indent, boolean secret) {
        switch (node) {
            case YamlNode.Mapping mapping -> {
                boolean first = true;
                for (var entry : mapping.entries().entrySet()) {
                    // The first key of a list item stands on the dash's own line.
                    if (!first || out.isEmpty() || out.charAt(out.length() - 1) == '\n') {
                        out.repeat(' ', indent);
                    }
                    first = false;
                    out.append(quoted(entry.getKey())).append(':');
                    value(entry.getValue(), indent, secret || SECRETS.contains(entry.getKey()));
                }
            }
            case YamlNode.Sequence sequence -> {
                for (var item : sequence.items()) {
                    out.repeat(' ', indent).append("- ");
                    if (item instanceof YamlNode.Scalar scalar) {
                        out.append(secret ? "<secret>" : scalar(scalar)).append('\n');
                    } else if (isEmpty(item)) {
                        out.append(item instanceof YamlNode.Mapping ? "{}" : "[]").append('\n');
                    } else if (item instanceof YamlNode.Sequence) {
                        out.append('\n');
                        block(item, indent + 2, secret);
                    } else {
                        block(item, indent + 2, secret);
                    }
                }
            }
            case YamlNode.Scalar scalar -> out.append(scalar(scalar)).append('\n');
        }
    }

    private void value(YamlNode node, int indent, boolean secret) {
        if (node instanceof YamlNode.Scalar scalar) {
            boolean hide = secret && !scalar.text().isEmpty();
            out.append(' ').append(hide ? "<secret>" : scalar(scalar)).append('\n');
        } else if (isEmpty(node)) {
            out.append(node instanceof YamlNode.Mapping ? " {}" : " []").append('\n');
        } else {
            out.append('\n');
            block(node, node instanceof YamlNode.Sequence ? indent : indent + 2, secret);
        }
    }

    private static boolean isEmpty(YamlNode node) {
        return switch (node) {
            case YamlNode.Mapping mapping -> mapping.entries().isEmpty();
            case YamlNode.Sequence sequence -> sequence.items().isEmpty();
            case YamlNode.Scalar scalar -> false;
        };
    }

    private String scalar(YamlNode.Scalar scalar) {
        if (scalar.plain() && !scalar.text().contains("\n") && !hasUserInfo(scalar.text())) {
            return scalar.text();
        }
        return quoted(hideUserInfo(scalar.text()));
    }

    /// `https://user:pass@host` shows no password.
    private static boolean hasUserInfo(String text) {
        return !hideUserInfo(text).equals(text);
    }

    private static String hideUserInfo(String text) {
        return text.replaceAll("(https?://[^/@:\\s]*):[^/@\\s]*@", "$1:<secret>@");
    }

    private static String quoted(String text) {
        boolean simple = !text.isEmpty();
        for (int i = 0; i < text.length() && simple; i++) {
            char c = text.charAt(i);
            simple =
                    Character.isLetterOrDigit(c)
                            || c == '_'
                            || i > 0 && (c == '-' || c == '.' || c == '/');
        }
        if (simple && !Character.isDigit(text.charAt(0)) && !isWord(text)) {
            return text;
        }
        return "\""
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\t", "\\t")
                + "\"";
    }

    private static boolean isWord(String text) {
        return Set.of("true", "false", "null", "yes", "no", "on", "off")
                .contains(text.toLowerCase(java.util.Locale.ROOT));
    }
}
