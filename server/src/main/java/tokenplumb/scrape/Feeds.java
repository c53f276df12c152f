package tokenplumb.scrape;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Sums many lines of one target into few series.
///
/// A line that is not to be a series of its own *feeds* the series that stands for all its likes.
/// Of gauges the sum is what the lines say now. Of counters (and of buckets, counts and sums) it
/// grows by what each line has grown, or by all it says when it is new or has started over, so that
/// it never falls when a line vanishes; it starts at 0 when this target is first read, and when a
/// line changes sides only its growth from there on counts. Rates are right in any case.
///
/// Sums are made when the body is read ([#finish]) and taken over when the round is kept, so that a
/// round that fails counts nothing twice. Not thread-safe.
final class Feeds {
    private static final long UNSEEN = Scratch.UNSEEN;
    private static final String OTHER = "other";
    private static final int MOST_VALUES = 100_000;
    private static final int ROUNDS = 240; // between one ranking and the next
    private static final double AHEAD = 1.1; // how far a value must lead to take another's place

    private final Appends appends;
    private final Map<String, Set<String>> kept = new HashMap<>(); // values by label
    private final List<ScrapeRails.Top> top;

    private long[] last = {}; // bits by feed, UNSEEN: none yet
    private long[] now = {};
    private int[] sumOf = {};
    private int size;

    private final Map<Labels, Integer> sums = new HashMap<>();
    private final List<Labels> labels = new ArrayList<>();
    private int[] sumRows = {};
    private boolean[] isCounter = {};
    private double[] totals = {};
    private double[] nextTotals = {};
    private boolean[] isFed = {};

    private int sizeBefore;
    private int sumsBefore;
    private int ranked; // the round of the last ranking, 0: never

    Feeds(Appends appends, List<ScrapeRails.Top> top) {
        this.appends = appends;
        this.top = top;
    }

    /// Whether there is any rule that may divert a line.
    boolean diverts() {
        return !top.isEmpty();
    }

    /// Starts a round.
    void begin() {
        sizeBefore = size;
        sumsBefore = labels.size();
        Arrays.fill(now, 0, size, UNSEEN);
    }

    // ---- who keeps a series of its own -----------------------------------------------------

    /// Whether the values of some label are to be ranked before this round's body is read.
    boolean wantsRanking() {
        return !top.isEmpty() && (ranked == 0 || appends.round() - ranked >= ROUNDS);
    }

    /// Ranks by the sum of all counters that have the label; whether any value has changed sides.
    boolean rank(Map<String, Map<String, Double>> totalsByLabel) {
        ranked = appends.round();
        boolean changed = false;
        for (var rule : top) {
            var all = totalsByLabel.getOrDefault(rule.label(), Map.of());
            var before = kept.getOrDefault(rule.label(), Set.of());
            var largest =
                    all.entrySet().stream()
                            .sorted((a, b) -> {
                                int order = Double.compare(weight(b, before), weight(a, before));
                                return order != 0 ? order : a.getKey().compareTo(b.getKey());
                            })
                            .limit(rule.keep())
                            .map(Map.Entry::getKey)
                            .toList();
            var after = new HashSet<String>(largest);
            changed |= !after.containsAll(before);
            kept.put(rule.label(), after);
        }
        return changed;
    }

    private static double weight(Map.Entry<String, Double> value, Set<String> before) {
        return before.contains(value.getKey()) ? value.getValue() * AHEAD : value.getValue();
    }

    /// Adds what a line says to the totals by label and value.
    void weigh(
            Labels ofLine,
            Metadata.Type type,
            double value,
            Map<String, Map<String, Double>> totalsByLabel) {
        for (var rule : top) {
            var of = ofLine.get(rule.label());
            if (of.isEmpty()) {
                continue;
            }
            var all = totalsByLabel.computeIfAbsent(rule.label(), label -> new HashMap<>());
            if (all.size() < MOST_VALUES || all.containsKey(of)) {
                boolean counts = type == Metadata.Type.COUNTER && Double.isFinite(value);
                all.merge(of, counts ? value : 0, Double::sum);
            }
        }
    }

    /// The series a line stands for: its own, or the one of all the others.
    Labels diverted(Labels ofLine) {
        var diverted = ofLine;
        for (var rule : top) {
            var value = ofLine.get(rule.label());
            if (value.isEmpty() || value.equals(OTHER) || isKept(rule, value)) {
                continue;
            }
            diverted = diverted.with(rule.label(), OTHER);
        }
        return diverted;
    }

    private boolean isKept(ScrapeRails.Top rule, String value) {
        var values = kept.computeIfAbsent(rule.label(), label -> new HashSet<>());
        if (values.size() < rule.keep()) {
            values.add(value);
        }
        return values.contains(value);
    }

    // ---- lines -----------------------------------------------------------------------------

    /// A number for a line that feeds the series `into`; -1 when the store refuses it or the line
    /// says nothing that can be summed. `wasThere` when only its growth from now on counts.
    int introduce(Labels into, Metadata.Type type, double value, boolean wasThere) {
        var name = into.metricName();
        if (name.endsWith("_created") || into.has("quantile")) {
            return -1;
        }
        int sum = sums.getOrDefault(into, -1);
        if (sum < 0) {
            sum = labels.size();
            makeRoomForSum();
            sumRows[sum] = -1;
            isCounter[sum] = isCounter(name, type);
            totals[sum] = 0;
            labels.add(into);
            sums.put(into, sum);
        }
        if (size == last.length) {
            int capacity = Math.max(16, size + (size >> 1));
            last = Arrays.copyOf(last, capacity);
            now = Arrays.copyOf(now, capacity);
            sumOf = Arrays.copyOf(sumOf, capacity);
        }
        long bits = Double.doubleToRawLongBits(value);
        last[size] = wasThere ? bits : Double.doubleToRawLongBits(0);
        now[size] = bits;
        sumOf[size] = sum;
        return size++;
    }

