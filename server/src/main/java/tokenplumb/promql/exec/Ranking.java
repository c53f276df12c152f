package tokenplumb.promql.exec;

import tokenplumb.promql.Expr.Aggregator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// `topk`, `bottomk` and `limitk`: picks, step by step, up to k columns of each group. Over several
/// steps the picked columns keep their order; at a single step they come best first.
final class Ranking {
    private final Aggregator op;
    private final List<Column> columns;
    private final int[] groupOf;
    private final Heap[] heaps;

    Ranking(Aggregator op, Grouping grouping, List<Column> columns) {
        this.op = op;
        this.columns = columns;
        this.groupOf = new int[columns.size()];
        for (int i = 0; i < groupOf.length; i++) {
            groupOf[i] = grouping.of(columns.get(i).labels);
        }
        this.heaps = new Heap[grouping.size()];
    }

    List<Column> pick(double[] ks) {
        for (int i = 0; i < heaps.length; i++) {
            heaps[i] = new Heap(op == Aggregator.BOTTOMK);
        }
        if (ks.length == 1) {
            return pickOnce(ks[0]);
        }
        var picked = new boolean[columns.size()][];
        for (int step = 0; step < ks.length; step++) {
            rank(ks[step], step);
            for (var heap : heaps) {
                for (int i = 0; i < heap.size; i++) {
                    int column = heap.columns[i];
                    if (picked[column] == null) {
                        picked[column] = new boolean[ks.length];
                    }
                    picked[column][step] = true;
                }
            }
        }
        var result = new ArrayList<Column>();
        for (int i = 0; i < picked.length; i++) {
            if (picked[i] != null) {
                columns.get(i).only(picked[i], true).ifPresent(result::add);
            }
        }
        return result;
    }

    private List<Column> pickOnce(double k) {
        rank(k, 0);
        var result = new ArrayList<Column>();
        for (var heap : heaps) {
            if (op != Aggregator.LIMITK) {
                heap.sortBestFirst();
            }
            for (int i = 0; i < heap.size; i++) {
                result.add(columns.get(heap.columns[i]));
            }
        }
        return result;
    }

    private void rank(double parameter, int step) {
        int k = (int) Math.min((long) parameter, columns.size());
        for (var heap : heaps) {
            heap.size = 0;
        }
        if (k < 1) {
            return;
        }
        for (int i = 0; i < groupOf.length; i++) {
            double value = columns.get(i).values[step];
            if (Column.isAbsent(value)) {
                if (op != Aggregator.LIMITK || !columns.get(i).hasHistogram(step)) {
                    continue;
                }
                value = 0; // as Prometheus ranks histograms where it does not rank
            }
            var heap = heaps[groupOf[i]];
            if (heap.size < k) {
                heap.push(value, i);
            } else if (op != Aggregator.LIMITK && heap.isBetterThanWorst(value)) {
                heap.replaceWorst(value, i);
            }
        }
    }

    /// The best so far, the worst of them on top; NaN is worse than anything. Breaks ties exactly
    /// as Go's `container/heap` does, so that the same series are picked.
    private static final class Heap {
        /// So few Go sorts by insertion, stably.
        private static final int FEW = 12;

        private final boolean smallestIsBest;
        private double[] values = new double[8];
        int[] columns = new int[8];
        int size;

        Heap(boolean smallestIsBest) {
            this.smallestIsBest = smallestIsBest;
        }

        private boolean worse(double a, double b) {
            if (Double.isNaN(a)) {
                return true;
            }
            return smallestIsBest ? a > b : a < b;
        }

        boolean isBetterThanWorst(double value) {
            double worst = values[0];
            return (smallestIsBest ? worst > value : worst < value)
                    || Double.isNaN(worst) && !Double.isNaN(value);
        }

        void push(double value, int column) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size * 2);
                columns = Arrays.copyOf(columns, size * 2);
            }
            values[size] = value;
            columns[size] = column;
            int child = size++;
            while (child > 0) {
                int parent = (child - 1) / 2;
                if (!worse(values[child], values[parent])) {
                    break;
                }
                swap(parent, child);
                child = parent;
            }
        }

        void replaceWorst(double value, int column) {
            values[0] = value;
            columns[0] = column;
            int parent = 0;
            while (2 * parent + 1 < size) {
                int child = 2 * parent + 1;
                if (child + 1 < size && worse(values[child + 1], values[child])) {
                    child++;
                }
                if (!worse(values[child], values[parent])) {
                    break;
                }
                swap(parent, child);
                parent = child;
            }
        }

        void sortBestFirst() {
            if (size > FEW) {
                sortMany();
                return;
            }
            for (int i = 1; i < size; i++) {
                for (int j = i; j > 0 && worse(values[j - 1], values[j]); j--) {
                    swap(j, j - 1);
                }
            }
        }

        private void sortMany() {
            var order = new Integer[size];
            Arrays.setAll(order, i -> i);
            Arrays.sort(
                    order,
                    (a, b) ->
                            worse(values[a], values[b]) == worse(values[b], values[a])
                                    ? 0
                                    : worse(values[a], values[b]) ? 1 : -1);
            var sorted = new int[size];
            for (int i = 0; i < size; i++) {
                sorted[i] = columns[order[i]];
            }
            columns = sorted;
        }

        private void swap(int a, int b) {
            double value = values[a];
            values[a] = values[b];
            values[b] = value;
            int column = columns[a];
            columns[a] = columns[b];
            columns[b] = column;
        }
    }
}
