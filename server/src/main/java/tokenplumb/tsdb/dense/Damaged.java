package tokenplumb.tsdb.dense;

/// A place in a file that cannot be used.
final class Damaged extends Exception {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;

    Damaged(String file, long offset, String what) {
        super(what);
        this.file = file;
        this.offset = offset;
    }

    String file() {
        return file;
    }

    long offset() {
        return offset;
    }
}
