package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads labels out of the index, with a small memory of what it has read. Lives as long as one
/// question. Not thread-safe.
final class LabelsReader {
    /// Pages of symbols remembered at most.
    private static final int MOST_PAGES = 1024;

    private final IndexReader index;
    private final DamageLog damage;
    private final Map<Integer, String[]> symbolPages = new HashMap<>();
    private int setPage = -1;
    private int[][] setsOfPage = {};
    private List<Label> labels;

    /// A label name, and where its values' postings are: pages, each with its first value.
    private record Label(int name, int values, int firstPage, int[] firstValues) {}

    LabelsReader(IndexReader index, DamageLog damage) {
        this.index = index;
        this.damage = damage;
    }

    String symbol(int number) throws Damaged {
        var page = symbolPage(number / Section.SYMBOLS.perPage);
        int at = number % Section.SYMBOLS.perPage;
        if (at >= page.length) {
            throw index.impossible(
                    Section.SYMBOLS,
                    number / Section.SYMBOLS.perPage,
                    new IndexOutOfBoundsException("it has no symbol " + number));
        }
        return page[at];
    }

    private String[] symbolPage(int number) throws Damaged {
        var known = symbolPages.get(number);
        if (known != null) {
            return known;
        }
        var in = index.page(Section.SYMBOLS, number);
        try {
            var texts = new ArrayList<String>(Section.SYMBOLS.perPage);
            var before = new byte[0];
            while (in.remaining() > 0) {
                before = nextSymbol(in, before);
                texts.add(new String(before, StandardCharsets.UTF_8));
            }
            if (symbolPages.size() == MOST_PAGES) {
                symbolPages.clear();
            }
            var page = texts.toArray(String[]::new);
            symbolPages.put(number, page);
            return page;
        } catch (IndexOutOfBoundsException e) {
            throw index.impossible(Section.SYMBOLS, number, e);
        }
    }

    private static byte[] nextSymbol(ByteReader in, byte[] before) {
        long shared = in.getUvarint();
        if (shared < 0 || shared > before.length) {
            throw new IndexOutOfBoundsException("a symbol shares more than there is");
        }
        int rest = in.getCount(1);
        var bytes = Arrays.copyOf(before, (int) shared + rest);
        for (int i = 0; i < rest; i++) {
            bytes[(int) shared + i] = (byte) in.getByte();
        }
        return bytes;
    }

