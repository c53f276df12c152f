package tokenplumb.yaml;

/// A mistake in a YAML file: where it stands and what is wrong, with a hint how to mend it.
public final class YamlError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Position where;
    private final String what;

    public YamlError(Position where, String what) {
        super(where + ": " + what);
        this.where = where;
        this.what = what;
    }

    public Position where() {
        return where;
    }

    /// The message without the position.
    public String what() {
        return what;
    }
}
