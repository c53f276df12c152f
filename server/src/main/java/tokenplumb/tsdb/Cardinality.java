package tokenplumb.tsdb;

import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/// Counts series by metric, label, pair and target, a folded histogram both as the one series that
/// is stored and as the classic ones that it stands for: that is how Prometheus'
/// `/api/v1/status/tsdb` counts, and what its readers' queries see.
final class Cardinality {
    private static final String LE = "le";

    /// Series of one metric.
    private static final class Metric {
        final String name;
        long stored;
        long classic;
        int buckets;
        long memory;

        Metric(String name) {
            this.name = name;
        }
    }

    private record Target(String job, String instance) {}

    private final Index index;
    private final Map<String, Metric> metrics = new HashMap<>();
    private final Map<String, long[]> byLe = new HashMap<>(); // of folded ones: stored, classic
    private final Map<Target, long[]> targets = new HashMap<>();
    private long[] storedByPair = new long[256];
    private long[] classicByPair = new long[256];
    private long stored;
    private long folded;
    private long classic;
    private long memory;

    /// Of an index held for reading.
    Cardinality(Index index) {
        this.index = index;
        var job = Optional.ofNullable(index.names().get("job"));
        var instance = Optional.ofNullable(index.names().get("instance"));
        for (var all = index.rows().getIntIterator(); all.hasNext(); ) {
            count(all.next(), job, instance);
        }
    }

    private void count(int row, Optional<LabelName> job, Optional<LabelName> instance) {
        int[] ids = index.idsOf(row);
        var layout = index.layout(row);
        long members = layout.isNone() ? 1 : layout.size() + 2;
        long bytes = SeriesBytes.inMemory(ids.length, layout.size());
        stored++;
        classic += members;
        memory += bytes;
        folded += layout.isNone() ? 0 : 1;
        var name = "";
        for (int id : ids) {
            var pair = index.pair(id);
            if (id >= storedByPair.length) {
                storedByPair = Arrays.copyOf(storedByPair, id * 2);
                classicByPair = Arrays.copyOf(classicByPair, id * 2);
            }
            storedByPair[id]++;
            classicByPair[id] += members;
            if (pair.name.name.equals(Labels.NAME) || pair.name.name.equals(FoldedLabels.FAMILY)) {
                name = pair.value;
            }
        }
        for (int bucket = 0; bucket < layout.size(); bucket++) {
            long[] counts = byLe.computeIfAbsent(layout.le(bucket), le -> new long[2]);
            counts[0]++;
            counts[1]++;
        }
        var metric = metrics.computeIfAbsent(name, Metric::new);
        metric.stored++;
        metric.classic += members;
        metric.buckets = Math.max(metric.buckets, layout.size());
        metric.memory += bytes;
        if (job.isPresent() || instance.isPresent()) {
            var target =
                    new Target(
                            job.map(label -> index.value(row, label)).orElse(""),
                            instance.map(label -> index.value(row, label)).orElse(""));
            long[] counts = targets.computeIfAbsent(target, key -> new long[2]);
            counts[0]++;
            counts[1] += members;
        }
    }

    long classic() {
        return classic;
    }

    long folded() {
        return folded;
    }

    // --- as Prometheus shows it

    List<TsdbStatus.Count> seriesCountByMetricName(int most) {
        var top = new Top(most);
        var names = index.names();
        var plain = names.get(Labels.NAME);
        var counts = new HashMap<String, Long>();
        if (plain != null) {
            plain.values.forEach((name, pair) -> counts.put(name, storedByPair[pair.id]));
        }
        var families = names.get(FoldedLabels.FAMILY);
        if (families != null) {
            families.values.forEach((family, pair) -> {
                long series = storedByPair[pair.id];
                long members = classicByPair[pair.id];
                counts.merge(family + "_bucket", members - 2 * series, Long::sum);
                counts.merge(family + "_count", series, Long::sum);
                counts.merge(family + "_sum", series, Long::sum);
            });
        }
        counts.forEach(top::offer);
        return top.list();
    }

    List<TsdbStatus.Count> labelValueCountByLabelName(int most) {
        var top = new Top(most);
        forEachLabel((name, values, ofStored, ofClassic, bytes) -> top.offer(name, values));
        return top.list();
    }

