package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;
import tokenplumb.signal.Metadata;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// What an exposition says about its metric families, and the names of its metrics; bounded.
/// Immutable.
record Families(Map<String, Metadata> metadata, Set<String> names) {
    private static final int MOST = 10_000;
    private static final int LONGEST = 1000;
    static final Families NONE = new Families(Map.of(), Set.of());

    private static final Metadata NOTHING = new Metadata(Metadata.Type.UNKNOWN, "", "");

    /// What many targets say alike is kept once. Thread-safe.
    static final class Shared {
        private static final int MOST_KEPT = 64;

        private final Map<Families, Families> known = // guarded by this
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Families, Families> eldest) {
                        return size() > MOST_KEPT;
                    }
                };

        /// One that is equal, or this.
        synchronized Families of(Families families) {
            return known.computeIfAbsent(families, same -> same);
        }
    }

    /// Of a body that has been read without an error before.
    static Families of(Format format, byte[] body, int length) throws ExpositionException {
        var metadata = new LinkedHashMap<String, Metadata>();
        var names = new HashSet<String>();
        var exposition = new Exposition();
        exposition.reset(format, body, length);
        while (true) {
            var entry = exposition.next();
            if (entry == Exposition.Entry.END || names.size() >= MOST) {
                return new Families(Map.copyOf(metadata), Set.copyOf(names));
            }
            if (entry == Exposition.Entry.SERIES) {
                names.add(exposition.name());
            } else if (entry != Exposition.Entry.COMMENT && metadata.size() < MOST) {
                names.add(exposition.family());
                metadata.merge(
                        exposition.family(),
                        said(entry, exposition, NOTHING),
                        (before, now) -> said(entry, exposition, before));
            }
        }
    }

    private static Metadata said(Exposition.Entry entry, Exposition exposition, Metadata before) {
        return switch (entry) {
            case TYPE -> new Metadata(exposition.type(), before.help(), before.unit());
            case HELP -> new Metadata(before.type(), cut(exposition.text()), before.unit());
            case UNIT -> new Metadata(before.type(), before.help(), cut(exposition.text()));
            case SERIES, COMMENT, END -> before;
        };
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
    }
}
