package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.GuardRails.Rail;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Lets new series in, or refuses those beyond a [GuardRails]; series that are there already never
/// come here, so that they go on whatever happens. Counts what it refuses, and says once in a while
/// which metric it was and which of its labels exploded. Remembers by metric how many series were
/// made lately.
///
/// Guarded by the index's lock: [#admits] and [#created] under the write lock, questions under
/// either.
final class SeriesGate {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    /// More series than this are a label explosion, whether there is a limit or not.
    static final long ALARMING = 5_000_000;

    private static final double NEAR = 0.8;
    private static final long TOLD_AGAIN_MILLIS = 3600_000L;
    private static final int MOST_REFUSALS = 200;
    private static final int LOOKED_AT = 4000; // series, to find the label that exploded

    /// Series refused at one rail, of one metric (or tenant).
    private static final class Refused {
        long count;
        long first;
        long last;
        long told;
        String verdict = "";
    }

    private record Subject(Rail rail, String name) {}

    private final GuardRails rails;
    private final Index index;
    private final InstantSource clock;
    private final Map<Rail, Meters.Counter> counters = new EnumMap<>(Rail.class);
    private final Map<Subject, Refused> refused = new LinkedHashMap<>();
    private final Map<String, Growth> growth = new HashMap<>();
    private long warned = Long.MIN_VALUE;

    SeriesGate(GuardRails rails, Index index, InstantSource clock, Meters meters) {
        this.rails = rails;
        this.index = index;
        this.clock = clock;
        for (var rail : Rail.values()) {
            counters.put(
                    rail,
                    meters.counter(
                            "tokenplumb_tsdb_series_refused_total",
                            "New series refused because a guard rail allows no more.",
                            "reason",
                            rail.text()));
            meters.gauge(
                    "tokenplumb_tsdb_series_limit",
                    "Series that a guard rail allows, 0 when it allows any number.",
                    () -> rails.limit(rail),
                    "rail",
                    rail.text());
            meters.gauge(
                    "tokenplumb_tsdb_series_limit_used_ratio",
                    "How much of a guard rail is used, by the metric or tenant nearest to it.",
                    () -> lockedUsed(rail),
                    "rail",
                    rail.text());
        }
    }

    // --- at the gate

    /// Whether one more series may be made. Under the index's write lock.
    boolean admits(Labels labels) {
        if (rails.maxSeries() > 0 && index.size() >= rails.maxSeries()) {
            return refuse(Rail.ALL, labels);
        }
        if (rails.maxSeriesPerMetric() > 0
                && ofMetric(labels.metricName()) >= rails.maxSeriesPerMetric()) {
            return refuse(Rail.METRIC, labels);
        }
        if (rails.maxSeriesPerTenant() > 0) {
            var tenant = labels.get(rails.tenantLabel());
            if (!tenant.isEmpty()
                    && series(rails.tenantLabel(), tenant) >= rails.maxSeriesPerTenant()) {
                return refuse(Rail.TENANT, labels);
            }
        }
        return true;
    }

    /// Notes a series that was made. Under the index's write lock.
    void created(String metric) {
        long now = clock.millis();
        growth.computeIfAbsent(metric, name -> new Growth(now)).add(now);
    }

    /// Plain and folded ones.
    private int ofMetric(String metric) {
        return series(Labels.NAME, metric) + series(FoldedLabels.FAMILY, metric);
    }

    private int series(String label, String value) {
        var name = index.names().get(label);
        var pair = name == null ? null : name.values.get(value);
        return pair == null ? 0 : pair.cardinality();
    }

    private boolean refuse(Rail rail, Labels labels) {
        counters.get(rail).increment();
        var subject =
                new Subject(
                        rail,
                        switch (rail) {
                            case ALL -> "";
                            case METRIC -> labels.metricName();
                            case TENANT -> labels.get(rails.tenantLabel());
                        });
        long now = clock.millis();
        var about = refused.get(subject);
        if (about == null) {
            if (refused.size() >= MOST_REFUSALS) {
                refused.remove(refused.keySet().iterator().next());
            }
            about = new Refused();
            about.first = now;
            about.told = now - TOLD_AGAIN_MILLIS;
            refused.put(subject, about);
        }
        about.count++;
        about.last = now;
        if (now - about.told >= TOLD_AGAIN_MILLIS) {
            about.told = now;
            about.verdict = verdict(rail, labels);
            LOG.log(System.Logger.Level.WARNING, "{0}", about.verdict);
        }
        return false;
    }

    // --- verdicts

