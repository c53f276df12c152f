package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Keeps a target's classic histograms as one series each.
///
/// The lines of a histogram that are new are collected to the end of the round and grouped by the
/// labels they share. A group that is complete (buckets up to `+Inf`, a count, a sum) gets slots;
/// from then on each line writes its number into its slot, and at the end of a round the group goes
/// out as one sample. It does so only when that says everything: all members are there, at one
/// time, with whole numbers that rise from bucket to bucket up to the count. Otherwise its members
/// go out one by one, for this round, as series of their own; the folded one ends here and the
/// single ones end when it goes on, as any series that is not there any more.
///
/// A group whose lines are not all there any more, or that gets a line more, is planned anew in the
/// next round. Where a line says the same series as one of a group does, the first counts. Not
/// thread-safe.
final class Folding {
    private static final double MOST = 0x1p53;
    static final Exemplar NO_EXEMPLAR = new Exemplar(Labels.EMPTY, 0, Long.MIN_VALUE);

    static boolean isThere(Exemplar exemplar) {
        return exemplar.timeMillis() != Long.MIN_VALUE;
    }

    /// A line that may belong to a histogram and has no slot yet.
    ///
    /// @param line its number in the layout
    /// @param nameAt where in the body it begins
    private record Newcomer(
            Labels labels,
            boolean isHistogram,
            boolean isNew,
            int line,
            int nameAt,
            double value,
            boolean isOwn,
            long at,
            Exemplar exemplar) {
        boolean isBucket() {
            return labels.metricName().endsWith("_bucket");
        }

        boolean isCount() {
            return labels.metricName().endsWith("_count");
        }
    }

    private record Plan(Labels family, BucketLayout buckets) {}

    /// Takes what a line stands for from now on.
    interface Coding {
        void code(int line, int code);
    }

    /// How the members of a group come in this round.
    private enum Manner {
        SCRAPE_TIME,
        OWN_TIME,
        APART
    }

    private final Rows rows;
    private final Appends appends;
    private final SampleLabels sampleLabels;
    private final Groups groups = new Groups();
    // Families whose lines go one by one, by key, sorted: a group beside them would say some of
    // their series twice. Arrays are replaced, never changed.
    private long[] apart = {};
    private long[] apartByType = {}; // under a TYPE that is not histogram
    private final List<Long> newApart = new ArrayList<>(0);
    private final List<Long> newApartByType = new ArrayList<>(0);

    // This round.
    private boolean isFirst; // nothing was known before
    private int groupsBefore;
    private long[] apartBefore = {};
    private long[] apartByTypeBefore = {};
    private Scratch scratch;
    private Map<Labels, List<Newcomer>> newcomers = Map.of();
    private final List<Plan> plans = new ArrayList<>(); // of groups from groupsBefore on
    private int[] fresh = {}; // lines by slot that were never there before; up to its length
    private boolean isCareful; // some member brought a time of its own
    private Manner[] manners = {};
    private long[] ownTimes = {};
    private boolean[] folded = {};
    private boolean[] dissolved = {}; // to go one by one from now on; up to its length
    private boolean[] replanned = {}; // to be planned anew; up to its length
    private boolean wantsReplan; // of lines that are in no group
    private int nextReplan;
    private int replanWait = 1;

    Folding(Rows rows, Appends appends, SampleLabels sampleLabels) {
        this.rows = rows;
        this.appends = appends;
        this.sampleLabels = sampleLabels;
    }

    Groups groups() {
        return groups;
    }

    /// Starts a round; `isFirst` when nothing is known yet.
    void begin(boolean isFirst) {
        this.isFirst = isFirst;
        groupsBefore = groups.size();
        apart = isFirst ? NO_KEYS : apart;
        apartByType = isFirst ? NO_KEYS : apartByType;
        apartBefore = apart;
        apartByTypeBefore = apartByType;
        dissolved = NO_GROUPS;
        replanned = NO_GROUPS;
        wantsReplan = false;
    }

    private static final boolean[] NO_GROUPS = {};
    private static final int[] NO_SLOTS = {};
    private static final long[] NO_KEYS = {};

