package tokenplumb.tsdb.bulk;

import tokenplumb.signal.Samples;

import java.util.Arrays;

/// Samples of one series as they come, in few bytes: a sample is the change of the time's change,
/// and what differs of the value's bits. Not thread-safe.
final class Column {
    private static final int LONGEST = 20;

    private byte[] bytes = new byte[32];
    private int size;
    private int count;
    private long lastTime;
    private long lastChange;
    private long lastBits;
    private boolean isSorted = true;

    int count() {
        return count;
    }

    /// Appends; by how many bytes the array has grown.
    int add(long time, double value) {
        int grown = 0;
        if (bytes.length - size < LONGEST) {
            grown = bytes.length / 2 + LONGEST;
            bytes = Arrays.copyOf(bytes, bytes.length + grown);
        }
        long change = count == 0 ? 0 : time - lastTime;
        isSorted &= count == 0 || change > 0;
        long ofChange = count == 0 ? time : change - lastChange;
        put(ofChange << 1 ^ ofChange >> 63);
        long bits = Double.doubleToRawLongBits(value);
        put(Long.reverse(bits ^ lastBits));
        lastChange = change;
        lastTime = time;
        lastBits = bits;
        count++;
        return grown;
    }

    private void put(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /// Appends all, in time order; of several at one time only the first.
    void read(Samples into) {
        if (!isSorted) {
            readSorted(into);
            return;
        }
        readAsCome(into);
    }

    private void readAsCome(Samples into) {
        int at = 0;
        long time = 0;
        long change = 0;
        long bits = 0;
        for (int i = 0; i < count; i++) {
            long raw = 0;
            for (int shift = 0; ; shift += 7) {
                byte b = bytes[at++];
                raw |= (b & 0x7fL) << shift;
                if (b >= 0) {
                    break;
                }
            }
            long ofChange = raw >>> 1 ^ -(raw & 1);
            if (i == 0) {
                time = ofChange;
            } else {
                change += ofChange;
                time += change;
            }
            long changed = 0;
            for (int shift = 0; ; shift += 7) {
                byte b = bytes[at++];
                changed |= (b & 0x7fL) << shift;
                if (b >= 0) {
                    break;
                }
            }
            bits ^= Long.reverse(changed);
            into.add(time, Double.longBitsToDouble(bits));
        }
    }

    private void readSorted(Samples into) {
        var asCome = new Samples();
        readAsCome(asCome);
        var order = new Integer[count];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Long.compare(asCome.time(a), asCome.time(b))); // stable
        for (int i = 0; i < count; i++) {
            if (i == 0 || asCome.time(order[i]) != asCome.time(order[i - 1])) {
                into.add(asCome.time(order[i]), asCome.value(order[i]));
            }
        }
    }
}
