package tokenplumb.tsdb.compact;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What was deleted in one place where series are kept (the head, a block) and is still in its
/// files: ranges of plain series, of folded histograms as a whole, and of single members of folded
/// ones. By labels, so it holds whatever numbers the place gives its series. Immutable; the file is
/// drawn in `docs/format/head.md`.
final class Deleted {
    static final Deleted NOTHING = new Deleted(Map.of(), Map.of(), Map.of());

    private static final long MAGIC = 0x5450_4445_4C00_0001L; // TPDEL, version 1
    private static final int HEADER = 8;

    private final Map<Labels, Ranges> plain;
    private final Map<Labels, Ranges> folded;
    private final Map<Labels, Map<Labels, Ranges>> members; // by family

    private Deleted(
            Map<Labels, Ranges> plain,
            Map<Labels, Ranges> folded,
            Map<Labels, Map<Labels, Ranges>> members) {
        this.plain = plain;
        this.folded = folded;
        this.members = members;
    }

    boolean isEmpty() {
        return plain.isEmpty() && folded.isEmpty() && members.isEmpty();
    }

    /// Series something was deleted from; a histogram of which members were, counts once.
    int series() {
        return plain.size() + folded.size() + members.size();
    }

    /// Of a series as it is kept; not its members'.
    Ranges of(KeptSeries series) {
        var of = series.layout().isNone() ? plain : folded;
        return of.isEmpty() ? Ranges.NONE : of.getOrDefault(series.labels(), Ranges.NONE);
    }

    /// Whether only some members of a folded histogram were deleted.
    boolean hasMembers(KeptSeries series) {
        return !series.layout().isNone()
                && !members.isEmpty()
                && members.containsKey(series.labels());
    }

    /// The families of which single members were deleted.
    Map<Labels, Map<Labels, Ranges>> members() {
        return members;
    }

    /// A folded histogram's members without what was deleted of it and of them.
    List<KeptSeries> membersOf(KeptSeries series) {
        var whole = of(series);
        var each = members.getOrDefault(series.labels(), Map.of());
        var kept = new ArrayList<KeptSeries>();
        for (var member : Members.of(series)) {
            kept.add(Gaps.in(member, whole.with(each.getOrDefault(member.labels(), Ranges.NONE))));
        }
        return kept;
    }

    /// Collects more to a [Deleted].
    static final class Builder {
        private final Map<Labels, Ranges> plain;
        private final Map<Labels, Ranges> folded;
        private final Map<Labels, Map<Labels, Ranges>> members;

        Builder(Deleted before) {
            plain = new HashMap<>(before.plain);
            folded = new HashMap<>(before.folded);
            members = new HashMap<>();
            before.members.forEach((family, of) -> members.put(family, new HashMap<>(of)));
        }

        Builder add(KeptSeries series, long from, long to) {
            return add(series.layout().isNone() ? plain : folded, series.labels(), from, to);
        }

        Builder addPlain(Labels labels, long from, long to) {
            return add(plain, labels, from, to);
        }

        private Builder add(Map<Labels, Ranges> of, Labels labels, long from, long to) {
            of.put(labels, of.getOrDefault(labels, Ranges.NONE).with(from, to));
            return this;
        }

        Builder addMember(Labels family, Labels member, long from, long to) {
            return add(members.computeIfAbsent(family, key -> new HashMap<>()), member, from, to);
        }

        Deleted build() {
            return new Deleted(plain, folded, members);
        }
    }

    /// Only what reaches to `time` or later.
    Deleted after(long time) {
        var later = new HashMap<Labels, Map<Labels, Ranges>>();
        members.forEach((family, of) -> {
            var left = after(of, time);
            if (!left.isEmpty()) {
                later.put(family, left);
            }
        });
        return new Deleted(after(plain, time), after(folded, time), later);
    }

    private static Map<Labels, Ranges> after(Map<Labels, Ranges> of, long time) {
        var later = new HashMap<Labels, Ranges>();
        of.forEach((labels, ranges) -> {
            var left = ranges.after(time);
            if (!left.isEmpty()) {
                later.put(labels, left);
            }
        });
        return later;
    }

