package tokenplumb.tsdb.bulk;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What was gathered for one range of time. As a place where series are kept it shows histograms
/// folded wherever all members are there at one time and fit together; what does not, stays
/// classic.
public final class Window implements KeptQuerier {
    private static final double LARGEST = 1L << 53;

    final long start;
    final long end; // exclusive
    private Column[] columns = new Column[1024]; // by series
    private int series; // numbers in use
    private long bytes;

    /// Of times from `start` to `end` (exclusive).
    public Window(long start, long end) {
        this.start = start;
        this.end = end;
    }

    /// Adds a sample of the series of a number, which counts from 0.
    public void add(int number, long time, double value) {
        if (number >= columns.length) {
            columns = Arrays.copyOf(columns, Math.max(number + 1, columns.length * 2));
        }
        var column = columns[number];
        if (column == null) {
            column = new Column();
            columns[number] = column;
            bytes += 100;
            series = Math.max(series, number + 1);
        }
        bytes += column.add(time, value);
    }

    public long start() {
        return start;
    }

    public long end() {
        return end;
    }

    long bytes() {
        return bytes;
    }

    // --- as a place

    private List<KeptSeries> plain = List.of();
    private List<KeptSeries> folded = List.of();

    /// Puts histograms together; `labels` by series' number. Afterwards nothing may be added.
    public void fold(List<Labels> labels) {
        var plainOnes = new ArrayList<KeptSeries>();
        var families = new HashMap<Labels, Family>();
        for (int number = 0; number < series; number++) {
            if (columns[number] == null) {
                continue;
            }
            var of = labels.get(number);
            var family = Family.of(of);
            if (family.isEmpty()) {
                plainOnes.add(new Plain(of, columns[number]));
            } else {
                families.computeIfAbsent(family.get(), Family::new).add(of, columns[number]);
            }
        }
        var foldedOnes = new ArrayList<KeptSeries>();
        for (var family : families.values()) {
            family.show(plainOnes, foldedOnes);
        }
        plain = plainOnes;
        folded = foldedOnes;
    }

    private record Plain(Labels labels, Column column) implements KeptSeries {
        @Override
        public BucketLayout layout() {
            return BucketLayout.NONE;
        }

        @Override
        public void read(long from, long to, Samples into) {
            var all = new Samples();
            column.read(all);
            for (int i = 0; i < all.size(); i++) {
                if (all.time(i) >= from && all.time(i) <= to) {
                    into.add(all.time(i), all.value(i));
                }
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            throw new IllegalStateException("bug: not folded");
        }
    }

    /// Members of one histogram, if that is what they are.
    private static final class Family {
        private static final String LE = "le";

        private record Bucket(Labels labels, String le, double upper, Column column) {}

        private final Labels labels;
        private final List<Bucket> buckets = new ArrayList<>();
        private Plain count;
        private Plain sum;

        Family(Labels labels) {
            this.labels = labels;
        }

        /// The labels of the family that a series would be a member of, by its name.
        static Optional<Labels> of(Labels member) {
            var name = member.metricName();
            if (name.endsWith("_bucket")) {
                return member.has(LE) && !Double.isNaN(BucketLayout.bound(member.get(LE)))
                        ? Optional.of(named(member.without(LE), name, "_bucket"))
                        : Optional.empty();
            }
            if (member.has(LE)) {
                return Optional.empty();
            }
            if (name.endsWith("_count")) {
                return Optional.of(named(member, name, "_count"));
            }
            return name.endsWith("_sum")
                    ? Optional.of(named(member, name, "_sum"))
                    : Optional.empty();
        }

        private static Labels named(Labels member, String name, String suffix) {
            var family = name.substring(0, name.length() - suffix.length());
            return member.with(Labels.NAME, family);
        }

        void add(Labels member, Column column) {
            var name = member.metricName();
            if (name.endsWith("_bucket")) {
                var le = member.get(LE);
                buckets.add(new Bucket(member, le, BucketLayout.bound(le), column));
            } else if (name.endsWith("_count")) {
                count = new Plain(member, column);
            } else {
                sum = new Plain(member, column);
            }
        }

        void show(List<KeptSeries> plain, List<KeptSeries> folded) {
            var layout = layout();
            if (layout.isNone()) {
                addClassic(plain);
                return;
            }
            var columns = new Column[layout.size() + 2];
            for (int i = 0; i < layout.size(); i++) {
                columns[i] = buckets.get(i).column;
            }
            columns[layout.size()] = count.column;
            columns[layout.size() + 1] = sum.column;
            var histogram = new Folded(labels, layout, columns);
            int rows = histogram.rows();
            if (rows > 0) {
                folded.add(histogram);
            }
            if (rows == 0) {
                addClassic(plain);
            } else if (!histogram.isWhole(rows)) {
                var classic = new ArrayList<KeptSeries>();
                addClassic(classic);
                classic.forEach(member -> plain.add(new Rest(member, histogram)));
            }
        }