    /// Starts reading a body.
    void read(Scratch with) {
        scratch = with;
        scratch.begin(groups.slots());
        newcomers = Map.of();
        plans.clear();
        newApart.clear();
        newApartByType.clear();
        fresh = NO_SLOTS;
        isCareful = false;
    }

    /// The body is read.
    void release() {
        scratch = null;
        newcomers = Map.of();
        plans.clear();
    }

    // ---- lines as they come ----------------------------------------------------------------

    /// A line that has a slot.
    void take(int slot, int nameAt, boolean isOwn, long at, double value, Exemplar exemplar)
            throws IOException {
        if (isOwn || isCareful) {
            takeCarefully(slot, nameAt, isOwn, at, value, exemplar);
            return;
        }
        fill(slot, nameAt, value, exemplar);
    }

    private void fill(int slot, int nameAt, double value, Exemplar exemplar) {
        if (scratch.slots[slot] != Scratch.UNSEEN) {
            appends.duplicate();
            return;
        }
        scratch.slots[slot] = Double.doubleToRawLongBits(value);
        scratch.positions[slot] = nameAt;
        if (isThere(exemplar)) {
            scratch.exemplars.add(new Scratch.Held(slot, exemplar));
        }
    }

    private void takeCarefully(
            int slot, int nameAt, boolean isOwn, long at, double value, Exemplar exemplar)
            throws IOException {
        if (!isCareful) {
            isCareful = true;
            manners = new Manner[groups.size()];
            Arrays.fill(manners, Manner.SCRAPE_TIME);
            ownTimes = new long[groups.size()];
        }
        int group = groups.ofSlot(slot);
        boolean fits =
                switch (manners[group]) {
                    case SCRAPE_TIME -> !isOwn || !isBegun(group);
                    case OWN_TIME ->
                            isOwn && ownTimes[group] == at && scratch.slots[slot] == Scratch.UNSEEN;
                    case APART -> false;
                };
        if (!fits) {
            scatter(group);
            appendApart(group, slot, nameAt, isOwn, at, value, exemplar);
            return;
        }
        if (isOwn) {
            manners[group] = Manner.OWN_TIME;
            ownTimes[group] = at;
        }
        fill(slot, nameAt, value, exemplar);
    }

    private Manner manner(int group) {
        return isCareful ? manners[group] : Manner.SCRAPE_TIME;
    }

    private boolean isBegun(int group) {
        int to = groups.base(group) + groups.width(group);
        for (int slot = groups.base(group); slot < to; slot++) {
            if (scratch.slots[slot] != Scratch.UNSEEN) {
                return true;
            }
        }
        return false;
    }

    /// Whether the labels are those of a member of a histogram.
    static boolean isMember(Labels labels) {
        var name = labels.metricName();
        return labels.has("le")
                ? name.endsWith("_bucket") && name.length() > "_bucket".length()
                : name.endsWith("_count") && name.length() > "_count".length()
                        || name.endsWith("_sum") && name.length() > "_sum".length();
    }

    /// A line whose labels are those of a member, and that has no slot yet. It is given a code when
    /// the body is read.
    void introduce(
            Labels labels,
            Metadata.Type type,
            boolean isNew,
            int line,
            int nameAt,
            double value,
            boolean isOwn,
            long at,
            Exemplar exemplar) {
        if (newcomers.isEmpty()) {
            newcomers = new LinkedHashMap<>();
        }
        var name = labels.metricName();
        var family =
                labels.without("le").with(Labels.NAME, name.substring(0, name.lastIndexOf('_')));
        newcomers
                .computeIfAbsent(family, f -> new ArrayList<>())
                .add(
                        new Newcomer(
                                labels,
                                type == Metadata.Type.HISTOGRAM,
                                isNew,
                                line,
                                nameAt,
                                value,
                                isOwn,
                                at,
                                exemplar));
    }

    // ---- the end of the body ---------------------------------------------------------------

    /// Plans the newcomers, then appends every group.
    void finish(Coding coding) throws IOException {
        if (!newcomers.isEmpty()) {
            plan(coding);
        }
        folded = groups.size() <= folded.length ? folded : new boolean[groups.size()];
        for (int group = 0; group < groups.size(); group++) {
            folded[group] = false;
            append(group);
        }
        for (var held : scratch.exemplars) {
            append(held);
        }
        apart = merged(apart, newApart);
        apartByType = merged(apartByType, newApartByType);
    }

