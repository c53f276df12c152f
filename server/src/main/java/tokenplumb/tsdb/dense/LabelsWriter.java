package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Writes what the index says of labels: symbols, label sets, postings.
final class LabelsWriter {
    /// A page of postings is not begun above this.
    private static final int PAGE = 2048;

    private final Map<String, Integer> symbols = new HashMap<>();
    private final EnumMap<Section, Pages> sections;

    /// Of all metric names and of distinct label sets, sorted, without the metric's name.
    LabelsWriter(Iterable<String> names, List<Labels> sets, EnumMap<Section, Pages> sections) {
        this.sections = sections;
        var all = new TreeSet<String>();
        names.forEach(all::add);
        for (var set : sets) {
            for (int i = 0; i < set.size(); i++) {
                all.add(set.name(i));
                all.add(set.value(i));
            }
        }
        writeSymbols(all);
        writeSets(sets);
        writePostings(sets);
    }

    int symbol(String text) {
        return symbols.get(text);
    }

    int count() {
        return symbols.size();
    }

    private void writeSymbols(Set<String> all) {
        var pages = sections.get(Section.SYMBOLS);
        var before = new byte[0];
        for (var text : all) {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            boolean isFirst = symbols.size() % Section.SYMBOLS.perPage == 0;
            if (isFirst) {
                pages.endIfAny();
            }
            int shared = isFirst ? 0 : Math.max(0, Arrays.mismatch(before, bytes));
            pages.page().putUvarint(shared);
            pages.page().putUvarint(bytes.length - shared);
            pages.page().put(bytes, shared, bytes.length - shared);
            before = bytes;
            symbols.put(text, symbols.size());
        }
        pages.endIfAny();
    }

    private void writeSets(List<Labels> sets) {
        var pages = sections.get(Section.SETS);
        var before = Labels.EMPTY;
        for (int n = 0; n < sets.size(); n++) {
            var set = sets.get(n);
            if (n % Section.SETS.perPage == 0) {
                pages.endIfAny();
                before = Labels.EMPTY;
            }
            writeSet(set, before, pages.page());
            before = set;
        }
        pages.endIfAny();
    }

    /// Pairs, those as in the set before left out: for each pair, the distance of its name's symbol
    /// from what the set before has there, and so for the value.
    private void writeSet(Labels set, Labels before, Buffer out) {
        out.putUvarint(set.size());
        for (int i = 0; i < set.size(); ) {
            int same = 0;
            while (i + same < set.size()
                    && i + same < before.size()
                    && set.name(i + same).equals(before.name(i + same))
                    && set.value(i + same).equals(before.value(i + same))) {
                same++;
            }
            out.putUvarint(same);
            i += same;
            if (i < set.size()) {
                int nameBefore = i < before.size() ? symbol(before.name(i)) : 0;
                int valueBefore = i < before.size() ? symbol(before.value(i)) : 0;
                out.putVarint(symbol(set.name(i)) - nameBefore);
                out.putVarint(symbol(set.value(i)) - valueBefore);
                i++;
            }
        }
    }

    private void writePostings(List<Labels> sets) {
        var byName = new TreeMap<Integer, TreeMap<Integer, Buffer>>();
        var last = new HashMap<Buffer, Integer>();
        for (int n = 0; n < sets.size(); n++) {
            var set = sets.get(n);
            for (int i = 0; i < set.size(); i++) {
                var list =
                        byName.computeIfAbsent(symbol(set.name(i)), name -> new TreeMap<>())
                                .computeIfAbsent(symbol(set.value(i)), value -> new Buffer(4));
                list.putUvarint(n - last.getOrDefault(list, -1) - 1);
                last.put(list, n);
            }
        }
        var labels = sections.get(Section.LABELS);
        var pages = sections.get(Section.POSTINGS);
        labels.page().putUvarint(byName.size());
        byName.forEach((name, values) -> {
            var firsts = new Buffer();
            int firstPage = pages.count();
            int inPage = 0;
            int before = 0;
            for (var value : values.entrySet()) {
                if (inPage == Section.POSTINGS.perPage || pages.page().size() > PAGE) {
                    pages.end();
                    inPage = 0;
                }
                if (inPage == 0) {
                    firsts.putUvarint(value.getKey());
                    before = value.getKey();
                }
                pages.page().putUvarint(value.getKey() - before);
                pages.page().putUvarint(value.getValue().size());
                pages.page().put(value.getValue().array(), 0, value.getValue().size());
                before = value.getKey();
                inPage++;
            }
            pages.endIfAny();
            labels.page().putUvarint(name);
            labels.page().putUvarint(values.size());
            labels.page().putUvarint(firstPage);
            labels.page().putUvarint(pages.count() - firstPage);
            labels.page().put(firsts.array(), 0, firsts.size());
        });
        labels.end();
    }
}
