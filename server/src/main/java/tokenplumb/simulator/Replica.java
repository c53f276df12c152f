package tokenplumb.simulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// One vLLM V1 engine: continuous batching, chunked prefill, a KV cache of blocks with a prefix
/// cache, preemption by recomputation.
///
/// A step plans first (running requests in order, then waiting ones as long as the token budget and
/// the cache last), takes the time that [StepCost] says, and then every request that has caught up
/// with its own tokens gains one more. A running request that finds no block throws out the newest
/// running one, which starts again from the head of the queue. Nobody waits for a fault to be told:
/// everything exposed follows from arrivals, blocks and clocks.
final class Replica {
    /// CPU seconds that tokenising and answering cost for each request and token.
    private static final double TOKENIZE_SECONDS_PER_TOKEN = 2.2e-6;

    private static final double FRONTEND_SECONDS = 2.5e-3;

    final ServedModel model;
    final String pod;
    final String address;
    final List<Gpu> gpus;
    final Activity activity;
    final BlockPool cache;
    final ReplicaMeters meters;
    private final Agenda agenda;
    private final Draws draws;
    private final StepCost cost;
    private final Deque<Request> waiting = new ArrayDeque<>();
    private final List<Request> running = new ArrayList<>();
    private final List<Request> inStep = new ArrayList<>();
    private boolean stepping;
    private int arriving;
    private long lastStepEnd;
    private long countedAt;

    // What [#findCached] found.
    private int[] hitBlocks = new int[256];
    private int hits;
    private int hitsUnused;

    Replica(
            ServedModel model,
            String pod,
            String address,
            List<Gpu> gpus,
            Activity activity,
            Agenda agenda,
            Draws draws) {
        this.model = model;
        this.pod = pod;
        this.address = address;
        this.gpus = List.copyOf(gpus);
        this.activity = activity;
        this.agenda = agenda;
        this.draws = draws;
        var kind = gpus.getFirst().kind;
        this.cache = new BlockPool(model.kvBlocks(kind));
        this.meters = new ReplicaMeters(model.maxModelLength());
        this.cost = new StepCost(model, kind);
    }

    int running() {
        return running.size();
    }

    int waiting() {
        return waiting.size();
    }

    /// Requests it has taken and not yet answered.
    int outstanding() {
        return arriving + waiting.size() + running.size();
    }

    /// Every request that waits or runs; for tests of the laws.
    List<Request> insideRequests() {
        var inside = new ArrayList<>(running);
        inside.addAll(waiting);
        return inside;
    }

    /// Takes a request; it reaches the engine once its prompt is tokenised.
    void submit(Request request) {
        meters.accepted++;
        arriving++;
        meters.requestBytes += 350 + 4.4 * request.promptTokens;
        double seconds =
                FRONTEND_SECONDS * draws.between(0.7, 1.6)
                        + TOKENIZE_SECONDS_PER_TOKEN * request.promptTokens;
        agenda.after(Agenda.nanos(seconds), () -> enqueue(request));
    }

    private void enqueue(Request request) {
        arriving--;
        if (request.over) {
            return;
        }
        count();
        request.queuedAt = agenda.now();
        waiting.addLast(request);
        if (!stepping) {
            beginStep();
        }
    }

    /// The client has gone. A request in the running step leaves after it.
    void abort(Request request) {
        if (request.over || request.abandoned) {
            return;
        }
        if (request.scheduled > 0) {
            request.abandoned = true;
            return;
        }
        count();
        waiting.remove(request);
        running.remove(request);
        end(request, Request.End.ABORT);
    }