    // --- the file

    /// Reads a file; one that is absent says that nothing was deleted.
    static Deleted read(Disk disk, String name) throws IOException {
        if (!disk.exists(name)) {
            return NOTHING;
        }
        var bytes = disk.read(name);
        int body = bytes.length - HEADER - 4;
        if (body < 0
                || new ByteReader(bytes, 0, HEADER).getLong() != MAGIC
                || Crc32c.of(bytes, HEADER, body)
                        != new ByteReader(bytes, HEADER + body, 4).getInt()) {
            throw new IOException(
                    "%s is damaged: what was deleted would come back; restore the file from a backup, or remove it to take that"
                            .formatted(name));
        }
        return parse(new ByteReader(bytes, HEADER, body));
    }

    private static Deleted parse(ByteReader in) {
        var texts = new String[in.getCount(1)];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = in.getText();
        }
        var builder = new Builder(NOTHING);
        builder.plain.putAll(ranges(in, texts));
        builder.folded.putAll(ranges(in, texts));
        for (int families = in.getCount(2); families > 0; families--) {
            var family = labels(in, texts);
            builder.members.put(family, ranges(in, texts));
        }
        return builder.build();
    }

    private static Map<Labels, Ranges> ranges(ByteReader in, String[] texts) {
        var map = new HashMap<Labels, Ranges>();
        for (int count = in.getCount(2); count > 0; count--) {
            var labels = labels(in, texts);
            var ranges = Ranges.NONE;
            for (int i = in.getCount(2); i > 0; i--) {
                long from = in.getVarint();
                ranges = ranges.with(from, in.getVarint());
            }
            map.put(labels, ranges);
        }
        return map;
    }

    private static Labels labels(ByteReader in, String[] texts) {
        var pairs = new String[in.getCount(2) * 2];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = texts[(int) in.getUvarint()];
        }
        return Labels.ofSorted(pairs);
    }

    /// Replaces a file at once; removes it when nothing is left.
    void write(Disk disk, String name) throws IOException {
        if (isEmpty()) {
            disk.delete(name);
            return;
        }
        disk.replace(name, bytes());
    }

    private byte[] bytes() {
        var numbers = new LinkedHashMap<String, Integer>();
        var body = new Buffer();
        put(body, plain, numbers);
        put(body, folded, numbers);
        body.putUvarint(members.size());
        members.forEach((family, of) -> {
            put(body, family, numbers);
            put(body, of, numbers);
        });
        var file = new Buffer();
        file.putLong(MAGIC);
        file.putUvarint(numbers.size());
        for (var text : numbers.keySet()) {
            file.putText(text);
        }
        file.put(body.array(), 0, body.size());
        file.putInt(Crc32c.of(file.array(), HEADER, file.size() - HEADER));
        return Arrays.copyOf(file.array(), file.size());
    }

    private static void put(Buffer into, Map<Labels, Ranges> of, Map<String, Integer> numbers) {
        into.putUvarint(of.size());
        of.forEach((labels, ranges) -> {
            put(into, labels, numbers);
            into.putUvarint(ranges.size());
            for (int i = 0; i < ranges.size(); i++) {
                into.putVarint(ranges.from(i));
                into.putVarint(ranges.to(i));
            }
        });
    }

    private static void put(Buffer into, Labels labels, Map<String, Integer> numbers) {
        into.putUvarint(labels.size());
        for (int i = 0; i < labels.size(); i++) {
            into.putUvarint(number(labels.name(i), numbers));
            into.putUvarint(number(labels.value(i), numbers));
        }
    }

    private static int number(String text, Map<String, Integer> numbers) {
        var known = numbers.putIfAbsent(text, numbers.size());
        return known == null ? numbers.size() - 1 : known;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Deleted deleted
                && plain.equals(deleted.plain)
                && folded.equals(deleted.folded)
                && members.equals(deleted.members);
    }

    @Override
    public int hashCode() {
        return plain.hashCode() + 31 * folded.hashCode() + 31 * 31 * members.hashCode();
    }
}
