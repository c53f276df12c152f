package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.io.IOException;

/// Reads what a Prometheus that ran in a folder had not put into blocks yet: its log (`wal/` with
/// checkpoints), its chunk files (`chunks_head/`) and its late samples (`wbl/`).
public final class PrometheusWal {
    private PrometheusWal() {}

    /// Whether a folder holds any of them.
    public static boolean isThere(Disk disk) throws IOException {
        return disk.list("wal").stream().anyMatch(name -> name.matches("wal/[0-9]{8}"))
                || !disk.list("chunks_head").isEmpty();
    }

    /// Takes in what is found.
    public interface Sink {
        /// A series, before anything of it; what it answers is passed back with its samples.
        long series(Labels labels);

        /// A sample; of one series in time order, but late ones after the others.
        void sample(long series, long timeMillis, double value);

        void histogram(long series, long timeMillis, Histogram histogram);

        default void exemplar(long series, Exemplar exemplar) {}

        default void metadata(long series, Metadata metadata) {}

        /// Samples from `from` to `to` (both included) before this one were deleted.
        default void deleted(long series, long from, long to) {}

        /// Something cannot be read and was left out.
        void damaged(String file, long offset, String what);
    }

    /// Reads all of it.
    public static void replay(Disk disk, Sink sink) throws IOException {
        if (isThere(disk)) {
            throw new UnsupportedOperationException("on its way");
        }
    }
}
