package tokenplumb.tsdb.folded;

import tokenplumb.signal.Bound;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.FoldedSeries;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/// Sees all places where series are kept as one, and a folded histogram as the classic series it
/// was scraped as: `x_bucket{le}`, `x_count` and `x_sum`, exactly as if they were kept apart.
///
/// A selector is split ([Sought]): its conditions on the name and on `le` are decided here, member
/// by member, the others by each place. Members of one histogram share its decoding ([Row]). Where
/// several places have samples of one series, an earlier place in the list goes first ([Merged]).
public final class FoldedQuerier implements Querier {
    /// The names of a family's members, made once for all of its series.
    private record MemberNames(String bucket, String count, String sum) {
        static MemberNames of(String family) {
            return new MemberNames(
                    Kind.BUCKET.name(family), Kind.COUNT.name(family), Kind.SUM.name(family));
        }
    }

    private final List<KeptQuerier> sources;
    private final Decoded decoded;
    private volatile boolean closed;

    /// Sources in order of preference; they are closed with this querier.
    public FoldedQuerier(List<KeptQuerier> sources) {
        this(sources, new Decoded());
    }

    FoldedQuerier(List<KeptQuerier> sources, Decoded decoded) {
        this.sources = List.copyOf(sources);
        this.decoded = decoded;
    }

