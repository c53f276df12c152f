package tokenplumb.tsdb.block;

import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Finds the series of an index that pass matchers, as Prometheus does: a matcher that an absent
/// label would pass takes away the series whose value fails, any other keeps those whose value
/// passes. Lists are ascending arrays of series' numbers.
final class Postings {
    private static final int[] NONE = {};

    /// A label with this many times more values than there are candidates is looked up candidate by
    /// candidate.
    private static final int MANY = 4;

    private final IndexFile index;
    private final BlockDamage damage;

    Postings(IndexFile index, BlockDamage damage) {
        this.index = index;
        this.damage = damage;
    }

    /// Those of `among` that pass.
    int[] select(int[] among, List<Matcher> matchers) {
        var ordered = new ArrayList<>(matchers);
        ordered.sort(Comparator.comparingInt(Postings::cost));
        int[] ids = among;
        for (var matcher : ordered) {
            if (ids.length == 0) {
                return ids;
            }
            ids = narrow(ids, matcher);
        }
        return ids;
    }

    /// Those of all series that pass.
    int[] select(List<Matcher> matchers) {
        var ordered = new ArrayList<>(matchers);
        ordered.sort(Comparator.comparingInt(Postings::cost));
        if (ordered.isEmpty() || ordered.getFirst().matchesEmpty()) {
            return select(all(), ordered);
        }
        int[] first = carrying(ordered.getFirst(), true);
        return select(first, ordered.subList(1, ordered.size()));
    }

    /// All series. When their list is damaged, those that lie in the file.
    int[] all() {
        try {
            return index.all();
        } catch (IndexOutOfBoundsException e) {
            damage.damaged(index.name(), 0, e.getMessage());
            return index.scan();
        }
    }

    private int[] narrow(int[] ids, Matcher matcher) {
        if (matchesAll(matcher)) {
            return ids;
        }
        boolean isLooked =
                matcher.type() != Matcher.Type.EQUAL
                        && index.values(matcher.name()) / MANY > ids.length;
        if (isLooked) {
            return lookedUp(ids, matcher);
        }
        return matcher.matchesEmpty()
                ? without(ids, carrying(matcher, false))
                : both(ids, carrying(matcher, true));
    }

    private static boolean matchesAll(Matcher matcher) {
        return matcher.type() == Matcher.Type.REGEX && matcher.regex().source().equals(".*");
    }

    /// Cheap and selective ones first; those that take away, last.
    private static int cost(Matcher matcher) {
        if (matcher.matchesEmpty()) {
            return 4;
        }
        return switch (matcher.type()) {
            case EQUAL -> 0;
            case REGEX -> matcher.regex().literals().isEmpty() ? 2 : 1;
            case NOT_EQUAL, NOT_REGEX -> 3;
        };
    }

    /// Series that carry the label with a value that passes (or, if not `passing`, fails).
    private int[] carrying(Matcher matcher, boolean passing) {
        var literals = literals(matcher, passing);
        var places = new ArrayList<Long>();
        if (literals.isEmpty()) {
            index.forEachValue(
                    matcher.name(),
                    (value, postings) -> {
                        if (matcher.matches(value) == passing) {
                            places.add(postings);
                        }
                    });
        } else {
            for (var value : literals) {
                long postings = index.find(matcher.name(), value);
                if (postings != 0) {
                    places.add(postings);
                }
            }
        }
        return union(places);
    }

    /// The only values that come into question, when they are known beforehand.
    private static Collection<String> literals(Matcher matcher, boolean passing) {
        boolean isEqual = matcher.type() == (passing ? Matcher.Type.EQUAL : Matcher.Type.NOT_EQUAL);
        if (isEqual) {
            return List.of(matcher.value());
        }
        boolean isRegex = matcher.type() == (passing ? Matcher.Type.REGEX : Matcher.Type.NOT_REGEX);
        return isRegex ? matcher.regex().literals() : List.of();
    }

    private int[] union(List<Long> places) {
        if (places.isEmpty()) {
            return NONE;
        }
        if (places.size() == 1) {
            return list(places.getFirst());
        }
        int[] all = NONE;
        int size = 0;
        for (long place : places) {
            int[] list = list(place);
            if (size + list.length > all.length) {
                all = Arrays.copyOf(all, Math.max(size + list.length, all.length * 2));
            }
            System.arraycopy(list, 0, all, size, list.length);
            size += list.length;
        }
        Arrays.sort(all, 0, size);
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (kept == 0 || all[kept - 1] != all[i]) {
                all[kept++] = all[i];
            }
        }
        return Arrays.copyOf(all, kept);
    }

    /// A list; nothing when it is damaged.
    int[] list(long place) {
        try {
            return index.postings(place);
        } catch (IndexOutOfBoundsException e) {
            damage.damaged(index.name(), place, e.getMessage());
            return NONE;
        }
    }

    private int[] lookedUp(int[] ids, Matcher matcher) {
        var entry = new SeriesEntry();
        var kept = new int[ids.length];
        int size = 0;
        for (int id : ids) {
            try {
                index.series(id, entry);
                if (matcher.matches(value(entry, matcher.name()))) {
                    kept[size++] = id;
                }
            } catch (IndexOutOfBoundsException e) {
                damage.damaged(index.name(), IndexFile.offset(id), e.getMessage());
            }
        }
        return Arrays.copyOf(kept, size);
    }

    private String value(SeriesEntry entry, String label) {
        for (int i = 0; i < entry.pairs; i++) {
            if (index.symbol(entry.symbols[2 * i]).equals(label)) {
                return index.symbol(entry.symbols[2 * i + 1]);
            }
        }
        return "";
    }

    /// What is in both lists.
    static int[] both(int[] a, int[] b) {
        if (a.length > b.length) {
            return both(b, a);
        }
        var into = new int[a.length];
        int size = 0;
        int at = 0;
        for (int id : a) {
            at = atOrAfter(b, at, id);
            if (at == b.length) {
                break;
            }
            if (b[at] == id) {
                into[size++] = id;
            }
        }
        return size == a.length ? a : Arrays.copyOf(into, size);
    }

    /// What is in the first list only.
    static int[] without(int[] a, int[] b) {
        if (b.length == 0) {
            return a;
        }
        var into = new int[a.length];
        int size = 0;
        int at = 0;
        for (int id : a) {
            at = atOrAfter(b, at, id);
            if (at == b.length || b[at] != id) {
                into[size++] = id;
            }
        }
        return size == a.length ? a : Arrays.copyOf(into, size);
    }

    /// The first place from `at` on whose number is not less, in steps that double.
    private static int atOrAfter(int[] ids, int at, int id) {
        if (at >= ids.length || ids[at] >= id) {
            return at;
        }
        int step = 1;
        int low = at; // less than id
        while (low + step < ids.length && ids[low + step] < id) {
            low += step;
            step <<= 1;
        }
        int found = Arrays.binarySearch(ids, low + 1, Math.min(ids.length, low + step + 1), id);
        return found < 0 ? -found - 1 : found;
    }
}
