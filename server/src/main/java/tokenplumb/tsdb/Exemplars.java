package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Bound;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.SeriesExemplars;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// The newest exemplars, a bounded number over all series: in memory, and logged ([ExemplarLog]) so
/// that a restart finds them again. When there is no room for one more the oldest goes.
/// Thread-safe.
///
/// As in Prometheus an exemplar that is older than the newest of its series is dropped and counted,
/// and one whose labels are too long is dropped. One with the labels and the value of the newest of
/// its series is the same observation, exposed again, and passed over.
final class Exemplars {
    /// As many are kept unless the configuration says otherwise.
    static final int DEFAULT_MOST = 100_000;

    private static final int MOST_LABEL_CHARACTERS = 128;

    /// An exemplar and the labels of the series it is on.
    record Found(Labels series, Exemplar exemplar) {}

    /// The exemplars of one series, oldest first.
    private record OfSeries(Labels labels, ArrayDeque<Exemplar> exemplars) {}

    private enum Verdict {
        NEW,
        KNOWN,
        OUT_OF_ORDER,
        TOO_LONG
    }

    /// Held by who adds, while it writes the log; taken before [#lock].
    private final ReentrantLock writing = new ReentrantLock();

    private final ExemplarLog log;
    private final Meters.Counter appended;
    private final Meters.Counter outOfOrder;
    private final Meters.Counter tooLong;

    /// Guards the rest; held for moments.
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Labels, OfSeries> bySeries = new HashMap<>();
    private final ArrayDeque<OfSeries> order = new ArrayDeque<>(); // one entry for each exemplar
    private int most = DEFAULT_MOST;

    /// Reads what is on the disk.
    Exemplars(Disk disk, Meters meters) throws IOException {
        appended =
                meters.counter(
                        "prometheus_tsdb_exemplar_exemplars_appended_total",
                        "Total number of appended exemplars.");
        outOfOrder =
                meters.counter(
                        "prometheus_tsdb_exemplar_out_of_order_exemplars_total",
                        "Total number of out of order exemplar ingestion failed attempts.");
        tooLong =
                meters.counter(
                        "tokenplumb_tsdb_exemplars_too_long_total",
                        "Exemplars dropped because their labels have more than 128 characters.");
        log = new ExemplarLog(disk, meters);
        log.recover(found -> {
            if (judge(found) == Verdict.NEW) {
                put(found);
            }
        });
        log.compactAfterStart(this::all);
        watch(meters);
    }

    private void watch(Meters meters) {
        meters.gauge(
                "prometheus_tsdb_exemplar_exemplars_in_storage",
                "Number of exemplars currently in circular storage.",
                () -> locked(order::size));
        meters.gauge(
                "prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
                "Number of series with exemplars currently in circular storage.",
                () -> locked(bySeries::size));
        meters.gauge(
                "prometheus_tsdb_exemplar_max_exemplars",
                "Total number of exemplars the exemplar storage can store, resizeable.",
                () -> locked(() -> most));
        meters.gauge(
                "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
                "The timestamp of the oldest exemplar stored in circular storage.",
                () -> locked(this::oldestSeconds));
    }

    private double oldestSeconds() {
        var oldest = order.peek();
        return oldest == null ? 0 : oldest.exemplars.getFirst().timeMillis() / 1000.0;
    }

    private <T extends Number> double locked(java.util.function.Supplier<T> number) {
        lock.lock();
        try {
            return number.get().doubleValue();
        } finally {
            lock.unlock();
        }
    }

    /// Damage found at the start.
    List<TsdbStatus.Repair> repairs() {
        return log.repairs();
    }

    /// Keeps this many from now on; none and nothing on the disk when 0.
    void most(int wanted) {
        writing.lock();
        try {
            lock.lock();
            try {
                most = Math.max(0, wanted);
                trim();
            } finally {
                lock.unlock();
            }
            if (wanted <= 0) {
                log.deleteAll();
            }
        } finally {
            writing.unlock();
        }
    }