    /// The number of a text, or −1 when no label of the block has it.
    int find(String text) throws Damaged {
        int low = 0;
        int high = index.pages(Section.SYMBOLS) - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            var page = symbolPage(middle);
            if (page.length > 0 && page[0].compareTo(text) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (high < 0) {
            return -1;
        }
        int at = Arrays.binarySearch(symbolPage(low), text);
        return at < 0 ? -1 : low * Section.SYMBOLS.perPage + at;
    }

    /// The symbols of a set's labels: name, value, name, value, …
    int[] set(int number) throws Damaged {
        int page = number / Section.SETS.perPage;
        if (page != setPage) {
            setsOfPage = sets(page);
            setPage = page;
        }
        int at = number % Section.SETS.perPage;
        if (at >= setsOfPage.length) {
            throw index.impossible(
                    Section.SETS, page, new IndexOutOfBoundsException("it has no set " + number));
        }
        return setsOfPage[at];
    }

    private int[][] sets(int number) throws Damaged {
        var in = index.page(Section.SETS, number);
        try {
            var sets = new ArrayList<int[]>(Section.SETS.perPage);
            var before = new int[0];
            while (in.remaining() > 0) {
                before = nextSet(in, before);
                sets.add(before);
            }
            return sets.toArray(int[][]::new);
        } catch (IndexOutOfBoundsException e) {
            throw index.impossible(Section.SETS, number, e);
        }
    }

    private static int[] nextSet(ByteReader in, int[] before) {
        long pairs = in.getUvarint();
        if (pairs < 0 || pairs * 2 > before.length + in.remaining() * 2L) {
            throw new IndexOutOfBoundsException("more labels than can be");
        }
        var set = new int[(int) pairs * 2];
        for (int i = 0; i < set.length; ) {
            long same = in.getUvarint();
            if (same < 0 || same > 0 && same * 2 > Math.min(set.length, before.length) - i) {
                throw new IndexOutOfBoundsException("a set shares more than there is");
            }
            for (int end = i + (int) same * 2; i < end; i++) {
                set[i] = before[i];
            }
            if (i < set.length) {
                boolean has = i < before.length;
                set[i] = (int) in.getVarint() + (has ? before[i] : 0);
                set[i + 1] = (int) in.getVarint() + (has ? before[i + 1] : 0);
                i += 2;
            }
        }
        return set;
    }

    /// A series' labels.
    Labels labels(String metric, int[] set) throws Damaged {
        boolean isNamed = !metric.isEmpty();
        var pairs = new String[set.length + (isNamed ? 2 : 0)];
        int at = 0;
        for (int i = 0; i < set.length; i += 2) {
            var name = symbol(set[i]);
            if (isNamed && at == i && Labels.NAME.compareTo(name) < 0) {
                pairs[at++] = Labels.NAME;
                pairs[at++] = metric;
            }
            pairs[at++] = name;
            pairs[at++] = symbol(set[i + 1]);
        }
        if (isNamed && at == set.length) {
            pairs[at++] = Labels.NAME;
            pairs[at] = metric;
        }
        return Labels.ofSorted(pairs);
    }

    BucketLayout layout(int number) throws Damaged {
        int page = number / Section.LAYOUTS.perPage;
        var in = index.page(Section.LAYOUTS, page);
        try {
            for (int i = 0; ; i++) {
                int count = in.getCount(1);
                var spellings = new ArrayList<String>(count);
                for (int k = 0; k < count; k++) {
                    spellings.add(in.getText());
                }
                if (i == number % Section.LAYOUTS.perPage) {
                    return BucketLayout.of(spellings);
                }
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw index.impossible(Section.LAYOUTS, page, e);
        }
    }

    /// Which times a series has in each slice: 0 for none, else the column's number and 1.
    int[] track(int number) throws Damaged {
        int page = number / Section.TRACKS.perPage;
        var in = index.page(Section.TRACKS, page);
        try {
            for (int i = 0; ; i++) {
                var track = new int[in.getCount(1)];
                int last = 0;
                for (int k = 0; k < track.length; k++) {
                    long coded = in.getUvarint();
                    if (coded != 0) {
                        long zigzag = coded - 1;
                        last += (int) (zigzag >>> 1 ^ -(zigzag & 1));
                        track[k] = last;
                        if (last < 1 || last > index.times() || track.length > index.slices()) {
                            throw new IndexOutOfBoundsException("a track that cannot be");
                        }
                    }
                }
                if (i == number % Section.TRACKS.perPage) {
                    return track;
                }
            }
        } catch (IndexOutOfBoundsException e) {
            throw index.impossible(Section.TRACKS, page, e);
        }
    }

    /// Sets that pass all matchers, none of which is about the metric's name.
    BitSet matching(List<Matcher> matchers) {
        var all = new BitSet(index.sets());
        all.set(0, index.sets());
        for (var matcher : matchers) {
            try {
                all.and(matching(matcher));
            } catch (Damaged e) {
                damage.tell(e);
                all.and(scanned(matcher));
            }
        }
        return all;
    }

    private BitSet matching(Matcher matcher) throws Damaged {
        boolean matchesEmpty = matcher.matches("");
        var found = new BitSet(index.sets());
        var label = label(matcher.name());
        if (label != null) {
            if (matcher.type() == Matcher.Type.EQUAL && !matchesEmpty) {
                int value = find(matcher.value());
                if (value >= 0) {
                    posting(label, value, found);
                }
                return found;
            }
            for (int i = 0; i < label.firstValues.length; i++) {
                var page = new Posting(label, i);
                while (page.next()) {
                    if (matcher.matches(symbol(page.value)) != matchesEmpty) {
                        page.list(found);
                    }
                }
            }
        }
        if (matchesEmpty) {
            found.flip(0, index.sets()); // those that have a value which does not match
        }
        return found;
    }

    /// As [#matching], without postings.
    private BitSet scanned(Matcher matcher) {
        var found = new BitSet(index.sets());
        for (int number = 0; number < index.sets(); number++) {
            try {
                var set = set(number);
                var value = "";
                for (int i = 0; i < set.length; i += 2) {
                    if (symbol(set[i]).equals(matcher.name())) {
                        value = symbol(set[i + 1]);
                    }
                }
                found.set(number, matcher.matches(value));
            } catch (Damaged e) {
                damage.tell(e);
            }
        }
        return found;
    }

    private Label label(String name) throws Damaged {
        int symbol = find(name);
        for (var label : labels()) {
            if (label.name == symbol) {
                return label;
            }
        }
        return null;
    }

    private List<Label> labels() throws Damaged {
        if (labels == null) {
            var in = index.page(Section.LABELS, 0);
            try {
                var read = new ArrayList<Label>();
                int count = in.getCount(4);
                for (int i = 0; i < count; i++) {
                    int name = (int) in.getUvarint();
                    int values = (int) in.getUvarint();
                    int firstPage = (int) in.getUvarint();
                    var firstValues = new int[in.getCount(1)];
                    for (int k = 0; k < firstValues.length; k++) {
                        firstValues[k] = (int) in.getUvarint();
                    }
                    read.add(new Label(name, values, firstPage, firstValues));
                }
                labels = read;
            } catch (IndexOutOfBoundsException e) {
                throw index.impossible(Section.LABELS, 0, e);
            }
        }
        return labels;
    }

    private void posting(Label label, int value, BitSet into) throws Damaged {
        int at = Arrays.binarySearch(label.firstValues, value);
        int page = at < 0 ? -at - 2 : at;
        if (page >= 0) {
            var posting = new Posting(label, page);
            while (posting.next()) {
                if (posting.value == value) {
                    posting.list(into);
                    return;
                }
            }
        }
    }

    /// A page of postings, value by value.
    private final class Posting {
        private final int page;
        private final ByteReader in;
        private int next; // place of the next value
        private int listEnd;
        int value;

        Posting(Label label, int number) throws Damaged {
            page = label.firstPage + number;
            in = index.page(Section.POSTINGS, page);
            value = label.firstValues[number];
        }

        boolean next() throws Damaged {
            try {
                if (next > in.position()) {
                    in.skip(next - in.position());
                }
                if (in.remaining() == 0) {
                    return false;
                }
                value += (int) in.getUvarint();
                int length = in.getCount(1);
                listEnd = in.position() + length;
                next = listEnd;
                return true;
            } catch (IndexOutOfBoundsException e) {
                throw index.impossible(Section.POSTINGS, page, e);
            }
        }

        void list(BitSet into) throws Damaged {
            try {
                long set = -1;
                while (in.position() < listEnd) {
                    set += in.getUvarint() + 1;
                    if (set < 0 || set >= index.sets()) {
                        throw new IndexOutOfBoundsException("a set that is not there");
                    }
                    into.set((int) set);
                }
            } catch (IndexOutOfBoundsException e) {
                throw index.impossible(Section.POSTINGS, page, e);
            }
        }
    }
}
