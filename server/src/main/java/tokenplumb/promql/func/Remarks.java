package tokenplumb.promql.func;

import java.util.EnumSet;
import java.util.Set;

/// What has been noticed in a calculation. Made to be reused: [#clear]. Not thread-safe.
public final class Remarks {
    private final EnumSet<Remark> noted = EnumSet.noneOf(Remark.class);

    public void note(Remark remark) {
        noted.add(remark);
    }

    public boolean has(Remark remark) {
        return noted.contains(remark);
    }

    public boolean isEmpty() {
        return noted.isEmpty();
    }

    public void clear() {
        noted.clear();
    }

    /// All of them, in the order of their declaration.
    public Set<Remark> all() {
        return EnumSet.copyOf(noted);
    }
}