    /// Adds exemplars in the order given. A log that cannot be written costs only that a restart
    /// does not find them.
    void add(List<Found> given) {
        writing.lock();
        try {
            var fresh = new ArrayList<Found>(given.size());
            lock.lock();
            try {
                if (most == 0) {
                    return;
                }
                for (var found : given) {
                    switch (judge(found)) {
                        case NEW -> {
                            put(found);
                            trim();
                            fresh.add(found);
                        }
                        case KNOWN -> {}
                        case OUT_OF_ORDER -> outOfOrder.increment();
                        case TOO_LONG -> tooLong.increment();
                    }
                }
            } finally {
                lock.unlock();
            }
            if (!fresh.isEmpty()) {
                appended.add(fresh.size());
                log.append(fresh, most);
            }
        } finally {
            writing.unlock();
        }
    }

    private Verdict judge(Found found) {
        var exemplar = found.exemplar;
        if (isTooLong(exemplar.labels())) {
            return Verdict.TOO_LONG;
        }
        var series = bySeries.get(found.series);
        if (series == null) {
            return Verdict.NEW;
        }
        var newest = series.exemplars.getLast();
        boolean isSameValue =
                Double.doubleToLongBits(exemplar.value())
                        == Double.doubleToLongBits(newest.value());
        boolean isSameTime = exemplar.timeMillis() == newest.timeMillis();
        if (isSameValue
                && exemplar.labels().equals(newest.labels())
                && (isSameTime || !exemplar.labels().isEmpty())) {
            return Verdict.KNOWN;
        }
        if (exemplar.timeMillis() < newest.timeMillis()
                || isSameTime && Double.compare(exemplar.value(), newest.value()) < 0) {
            return Verdict.OUT_OF_ORDER;
        }
        return Verdict.NEW;
    }

    private static boolean isTooLong(Labels labels) {
        int characters = 0;
        for (int i = 0; i < labels.size(); i++) {
            var name = labels.name(i);
            var value = labels.value(i);
            characters +=
                    name.codePointCount(0, name.length()) + value.codePointCount(0, value.length());
        }
        return characters > MOST_LABEL_CHARACTERS;
    }

    private void put(Found found) {
        var series =
                bySeries.computeIfAbsent(
                        found.series, labels -> new OfSeries(labels, new ArrayDeque<>(2)));
        series.exemplars.add(found.exemplar);
        order.add(series);
    }

    private void trim() {
        while (order.size() > most) {
            var oldest = order.remove();
            oldest.exemplars.remove();
            if (oldest.exemplars.isEmpty()) {
                bySeries.remove(oldest.labels);
            }
        }
    }

    /// All that are kept, oldest first.
    private List<Found> all() {
        var next = new HashMap<OfSeries, Iterator<Exemplar>>();
        var all = new ArrayList<Found>(order.size());
        for (var series : order) {
            var own = next.computeIfAbsent(series, key -> key.exemplars.iterator());
            all.add(new Found(series.labels, own.next()));
        }
        return all;
    }

    /// Those of `from` to `to` on series that pass any of the selectors.
    List<SeriesExemplars> find(long from, long to, List<List<Matcher>> selectors) {
        var found = new ArrayList<SeriesExemplars>();
        lock.lock();
        try {
            for (var series : bySeries.values()) {
                if (series.exemplars.getLast().timeMillis() < from
                        || series.exemplars.getFirst().timeMillis() > to
                        || !passesAny(series.labels, selectors)) {
                    continue;
                }
                var inside = new ArrayList<Exemplar>(series.exemplars.size());
                for (var exemplar : series.exemplars) {
                    if (exemplar.timeMillis() >= from && exemplar.timeMillis() <= to) {
                        inside.add(exemplar);
                    }
                }
                if (!inside.isEmpty()) {
                    found.add(new SeriesExemplars(series.labels, inside));
                }
            }
        } finally {
            lock.unlock();
        }
        found.sort(Comparator.comparing(SeriesExemplars::series));
        return found;
    }

    private static boolean passesAny(Labels labels, List<List<Matcher>> selectors) {
        for (var selector : selectors) {
            boolean passes = true;
            for (var matcher : selector) {
                if (!Bound.passes(matcher, labels)) {
                    passes = false;
                    break;
                }
            }
            if (passes) {
                return true;
            }
        }
        return false;
    }

    /// Makes what is logged safe from a power failure.
    void sync() {
        writing.lock();
        try {
            log.sync();
        } finally {
            writing.unlock();
        }
    }

    void close() {
        writing.lock();
        try {
            log.close();
        } finally {
            writing.unlock();
        }
    }
}