        private void addClassic(List<KeptSeries> to) {
            buckets.forEach(bucket -> to.add(new Plain(bucket.labels, bucket.column)));
            if (count != null) {
                to.add(count);
            }
            if (sum != null) {
                to.add(sum);
            }
        }

        private BucketLayout layout() {
            if (buckets.isEmpty() || count == null || sum == null) {
                return BucketLayout.NONE;
            }
            buckets.sort(Comparator.comparingDouble(Bucket::upper));
            try {
                return BucketLayout.of(buckets.stream().map(Bucket::le).toList());
            } catch (IllegalArgumentException e) { // no +Inf, or one bound spelt twice
                return BucketLayout.NONE;
            }
        }
    }

    /// A histogram put together from its members' columns, each time anew.
    private record Folded(Labels labels, BucketLayout layout, Column[] columns)
            implements KeptSeries {
        private interface Row {
            /// `at`: where in each member's samples the row stands.
            void of(long time, Samples[] members, int[] at, boolean isFolded);
        }

        /// Visits the times at which the sum is there.
        private void forEachRow(Row row) {
            var members = new Samples[columns.length];
            for (int i = 0; i < columns.length; i++) {
                members[i] = new Samples();
                columns[i].read(members[i]);
            }
            var at = new int[columns.length];
            var sums = members[columns.length - 1];
            for (int i = 0; i < sums.size(); i++) {
                long time = sums.time(i);
                boolean isThere = true;
                for (int m = 0; m < members.length; m++) {
                    var member = members[m];
                    while (at[m] < member.size() && member.time(at[m]) < time) {
                        at[m]++;
                    }
                    isThere &= at[m] < member.size() && member.time(at[m]) == time;
                }
                row.of(time, members, at, isThere && fits(members, at));
            }
        }

        private boolean fits(Samples[] members, int[] at) {
            int stale = 0;
            for (int m = 0; m < members.length; m++) {
                stale += StaleMarker.is(members[m].value(at[m])) ? 1 : 0;
            }
            if (stale > 0) {
                return stale == members.length;
            }
            double before = 0;
            for (int m = 0; m <= layout.size(); m++) { // the count last
                double value = members[m].value(at[m]);
                if (!(value >= before) || value > LARGEST || value != Math.rint(value)) {
                    return false;
                }
                if (value == 0 && 1 / value < 0) { // -0
                    return false;
                }
                before = value;
            }
            int last = layout.size();
            return members[last].value(at[last]) == members[last - 1].value(at[last - 1]);
        }

        int rows() {
            var rows = new int[1];
            forEachRow((time, members, at, isFolded) -> rows[0] += isFolded ? 1 : 0);
            return rows[0];
        }

        /// Whether so many rows are all that its members have.
        boolean isWhole(int rows) {
            for (var column : columns) {
                if (column.count() != rows) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void read(long from, long to, Samples into) {
            throw new IllegalStateException("bug: folded");
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            var counts = new long[layout.size()];
            forEachRow((time, members, at, isFolded) -> {
                if (isFolded && time >= from && time <= to) {
                    double sum = members[members.length - 1].value(at[members.length - 1]);
                    if (!StaleMarker.is(sum)) {
                        for (int i = 0; i < counts.length; i++) {
                            counts[i] = (long) members[i].value(at[i]);
                        }
                    }
                    into.add(time, sum, counts, 0);
                }
            });
        }

        private Set<Long> times() {
            var times = new HashSet<Long>();
            forEachRow((time, members, at, isFolded) -> {
                if (isFolded) {
                    times.add(time);
                }
            });
            return times;
        }
    }

    /// What of a member could not be folded.
    private record Rest(KeptSeries member, Folded histogram) implements KeptSeries {
        @Override
        public Labels labels() {
            return member.labels();
        }

        @Override
        public BucketLayout layout() {
            return BucketLayout.NONE;
        }

        @Override
        public void read(long from, long to, Samples into) {
            var folded = histogram.times();
            var all = new Samples();
            member.read(from, to, all);
            for (int i = 0; i < all.size(); i++) {
                if (!folded.contains(all.time(i))) {
                    into.add(all.time(i), all.value(i));
                }
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            throw new IllegalStateException("bug: not folded");
        }
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        return plain;
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        return folded;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        throw new UnsupportedOperationException("only for compaction");
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        throw new UnsupportedOperationException("only for compaction");
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        throw new UnsupportedOperationException("only for compaction");
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        throw new UnsupportedOperationException("only for compaction");
    }

    @Override
    public void close() {}
}
