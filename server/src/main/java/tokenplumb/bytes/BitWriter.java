package tokenplumb.bytes;

/// Bits, most significant first, handed on as full 64-bit words; what does not fill a word yet
/// stays here. Not thread-safe.
public final class BitWriter {
    /// Takes the words as they fill up, in order.
    public interface Words {
        void add(long word);
    }

    private final Words words;
    private long word;
    private int used; // 0..63 bits of it

    public BitWriter(Words words) {
        this.words = words;
    }

    /// Goes on with an unfinished word of which the top `usedBits` bits are written.
    public void resume(long unfinished, int usedBits) {
        this.word = unfinished;
        this.used = usedBits;
    }

    /// The unfinished word; its bits beyond [#used] are zero.
    public long word() {
        return word;
    }

    public int used() {
        return used;
    }

    /// Appends the lowest `count` bits of `value`; `count` is 1 to 64 and the bits above are zero.
    public void write(long value, int count) {
        assert count == 64 || value >>> count == 0 : "bug: more bits than counted";
        int room = 64 - used;
        if (count < room) {
            word |= value << (room - count);
            used += count;
            return;
        }
        int rest = count - room;
        words.add(word | value >>> rest);
        word = rest == 0 ? 0 : value << (64 - rest);
        used = rest;
    }
}