    private void plan(Coding coding) throws IOException {
        var known = new HashMap<Long, Integer>();
        for (int group = 0; group < groupsBefore; group++) {
            known.put(groups.key(group), group);
        }
        for (var entry : newcomers.entrySet()) {
            long key = key(entry.getKey());
            int group = known.getOrDefault(key, -1);
            if (group >= 0 && (isBegun(group) || manner(group) == Manner.APART)) {
                join(group, entry.getValue(), coding);
            } else if (!makeGroup(entry.getKey(), key, entry.getValue(), coding)) {
                goApart(entry.getValue(), coding);
            }
        }
    }

    /// Strong enough for what it decides: which groups to plan anew.
    private static long key(Labels family) {
        long key = family.size();
        for (int i = 0; i < family.size(); i++) {
            key = (key ^ family.name(i).hashCode()) * 0x9e3779b97f4a7c15L;
            key = (key ^ key >>> 32 ^ family.value(i).hashCode()) * 0xbf58476d1ce4e5b9L;
        }
        return key;
    }

    /// New lines with the labels of a group that is there: either they say again what one of its
    /// members says, or there is a bucket more, and the next round plans them all.
    private void join(int group, List<Newcomer> lines, Coding coding) throws IOException {
        var there = new HashMap<Labels, Integer>();
        int to = groups.base(group) + groups.width(group);
        for (int slot = groups.base(group); slot < to; slot++) {
            if (scratch.slots[slot] != Scratch.UNSEEN) {
                there.put(labels(scratch.positions[slot]), slot);
            }
        }
        for (var line : lines) {
            int slot = there.getOrDefault(line.labels, -1);
            if (slot >= 0) {
                coding.code(line.line, Layout.slot(slot));
                appends.added(line.isNew ? 1 : 0);
                if (!line.isOwn && !isCareful && line.nameAt < scratch.positions[slot]) {
                    scratch.slots[slot] = Scratch.UNSEEN; // it comes first
                    appends.duplicate();
                }
                take(slot, line.nameAt, line.isOwn, line.at, line.value, line.exemplar);
            } else {
                goApart(line);
                replanned = marked(replanned, group);
            }
        }
    }

    private boolean[] marked(boolean[] marks, int group) {
        var wide = marks.length == 0 ? new boolean[groups.size()] : marks;
        wide = group < wide.length ? wide : Arrays.copyOf(wide, groups.size());
        wide[group] = true;
        return wide;
    }

    private static boolean isMarked(boolean[] marks, int group) {
        return group < marks.length && marks[group];
    }

    /// A group of these lines, and their slots; false when they are not a complete histogram.
    private boolean makeGroup(Labels family, long key, List<Newcomer> lines, Coding coding)
            throws IOException {
        var buckets = new HashMap<String, Integer>();
        boolean isHistogram = false;
        boolean hasCount = false;
        boolean hasSum = false;
        boolean isNew = false;
        for (var line : lines) {
            if (!line.isHistogram) {
                continue;
            }
            isHistogram = true;
            isNew |= line.isNew;
            if (line.isBucket()) {
                buckets.put(line.labels.get("le"), 0);
            } else if (line.isCount()) {
                hasCount = true;
            } else {
                hasSum = true;
            }
        }
        if (!isHistogram) {
            newApartByType.add(key);
            return false;
        }
        boolean isBeside = isIn(apart, key) || isIn(apartByType, key);
        var spellings = new ArrayList<String>(buckets.keySet());
        spellings.sort(Comparator.comparingDouble(BucketLayout::bound));
        BucketLayout layout = layout(spellings);
        int width = layout.size() + 2;
        if (isBeside
                || layout.isNone()
                || !hasCount
                || !hasSum
                || groups.slots() + (long) width > Layout.most()) {
            wantsReplan |= isNew && !isFirst;
            newApart.add(key);
            return false;
        }
        int group = groups.add(key, width);
        int base = groups.base(group);
        scratch.grow(base, base + width);
        if (fresh.length < base + width) {
            fresh = Arrays.copyOf(fresh, Math.max(base + width, fresh.length * 2));
        }
        plans.add(new Plan(family, layout));
        if (isCareful) {
            if (manners.length <= group) {
                manners = Arrays.copyOf(manners, group * 2 + 2);
                ownTimes = Arrays.copyOf(ownTimes, group * 2 + 2);
            }
            manners[group] = Manner.SCRAPE_TIME;
        }
        for (int i = 0; i < spellings.size(); i++) {
            buckets.put(spellings.get(i), base + i);
        }
        for (var line : lines) {
            int slot =
                    line.isBucket()
                            ? buckets.getOrDefault(line.labels.get("le"), -1)
                            : base + width - (line.isCount() ? 2 : 1);
            if (slot < 0) { // under another type, and its bound spelled otherwise
                goApart(line, coding);
                continue;
            }
            coding.code(line.line, Layout.slot(slot));
            fresh[slot] += line.isNew ? 1 : 0;
            take(slot, line.nameAt, line.isOwn, line.at, line.value, line.exemplar);
        }
        return true;
    }

