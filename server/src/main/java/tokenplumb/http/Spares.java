package tokenplumb.http;

/// A few arrays that bodies were in and others may be. They are lent for the moment in which a body
/// comes and is read, so few serve many targets. Thread-safe; guarded by itself.
final class Spares {
    private static final int LEAST = 4 << 10;
    private static final int LARGEST = 1 << 20;
    private static final int SLOTS = 8;
    private static final int MOST_TOO_LARGE = 4;

    private final byte[][] arrays = new byte[SLOTS][];

    /// An array of at least this length; what is in it is anything.
    byte[] take(int length) {
        if (length <= LARGEST) {
            var spare = smallest(length);
            if (spare.length > 0) {
                return spare;
            }
        }
        return new byte[length > LARGEST ? length : roundedUp(length)];
    }

    private static int roundedUp(int length) {
        return length <= LEAST ? LEAST : Integer.highestOneBit(length - 1) << 1;
    }

    private synchronized byte[] smallest(int length) {
        int best = -1;
        for (int i = 0; i < SLOTS; i++) {
            var array = arrays[i];
            if (array != null
                    && array.length >= length
                    && array.length / MOST_TOO_LARGE <= Math.max(LEAST, length)
                    && (best < 0 || array.length < arrays[best].length)) {
                best = i;
            }
        }
        if (best < 0) {
            return new byte[0];
        }
        var array = arrays[best];
        arrays[best] = null;
        return array;
    }

    /// A larger one with the same first bytes, in exchange for this one.
    byte[] grow(byte[] array, int used, int length) {
        var larger = take(length);
        System.arraycopy(array, 0, larger, 0, used);
        give(array);
        return larger;
    }

    /// Nobody uses the array any more.
    synchronized void give(byte[] array) {
        if (array.length < LEAST || array.length > LARGEST) {
            return;
        }
        for (int i = 0; i < SLOTS; i++) {
            if (arrays[i] == null) {
                arrays[i] = array;
                return;
            }
        }
    }
}
