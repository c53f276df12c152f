package tokenplumb.scrape;

import tokenplumb.config.Secret;
import tokenplumb.config.Section;
import tokenplumb.http.Fetch;
import tokenplumb.yaml.YamlNode;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// How a job's targets are reached: credentials, headers, TLS, redirects. Secrets in files are read
/// anew for each scrape, so that they may be rotated. `refusals` says what the job asks for that we
/// cannot do; such a job is not scraped, rather than scraped in a way nobody asked for.
record Access(
        Credentials credentials,
        Map<String, List<Value>> headers,
        Tls tls,
        boolean followRedirects,
        boolean compression,
        List<String> refusals) {
    static final Access PLAIN =
            new Access(new Credentials.None(), Map.of(), Tls.SYSTEM, true, true, List.of());

    private static final long MAX_SECRET_FILE = 1 << 20;

    /// Headers that are ours to set.
    private static final Set<String> RESERVED =
            Set.of(
                    "authorization",
                    "host",
                    "content-encoding",
                    "content-length",
                    "content-type",
                    "user-agent",
                    "connection",
                    "keep-alive",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "www-authenticate",
                    "accept-encoding",
                    "x-prometheus-remote-write-version",
                    "x-prometheus-remote-read-version",
                    "x-prometheus-scrape-timeout-seconds",
                    "x-amz-date",
                    "x-amz-security-token",
                    "x-amz-content-sha256");

    Access {
        headers = Map.copyOf(headers);
        refusals = List.copyOf(refusals);
    }

    /// A text, a secret, or a file that holds one.
    sealed interface Value {
        record Text(Secret text) implements Value {}

        record InFile(Path file) implements Value {}

        default String read() throws IOException {
            return switch (this) {
                case Text text -> text.text().value();
                case InFile inFile -> readFile(inFile.file()).strip();
            };
        }
    }

    sealed interface Credentials {
        record None() implements Credentials {}

        record Basic(Value user, Value password) implements Credentials {}

        record Token(String type, Value token) implements Credentials {}
    }

    /// `tls_config`; empty paths and texts mean: not given.
    record Tls(
            Value authorities,
            Value certificate,
            Value key,
            String serverName,
            boolean skipVerify) {
        private static final Value NONE = new Value.Text(Secret.NONE);
        static final Tls SYSTEM = new Tls(NONE, NONE, NONE, "", false);

        Fetch.Tls read() throws IOException {
            if (equals(SYSTEM)) {
                return Fetch.Tls.SYSTEM;
            }
            return new Fetch.Tls(
                    authorities.read(), certificate.read(), key.read(), serverName, skipVerify);
        }
    }

    private static String readFile(Path file) throws IOException {
        try {
            if (Files.size(file) > MAX_SECRET_FILE) {
                throw new IOException("larger than 1 MiB");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new IOException("unable to read file " + file + ": " + e.getMessage(), e);
        }
    }

    /// The headers that say who we are, among them those the user has set.
    Map<String, String> headersNow() throws IOException {
        var now = new LinkedHashMap<String, String>();
        for (var header : headers.entrySet()) {
            var values = new ArrayList<String>();
            for (var value : header.getValue()) {
                values.add(value.read());
            }
            now.put(header.getKey(), String.join(", ", values));
        }
        switch (credentials) {
            case Credentials.None none -> {}
            case Credentials.Basic basic -> {
                var pair = basic.user().read() + ":" + basic.password().read();
                var bytes = pair.getBytes(StandardCharsets.UTF_8);
                now.put("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
            }
            case Credentials.Token token ->
                    now.put("Authorization", token.type() + " " + token.token().read());
        }
        return now;
    }

    /// Reads the HTTP client's keys, which stand between those of the job; relative paths start at
    /// `folder`.
    static Access read(Section job, Path folder) {
        var refusals = new ArrayList<String>();
        if (job.has("proxy_url") && !job.text("proxy_url", "").isEmpty()) {
            refusals.add("proxy_url is not supported yet");
        }
        if (job.bool("proxy_from_environment", false)) {
            refusals.add("proxy_from_environment is not supported yet");
        }
        for (var key : List.of("oauth2", "sigv4", "azuread", "google_iam")) {
            if (job.has(key)) {
                refusals.add(key + " is not supported yet");
            }
        }
        job.ignore("no_proxy", "proxy_connect_header", "enable_http2");
        return new Access(
                credentials(job, folder),
                headers(job, folder),
                tls(job.section("tls_config"), folder, refusals),
                job.bool("follow_redirects", true),
                job.bool("enable_compression", true),
                refusals);
    }

    private static Credentials credentials(Section job, Path folder) {
        var bearer = job.secret("bearer_token");
        var bearerFile = job.text("bearer_token_file", "");
        var basic = job.section("basic_auth");
        var authorization = job.section("authorization");
        boolean bearers = !bearer.isEmpty() || !bearerFile.isEmpty();
        if (!bearer.isEmpty() && !bearerFile.isEmpty()) {
            job.problem(
                    "bearer_token",
                    "at most one of bearer_token & bearer_token_file must be configured");
        }
        int kinds = (basic.isPresent() ? 1 : 0) + (job.has("oauth2") ? 1 : 0);
        if (bearers && kinds > 0) {
            job.problem(
                    bearer.isEmpty() ? "bearer_token_file" : "bearer_token",
                    "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be"
                            + " configured");
        }
        if (authorization.isPresent() && bearers) {
            authorization.problem(
                    "authorization is not compatible with bearer_token & bearer_token_file");
        }
        if (kinds + (authorization.isPresent() ? 1 : 0) > 1) {
            job.problem("at most one of basic_auth, oauth2 & authorization must be configured");
        }
        if (basic.isPresent()) {
            return new Credentials.Basic(
                    value(basic, "username", folder), value(basic, "password", folder));
        }
        if (authorization.isPresent()) {
            var type = authorization.text("type", "Bearer").strip();
            if (type.toLowerCase(Locale.ROOT).equals("basic")) {
                authorization.problem(
                        "type",
                        "authorization type cannot be set to \"basic\", use \"basic_auth\""
                                + " instead");
            }
            var token = value(authorization, "credentials", folder);
            return token.equals(Tls.NONE)
                    ? new Credentials.None()
                    : new Credentials.Token(type, token);
        }
        if (bearers) {
            return new Credentials.Token("Bearer", value(job, "bearer_token", folder));
        }
        return new Credentials.None();
    }

    /// `KEY`, or `KEY_file`; not both.
    private static Value value(Section section, String key, Path folder) {
        var text = section.secret(key);
        var file = section.text(key + "_file", "");
        if (section.has(key + "_ref")) {
            section.problem(key + "_ref", key + "_ref needs a secret manager, which is not there");
        }
        if (!text.isEmpty() && !file.isEmpty() && !key.equals("bearer_token")) {
            section.problem(
                    key, "at most one of %s & %s_file must be configured".formatted(key, key));
        }
        if (!file.isEmpty() && text.isEmpty()) {
            return new Value.InFile(folder.resolve(file));
        }
        return new Value.Text(text);
    }

    private static Map<String, List<Value>> headers(Section job, Path folder) {
        var headers = new LinkedHashMap<String, List<Value>>();
        var section = job.section("http_headers");
        for (var name : section.keys()) {
            var header = section.section(name);
            if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
                header.problem("setting header \"%s\" is not allowed".formatted(name));
            }
            var values = new ArrayList<Value>();
            header.texts("values").forEach(text -> values.add(new Value.Text(Secret.of(text))));
            header.texts("secrets").forEach(text -> values.add(new Value.Text(Secret.of(text))));
            header.texts("files")
                    .forEach(file -> values.add(new Value.InFile(folder.resolve(file))));
            headers.put(name, List.copyOf(values));
        }
        return headers;
    }

    private static Tls tls(Section section, Path folder, List<String> refusals) {
        if (!section.isPresent()) {
            return Tls.SYSTEM;
        }
        var authorities = value(section, "ca", folder);
        var certificate = value(section, "cert", folder);
        var key = value(section, "key", folder);
        if (certificate.equals(Tls.NONE) != key.equals(Tls.NONE)) {
            section.problem(
                    "exactly one of key or key_file must be configured when a client"
                            + " certificate is configured, and the other way round");
        }
        for (var version : List.of("min_version", "max_version")) {
            var text = section.text(version, "");
            if (!Set.of("", "TLS10", "TLS11", "TLS12", "TLS13").contains(text)) {
                section.problem(
                        version, "unknown TLS version: %s; write TLS12 or TLS13".formatted(text));
            }
            if (version.equals("max_version") && !text.isEmpty() && !text.equals("TLS13")) {
                refusals.add("tls_config.max_version is not supported yet");
            }
            if (version.equals("min_version") && text.equals("TLS13")) {
                refusals.add("tls_config.min_version TLS13 is not supported yet");
            }
        }
        return new Tls(
                authorities,
                certificate,
                key,
                section.text("server_name", ""),
                section.bool("insecure_skip_verify", false));
    }

    /// The texts of a mapping of lists, such as `params`.
    static Map<String, List<String>> lists(Section section, String key) {
        var lists = new LinkedHashMap<String, List<String>>();
        section.node(key)
                .ifPresent(node -> {
                    if (!(node instanceof YamlNode.Mapping)) {
                        section.problem(key, key + " must be a mapping of lists");
                        return;
                    }
                    var below = section.section(key);
                    for (var name : below.keys()) {
                        lists.put(name, below.texts(name));
                    }
                });
        return lists;
    }
}