    private static boolean isIn(long[] keys, long key) {
        return Arrays.binarySearch(keys, key) >= 0;
    }

    /// Sorted, each once.
    private static long[] merged(long[] keys, List<Long> more) {
        if (more.isEmpty()) {
            return keys;
        }
        var all = new TreeSet<Long>(more);
        for (long key : keys) {
            all.add(key);
        }
        more.clear();
        return all.stream().mapToLong(Long::longValue).toArray();
    }

    private static BucketLayout layout(List<String> spellings) {
        try {
            return spellings.isEmpty() ? BucketLayout.NONE : BucketLayout.of(spellings);
        } catch (IllegalArgumentException notALayout) {
            return BucketLayout.NONE;
        }
    }

    /// Lines that are series of their own.
    private void goApart(List<Newcomer> lines, Coding coding) {
        for (var line : lines) {
            goApart(line, coding);
        }
    }

    private void goApart(Newcomer line, Coding coding) {
        int row = goApart(line);
        coding.code(line.line, row < 0 ? Layout.REFUSED : row);
    }

    private int goApart(Newcomer line) {
        int row = appends.admit(line.labels);
        if (row < 0) {
            return row;
        }
        appends.append(row, line.at, line.isOwn, line.value, line.labels);
        appends.added(line.isNew ? 1 : 0);
        append(row, line.exemplar);
        return row;
    }

    private void append(int row, Exemplar exemplar) {
        if (isThere(exemplar)) {
            appends.batch().exemplar(rows.reference(row), -1, exemplar);
        }
    }

    private void append(int group) throws IOException {
        int base = groups.base(group);
        int buckets = groups.width(group) - 2;
        if (scratch.slots[base + buckets + 1] != Scratch.UNSEEN
                && readCounts(base, buckets)
                && fold(group)) {
            folded[group] = true;
        } else if (isBegun(group)) {
            scatter(group);
        }
    }

    /// The buckets' counts; false unless they are all there, whole, rise, and end at the count of
    /// all. (What is not there reads as a NaN, which is no whole number.)
    private boolean readCounts(int base, int buckets) {
        var slots = scratch.slots;
        if (scratch.counts.length < buckets) {
            scratch.counts = new long[buckets * 2];
        }
        var counts = scratch.counts;
        long before = 0;
        for (int i = 0; i < buckets; i++) {
            long bits = slots[base + i];
            double value = Double.longBitsToDouble(bits);
            long count = (long) value;
            if (count < before || value > MOST || Double.doubleToRawLongBits(count) != bits) {
                return false;
            }
            counts[i] = count;
            before = count;
        }
        return slots[base + buckets] == slots[base + buckets - 1];
    }

