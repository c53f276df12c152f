package tokenplumb.tsdb;

import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// Counts series by name, value and pair, as Prometheus' `/api/v1/status/tsdb` does.
final class Cardinality {
    private static final int TOP = 10;

    private final Top names = new Top();
    private final Top values = new Top();
    private final Top memory = new Top();
    private final Top pairs = new Top();

    /// Of an index held for reading.
    Cardinality(Index index) {
        for (var name : index.names().values()) {
            long bytes = 0;
            if (FoldedLabels.isHidden(name.name)) {
                if (name.name.equals(FoldedLabels.FAMILY)) {
                    name.values
                            .values()
                            .forEach(pair -> names.offer(pair.value, pair.cardinality()));
                }
                continue;
            }
            for (var pair : name.values.values()) {
                int series = pair.cardinality();
                bytes += (long) pair.value.length() * series;
                pairs.offer(name.name + "=" + pair.value, series);
                if (name.name.equals(Labels.NAME)) {
                    names.offer(pair.value, series);
                }
            }
            values.offer(name.name, name.values.size());
            memory.offer(name.name, bytes);
        }
    }

    List<TsdbStatus.Count> seriesCountByMetricName() {
        return names.list();
    }

    List<TsdbStatus.Count> labelValueCountByLabelName() {
        return values.list();
    }

    List<TsdbStatus.Count> memoryInBytesByLabelName() {
        return memory.list();
    }

    List<TsdbStatus.Count> seriesCountByLabelValuePair() {
        return pairs.list();
    }

    private static final class Top {
        private static final Comparator<TsdbStatus.Count> SMALLEST_FIRST =
                Comparator.comparingLong(TsdbStatus.Count::value)
                        .thenComparing(TsdbStatus.Count::name, Comparator.reverseOrder());

        private final PriorityQueue<TsdbStatus.Count> kept = new PriorityQueue<>(SMALLEST_FIRST);

        void offer(String name, long value) {
            if (kept.size() == TOP && value < kept.peek().value()) {
                return;
            }
            kept.offer(new TsdbStatus.Count(name, value));
            if (kept.size() > TOP) {
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