    private void beginStep() {
        cost.reset();
        inStep.clear();
        int budget = planRunning();
        if (budget >= 0) {
            planWaiting(budget);
        }
        if (inStep.isEmpty()) {
            stepping = false;
            activity.idle(agenda.now());
            return;
        }
        stepping = true;
        cost.compute(slowestClock());
        double seconds = cost.seconds * (1 + 0.02 * draws.roughlyNormal());
        if (draws.chance(0.0004)) {
            seconds += draws.between(0.004, 0.03); // the interpreter collects garbage
        }
        seconds = Math.max(seconds, cost.seconds * 0.85);
        double pace = cost.seconds / seconds;
        activity.set(
                agenda.now(),
                cost.busy * pace,
                cost.tensor * pace,
                cost.dram * pace,
                cost.linkBytesPerSecond * pace,
                cost.pcieBytesPerSecond * pace);
        agenda.after(Agenda.nanos(seconds), this::endStep);
    }

    private double slowestClock() {
        double slowest = Double.MAX_VALUE;
        for (var gpu : gpus) {
            slowest = Math.min(slowest, gpu.clock());
        }
        return slowest;
    }

    /// Plans the running requests; what is left of the token budget, or -1 when one had to be
    /// thrown out (then nobody new is let in).
    private int planRunning() {
        int budget = model.maxBatchedTokens();
        boolean thrownOut = false;
        for (int i = 0; i < running.size() && budget > 0; i++) {
            var request = running.get(i);
            int count = Math.min(request.tokens() - request.computed, budget);
            int missing = blocksMissing(request, count);
            while (missing > cache.free() && running.size() > i) {
                preempt(running.removeLast());
                thrownOut = true;
            }
            if (running.size() == i) {
                break; // threw itself out
            }
            plan(request, count, missing);
            budget -= count;
        }
        return thrownOut ? -1 : budget;
    }

    private static int blocksMissing(Request request, int count) {
        return Math.max(0, BlockPool.blocksFor(request.computed + count) - request.blockCount);
    }

    private void plan(Request request, int count, int missing) {
        for (int i = 0; i < missing; i++) {
            request.addBlock(cache.take());
        }
        cost.add(request.computed, count);
        request.scheduled = count;
        inStep.add(request);
    }

    private void preempt(Request request) {
        count();
        freeBlocks(request);
        request.computed = 0;
        request.preemptions++;
        meters.preemptions++;
        waiting.addFirst(request);
    }

    private void planWaiting(int budgetLeft) {
        int budget = budgetLeft;
        while (budget > 0 && !waiting.isEmpty() && running.size() < model.maxSequences()) {
            var request = waiting.peekFirst();
            int tokens = request.tokens();
            findCached(request, (tokens - 1) / BlockPool.TOKENS);
            // The whole sequence must fit now, not only its first chunk
            // (scheduler_reserve_full_isl).
            if (BlockPool.blocksFor(tokens) - hits > cache.free() - hitsUnused) {
                return;
            }
            waiting.removeFirst();
            admit(request);
            int count = Math.min(tokens - request.computed, budget);
            plan(request, count, blocksMissing(request, count));
            budget -= count;
        }
    }

    /// Finds the longest run of blocks, from the first on, that the cache still holds.
    private void findCached(Request request, int most) {
        hits = 0;
        hitsUnused = 0;
        for (; hits < most; hits++) {
            int block = cache.find(request.content.key(hits));
            if (block == BlockPool.NONE) {
                return;
            }
            if (hits == hitBlocks.length) {
                hitBlocks = Arrays.copyOf(hitBlocks, hits * 2);
            }
            hitBlocks[hits] = block;
            hitsUnused += cache.isFree(block) ? 1 : 0;
        }
    }

    private void admit(Request request) {
        for (int i = 0; i < hits; i++) {
            cache.share(hitBlocks[i]);
            request.addBlock(hitBlocks[i]);
        }
        request.named = hits;
        request.computed = hits * BlockPool.TOKENS;
        if (!request.everScheduled) {
            request.everScheduled = true;
            request.scheduledAt = agenda.now();
            request.cachedTokens = request.computed;
            meters.prefixQueries += request.tokens();
            meters.prefixHits += request.computed;
        }
        running.add(request);
    }