    /// Appends a group whose counts have been read. False when the store does not keep it so.
    private boolean fold(int group) throws IOException {
        int width = groups.width(group);
        boolean isOwn = manner(group) == Manner.OWN_TIME;
        long at = isOwn ? ownTimes[group] : appends.time();
        double sum = Double.longBitsToDouble(scratch.slots[groups.base(group) + width - 1]);
        int row = groups.row(group);
        if (row < 0 || !appends.append(row, at, isOwn, scratch.counts, sum, width)) {
            long reference = reference(group);
            if (reference == 0) {
                dissolved = marked(dissolved, group);
                newApart.add(groups.key(group));
                return false;
            }
            if (row < 0) {
                row = rows.of(reference, true);
                groups.row(group, row);
            } else {
                rows.renew(row, reference);
            }
            if (!appends.append(row, at, isOwn, scratch.counts, sum, width)) {
                throw new IllegalStateException(
                        "bug: the store does not know the histogram it just gave");
            }
        }
        for (int slot = groups.base(group); slot < fresh.length && slot < end(group); slot++) {
            appends.added(fresh[slot]);
        }
        return true;
    }

    private int end(int group) {
        return groups.base(group) + groups.width(group);
    }

    /// Asks the store for a group all of whose members are there.
    private long reference(int group) throws IOException {
        var plan = group >= groupsBefore ? plans.get(group - groupsBefore) : planned(group);
        return appends.batch().folded(plan.family, plan.buckets);
    }

    private Plan planned(int group) throws IOException {
        int buckets = groups.width(group) - 2;
        int base = groups.base(group);
        var spellings = new ArrayList<String>(buckets);
        for (int i = 0; i < buckets; i++) {
            spellings.add(labels(scratch.positions[base + i]).get("le"));
        }
        var ofCount = labels(scratch.positions[base + buckets]);
        var name = ofCount.metricName();
        var family = ofCount.with(Labels.NAME, name.substring(0, name.lastIndexOf('_')));
        return new Plan(family, BucketLayout.of(spellings));
    }

    /// The members seen so far go out one by one, and so do the others in this round.
    private void scatter(int group) throws IOException {
        var manner = manner(group);
        if (manner == Manner.APART) {
            return;
        }
        boolean isOwn = manner == Manner.OWN_TIME;
        long at = isOwn ? ownTimes[group] : appends.time();
        for (int slot = groups.base(group); slot < end(group); slot++) {
            if (scratch.slots[slot] != Scratch.UNSEEN) {
                double value = Double.longBitsToDouble(scratch.slots[slot]);
                appendApart(group, slot, scratch.positions[slot], isOwn, at, value, NO_EXEMPLAR);
                scratch.slots[slot] = Scratch.UNSEEN;
            }
        }
        if (isCareful) {
            manners[group] = Manner.APART;
        }
    }

    private void appendApart(
            int group,
            int slot,
            int nameAt,
            boolean isOwn,
            long at,
            double value,
            Exemplar exemplar)
            throws IOException {
        int row = groups.member(group, slot);
        if (row < 0) {
            row = appends.admit(labels(nameAt));
            if (row < 0) {
                return;
            }
            groups.member(group, slot, row);
        }
        if (!appends.append(row, at, isOwn, value)) {
            appends.append(row, at, isOwn, value, labels(nameAt));
        }
        if (slot < fresh.length) {
            appends.added(fresh[slot]);
            fresh[slot] = 0;
        }
        append(row, exemplar);
    }

    /// The labels of a line that belongs to a group. The line just read stays the one that is read,
    /// but for its exemplar.
    private Labels labels(int nameAt) throws IOException {
        Exposition exposition = scratch.exposition;
        var inForce = exposition.type();
        exposition.rereadSeries(nameAt, Metadata.Type.HISTOGRAM);
        var labels = sampleLabels.of(exposition, new ArrayList<>());
        exposition.skipTo(exposition.position(), inForce);
        return labels.orElseThrow(
                () -> new IllegalStateException("bug: a line once kept is dropped"));
    }

    private void append(Scratch.Held held) {
        int group = groups.ofSlot(held.slot());
        int bucket = held.slot() - groups.base(group);
        int member = groups.member(group, held.slot());
        if (folded[group]) {
            if (bucket < groups.width(group) - 2) {
                long reference = rows.reference(groups.row(group));
                appends.batch().exemplar(reference, bucket, held.exemplar());
            }
        } else if (member >= 0) {
            append(member, held.exemplar());
        }
    }

    // ---- the end of the round --------------------------------------------------------------

    /// The round has failed.
    void abandon(int rowsBefore) {
        groups.truncate(groupsBefore, rowsBefore);
        apart = apartBefore;
        apartByType = apartByTypeBefore;
    }

