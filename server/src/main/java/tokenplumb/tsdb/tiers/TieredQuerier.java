package tokenplumb.tsdb.tiers;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.tsdb.folded.FoldedQuerier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/// Sees samples as they were measured and tiers as one, each piece of time from what answers it
/// best ([Plan]), and says so.
final class TieredQuerier implements Querier {
    private final List<KeptQuerier> raw;
    private final long rawFrom; // samples are there from then on
    private final List<Tier> kinds; // finest first
    private final List<List<TierFile>> tiers; // in use until closed
    private final Querier rawOnly;
    private final Set<String> warnings = new ConcurrentSkipListSet<>();
    private final Set<String> infos = new ConcurrentSkipListSet<>();
    private volatile boolean usedTiers;
    private boolean closed; // guarded by this

    TieredQuerier(Tiers.Raw raw, List<Tier> kinds, List<List<TierFile>> tiers) {
        this.raw = raw.places();
        this.rawFrom = raw.from();
        this.kinds = kinds;
        this.tiers = tiers;
        this.rawOnly = raw.whole();
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        return select(from, to, matchers, SelectHints.NONE);
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers, SelectHints hints) {
        var ask = new Ask(hints);
        var plan = new Plan(ask, from, to, rawFrom, tiers, kinds);
        if (plan.isRawOnly()) {
            return rawOnly.select(from, to, matchers);
        }
        usedTiers = true;
        var found = of(plan, ask).select(from, to, matchers);
        if (!found.isEmpty()) {
            tell(plan, ask, matchers);
        }
        return found;
    }

    @Override
    public Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        var ask = new Ask(hints);
        var plan = new Plan(ask, from, to, rawFrom, tiers, kinds);
        if (plan.isRawOnly()) {
            return rawOnly.selectFolded(from, to, matchers, hints);
        }
        usedTiers = true;
        var found = of(plan, ask).selectFolded(from, to, matchers, hints);
        if (!found.series().isEmpty() || !found.folded().isEmpty()) {
            tell(plan, ask, matchers);
        }
        return found;
    }

    private FoldedQuerier of(Plan plan, Ask ask) {
        var sources = new ArrayList<KeptQuerier>();
        for (var piece : plan.pieces()) {
            if (piece.tier() == Plan.RAW) {
                for (var source : raw) {
                    sources.add(new Clipped(source, piece.from(), piece.to()));
                }
            } else {
                var files =
                        tiers.get(piece.tier()).stream()
                                .filter(file -> file.from < piece.to() && file.to >= piece.from())
                                .toList();
                sources.add(new Clipped(new TierKept(files, ask), piece.from(), piece.to()));
            }
        }
        return new FoldedQuerier(sources);
    }

    private void tell(Plan plan, Ask ask, List<Matcher> matchers) {
        var metric =
                matchers.stream()
                        .filter(matcher -> matcher.name().equals(Labels.NAME))
                        .map(matcher -> " of " + matcher.value())
                        .findFirst()
                        .orElse("");
        for (var piece : plan.pieces()) {
            if (piece.tier() == Plan.RAW) {
                continue;
            }
            var tier = kinds.get(piece.tier());
            var time =
                    "%s to %s%s"
                            .formatted(
                                    Instant.ofEpochMilli(piece.from() - 1),
                                    Instant.ofEpochMilli(piece.to()),
                                    metric);
            if (ask.isGood() && ask.isAligned(tier.millis())) {
                infos.add(
                        "%s is answered from the %s tier, as exactly as from the samples: the query looks at whole windows of it"
                                .formatted(time, tier));
            } else if (piece.chosen()) {
                infos.add(
                        "%s is answered from the %s tier: where a range begins or ends inside %s, that part is estimated; align start, step and range to %s for exact answers"
                                .formatted(time, tier, tier, tier));
            } else if (ask.isGood()) {
                warnings.add(
                        "the samples from %s are gone; the %s tier answers, and estimates what begins or ends inside %s"
                                .formatted(time, tier, tier));
            } else {
                warnings.add(
                        "the samples from %s are gone; what is left is the first and the last of every %s, which %s sees instead"
                                .formatted(time, tier, name(ask)));
            }
        }
    }

    private static String name(Ask ask) {
        return ask.hints.function().isEmpty() ? "the query" : ask.hints.function();
    }

    @Override
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    @Override
    public List<String> infos() {
        return List.copyOf(infos);
    }

    /// Which tier answers what, and how, depends on the query's range and step.
    @Override
    public long reach() {
        return usedTiers ? Long.MAX_VALUE : 0;
    }

    /// For questions about labels.
    private Querier all(long from, long to) {
        var ask = new Ask(SelectHints.NONE);
        var plan = new Plan(ask, from, to, rawFrom, tiers, kinds);
        return plan.isRawOnly() ? rawOnly : of(plan, ask);
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        return all(from, to).series(from, to, matchers, limit);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        return all(from, to).labelNames(from, to, matchers, limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        return all(from, to).labelValues(label, from, to, matchers, limit);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        rawOnly.close(); // and the sources with it
        tiers.forEach(files -> files.forEach(TierFile::release));
    }
}