    // --- series

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        checkOpen();
        var sought = new Sought(sources, from, to, matchers);
        var families = families(sought, from, to);
        return together(sought, families, plain(sought, from, to));
    }

    @Override
    public Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        checkOpen();
        var sought = new Sought(sources, from, to, matchers);
        var families = families(sought, from, to);
        var plain = plain(sought, from, to);
        var folded = new ArrayList<FoldedSeries>();
        if (sought.isWholeBuckets()) {
            var apart = families.isEmpty() ? Set.<Labels>of() : familiesOf(plain);
            families.forEach((labels, rows) -> {
                if (haveSameLayout(rows) && !apart.contains(labels)) {
                    folded.add(folded(sought, labels, rows));
                }
            });
            folded.forEach(histogram -> families.remove(((FoldedFamily) histogram).family()));
        }
        return new Selected(together(sought, families, plain), folded);
    }

    private FoldedFamily folded(Sought sought, Labels family, List<Row> rows) {
        var name = Kind.BUCKET.name(family.metricName());
        return new FoldedFamily(
                family,
                Kind.member(family, name),
                rows,
                decoded,
                () -> {
                    var union = new Union();
                    addBuckets(sought, family, name, rows, union);
                    return union.all();
                });
    }

    private static boolean haveSameLayout(List<Row> rows) {
        var first = rows.getFirst().layout();
        for (int i = 1; i < rows.size(); i++) {
            if (!rows.get(i).layout().equals(first)) {
                return false;
            }
        }
        return true;
    }

    /// The histograms of which buckets are kept apart.
    private static Set<Labels> familiesOf(List<List<KeptSeries>> plain) {
        var families = new HashSet<Labels>();
        for (var series : plain) {
            for (var each : series) {
                var name = each.labels().metricName();
                families.add(
                        each.labels()
                                .without(Bound.LE)
                                .with(Labels.NAME, Kind.BUCKET.family(name)));
            }
        }
        return families;
    }

    /// By source.
    private List<List<KeptSeries>> plain(Sought sought, long from, long to) {
        var plain = new ArrayList<List<KeptSeries>>(sources.size());
        for (var source : sources) {
            plain.add(source.plain(from, to, sought.plain()));
        }
        return plain;
    }

    private static List<Series> together(
            Sought sought, Map<Labels, List<Row>> families, List<List<KeptSeries>> plain) {
        var found = List.<KeptSeries>of(); // of the last source that has any
        int sourcesWithAny = 0;
        for (var some : plain) {
            found = some.isEmpty() ? found : some;
            sourcesWithAny += some.isEmpty() ? 0 : 1;
        }
        if (sourcesWithAny <= 1 && families.isEmpty()) {
            return new ArrayList<>(found);
        }
        var union = new Union();
        for (int source = 0; source < plain.size(); source++) {
            for (var series : plain.get(source)) {
                if (sourcesWithAny > 1 || isLikeMember(series)) {
                    union.add(source, series);
                } else {
                    union.addOnly(series);
                }
            }
        }
        var names = new HashMap<String, MemberNames>();
        families.forEach((labels, rows) -> addMembers(sought, labels, rows, names, union));
        return union.all();
    }

    private static boolean isLikeMember(KeptSeries series) {
        return Kind.ofMember(series.labels().metricName()).isPresent();
    }

    /// The rows of each folded histogram that members are asked of.
    private Map<Labels, List<Row>> families(Sought sought, long from, long to) {
        if (sought.isPlainOnly()) {
            return Map.of();
        }
        var families = new LinkedHashMap<Labels, List<Row>>();
        for (int source = 0; source < sources.size(); source++) {
            var folded =
                    sources.get(source).folded(from, to, sought.familyNames(), sought.others());
            for (var kept : folded) {
                var row = new Row(source, kept, decoded);
                families.computeIfAbsent(kept.labels(), labels -> new ArrayList<>(1)).add(row);
            }
        }
        return families;
    }

    private static void addMembers(
            Sought sought,
            Labels family,
            List<Row> rows,
            Map<String, MemberNames> namesOf,
            Union union) {
        var name = family.metricName();
        var names = namesOf.computeIfAbsent(name, MemberNames::of);
        if (sought.wants(name, Kind.BUCKET)) {
            addBuckets(sought, family, names.bucket, rows, union);
        }
        if (sought.wants(name, Kind.COUNT)) {
            var labels = Kind.member(family, names.count);
            var counts = new ArrayList<Member>(rows.size());
            for (var row : rows) {
                counts.add(new Member(labels, row, row.layout().size() - 1));
            }
            union.add(counts);
        }
        if (sought.wants(name, Kind.SUM)) {
            var labels = Kind.member(family, names.sum);
            var sums = new ArrayList<Member>(rows.size());
            for (var row : rows) {
                sums.add(new Member(labels, row, Row.SUM));
            }
            union.add(sums);
        }
    }

    private static void addBuckets(
            Sought sought, Labels family, String name, List<Row> rows, Union union) {
        if (rows.size() == 1) {
            var row = rows.getFirst();
            for (int bucket : sought.buckets(row.layout())) {
                var labels = Kind.member(family, name, row.layout().le(bucket));
                union.add(new Member(labels, row, bucket));
            }
            return;
        }
        var byLe = new LinkedHashMap<String, List<Member>>();
        for (var row : rows) {
            for (int bucket : sought.buckets(row.layout())) {
                var le = row.layout().le(bucket);
                var same = byLe.computeIfAbsent(le, key -> new ArrayList<>(rows.size()));
                var labels =
                        same.isEmpty() ? Kind.member(family, name, le) : same.getFirst().labels();
                same.add(new Member(labels, row, bucket));
            }
        }
        byLe.values().forEach(union::add);
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        var labels = new ArrayList<Labels>();
        for (var series : select(from, to, matchers)) {
            labels.add(series.labels());
        }
        labels.sort(null);
        return limited(labels, limit);
    }

    // --- labels

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        checkOpen();
        var names = new TreeSet<String>();
        if (matchers.isEmpty()) {
            for (var source : sources) {
                names.addAll(source.labelNames(from, to, matchers));
                var folded = source.foldedLabelNames(from, to);
                names.addAll(folded);
                if (!folded.isEmpty()) {
                    names.add(Bound.LE);
                }
            }
            return limited(names, limit);
        }
        var sought = new Sought(sources, from, to, matchers);
        for (var source : sources) {
            names.addAll(source.labelNames(from, to, sought.plain()));
        }
        forEachFolded(
                sought,
                from,
                to,
                (kept, kinds) -> {
                    var labels = kept.labels();
                    for (int i = 0; i < labels.size(); i++) {
                        names.add(labels.name(i));
                    }
                    if ((kinds & Kind.BUCKET.bit()) != 0) {
                        names.add(Bound.LE);
                    }
                });
        return limited(names, limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        checkOpen();
        var values = new TreeSet<String>();
        var sought = new Sought(sources, from, to, matchers);
        for (var source : sources) {
            values.addAll(source.labelValues(label, from, to, sought.plain()));
        }
        if (matchers.isEmpty() && !label.equals(Bound.LE)) {
            for (var source : sources) {
                addFolded(label, source.foldedLabelValues(label, from, to), values);
            }
            return limited(values, limit);
        }
        forEachFolded(
                sought, from, to, (kept, kinds) -> addValues(sought, label, kept, kinds, values));
        return limited(values, limit);
    }

    private static void addFolded(String label, Collection<String> folded, Set<String> values) {
        if (!label.equals(Labels.NAME)) {
            values.addAll(folded);
            return;
        }
        for (var family : folded) {
            for (var kind : Kind.values()) {
                values.add(kind.name(family));
            }
        }
    }

    private static void addValues(
            Sought sought, String label, KeptSeries kept, int kinds, Set<String> values) {
        if (label.equals(Labels.NAME)) {
            for (var kind : Kind.values()) {
                if ((kinds & kind.bit()) != 0) {
                    values.add(kind.name(kept.labels().metricName()));
                }
            }
        } else if (!label.equals(Bound.LE)) {
            var value = kept.labels().get(label);
            if (!value.isEmpty()) {
                values.add(value);
            }
        } else if ((kinds & Kind.BUCKET.bit()) != 0) {
            for (int bucket : sought.buckets(kept.layout())) {
                values.add(kept.layout().le(bucket));
            }
        }
    }

    /// Calls back with every folded histogram that has members asked for, and their kinds as bits.
    private void forEachFolded(
            Sought sought, long from, long to, BiConsumer<KeptSeries, Integer> each) {
        if (sought.isPlainOnly()) {
            return;
        }
        for (var source : sources) {
            for (var kept : source.folded(from, to, sought.familyNames(), sought.others())) {
                int kinds = 0;
                for (var kind : Kind.values()) {
                    boolean isThere =
                            kind != Kind.BUCKET || sought.buckets(kept.layout()).length > 0;
                    if (isThere && sought.wants(kept.labels().metricName(), kind)) {
                        kinds |= kind.bit();
                    }
                }
                if (kinds != 0) {
                    each.accept(kept, kinds);
                }
            }
        }
    }

    private static <T> List<T> limited(Collection<T> sorted, int limit) {
        return limit > 0 && sorted.size() > limit
                ? sorted.stream().limit(limit).toList()
                : List.copyOf(sorted);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("bug: querier used after its close");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            sources.forEach(KeptQuerier::close);
        }
    }
}
