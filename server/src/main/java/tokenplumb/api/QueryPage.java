package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.promql.ActiveQuery;
import tokenplumb.promql.Answer;
import tokenplumb.promql.Asker;
import tokenplumb.promql.EndedQuery;
import tokenplumb.promql.Plan;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/// What queries are doing: those that run or wait, the last slow ones, and how one was evaluated.
/// Tells of no value.
final class QueryPage {
    private final Promql promql;
    private final InstantSource clock;

    QueryPage(Promql promql, InstantSource clock) {
        this.promql = promql;
        this.clock = clock;
    }

    /// Who asks: the user that a password is given for, else the address.
    static Asker asker(HttpRequest request) {
        var user = user(request.header("authorization"));
        var origin =
                Map.of(
                        "clientIP", request.remote(),
                        "method", request.method(),
                        "path", request.path());
        return new Asker(
                Asker.Lane.USERS,
                user.isEmpty() ? request.remote() : user,
                Map.of("httpRequest", origin));
    }

    private static String user(String authorization) {
        if (!authorization.startsWith("Basic ")) {
            return "";
        }
        try {
            var pair = Base64.getDecoder().decode(authorization.substring(6).trim());
            var text = new String(pair, StandardCharsets.UTF_8);
            return text.substring(0, Math.max(0, text.indexOf(':')));
        } catch (IllegalArgumentException noBase64) {
            return "";
        }
    }

    HttpResponse list(HttpRequest request) {
        var active = promql.active();
        var slow = promql.slow();
        return Answers.success(json -> {
            json.startObject().name("active").startArray();
            active.forEach(query -> write(json.startObject(), query).endObject());
            json.endArray().name("slow").startArray();
            slow.forEach(query -> write(json, query));
            json.endArray().field("heldBytes", promql.heldBytes()).endObject();
        });
    }

    HttpResponse cancel(HttpRequest request) {
        var text = request.variable("id");
        long id;
        try {
            id = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiError.invalid("id", "not the number of a query: " + text);
        }
        if (!promql.cancel(id)) {
            throw new ApiError(
                    ApiError.Kind.NOT_FOUND,
                    "no query %d runs or waits; it may be over".formatted(id));
        }
        return Answers.success();
    }

    /// Evaluates the query and tells how: over a range when there is a step, else at one moment.
    HttpResponse plan(HttpRequest request) {
        var asked = new Asked(request);
        var query =
                new Promql.Request(
                                asked.text("query"),
                                Optional.empty(),
                                asked.optionalDuration("timeout"))
                        .by(asker(request));
        Promql.Explained explained;
        try {
            explained = request.presence().during(() -> explain(asked, query));
        } catch (QueryError e) {
            throw ApiError.of(e);
        }
        explained.answer().kept().close();
        return Answers.success(json -> {
            json.startObject().name("stats");
            write(json, explained.answer().stats());
            json.name("plan");
            write(json, explained.plan());
            json.endObject();
        });
    }

    private Promql.Explained explain(Asked asked, Promql.Request query) {
        if (asked.text("step").isEmpty()) {
            return promql.explain(query, asked.time("time", asked.time("end", clock.millis())));
        }
        return promql.explain(
                query, asked.time("start"), asked.time("end"), asked.duration("step").toMillis());
    }

    private static JsonWriter write(JsonWriter json, ActiveQuery query) {
        return json.field("id", query.id())
                .field("query", query.query())
                .field("who", query.asker().name())
                .field("lane", query.asker().lane() == Asker.Lane.RULES ? "rules" : "users")
                .field("since", query.since().toString())
                .field("state", query.isRunning() ? "running" : "queued")
                .field("position", query.position())
                .field("start", Instant.ofEpochMilli(query.start()).toString())
                .field("end", Instant.ofEpochMilli(query.end()).toString())
                .field("steps", query.steps())
                .field("samples", query.samples())
                .field("bytes", query.bytes());
    }

    private static void write(JsonWriter json, EndedQuery ended) {
        json.startObject()
                .field("id", ended.query().id())
                .field("query", ended.query().query())
                .field("who", ended.query().asker().name())
                .field("since", ended.query().since().toString())
                .field("steps", ended.query().steps())
                .field("seconds", ended.took().toNanos() / 1e9)
                .field("error", ended.error().map(QueryError::getMessage).orElse(""))
                .name("stats");
        write(json, ended.stats());
        ended.plan().ifPresent(plan -> write(json.name("plan"), plan));
        json.endObject();
    }

    private static void write(JsonWriter json, Answer.Stats stats) {
        json.startObject()
                .field("queueSeconds", stats.queueSeconds())
                .field("parseSeconds", stats.parseSeconds())
                .field("selectSeconds", stats.selectSeconds())
                .field("evalSeconds", stats.evalSeconds())
                .field("samples", stats.totalSamples())
                .field("peakSamples", stats.peakSamples())
                .field("peakBytes", stats.peakBytes())
                .endObject();
    }

    private static void write(JsonWriter json, Plan plan) {
        json.startObject()
                .field("node", plan.node())
                .field("expression", plan.expression())
                .field("ways", plan.ways())
                .field("evaluations", plan.evaluations())
                .field("series", plan.series())
                .field("columns", plan.columns())
                .field("samples", plan.samples())
                .field("bytes", plan.bytes())
                .field("threads", plan.threads())
                .field("selectSeconds", plan.selectSeconds())
                .field("ownSeconds", plan.ownSeconds())
                .field("totalSeconds", plan.totalSeconds())
                .name("children")
                .startArray();
        plan.children().forEach(child -> write(json, child));
        json.endArray().endObject();
    }
}
