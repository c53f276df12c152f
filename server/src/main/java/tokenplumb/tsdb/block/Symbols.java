package tokenplumb.tsdb.block;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The texts of a block being written: numbered as they come, sorted in the end.
final class Symbols {
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> texts = new ArrayList<>();

    int number(String text) {
        var known = numbers.putIfAbsent(text, texts.size());
        if (known != null) {
            return known;
        }
        texts.add(text);
        return texts.size() - 1;
    }

    int size() {
        return texts.size();
    }

    String text(int number) {
        return texts.get(number);
    }

    /// All numbers in the order of their texts' bytes.
    int[] sorted() {
        return texts.stream().sorted(SeriesOrder::compare).mapToInt(numbers::get).toArray();
    }
}
