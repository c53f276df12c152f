package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Series with their labels, as every kind of record spells them. A table is complete in itself:
///
/// ```
/// count of texts, each: length, UTF-8
/// count of series, each: reference minus the one before (varint),
///                        count of labels, each: number of name, number of value
/// ```
final class SeriesTable {
    /// Hears the series of a table.
    interface Listener {
        void series(long reference, int[] ids);
    }

    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> texts = new ArrayList<>();
    private final Buffer series = new Buffer();
    private long previous;
    private int size;

    int size() {
        return size;
    }

    void add(long reference, Labels labels) {
        series.putVarint(reference - previous);
        series.putUvarint(labels.size());
        for (int i = 0; i < labels.size(); i++) {
            series.putUvarint(number(labels.name(i)));
            series.putUvarint(number(labels.value(i)));
        }
        previous = reference;
        size++;
    }

    private int number(String text) {
        var known = numbers.get(text);
        if (known != null) {
            return known;
        }
        int number = texts.size();
        numbers.put(text, number);
        texts.add(text);
        return number;
    }

    /// Writes the table and begins an empty one.
    void flush(Buffer into) {
        into.putUvarint(texts.size());
        for (var text : texts) {
            into.putText(text);
        }
        into.putUvarint(size);
        into.put(series.array(), 0, series.size());
        numbers.clear();
        texts.clear();
        series.reset();
        previous = 0;
        size = 0;
    }

    /// Reads a table; names and values become pair numbers of `index`.
    static void read(ByteReader from, Index index, Listener listener) {
        var texts = new String[from.getCount(1)];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = from.getText();
        }
        var names = new int[texts.length]; // by value: the name it was last met under, plus one
        var pairs = new int[texts.length]; // and the number of that pair
        int count = from.getCount(2);
        long reference = 0;
        for (int i = 0; i < count; i++) {
            reference += from.getVarint();
            var ids = new int[from.getCount(2)];
            for (int j = 0; j < ids.length; j++) {
                int name = (int) from.getUvarint();
                int value = (int) from.getUvarint();
                if (names[value] != name + 1) {
                    names[value] = name + 1;
                    pairs[value] = index.intern(texts[name], texts[value]);
                }
                ids[j] = pairs[value];
            }
            listener.series(reference, ids);
        }
    }
}
