package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Finds the rows that pass matchers, as Prometheus does: a matcher that an absent label would pass
/// takes away the series whose value fails, any other one keeps those whose value passes.
///
/// Regular expressions are matched against a label's values, each once, and outside the index's
/// lock, so that a slow one keeps no new series waiting.
final class Selection {
    /// Below this many candidates a label's values are looked up series by series.
    private static final int FEW = 64;

    private final Index index;

    Selection(Index index) {
        this.index = index;
    }

    /// Rows that pass, as a bitmap of the caller's own.
    RoaringBitmap rows(List<Matcher> matchers) {
        var ordered = new ArrayList<>(matchers);
        ordered.sort(Comparator.comparingInt(Selection::cost));
        RoaringBitmap rows = null;
        for (var matcher : ordered) {
            if (matcher.matchesEmpty()) {
                var base = rows == null ? all() : rows;
                base.andNot(carrying(matcher, false, base));
                rows = base;
            } else if (rows == null) {
                rows = carrying(matcher, true, null);
            } else {
                rows.and(carrying(matcher, true, rows));
            }
            if (rows.isEmpty()) {
                return rows;
            }
        }
        return rows == null ? all() : rows;
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

    private RoaringBitmap all() {
        index.lock.readLock().lock();
        try {
            return index.rows().clone();
        } finally {
            index.lock.readLock().unlock();
        }
    }

    /// Rows that carry the label with a value that passes (or, if not `passing`, fails). Of
    /// `candidates` (null: all) at least; others may be left out.
    private RoaringBitmap carrying(Matcher matcher, boolean passing, RoaringBitmap candidates) {
        Pair[] values;
        index.lock.readLock().lock();
        try {
            var name = index.names().get(matcher.name());
            if (name == null) {
                return new RoaringBitmap();
            }
            if (passing && matcher.type() == Matcher.Type.EQUAL) {
                return rowsOf(name, List.of(matcher.value()));
            }
            if (passing
                    && matcher.type() == Matcher.Type.REGEX
                    && !matcher.regex().literals().isEmpty()) {
                return rowsOf(name, matcher.regex().literals());
            }
            if (!passing && matcher.type() == Matcher.Type.NOT_EQUAL) {
                return rowsOf(name, List.of(matcher.value()));
            }
            if (!passing
                    && matcher.type() == Matcher.Type.NOT_REGEX
                    && !matcher.regex().literals().isEmpty()) {
                return rowsOf(name, matcher.regex().literals());
            }
            if (candidates != null
                    && candidates.getCardinality() <= FEW
                    && candidates.getCardinality() < name.values.size()) {
                return among(candidates, name, matcher, passing);
            }
            values = name.snapshot();
        } finally {
            index.lock.readLock().unlock();
        }
        var found = new ArrayList<Pair>();
        for (var pair : values) {
            if (matcher.matches(pair.value) == passing) {
                found.add(pair);
            }
        }
        return union(found);
    }

    private RoaringBitmap among(
            RoaringBitmap candidates, LabelName name, Matcher matcher, boolean passing) {
        var rows = new RoaringBitmap();
        for (var each = candidates.getIntIterator(); each.hasNext(); ) {
            int row = each.next();
            var value = index.has(row) ? index.value(row, name) : "";
            if (!value.isEmpty() && matcher.matches(value) == passing) {
                rows.add(row);
            }
        }
        return rows;
    }

    private static RoaringBitmap rowsOf(LabelName name, Iterable<String> values) {
        RoaringBitmap rows = null;
        for (var value : values) {
            var pair = name.values.get(value);
            if (pair != null) {
                if (rows == null) {
                    rows = pair.rows();
                } else {
                    pair.addTo(rows);
                }
            }
        }
        return rows == null ? new RoaringBitmap() : rows;
    }

    private RoaringBitmap union(List<Pair> pairs) {
        var rows = new RoaringBitmap();
        index.lock.readLock().lock();
        try {
            for (var pair : pairs) {
                pair.addTo(rows);
            }
        } finally {
            index.lock.readLock().unlock();
        }
        return rows;
    }
}