    private void makeRoomForSum() {
        if (labels.size() == sumRows.length) {
            int capacity = Math.max(16, sumRows.length * 2);
            sumRows = Arrays.copyOf(sumRows, capacity);
            isCounter = Arrays.copyOf(isCounter, capacity);
            totals = Arrays.copyOf(totals, capacity);
        }
    }

    private static boolean isCounter(String name, Metadata.Type type) {
        return switch (type) {
            case COUNTER, HISTOGRAM, SUMMARY -> true;
            case UNKNOWN ->
                    name.endsWith("_total")
                            || name.endsWith("_count")
                            || name.endsWith("_sum")
                            || name.endsWith("_bucket");
            case GAUGE, GAUGEHISTOGRAM, INFO, STATESET -> false;
        };
    }

    /// What a line says now.
    void take(int feed, double value) {
        now[feed] = Double.doubleToRawLongBits(value);
    }

    // ---- the end of the body and of the round ----------------------------------------------

    /// Appends every sum that was fed.
    void finish() {
        if (labels.isEmpty()) {
            return;
        }
        nextTotals = Arrays.copyOf(totals, labels.size());
        isFed = new boolean[labels.size()];
        for (int feed = 0; feed < size; feed++) {
            if (now[feed] == UNSEEN) {
                continue;
            }
            int sum = sumOf[feed];
            double value = Double.longBitsToDouble(now[feed]);
            if (!isCounter[sum]) {
                nextTotals[sum] =
                        (isFed[sum] ? nextTotals[sum] : 0) + (Double.isNaN(value) ? 0 : value);
            } else if (Double.isFinite(value)) {
                double before = Double.longBitsToDouble(last[feed]);
                nextTotals[sum] += value >= before ? value - before : value;
            }
            isFed[sum] = true;
        }
        for (int sum = 0; sum < labels.size(); sum++) {
            if (isFed[sum]) {
                append(sum);
            }
        }
    }

    private void append(int sum) {
        if (sumRows[sum] < 0) {
            sumRows[sum] = appends.admit(labels.get(sum));
        }
        if (sumRows[sum] >= 0) {
            appends.append(sumRows[sum], appends.time(), false, nextTotals[sum], labels.get(sum));
        }
    }

    /// The round's batch is committed.
    void keep() {
        for (int feed = 0; feed < size; feed++) {
            double value = Double.longBitsToDouble(now[feed]);
            if (now[feed] != UNSEEN && Double.isFinite(value)) {
                last[feed] = now[feed];
            }
        }
        System.arraycopy(nextTotals, 0, totals, 0, Math.min(nextTotals.length, labels.size()));
        nextTotals = new double[0];
    }

    /// The round has failed.
    void abandon(int rowsBefore) {
        size = sizeBefore;
        while (labels.size() > sumsBefore) {
            sums.remove(labels.removeLast());
        }
        for (int sum = 0; sum < labels.size(); sum++) {
            sumRows[sum] = sumRows[sum] < rowsBefore ? sumRows[sum] : -1;
        }
        nextTotals = new double[0];
    }

    /// Keeps the feeds that a line of the layout names and the sums they feed, numbers both anew,
    /// and marks the rows that stay.
    void settle(Layout layout, int[] rowNumbers) {
        var numbers = new int[size];
        for (int line = 0; line < layout.size(); line++) {
            int code = layout.code(line);
            if (code >= 0 && Layout.kind(code) == Layout.FEED) {
                numbers[Layout.number(code)] = 1;
            }
        }
        int keptFeeds = 0;
        var sumNumbers = new int[labels.size()];
        for (int feed = 0; feed < size; feed++) {
            if (numbers[feed] != 0) {
                last[keptFeeds] = last[feed];
                now[keptFeeds] = now[feed];
                sumOf[keptFeeds] = sumOf[feed];
                sumNumbers[sumOf[feed]] = 1;
                numbers[feed] = keptFeeds++;
            }
        }
        size = keptFeeds;
        int keptSums = 0;
        for (int sum = 0; sum < sumNumbers.length; sum++) {
            var ofSum = labels.get(sum);
            if (sumNumbers[sum] == 0) {
                sums.remove(ofSum);
                continue;
            }
            labels.set(keptSums, ofSum);
            sums.put(ofSum, keptSums);
            sumRows[keptSums] = sumRows[sum];
            isCounter[keptSums] = isCounter[sum];
            totals[keptSums] = totals[sum];
            if (sumRows[keptSums] >= 0) {
                rowNumbers[sumRows[keptSums]] = 1;
            }
            sumNumbers[sum] = keptSums++;
        }
        labels.subList(keptSums, labels.size()).clear();
        for (int feed = 0; feed < size; feed++) {
            sumOf[feed] = sumNumbers[sumOf[feed]];
        }
        for (int line = 0; line < layout.size(); line++) {
            int code = layout.code(line);
            if (code >= 0 && Layout.kind(code) == Layout.FEED) {
                layout.code(line, Layout.feed(numbers[Layout.number(code)]));
            }
        }
    }

    /// The rows have new numbers.
    void renumber(int[] rowNumbers) {
        for (int sum = 0; sum < labels.size(); sum++) {
            sumRows[sum] = sumRows[sum] < 0 ? -1 : rowNumbers[sumRows[sum]];
        }
    }

    /// Lines that feed a sum.
    int size() {
        return size;
    }
}