    List<TsdbStatus.Count> memoryInBytesByLabelName(int most) {
        var top = new Top(most);
        forEachLabel((name, values, ofStored, ofClassic, bytes) -> top.offer(name, bytes));
        return top.list();
    }

    List<TsdbStatus.Count> seriesCountByLabelValuePair(int most) {
        var top = new Top(most);
        for (var name : index.names().values()) {
            if (FoldedLabels.isHidden(name.name)
                    || name.name.equals(Labels.NAME)
                    || name.name.equals(LE)) {
                continue;
            }
            for (var pair : name.values.values()) {
                top.offer(name.name + "=" + pair.value, classicByPair[pair.id]);
            }
        }
        seriesCountByMetricName(most)
                .forEach(count -> top.offer(Labels.NAME + "=" + count.name(), count.value()));
        les().forEach((le, counts) -> top.offer(LE + "=" + le, counts[1]));
        return top.list();
    }

    /// Label pairs of the classic series.
    long labelPairs() {
        long pairs = les().size();
        for (var name : index.names().values()) {
            if (name.name.equals(FoldedLabels.FAMILY)) {
                pairs += 3L * name.values.size();
            } else if (!FoldedLabels.isHidden(name.name) && !name.name.equals(LE)) {
                pairs += name.values.size();
            }
        }
        return pairs;
    }

    /// Series by `le`, plain and folded ones together.
    private Map<String, long[]> les() {
        var les = new HashMap<String, long[]>();
        byLe.forEach((le, counts) -> les.put(le, counts.clone()));
        var plain = index.names().get(LE);
        if (plain != null) {
            plain.values.forEach((le, pair) -> {
                long[] counts = les.computeIfAbsent(le, key -> new long[2]);
                counts[0] += storedByPair[pair.id];
                counts[1] += classicByPair[pair.id];
            });
        }
        return les;
    }

    /// Hears of a label: its values, series that carry it, bytes of their values.
    private interface LabelVisitor {
        void label(String name, long values, long ofStored, long ofClassic, long bytes);
    }

    private void forEachLabel(LabelVisitor visitor) {
        for (var name : index.names().values()) {
            if (FoldedLabels.isHidden(name.name)
                    || name.name.equals(Labels.NAME)
                    || name.name.equals(LE)) {
                continue;
            }
            long ofStored = 0;
            long ofClassic = 0;
            long bytes = 0;
            for (var pair : name.values.values()) {
                ofStored += storedByPair[pair.id];
                ofClassic += classicByPair[pair.id];
                bytes += pair.value.length() * classicByPair[pair.id];
            }
            visitor.label(name.name, name.values.size(), ofStored, ofClassic, bytes);
        }
        long names = 0;
        long nameBytes = 0;
        for (var count : seriesCountByMetricName(Integer.MAX_VALUE)) {
            names++;
            nameBytes += count.name().length() * count.value();
        }
        visitor.label(Labels.NAME, names, stored, classic, nameBytes);
        var les = les();
        if (!les.isEmpty()) {
            long ofStored = 0;
            long ofClassic = 0;
            long bytes = 0;
            for (var each : les.entrySet()) {
                ofStored += each.getValue()[0];
                ofClassic += each.getValue()[1];
                bytes += each.getKey().length() * each.getValue()[1];
            }
            visitor.label(LE, les.size(), Math.min(stored, ofStored), ofClassic, bytes);
        }
    }

    // --- as we show it

