package tokenplumb.tsdb.dense;

import java.util.Arrays;

/// What a decoder will meet, in its order: for each number a context, a class of residual and raw
/// bits. Made to be reused. Not thread-safe.
final class Tokens {
    private int[] contexts = new int[1024]; // model << 16 | context within it
    private short[] classes = new short[1024];
    private long[] raws = new long[1024];
    private int size;

    void reset() {
        size = 0;
    }

    int size() {
        return size;
    }

    void add(int context, int residualClass, long raw) {
        if (size == classes.length) {
            contexts = Arrays.copyOf(contexts, size * 2);
            classes = Arrays.copyOf(classes, size * 2);
            raws = Arrays.copyOf(raws, size * 2);
        }
        contexts[size] = context;
        classes[size] = (short) residualClass;
        raws[size++] = raw;
    }

    int context(int i) {
        return contexts[i];
    }

    int residualClass(int i) {
        return classes[i];
    }

    long raw(int i) {
        return raws[i];
    }
}
