package tokenplumb.tsdb.block;

import java.util.random.RandomGenerator;

/// Names of blocks: 48 bits of time and 80 random ones, as 26 letters that sort by time.
public final class Ulid {
    private static final String LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int LENGTH = 26;
    private static final int TIME_LETTERS = 10;

    private Ulid() {}

    /// A new name for a block made at `nowMillis`.
    public static String next(long nowMillis, RandomGenerator random) {
        var letters = new char[LENGTH];
        long time = nowMillis;
        for (int i = TIME_LETTERS - 1; i >= 0; i--) {
            letters[i] = LETTERS.charAt((int) (time & 31));
            time >>>= 5;
        }
        for (int i = TIME_LETTERS; i < LENGTH; i++) {
            letters[i] = LETTERS.charAt(random.nextInt(32));
        }
        return new String(letters);
    }

    /// Whether a folder's name (without the folders above) is that of a block.
    public static boolean is(String name) {
        if (name.length() != LENGTH || name.charAt(0) > '7') {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            if (LETTERS.indexOf(name.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /// When the block was made, milliseconds since the epoch.
    public static long time(String ulid) {
        long time = 0;
        for (int i = 0; i < TIME_LETTERS; i++) {
            time = time << 5 | LETTERS.indexOf(ulid.charAt(i));
        }
        return time;
    }
}
