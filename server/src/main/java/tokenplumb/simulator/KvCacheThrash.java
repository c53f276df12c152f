package tokenplumb.simulator;

import java.util.Map;

/// A new tenant asks for long answers, until the KV blocks of a model's replicas run out. vLLM
/// admits a request when its prompt fits, and keeps nothing for the answer; so it is answers that
/// collide: requests are thrown out and computed again, and everybody else waits behind them. (Long
/// prompts alone only make a queue, since `scheduler_reserve_full_isl` holds them back.) When the
/// fault ends, the tenant hangs up.
final class KvCacheThrash implements Ailment {
    private static final double PROMPT = 2_500;
    private static final double OUTPUT = 4_500;

    /// About what a token takes in a batch that fills the cache; only to choose the rate.
    private static final double SECONDS_PER_TOKEN = 0.045;

    @Override
    public String kind() {
        return "kv-cache-thrash";
    }

    @Override
    public String says() {
        return "a tenant that wants long answers fills the KV cache of one model";
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of(
                "model", "a model's name",
                "severity", "0..1: how far the demand exceeds the cache (default 0.8)");
    }

    @Override
    public Course course(World world, String id, Map<String, String> parameters) {
        var service = Ailment.service(world, parameters);
        double severity = Ailment.severity(parameters);
        double capacity = 0;
        for (var replica : service.replicas()) {
            capacity += (double) replica.cache.size() * BlockPool.TOKENS;
        }
        double held = (PROMPT + OUTPUT / 2) * OUTPUT * SECONDS_PER_TOKEN; // token-seconds each
        double perSecond = capacity / held * (1 + 1.5 * severity);
        var kind =
                new TrafficClass(
                        "long-answers",
                        perSecond,
                        0.1,
                        1,
                        600,
                        0,
                        0,
                        PROMPT,
                        0.35,
                        OUTPUT,
                        0.4,
                        12_000,
                        0,
                        0,
                        300,
                        0);
        var traffic =
                new Traffic(kind, service, world.agenda, world.seed, 1, world.startMillis, id);
        return new Course(
                "%.2f requests/s of about %.0f prompt and %.0f output tokens are sent to %s on top of its traffic"
                        .formatted(perSecond, PROMPT, OUTPUT, service.model().name()),
                Map.of("model", service.model().name(), "tenant", "long-answers"),
                severity,
                traffic::start,
                traffic::leave);
    }
}