    private String verdict(Rail rail, Labels labels) {
        var metric = labels.metricName();
        return switch (rail) {
            case METRIC ->
                    "new series of %s are refused: it has as many as %s allows (%d); %s. Known series go on."
                            .formatted(
                                    metric,
                                    rail.key(),
                                    rails.maxSeriesPerMetric(),
                                    cure(exploded(metric)));
            case TENANT -> {
                var tenant = labels.get(rails.tenantLabel());
                var worst = largestOf(rails.tenantLabel(), tenant);
                yield "new series of %s=%s are refused: it has as many as %s allows (%d), most of them of %s; %s. Known series and other tenants go on."
                        .formatted(
                                rails.tenantLabel(),
                                Labels.quote(tenant),
                                rail.key(),
                                rails.maxSeriesPerTenant(),
                                worst,
                                cure(exploded(worst)));
            }
            case ALL -> {
                var worst = worstMetric();
                yield "new series are refused: the store has as many as %s allows (%d); %s has most to do with it: %s. Known series go on."
                        .formatted(rail.key(), rails.maxSeries(), worst, cure(exploded(worst)));
            }
        };
    }

    private static String cure(Exploded label) {
        return label.label.isEmpty()
                ? "raise the limit, or drop the metric with metric_relabel_configs"
                : "its label %s has %d values%s: drop that label with metric_relabel_configs, or raise the limit"
                        .formatted(
                                label.label,
                                label.values,
                                label.examples.isEmpty()
                                        ? ""
                                        : " (such as " + Labels.quote(label.examples) + ")");
    }

    /// The label with the most values on a metric's series.
    ///
    /// @param label `""` when the metric has no series, or no label tells them apart
    record Exploded(String label, int values, String examples) {}

    /// Looks at no more than some thousand series. Under either lock.
    Exploded exploded(String metric) {
        var of = rows(metric);
        var distinct = new HashMap<LabelName, Map<Integer, Boolean>>();
        int looked = 0;
        for (var rows = of.getIntIterator(); rows.hasNext() && looked < LOOKED_AT; looked++) {
            for (int id : index.idsOf(rows.next())) {
                if (FoldedLabels.isHidden(index.pair(id).name.name)) {
                    continue;
                }
                distinct.computeIfAbsent(index.pair(id).name, key -> new HashMap<>()).put(id, true);
            }
        }
        LabelName worst = null;
        for (var each : distinct.entrySet()) {
            int values = each.getValue().size();
            if (values > 1
                    && (worst == null
                            || values > distinct.get(worst).size()
                            || values == distinct.get(worst).size()
                                    && each.getKey().name.compareTo(worst.name) < 0)) {
                worst = each.getKey();
            }
        }
        if (worst == null) {
            return new Exploded("", 0, "");
        }
        var ids = distinct.get(worst);
        int values =
                looked < LOOKED_AT
                        ? ids.size()
                        : Math.max(ids.size(), Math.min(worst.values.size(), of.getCardinality()));
        return new Exploded(worst.name, values, index.pair(ids.keySet().iterator().next()).value);
    }

    private RoaringBitmap rows(String metric) {
        var rows = new RoaringBitmap();
        for (var label : List.of(Labels.NAME, FoldedLabels.FAMILY)) {
            var name = index.names().get(label);
            var pair = name == null ? null : name.values.get(metric);
            if (pair != null) {
                pair.addTo(rows);
            }
        }
        return rows;
    }

    /// Metrics and folded families with their pairs.
    private List<Pair> metrics() {
        var pairs = new ArrayList<Pair>();
        for (var label : List.of(Labels.NAME, FoldedLabels.FAMILY)) {
            var name = index.names().get(label);
            if (name != null) {
                pairs.addAll(name.values.values());
            }
        }
        return pairs;
    }

    /// The metric that grew most lately, else the largest.
    private String worstMetric() {
        long now = clock.millis();
        var worst = "";
        long most = 0;
        for (var each : growth.entrySet()) {
            long lately = each.getValue().lately(now);
            if (lately > most) {
                worst = each.getKey();
                most = lately;
            }
        }
        return most * 10 > index.size() ? worst : largestOf("", "");
    }

    /// The metric with most series, of those that carry a label (`""`: of all).
    private String largestOf(String label, String value) {
        var among = label.isEmpty() ? null : index.names().get(label).values.get(value).rows();
        var worst = "";
        long most = 0;
        for (var pair : metrics()) {
            if (pair.cardinality() > most) {
                long series =
                        among == null
                                ? pair.cardinality()
                                : RoaringBitmap.andCardinality(among, pair.rows());
                if (series > most) {
                    worst = pair.value;
                    most = series;
                }
            }
        }
        return worst;
    }

    // --- questions

    /// Series of a metric made in the last hour. Under either lock.
    long lately(String metric) {
        var made = growth.get(metric);
        return made == null ? 0 : made.lately(clock.millis());
    }

    /// What was refused, latest first. Under either lock.
    List<TsdbStatus.Refusal> refusals() {
        var list = new ArrayList<TsdbStatus.Refusal>();
        refused.forEach((subject, about) ->
                list.add(
                        new TsdbStatus.Refusal(
                                subject.rail,
                                subject.name,
                                about.count,
                                about.first,
                                about.last,
                                about.verdict)));
        list.sort(
                Comparator.comparingLong(TsdbStatus.Refusal::last)
                        .reversed()
                        .thenComparing(TsdbStatus.Refusal::subject));
        return list;
    }

