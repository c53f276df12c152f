package tokenplumb.catalog;

import java.util.ArrayList;
import java.util.List;

/// A dotted version; `about` when it is known by a change's date only (written `~0.16`). `NONE`
/// says that nothing is known.
record Version(List<Integer> parts, boolean about) implements Comparable<Version> {
    static final Version NONE = new Version(List.of(), false);

    Version {
        parts = List.copyOf(parts);
    }

    /// Throws [IllegalArgumentException] with a message fit for the user.
    static Version parse(String text) {
        boolean about = text.startsWith("~");
        var parts = new ArrayList<Integer>();
        for (var part : text.substring(about ? 1 : 0).split("\\.", -1)) {
            if (!part.matches("\\d{1,6}")) {
                throw new IllegalArgumentException(
                        "not a version: \"%s\"; write it like \"0.9.2\" or \"~0.16\""
                                .formatted(text));
            }
            parts.add(Integer.valueOf(part));
        }
        return new Version(parts, about);
    }

    boolean isKnown() {
        return !parts.isEmpty();
    }

    @Override
    public int compareTo(Version other) {
        int common = Math.max(parts.size(), other.parts.size());
        for (int i = 0; i < common; i++) {
            int order = Integer.compare(part(i), other.part(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private int part(int i) {
        return i < parts.size() ? parts.get(i) : 0;
    }

    @Override
    public String toString() {
        return (about ? "~" : "") + String.join(".", parts.stream().map(String::valueOf).toList());
    }
}
