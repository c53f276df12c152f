package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// A label name with a value, and the rows of the series that carry it. Few rows stand in a plain
/// array, because most values of labels like `pod` have few and a bitmap costs a hundred bytes
/// before its first. Guarded by the index's lock.
final class Pair {
    private static final int FEW = 8;

    final int id;
    final LabelName name;
    final String value;
    private int[] few = new int[1];
    private int size; // of few
    private RoaringBitmap many; // null until few is too few

    Pair(int id, LabelName name, String value) {
        this.id = id;
        this.name = name;
        this.value = value;
    }

    void add(int row) {
        if (many != null) {
            many.add(row);
            return;
        }
        if (size == FEW) {
            many = RoaringBitmap.bitmapOf(few);
            many.add(row);
            few = new int[0];
            size = 0;
            return;
        }
        if (size == few.length) {
            few = Arrays.copyOf(few, size * 2);
        }
        few[size++] = row;
    }

    void remove(int row) {
        if (many != null) {
            many.remove(row);
            return;
        }
        for (int i = 0; i < size; i++) {
            if (few[i] == row) {
                few[i] = few[--size];
                return;
            }
        }
    }

    int cardinality() {
        return many == null ? size : many.getCardinality();
    }

    void addTo(RoaringBitmap rows) {
        if (many != null) {
            rows.or(many);
            return;
        }
        for (int i = 0; i < size; i++) {
            rows.add(few[i]);
        }
    }

    /// Whether any of its rows passes.
    boolean anyRow(IntPredicate passes) {
        if (many == null) {
            for (int i = 0; i < size; i++) {
                if (passes.test(few[i])) {
                    return true;
                }
            }
            return false;
        }
        for (var rows = many.getIntIterator(); rows.hasNext(); ) {
            if (passes.test(rows.next())) {
                return true;
            }
        }
        return false;
    }

    /// Its rows as a bitmap of the caller's own.
    RoaringBitmap rows() {
        return many == null ? RoaringBitmap.bitmapOf(Arrays.copyOf(few, size)) : many.clone();
    }
}