    /// The report, with at most so many lines of each kind.
    CardinalityReport report(
            SeriesGate gate,
            Queried queried,
            List<CardinalityReport.OfResolution> resolutions,
            int most) {
        long diskBytes = resolutions.getFirst().bytes();
        double weights = 0;
        for (var metric : metrics.values()) {
            weights += weight(metric);
        }
        double perWeight = weights == 0 ? 0 : diskBytes / weights;
        var largest =
                metrics.values().stream()
                        .sorted(
                                Comparator.comparingLong((Metric m) -> m.classic)
                                        .reversed()
                                        .thenComparing(m -> m.name))
                        .limit(most)
                        .toList();
        var never = metrics.values().stream().filter(m -> queried.last(m.name) == 0).toList();
        var growing =
                metrics.values().stream()
                        .filter(m -> gate.lately(m.name) > 0)
                        .sorted(
                                Comparator.comparingLong((Metric m) -> gate.lately(m.name))
                                        .reversed()
                                        .thenComparing(m -> m.name))
                        .limit(most)
                        .toList();
        return new CardinalityReport(
                stored,
                folded,
                classic,
                memory,
                diskBytes,
                queried.since(),
                metrics.size(),
                never.size(),
                shown(largest, gate, queried, perWeight),
                shown(
                        never.stream()
                                .sorted(
                                        Comparator.comparingLong((Metric m) -> m.memory)
                                                .reversed()
                                                .thenComparing(m -> m.name))
                                .limit(most)
                                .toList(),
                        gate,
                        queried,
                        perWeight),
                shown(growing, gate, queried, perWeight),
                labels(most),
                targets(most),
                resolutions,
                gate.refusals(),
                gate.warnings());
    }

    /// What a metric costs on disk, compared with others: buckets of a folded histogram cost a
    /// fraction of a series each.
    private static double weight(Metric metric) {
        return SeriesBytes.diskWeight(metric.stored, metric.classic);
    }

    private List<CardinalityReport.OfMetric> shown(
            List<Metric> some, SeriesGate gate, Queried queried, double perWeight) {
        var shown = new ArrayList<CardinalityReport.OfMetric>();
        for (var metric : some) {
            var worst = gate.exploded(metric.name);
            long made = gate.lately(metric.name);
            long last = queried.last(metric.name);
            shown.add(
                    new CardinalityReport.OfMetric(
                            metric.name,
                            metric.stored,
                            metric.classic,
                            metric.buckets,
                            made,
                            metric.memory,
                            Math.round(weight(metric) * perWeight),
                            worst.label(),
                            worst.values(),
                            last,
                            Advice.on(
                                    metric.stored,
                                    metric.classic,
                                    made,
                                    worst,
                                    last != 0 || queried.isYoung())));
        }
        return shown;
    }

    private List<CardinalityReport.OfLabel> labels(int most) {
        var labels = new ArrayList<CardinalityReport.OfLabel>();
        forEachLabel((name, values, ofStored, ofClassic, bytes) -> {
            var label = index.names().get(name);
            var example =
                    label == null || label.values.isEmpty()
                            ? ""
                            : label.values.keySet().iterator().next();
            labels.add(
                    new CardinalityReport.OfLabel(
                            name,
                            values,
                            ofStored,
                            ofClassic,
                            example,
                            Advice.onLabel(name, values, ofStored)));
        });
        labels.sort(
                Comparator.comparingLong(CardinalityReport.OfLabel::values)
                        .reversed()
                        .thenComparing(CardinalityReport.OfLabel::name));
        return labels.subList(0, Math.min(most, labels.size()));
    }

    private List<CardinalityReport.OfTarget> targets(int most) {
        var list = new ArrayList<CardinalityReport.OfTarget>();
        targets.forEach((target, counts) ->
                list.add(
                        new CardinalityReport.OfTarget(
                                target.job, target.instance, counts[0], counts[1])));
        list.sort(
                Comparator.comparingLong(CardinalityReport.OfTarget::classic)
                        .reversed()
                        .thenComparing(CardinalityReport.OfTarget::job)
                        .thenComparing(CardinalityReport.OfTarget::instance));
        return list.subList(0, Math.min(most, list.size()));
    }

    private static final class Top {
        private static final Comparator<TsdbStatus.Count> SMALLEST_FIRST =
                Comparator.comparingLong(TsdbStatus.Count::value)
                        .thenComparing(TsdbStatus.Count::name, Comparator.reverseOrder());

        private final PriorityQueue<TsdbStatus.Count> kept = new PriorityQueue<>(SMALLEST_FIRST);
        private final int most;

        Top(int most) {
            this.most = most;
        }

        void offer(String name, long value) {
            if (kept.size() == most && value < kept.peek().value()) {
                return;
            }
            kept.offer(new TsdbStatus.Count(name, value));
            if (kept.size() > most) {
                kept.poll();
            }
        }

        List<TsdbStatus.Count> list() {
            var sorted = new ArrayList<>(kept);
            sorted.sort(SMALLEST_FIRST.reversed());
            return sorted;
        }
    }
}
