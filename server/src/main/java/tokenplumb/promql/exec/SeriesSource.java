package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.FoldedSeries;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.tasks.Scope;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Finds the series of selectors, each set once per query, and leads readers over them: over many
/// series on all cores that no other query uses.
final class SeriesSource {
    /// Fewer series than this are not worth a second thread.
    private static final int WORTH_A_THREAD = 256;

    /// Turns one series after the other into columns; owns the buffers it does that with.
    interface Reader {
        void read(Series series, Sink sink);
    }

    /// Turns one folded histogram after the other into folded columns; owns the buffers it does
    /// that with.
    interface FoldedReader {
        void read(FoldedSeries series, Sink sink);
    }

    /// Does something with one of several things to be read.
    private interface Each<T> {
        void read(T one, Sink sink);
    }

    private record Key(List<Matcher> matchers, long from, long to, SelectHints hints) {}

    private final Run run;
    private final Map<Key, List<Series>> found = new HashMap<>();
    private final Map<Key, Selected> foundFolded = new HashMap<>();
    private long selectNanos;
    private long seriesFound;

    SeriesSource(Run run) {
        this.run = run;
    }

    /// Times of data that `steps` of a selector look at: its reference times, `@` and offset
    /// applied.
    static Steps shifted(Steps steps, Expr.Shift shift) {
        long offset = shift.offset().millis();
        return shift.at().isPresent()
                ? new Steps(shift.at().get() - offset, 0, steps.count())
                : new Steps(steps.start() - offset, steps.step(), steps.count());
    }

    /// What is looked at `steps`, data times already: windows of `range` milliseconds (0: the
    /// newest sample), read by `function` (`""`: by none).
    static SelectHints hints(Steps steps, long range, String function) {
        return new SelectHints(
                steps.start(), steps.last(), steps.isOne() ? 0 : steps.step(), range, function);
    }

    /// Series that may have samples within the bounds, both included.
    List<Series> select(List<Matcher> matchers, long from, long to, SelectHints hints) {
        return found.computeIfAbsent(new Key(matchers, from, to, hints), this::select);
    }

    private List<Series> select(Key key) {
        run.check();
        long start = System.nanoTime();
        try {
            var series =
                    key.from > key.to
                            ? List.<Series>of()
                            : run.querier.select(key.from, key.to, key.matchers, key.hints);
            count(series.size(), System.nanoTime() - start);
            return series;
        } finally {
            selectNanos += System.nanoTime() - start;
        }
    }

    /// As [#select], for somebody who can work on whole histograms.
    Selected selectFolded(List<Matcher> matchers, long from, long to, SelectHints hints) {
        return foundFolded.computeIfAbsent(new Key(matchers, from, to, hints), this::selectFolded);
    }

    private Selected selectFolded(Key key) {
        run.check();
        long start = System.nanoTime();
        try {
            var selected =
                    key.from > key.to
                            ? new Selected(List.of(), List.of())
                            : run.querier.selectFolded(key.from, key.to, key.matchers, key.hints);
            long found = selected.series().size();
            for (var histogram : selected.folded()) {
                found += histogram.layout().size();
            }
            if (!selected.folded().isEmpty()) {
                run.profile.way("folded histograms, all buckets at once");
            }
            count(found, System.nanoTime() - start);
            return selected;
        } finally {
            selectNanos += System.nanoTime() - start;
        }
    }

    private void count(long series, long nanos) {
        run.profile.selected(series, nanos);
        seriesFound += series;
        long most = run.question.limits().series();
        if (seriesFound > most) {
            throw Run.mistake(
                    ("the query's selectors find more series than the %d that --query.max-series"
                         + " allows: %d so far; make them name fewer, ask for a shorter range, or"
                         + " raise that limit")
                            .formatted(most, seriesFound));
        }
        run.budget.holdBytes(Budget.SERIES * series);
    }

    double selectSeconds() {
        return selectNanos / 1e9;
    }

    void forEach(List<Series> series, Sink sink, Supplier<Reader> readers) {
        forEach(series, series.size(), sink, () -> readers.get()::read);
    }

    void forEachFolded(List<FoldedSeries> histograms, Sink sink, Supplier<FoldedReader> readers) {
        long buckets = 0;
        for (var histogram : histograms) {
            buckets += histogram.layout().size();
        }
        forEach(histograms, buckets, sink, () -> readers.get()::read);
    }

    private <T> void forEach(List<T> all, long series, Sink sink, Supplier<Each<T>> readers) {
        int extra = 0;
        while ((extra + 1L) * WORTH_A_THREAD < series
                && extra + 1 < all.size()
                && run.spareCores.tryAcquire()) {
            extra++;
        }
        try {
            if (extra == 0) {
                readAll(all, sink, readers.get());
            } else {
                readInParallel(all, sink, readers, extra + 1);
            }
        } finally {
            run.spareCores.release(extra);
        }
    }

    private <T> void readAll(List<T> all, Sink sink, Each<T> reader) {
        for (var each : all) {
            run.check();
            reader.read(each, sink);
        }
    }

    private <T> void readInParallel(List<T> all, Sink sink, Supplier<Each<T>> readers, int parts) {
        var sinks = new ArrayList<Sink>();
        try (var scope = new Scope("promql")) {
            for (int i = 0; i < parts; i++) {
                int from = (int) ((long) all.size() * i / parts);
                int to = (int) ((long) all.size() * (i + 1) / parts);
                var part = sink.fork();
                sinks.add(part);
                var _ =
                        scope.fork(() -> {
                            readAll(all.subList(from, to), part, readers.get());
                            return part;
                        });
            }
            scope.join();
        } catch (InterruptedException cancelled) {
            run.stop();
            Thread.currentThread().interrupt();
            throw new QueryError(
                    QueryError.Kind.CANCELED, "query was canceled in expression evaluation");
        } catch (RuntimeException failed) {
            run.stop();
            throw failed;
        }
        sinks.forEach(sink::join);
    }

    /// Without its stale markers.
    static void dropStale(Samples samples, Samples into) {
        for (int i = 0; i < samples.size(); i++) {
            double value = samples.value(i);
            if (StaleMarker.is(value)) {
                continue;
            }
            if (samples.isHistogram(i)) {
                into.add(samples.time(i), samples.histogram(i));
            } else {
                into.add(samples.time(i), value, samples.weight(i));
            }
        }
    }

    /// Whether [#dropStale] would drop anything.
    static boolean hasStale(Samples samples) {
        var values = samples.values();
        for (int i = 0; i < samples.size(); i++) {
            if (StaleMarker.is(values[i])) {
                return true;
            }
        }
        return false;
    }

    static String metricName(Labels labels) {
        return labels.metricName();
    }
}