    /// Whether [#settle] has something to do although the layout stays.
    boolean isUnsettled() {
        return dissolved.length > 0 || replanned.length > 0 || wantsReplan;
    }

    /// The round is kept: groups that are not complete in the layout any more, or are to be planned
    /// anew, end here, and so do rows that nobody names.
    void settle(Layout layout, Feeds feeds) {
        boolean isBloated = apart.length + apartByType.length > 2 * layout.size() + 1000;
        boolean replanRest = isBloated || wantsReplan && appends.round() >= nextReplan;
        if (replanRest) {
            nextReplan = appends.round() + replanWait;
            replanWait = Math.min(64, replanWait * 2);
            apart = NO_KEYS;
            apartByType = NO_KEYS;
        }
        var goesOn = new boolean[groups.size()];
        var named = namedSlots(layout);
        for (int group = 0; group < groups.size(); group++) {
            boolean isWhole = true;
            for (int slot = groups.base(group); slot < end(group); slot++) {
                isWhole &= named[slot];
            }
            goesOn[group] = isWhole && !isMarked(dissolved, group) && !isMarked(replanned, group);
        }
        var rowNumbers = new int[rows.size()];
        for (int line = 0; line < layout.size(); line++) {
            int code = layout.code(line);
            if (Layout.isSlot(code)) {
                code = settled(code, goesOn);
            } else if (replanRest && code >= 0 && Layout.kind(code) == Layout.ROW) {
                code = Layout.UNPLANNED;
            }
            layout.code(line, code);
            if (code >= 0 && Layout.kind(code) == Layout.ROW) {
                rowNumbers[code] = 1;
            }
        }
        for (int group = 0; group < groups.size(); group++) {
            if (goesOn[group]) {
                settleMembers(group, rowNumbers);
            }
        }
        feeds.settle(layout, rowNumbers);
        renumber(layout, goesOn, rowNumbers);
        feeds.renumber(rowNumbers);
    }

    private boolean[] namedSlots(Layout layout) {
        var named = new boolean[groups.slots()];
        for (int line = 0; line < layout.size(); line++) {
            if (Layout.isSlot(layout.code(line))) {
                named[Layout.number(layout.code(line))] = true;
            }
        }
        return named;
    }

    private int settled(int code, boolean[] goesOn) {
        int slot = Layout.number(code);
        int group = groups.ofSlot(slot);
        if (goesOn[group]) {
            return code;
        }
        if (!isMarked(dissolved, group)) {
            return Layout.UNPLANNED;
        }
        int member = groups.member(group, slot);
        return member < 0 ? Layout.REFUSED : member;
    }

    private void settleMembers(int group, int[] rowNumbers) {
        if (groups.row(group) >= 0) {
            rowNumbers[groups.row(group)] = 1;
        }
        boolean isAlive = false;
        for (int member : groups.members(group)) {
            isAlive |= member >= 0 && rows.isAlive(member);
        }
        if (!isAlive) {
            groups.clearMembers(group);
        }
        for (int member : groups.members(group)) {
            if (member >= 0) {
                rowNumbers[member] = 1;
            }
        }
    }

    private void renumber(Layout layout, boolean[] goesOn, int[] rowNumbers) {
        rows.keepOnly(rowNumbers);
        for (int group = 0; group < groups.size(); group++) {
            if (goesOn[group]) {
                int row = groups.row(group);
                groups.row(group, row < 0 ? -1 : rowNumbers[row]);
                var members = groups.members(group);
                for (int i = 0; i < members.length; i++) {
                    members[i] = members[i] < 0 ? -1 : rowNumbers[members[i]];
                }
            }
        }
        var slotNumbers = groups.keepOnly(goesOn);
        for (int line = 0; line < layout.size(); line++) {
            int code = layout.code(line);
            if (code < 0) {
                continue;
            }
            int number = Layout.number(code);
            switch (Layout.kind(code)) {
                case Layout.ROW -> layout.code(line, rowNumbers[number]);
                case Layout.SLOT -> layout.code(line, Layout.slot(slotNumbers[number]));
                default -> {}
            }
        }
    }
}
