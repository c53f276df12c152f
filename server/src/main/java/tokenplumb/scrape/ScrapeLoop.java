package tokenplumb.scrape;

import tokenplumb.exposition.ExpositionException;
import tokenplumb.http.Fetch;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// The rounds of one target, on one virtual thread: fetch, read, commit. Whatever the target does
/// stays in here: a failed round ends the series of the rounds before it and says why.
///
/// The thread is interrupted only while it waits for its tick or for the target, never while it
/// writes, as an interrupt would close the files of the store under it.
final class ScrapeLoop implements Runnable {
    /// How a loop ends.
    private enum Ending {
        /// The process goes down; the next one goes on where this one stopped.
        SHUTDOWN,
        /// The target is gone: its series end.
        REMOVED,
        /// Another loop goes on with the target and hears which series are alive.
        REPLACED
    }

    /// What the last round found.
    record Status(
            Health health,
            String error,
            Instant at,
            Duration duration,
            long samples,
            long bytes,
            Families families,
            String recognised,
            List<String> warnings) {
        static final Status NEW =
                new Status(
                        Health.UNKNOWN,
                        "",
                        Instant.EPOCH,
                        Duration.ZERO,
                        0,
                        0,
                        Families.NONE,
                        "",
                        List.of());
    }

    private static final System.Logger LOG = System.getLogger("tokenplumb.scrape");
    private static final int ROUNDS_BETWEEN_FAMILIES = 10;
    private static final int LONGEST_ERROR = 1000;

    private final Surroundings surroundings;
    private final Plan plan;
    private final ScrapeTarget target;
    private final Storage storage;
    private final ScrapeMeters meters;
    private final Scraper scraper;
    private final SeriesCache cache;
    private final ReportSeries up;
    private final ReportSeries duration;
    private final ReportSeries scraped;
    private final ReportSeries kept;
    private final ReportSeries added;
    private final ReportSeries timeout;
    private final ReportSeries limit;
    private final ReportSeries bodySize;

    private final Thread thread;
    private final Object interrupting = new Object();
    private boolean interruptible; // guarded by interrupting
    private boolean stopping; // guarded by interrupting
    private volatile Ending ending = Ending.SHUTDOWN;
    private volatile Status status;
    private long lastTime = Long.MIN_VALUE;
    private int roundsSinceFamilies;
    private int warned; // most warnings that stood together so far

    /// What a loop needs from outside. `running` holds every loop whose thread has not ended.
    record Surroundings(
            Storage storage,
            Fetch fetch,
            InstantSource clock,
            ScrapeMeters meters,
            Recogniser recogniser,
            Scratch.Pool scratches,
            Families.Shared families,
            Set<ScrapeLoop> running) {}

    /// What a loop is to do. `refusal` says why the target must not be asked, or `""`.
    record Plan(
            ScrapeJob job,
            ScrapeTarget target,
            Labels discovered,
            Ticks ticks,
            Supplier<String> refusal) {}

    ScrapeLoop(Surroundings surroundings, Plan plan) {
        this(
                surroundings,
                plan,
                new SeriesCache(plan.job(), labelsOf(plan), surroundings.scratches()),
                Status.NEW);
    }

    private ScrapeLoop(Surroundings surroundings, Plan plan, SeriesCache cache, Status status) {
        this.surroundings = surroundings;
        this.plan = plan;
        this.target = plan.target();
        this.storage = surroundings.storage();
        this.meters = surroundings.meters();
        this.scraper = new Scraper(surroundings.fetch(), plan.job(), target);
        this.cache = cache;
        this.status = status;
        this.up = series("up");
        this.duration = series("scrape_duration_seconds");
        this.scraped = series("scrape_samples_scraped");
        this.kept = series("scrape_samples_post_metric_relabeling");
        this.added = series("scrape_series_added");
        this.timeout = series("scrape_timeout_seconds");
        this.limit = series("scrape_sample_limit");
        this.bodySize = series("scrape_body_size_bytes");
        this.thread = Thread.ofVirtual().name("scrape " + target.uri()).unstarted(this);
    }

    private static SampleLabels labelsOf(Plan plan) {
        return new SampleLabels(plan.job(), plan.target().labels());
    }

