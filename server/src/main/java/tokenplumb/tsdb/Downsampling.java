package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Changes;
import tokenplumb.storage.Querier;
import tokenplumb.tsdb.tiers.Tier;
import tokenplumb.tsdb.tiers.Tiers;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/// Keeps the tiers up with the samples: makes them once samples have come to rest, and anew where
/// samples came late after all or were deleted.
final class Downsampling implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final long REST_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long BREATH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Tiers tiers;
    private final Duration rawRetention;
    private final long lateMillis;
    private final InstantSource clock;
    private final Supplier<Tiers.Raw> raw;
    private volatile long coveredUntil; // samples up to this may be in a tier
    private volatile boolean closing;
    private final Object changes = new Object(); // guards the three below
    private long changedFrom = Long.MAX_VALUE;
    private long changedTo = Long.MIN_VALUE;
    private long lastChange = Long.MIN_VALUE / 2;
    private String complaint = "";

    /// `changes` hears when other tiers answer than before; `raw` opens the samples of now.
    Downsampling(
            Disk disk,
            Tsdb.Options options,
            InstantSource clock,
            Meters meters,
            Changes changes,
            Supplier<Tiers.Raw> raw)
            throws IOException {
        var kinds = new ArrayList<Tier>();
        if (!options.tiers().fiveMinutes().isZero()) {
            kinds.add(Tier.fiveMinutes(options.tiers().fiveMinutes()));
        }
        if (!options.tiers().oneHour().isZero()) {
            kinds.add(Tier.oneHour(options.tiers().oneHour()));
        }
        this.tiers = new Tiers(disk, kinds, clock, changes);
        this.rawRetention = options.retention();
        this.lateMillis = options.outOfOrderWindow().toMillis();
        this.clock = clock;
        this.raw = raw;
        for (var kind : kinds) {
            meters.gauge(
                    "tokenplumb_tsdb_tier_bytes",
                    "Size of a downsampled tier on disk.",
                    () -> held(kind).map(Tiers.Held::bytes).orElse(0L),
                    "tier",
                    kind.name());
            meters.gauge(
                    "tokenplumb_tsdb_tier_retention_seconds",
                    "How long a downsampled tier is kept.",
                    () -> kind.retention().toSeconds(),
                    "tier",
                    kind.name());
        }
        cover();
    }

    private java.util.Optional<Tiers.Held> held(Tier kind) {
        return tiers.held().stream().filter(held -> held.tier().equals(kind)).findFirst();
    }

    private void cover() {
        long until = Long.MIN_VALUE;
        for (var held : tiers.held()) {
            until = Math.max(until, held.files() == 0 ? until : held.to());
        }
        coveredUntil = until;
    }

    /// Over the samples of now and the tiers.
    Querier querier() {
        return tiers.querier(raw.get());
    }

    long bytes() {
        return tiers.bytes();
    }

    List<Tiers.Held> held() {
        return tiers.held();
    }

    /// Samples have been written; quick where they are younger than what tiers cover.
    void wrote(HeadBatch batch) {
        long until = coveredUntil;
        if (until != Long.MIN_VALUE && batch.oldest() <= until) {
            changed(batch.oldest(), Math.min(until, batch.newest()));
        }
    }

    /// Samples of this time have been written late, or deleted.
    void changed(long from, long to) {
        synchronized (changes) {
            changedFrom = Math.min(changedFrom, from);
            changedTo = Math.max(changedTo, to);
            lastChange = clock.millis();
        }
    }

    /// One piece of work; whether there may be more.
    boolean round() throws IOException {
        long from;
        long to;
        boolean isQuiet;
        synchronized (changes) {
            isQuiet = clock.millis() - lastChange > REST_MILLIS;
            from = changedFrom;
            to = changedTo;
            changedFrom = Long.MAX_VALUE;
            changedTo = Long.MIN_VALUE;
        }
        long rawFrom;
        long rawTo;
        try (var samples = raw.get()) {
            rawFrom = samples.from();
            rawTo = samples.to();
        }
        if (from <= to) {
            tiers.changed(from, to, rawFrom);
        }
        if (!isQuiet) {
            cover();
            return false; // what is being filled in is not made anew before that has ended
        }
        long settled =
                rawTo == Long.MIN_VALUE
                        ? Long.MIN_VALUE // there are none
                        : Math.min(rawTo, clock.millis()) - lateMillis - REST_MILLIS;
        boolean more = tiers.round(raw, settled, rawRetention);
        cover();
        return more;
    }

    /// Works until it is closed.
    void run() {
        while (!closing) {
            LockSupport.parkNanos(this, ROUND_NANOS);
            try {
                while (!closing && round()) {
                    LockSupport.parkNanos(this, BREATH_NANOS);
                }
                complaint = "";
            } catch (IOException | RuntimeException e) {
                if (!closing && !String.valueOf(e.getMessage()).equals(complaint)) {
                    complaint = String.valueOf(e.getMessage());
                    LOG.log(
                            System.Logger.Level.ERROR,
                            "cannot make tiers, tried again in a minute; answers come from the"
                                    + " samples meanwhile",
                            e);
                }
            }
        }
    }

    /// Ends what is under way; nothing more is begun.
    void stop() {
        closing = true;
        tiers.stop();
    }

    @Override
    public void close() {
        stop();
        tiers.close();
    }
}