    private void endStep() {
        long now = agenda.now();
        count();
        long together = 0; // requests whose last token came at the end of the step before
        long generated = 0;
        long promptComputed = 0;
        boolean anyOver = false;
        for (var request : inStep) {
            request.computed += request.scheduled;
            request.scheduled = 0;
            nameBlocks(request);
            if (request.computed < request.tokens()) {
                anyOver |= request.abandoned;
                continue; // still in prefill
            }
            request.generated++;
            generated++;
            if (request.generated == 1) {
                promptComputed += request.promptTokens - request.cachedTokens;
                firstToken(request, now);
            } else if (request.lastTokenAt == lastStepEnd) {
                together++;
            } else {
                meters.interToken.observe(Agenda.seconds(now - request.lastTokenAt));
            }
            request.lastTokenAt = now;
            anyOver |= request.abandoned || request.finished();
        }
        if (together > 0) {
            meters.interToken.observe(Agenda.seconds(now - lastStepEnd), together);
        }
        meters.generationTokens += generated;
        meters.iterationTokens.observe(promptComputed + generated);
        lastStepEnd = now;
        if (anyOver) {
            endThoseOver();
        }
        beginStep();
    }

    private void nameBlocks(Request request) {
        int full = request.computed / BlockPool.TOKENS;
        while (request.named < full) {
            cache.name(request.blocks[request.named], request.content.key(request.named));
            request.named++;
        }
    }

    private void firstToken(Request request, long now) {
        request.firstTokenAt = now;
        meters.firstToken.observe(Agenda.seconds(now - request.arrivedAt));
        meters.promptTokens += request.promptTokens;
        meters.promptTokensCached += request.cachedTokens;
    }

    private void endThoseOver() {
        running.removeIf(request -> {
            if (request.abandoned) {
                end(request, Request.End.ABORT);
            } else if (request.finished()) {
                boolean stopped = request.outputTokens <= request.maxTokens;
                end(request, stopped ? Request.End.STOP : Request.End.LENGTH);
            }
            return request.over;
        });
    }

    private void end(Request request, Request.End end) {
        long now = agenda.now();
        freeBlocks(request);
        request.over = true;
        meters.tokensOfEnded += request.generated;
        if (request.queuedAt > 0) {
            meters.residence += Agenda.seconds(now - request.queuedAt);
        }
        double whole = Agenda.seconds(now - request.arrivedAt);
        meters.completions++;
        meters.httpFine.observe(whole);
        meters.httpCoarse.observe(whole);
        switch (end) {
            case ABORT -> meters.aborted++;
            case STOP -> {
                meters.stopped++;
                observe(request, now, whole);
            }
            case LENGTH -> {
                meters.cutOff++;
                observe(request, now, whole);
            }
        }
        request.listener.ended(request, end);
    }

    private void observe(Request request, long now, double whole) {
        meters.endToEnd.observe(whole);
        meters.queue.observe(Agenda.seconds(request.scheduledAt - request.queuedAt));
        meters.prefill.observe(Agenda.seconds(request.firstTokenAt - request.scheduledAt));
        double decode = Agenda.seconds(request.lastTokenAt - request.firstTokenAt);
        meters.decode.observe(decode);
        meters.inference.observe(Agenda.seconds(now - request.scheduledAt));
        meters.perOutputToken.observe(request.generated > 1 ? decode / (request.generated - 1) : 0);
        meters.requestPromptTokens.observe(request.promptTokens);
        meters.requestGenerationTokens.observe(request.generated);
        meters.requestMaxGenerationTokens.observe(request.generated);
        meters.requestMaxTokens.observe(request.maxTokens);
        meters.requestPrefillComputed.observe(request.promptTokens - request.cachedTokens);
        meters.requestN.observe(1);
    }

    /// Last block first, so that a sequence's end is forgotten before its beginning.
    private void freeBlocks(Request request) {
        for (int i = request.blockCount - 1; i >= 0; i--) {
            cache.release(request.blocks[i]);
        }
        request.blockCount = 0;
        request.named = 0;
    }

    /// Brings the integral of requests over time up to now; called before their number changes.
    void count() {
        long now = agenda.now();
        meters.requestSeconds +=
                Agenda.seconds(now - countedAt) * (waiting.size() + running.size());
        countedAt = now;
    }
}