    private ReportSeries series(String name) {
        return new ReportSeries(name, target.labels());
    }

    /// Ends this loop and answers one that goes on with its series after another plan.
    ScrapeLoop replacement(Plan other) {
        stop(Ending.REPLACED);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the configuration changes", e);
        }
        var series = new SeriesCache(other.job(), labelsOf(other), cache);
        return new ScrapeLoop(surroundings, other, series, status);
    }

    void start() {
        surroundings.running().add(this);
        thread.start();
    }

    /// The target is gone: ends its series, on the loop's own thread.
    void remove() {
        stop(Ending.REMOVED);
    }

    /// The process goes down.
    void shutDown() {
        stop(Ending.SHUTDOWN);
    }

    void join() throws InterruptedException {
        thread.join();
    }

    private void stop(Ending how) {
        synchronized (interrupting) {
            ending = how;
            stopping = true;
            if (interruptible) {
                thread.interrupt();
            }
        }
    }

    ScrapeTarget target() {
        return target;
    }

    Labels discovered() {
        return plan.discovered();
    }

    Status status() {
        return status;
    }

    @Override
    public void run() {
        try {
            while (true) {
                scrapeAt(interruptibly(plan.ticks()::next));
            }
        } catch (InterruptedException stopped) {
            if (ending == Ending.REMOVED) {
                endSeries();
            }
        } finally {
            surroundings.running().remove(this);
        }
    }

    /// Waits for something that an interrupt may cut short.
    private <T> T interruptibly(Callable<T> wait) throws InterruptedException {
        synchronized (interrupting) {
            if (stopping) {
                throw new InterruptedException();
            }
            interruptible = true;
        }
        try {
            return wait.call();
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (isStopping()) {
                throw (InterruptedException) new InterruptedException().initCause(e);
            }
            throw new Failed(e);
        } finally {
            synchronized (interrupting) {
                interruptible = false;
                Thread.interrupted(); // what comes next must not be interrupted
            }
        }
    }

    private boolean isStopping() {
        synchronized (interrupting) {
            return stopping;
        }
    }

    /// Carries a checked exception out of [#interruptibly].
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(Exception cause) {
            super(cause);
        }
    }

    /// One round, whose samples stand at `time`.
    void scrapeAt(long time) throws InterruptedException {
        long started = System.nanoTime();
        lastTime = time;
        cache.begin();
        meters.scrapes.increment();
        long bytes = 0;
        try {
            var reason = plan.refusal().get();
            if (!reason.isEmpty()) {
                throw new ScrapeException(ScrapeException.Reason.REFUSED, reason);
            }
            var body = interruptibly(scraper::scrape);
            bytes = body.length();
            meters.bytes.add(bytes);
            try {
                keep(body, time, started);
            } finally {
                surroundings.fetch().giveBack(body.bytes());
            }
        } catch (InterruptedException stopped) {
            throw stopped;
        } catch (Failed e) {
            fail(e.getCause(), time, started, bytes);
        } catch (Exception | OutOfMemoryError | StackOverflowError e) {
            fail(e, time, started, bytes);
        } finally {
            meters.count(cache);
            meters.duration.observe((System.nanoTime() - started) / 1e9);
        }
    }

    private void keep(Scraper.Body body, long time, long started) throws IOException {
        try (var batch = storage.batch()) {
            if (body.length() > 0) {
                cache.read(body.bytes(), body.length(), body.format(), batch, time);
                cache.markVanished(batch, time);
            } else {
                cache.markAll(batch, time);
            }
            report(batch, time, 1, started, body.length());
            batch.commit();
        }
        if (body.length() > 0) {
            cache.keep();
        } else {
            cache.keepNoneAlive();
        }
        publish(Health.UP, "", time, started, body.length(), families(body));
    }

    private Status families(Scraper.Body body) throws ExpositionException {
        var before = status;
        roundsSinceFamilies++;
        boolean isDue =
                before.families().names().isEmpty()
                        || cache.typesChanged()
                        || cache.added() > 0 && roundsSinceFamilies > ROUNDS_BETWEEN_FAMILIES;
        if (!isDue || body.length() == 0) {
            return before;
        }
        roundsSinceFamilies = 0;
        var families =
                surroundings.families().of(Families.of(body.format(), body.bytes(), body.length()));
        if (families.equals(before.families())) {
            return before;
        }
        var recognised =
                families.names().equals(before.families().names())
                        ? before.recognised()
                        : surroundings.recogniser().recognise(families.names());
        return new Status(
                before.health(),
                before.error(),
                before.at(),
                before.duration(),
                before.samples(),
                before.bytes(),
                families,
                recognised,
                before.warnings());
    }

    /// A round that brought nothing: ends the series of the round before, and says why.
    private void fail(Throwable why, long time, long started, long bytes) {
        count(why);
        var error = words(why);
        LOG.log(Level.DEBUG, "scrape of {0} failed: {1}", target.uri(), error);
        long size = why instanceof Fetch.BodyTooLarge ? -1 : bytes;
        try {
            cache.abandon();
            try (var batch = storage.batch()) {
                cache.markAll(batch, time);
                report(batch, time, 0, started, size);
                batch.commit();
            }
            cache.keepNoneAlive();
        } catch (IOException | RuntimeException e) {
            error = error + "; and its report could not be stored: " + words(e);
        }
        publish(Health.DOWN, error, time, started, Math.max(0, size), status);
    }

    private void count(Throwable why) {
        switch (why) {
            case ScrapeException e -> meters.count(e.reason());
            case Fetch.BodyTooLarge e -> meters.bodyLimit.increment();
            case RuntimeException e -> {
                meters.bugs.increment();
                LOG.log(Level.ERROR, "bug: scrape of " + target.uri(), e);
            }
            default -> {}
        }
    }

    private static String words(Throwable why) {
        var message = String.valueOf(why.getMessage());
        var words =
                switch (why) {
                    case IOException e -> message;
                    case OutOfMemoryError e -> "not enough memory for what the target sends";
                    default ->
                            message.startsWith("bug:")
                                    ? message
                                    : "bug: " + why.getClass().getSimpleName() + ": " + message;
                };
        return words.length() <= LONGEST_ERROR ? words : words.substring(0, LONGEST_ERROR) + "…";
    }

    private void report(Batch batch, long time, double health, long started, long bytes) {
        up.append(batch, time, health);
        duration.append(batch, time, (System.nanoTime() - started) / 1e9);
        scraped.append(batch, time, cache.scraped());
        kept.append(batch, time, cache.kept());
        added.append(batch, time, cache.added());
        if (plan.job().extraMetrics()) {
            timeout.append(batch, time, target.timeout().toMillis() / 1e3);
            limit.append(batch, time, plan.job().limits().samples());
            bodySize.append(batch, time, bytes);
        }
    }

    private void publish(
            Health health, String error, long time, long started, long bytes, Status known) {
        status =
                new Status(
                        health,
                        error,
                        Instant.ofEpochMilli(time),
                        Duration.ofNanos(System.nanoTime() - started),
                        cache.scraped(),
                        bytes,
                        known.families(),
                        known.recognised(),
                        warnings());
    }

    /// Each kind of warning is logged once for a target.
    private List<String> warnings() {
        var warnings = cache.warnings();
        if (warnings.size() > warned) {
            warned = warnings.size();
            LOG.log(Level.WARNING, "target {0}: {1}", target.uri(), String.join("; ", warnings));
        }
        return warnings;
    }

    /// Stale markers for everything, so that a target that is gone is gone at once. Should it come
    /// back, its new samples are newer than the markers.
    private void endSeries() {
        if (lastTime == Long.MIN_VALUE) {
            return;
        }
        long time = Math.max(surroundings.clock().millis(), lastTime + 1);
        try (var batch = storage.batch()) {
            cache.markAll(batch, time);
            reportEnd(batch, time);
            batch.commit();
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "the end of {0} could not be stored: {1}",
                    target.uri(),
                    e.getMessage());
        }
    }

    private void reportEnd(Batch batch, long time) {
        for (var series : List.of(up, duration, scraped, kept, added)) {
            series.append(batch, time, StaleMarker.VALUE);
        }
        if (plan.job().extraMetrics()) {
            for (var series : List.of(timeout, limit, bodySize)) {
                series.append(batch, time, StaleMarker.VALUE);
            }
        }
    }
}