    /// What is near a rail or alarming anyway, in words. Under either lock.
    List<String> warnings() {
        var warnings = new ArrayList<String>();
        long size = index.size();
        if (size >= ALARMING || rails.maxSeries() > 0 && size >= NEAR * rails.maxSeries()) {
            var worst = worstMetric();
            var against =
                    rails.maxSeries() > 0
                            ? "%d of the %d series that %s allows"
                                    .formatted(size, rails.maxSeries(), Rail.ALL.key())
                            : "%d series: more than five million are a label explosion"
                                    .formatted(size);
            warnings.add(
                    "the store holds %s; %s has most to do with it: %s"
                            .formatted(against, worst, cure(exploded(worst))));
        }
        near(Rail.METRIC, Labels.NAME, warnings);
        near(Rail.TENANT, rails.tenantLabel(), warnings);
        return warnings;
    }

    private void near(Rail rail, String label, List<String> warnings) {
        long limit = rails.limit(rail);
        var name = index.names().get(label);
        if (limit == 0 || rail == Rail.TENANT && name == null) {
            return;
        }
        (rail == Rail.METRIC ? metrics() : List.copyOf(name.values.values()))
                .stream()
                        .filter(pair -> pair.cardinality() >= NEAR * limit)
                        .sorted(
                                Comparator.comparingInt(Pair::cardinality)
                                        .reversed()
                                        .thenComparing(pair -> pair.value))
                        .limit(10)
                        .forEach(pair -> {
                            var metric =
                                    rail == Rail.METRIC ? pair.value : largestOf(label, pair.value);
                            warnings.add(
                                    "%s has %d of the %d series that %s allows%s: %s"
                                            .formatted(
                                                    rail == Rail.METRIC
                                                            ? pair.value
                                                            : label
                                                                    + "="
                                                                    + Labels.quote(pair.value),
                                                    pair.cardinality(),
                                                    limit,
                                                    rail.key(),
                                                    rail == Rail.METRIC
                                                            ? ""
                                                            : ", most of them of " + metric,
                                                    cure(exploded(metric))));
                        });
    }

    /// Says in the log what [#warnings] says, at most once an hour. Takes the read lock.
    void warn() {
        index.lock.readLock().lock();
        try {
            long now = clock.millis();
            if (warned != Long.MIN_VALUE && now - warned < TOLD_AGAIN_MILLIS) {
                return;
            }
            var warnings = warnings();
            if (!warnings.isEmpty()) {
                warned = now;
                warnings.forEach(text -> LOG.log(System.Logger.Level.WARNING, "{0}", text));
            }
        } finally {
            index.lock.readLock().unlock();
        }
    }

    /// Forgets metrics that made no series for an hour. Takes the write lock.
    void forgetOld() {
        index.lock.writeLock().lock();
        try {
            long now = clock.millis();
            growth.values().removeIf(made -> made.lately(now) == 0);
        } finally {
            index.lock.writeLock().unlock();
        }
    }

    private double lockedUsed(Rail rail) {
        index.lock.readLock().lock();
        try {
            return used(rail);
        } finally {
            index.lock.readLock().unlock();
        }
    }

    private double used(Rail rail) {
        long limit = rails.limit(rail);
        if (limit == 0) {
            return 0;
        }
        if (rail == Rail.ALL) {
            return (double) index.size() / limit;
        }
        var tenants = index.names().get(rails.tenantLabel());
        List<Pair> subjects = metrics();
        if (rail == Rail.TENANT) {
            subjects = tenants == null ? List.of() : List.copyOf(tenants.values.values());
        }
        int most = 0;
        for (var pair : subjects) {
            most = Math.max(most, pair.cardinality());
        }
        return (double) most / limit;
    }

    /// Series made in each of the last twelve slices of five minutes.
    private static final class Growth {
        private static final long SLICE = 300_000L;
        private static final int SLICES = 12;

        private final int[] made = new int[SLICES];
        private long newest; // slice number

        Growth(long now) {
            newest = now / SLICE;
        }

        void add(long now) {
            advance(now);
            made[(int) (newest % SLICES)]++;
        }

        private void advance(long now) {
            long slice = now / SLICE;
            for (int i = 0; i < SLICES && newest < slice; i++) {
                made[(int) (++newest % SLICES)] = 0;
            }
            newest = Math.max(newest, slice); // earlier where the clock went back
        }

        /// Changes nothing, so that it may be asked under the read lock.
        long lately(long now) {
            long slice = now / SLICE;
            long sum = 0;
            for (long each = newest; each > newest - SLICES && each > slice - SLICES; each--) {
                sum += made[(int) (each % SLICES)];
            }
            return sum;
        }
    }
}
