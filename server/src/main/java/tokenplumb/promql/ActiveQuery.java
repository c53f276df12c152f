package tokenplumb.promql;

import java.time.Instant;

/// A query that runs or waits for its turn, as it is at one moment.
///
/// @param since when it was asked
/// @param position how many start before it, counted from 1; 0 once it runs
/// @param start first step, milliseconds; equal to `end` where only one moment is asked for
/// @param step milliseconds; 0 where only one moment is asked for
/// @param samples read so far
/// @param bytes held now
public record ActiveQuery(
        long id,
        String query,
        Instant since,
        Asker asker,
        int position,
        long start,
        long end,
        long step,
        long samples,
        long bytes) {
    public boolean isRunning() {
        return position == 0;
    }

    public long steps() {
        return step == 0 ? 1 : (end - start) / step + 1;
    }
}
