package tokenplumb.simulator;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One class of clients of one model: arrivals as a Poisson process whose rate follows the time of
/// day, wanders over minutes and may be modulated; and what each client asks and does.
final class Traffic {
    private static final long TICK = 100 * Agenda.MILLI;
    private static final double WANDER_SECONDS = 90;
    private static final int LONGEST_CONVERSATION = 12_000;

    private final TrafficClass kind;
    private final Service service;
    private final Agenda agenda;
    private final Draws arrivals;
    private final Draws bodies;
    private final long[] tenants; // the stream of each tenant's system prompt
    private final int[] systemTokens;
    private final double load;
    private final long startMillis;

    /// Factors on the rate of arrivals.
    final Modifiers rate = new Modifiers();

    private double wander;
    private boolean stopped;
    private final Map<Request, Replica> open = new LinkedHashMap<>(); // asked and not yet answered

    Traffic(
            TrafficClass kind,
            Service service,
            Agenda agenda,
            long seed,
            double load,
            long startMillis,
            String id) {
        this.kind = kind;
        this.service = service;
        this.agenda = agenda;
        this.load = load;
        this.startMillis = startMillis;
        var purpose = service.model().name() + '/' + kind.name() + id;
        this.arrivals = Draws.of(seed, purpose + "/arrivals");
        this.bodies = Draws.of(seed, purpose + "/bodies");
        this.tenants = new long[kind.tenants()];
        this.systemTokens = new int[kind.tenants()];
        for (int i = 0; i < tenants.length; i++) {
            tenants[i] = bodies.bits();
            systemTokens[i] = (int) bodies.lognormal(kind.systemTokens(), 0.3);
        }
        this.wander = kind.wander() * arrivals.normal();
    }

    String name() {
        return kind.name();
    }

    Service service() {
        return service;
    }

    void start() {
        agenda.after(TICK, this::tick);
    }

    /// No new clients; those that are there hang up.
    void leave() {
        stopped = true;
        for (var each : List.copyOf(open.entrySet())) {
            each.getValue().abort(each.getKey());
        }
    }

    private void tick() {
        if (stopped) {
            return;
        }
        double keep = StrictMath.exp(-Agenda.seconds(TICK) / WANDER_SECONDS);
        wander = keep * wander + kind.wander() * Math.sqrt(1 - keep * keep) * arrivals.normal();
        double perSecond =
                kind.perSecond()
                        * load
                        * timeOfDay()
                        * StrictMath.exp(wander - kind.wander() * kind.wander() / 2)
                        * rate.product();
        for (int i = poisson(perSecond * Agenda.seconds(TICK)); i > 0; i--) {
            agenda.after((long) (arrivals.uniform() * TICK), this::arrive);
        }
        agenda.after(TICK, this::tick);
    }

    /// Least traffic at 03:00 UTC, most at 15:00.
    private double timeOfDay() {
        double days = (startMillis + agenda.now() / Agenda.MILLI) / 86_400_000.0;
        return 1 - 0.18 * StrictMath.cos(2 * Math.PI * (days - 3 / 24.0));
    }

    private int poisson(double mean) {
        double limit = StrictMath.exp(-mean);
        int count = 0;
        for (double product = arrivals.uniform(); product > limit; product *= arrivals.uniform()) {
            count++;
        }
        return count;
    }

    private void arrive() {
        int tenant = zipf(tenants.length);
        long stream = tenants[tenant];
        int prompt = systemTokens[tenant];
        long own = bodies.bits();
        Request.Content content;
        if (kind.documents() > 0) {
            long document = Draws.mix(stream + 1 + zipf(kind.documents()));
            int documentEnd =
                    prompt + (int) new Draws(document).lognormal(kind.documentTokens(), 0.4);
            content =
                    new Request.Content(
                            new long[] {stream, document, own}, new int[] {prompt, documentEnd});
            prompt = documentEnd;
        } else {
            content = new Request.Content(new long[] {stream, own}, new int[] {prompt});
        }
        ask(content, prompt + length(kind.promptTokens(), kind.promptSigma()), null);
    }

    private int length(double median, double sigma) {
        return Math.max(1, (int) bodies.lognormal(median, sigma));
    }

    /// Popular ones more often: the k-th with weight 1/k.
    private int zipf(int count) {
        double rank = StrictMath.exp(bodies.uniform() * StrictMath.log(count + 1.0));
        return Math.min(count - 1, (int) rank - 1);
    }

    private void ask(Request.Content content, int promptTokens, Replica before) {
        int longest = service.model().maxModelLength();
        int prompt = Math.min(promptTokens, longest - 16);
        int max = Math.min(kind.maxTokens(), longest - prompt);
        int output = length(kind.outputTokens(), kind.outputSigma());
        var replica = service.route(before);
        var request =
                new Request(
                        kind.name(),
                        content,
                        prompt,
                        output,
                        max,
                        agenda.now(),
                        (ended, end) -> ended(ended, end, replica));
        open.put(request, replica);
        replica.submit(request);
        if (kind.patience() > 0) {
            double seconds = bodies.lognormal(kind.patience(), 0.4);
            agenda.after(
                    Agenda.nanos(seconds),
                    () -> {
                        if (request.generated == 0) {
                            replica.abort(request);
                        }
                    });
        }
        if (bodies.chance(kind.fickle())) {
            agenda.after(Agenda.nanos(bodies.between(0.5, 12)), () -> replica.abort(request));
        }
    }

    private void ended(Request request, Request.End end, Replica replica) {
        open.remove(request);
        boolean goesOn =
                !stopped
                        && end != Request.End.ABORT
                        && request.tokens() < LONGEST_CONVERSATION
                        && bodies.chance(kind.turns());
        if (!goesOn) {
            return;
        }
        int next = request.tokens() + length(kind.promptTokens() / 2, 0.8);
        double think = bodies.lognormal(kind.thinkSeconds(), 0.7);
        agenda.after(Agenda.nanos(think), () -> ask(request.content, next, replica));
    }
}
