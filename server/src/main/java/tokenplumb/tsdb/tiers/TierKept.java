package tokenplumb.tsdb.tiers;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What some files of one tier tell a query, in the order of their times.
final class TierKept implements KeptQuerier {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private final List<TierFile> files; // in use by whoever made this
    private final Ask ask;

    TierKept(List<TierFile> files, Ask ask) {
        this.files = List.copyOf(files);
        this.ask = ask;
    }

    private record Key(Labels labels, BucketLayout layout) {}

    private record Part(TierFile file, TierFile.Entry entry) {}

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var onName = new ArrayList<Matcher>();
        var others = new ArrayList<Matcher>();
        for (var matcher : matchers) {
            (matcher.name().equals(Labels.NAME) ? onName : others).add(matcher);
        }
        return find(
                from,
                to,
                name -> onName.stream().allMatch(matcher -> matcher.matches(name)),
                others,
                false);
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        return find(
                from,
                to,
                name -> families.isEmpty() || families.get().contains(name),
                matchers,
                true);
    }

    private List<KeptSeries> find(
            long from, long to, Predicate<String> metric, List<Matcher> matchers, boolean folded) {
        var found = new LinkedHashMap<Key, List<Part>>();
        for (var file : files) {
            if (file.to < from || file.from >= to) {
                continue;
            }
            long first = Tier.window(from, file.millis);
            long last = Tier.window(to, file.millis);
            file.forEach(
                    metric,
                    matchers,
                    entry -> {
                        if (folded != entry.layout().isNone()
                                && entry.last() >= first
                                && entry.first() <= last) {
                            found.computeIfAbsent(
                                            new Key(entry.labels(), entry.layout()),
                                            key -> new ArrayList<>(2))
                                    .add(new Part(file, entry));
                        }
                    });
        }
        var series = new ArrayList<KeptSeries>(found.size());
        found.forEach((key, parts) -> series.add(new TierSeries(key.labels, key.layout, parts)));
        return series;
    }

    private final class TierSeries implements KeptSeries {
        private final Labels labels;
        private final BucketLayout layout;
        private final List<Part> parts;

        TierSeries(Labels labels, BucketLayout layout, List<Part> parts) {
            this.labels = labels;
            this.layout = layout;
            this.parts = parts;
        }

        @Override
        public Labels labels() {
            return labels;
        }

        @Override
        public BucketLayout layout() {
            return layout;
        }

        @Override
        public void read(long from, long to, Samples into) {
            for (var part : parts) {
                if (part.file.to >= from && part.file.from < to) {
                    try {
                        part.file.plain(part.entry).tell(ask, from, to, into);
                    } catch (IOException damaged) {
                        LOG.log(System.Logger.Level.WARNING, damaged.getMessage());
                    }
                }
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            for (var part : parts) {
                if (part.file.to >= from && part.file.from < to) {
                    try {
                        part.file.folded(part.entry).tell(ask, from, to, into);
                    } catch (IOException damaged) {
                        LOG.log(System.Logger.Level.WARNING, damaged.getMessage());
                    }
                }
            }
        }

        @Override
        public String toString() {
            return labels.toString();
        }
    }

    // --- labels

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        return names(plain(from, to, matchers));
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        return values(label, plain(from, to, matchers));
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return names(folded(from, to, Optional.empty(), List.of()));
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return values(label, folded(from, to, Optional.empty(), List.of()));
    }

    private static Collection<String> names(List<KeptSeries> series) {
        var names = new TreeSet<String>();
        for (var each : series) {
            for (int i = 0; i < each.labels().size(); i++) {
                names.add(each.labels().name(i));
            }
        }
        return names;
    }

    private static Collection<String> values(String label, List<KeptSeries> series) {
        var values = new TreeSet<String>();
        for (var each : series) {
            values.add(each.labels().get(label));
        }
        values.remove("");
        return values;
    }

    @Override
    public void close() {}
}
