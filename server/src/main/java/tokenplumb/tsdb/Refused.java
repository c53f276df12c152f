package tokenplumb.tsdb;

import java.io.IOException;
import java.time.InstantSource;

/// Tells of commits that the disk refuses: when it begins, with what to do about it, and when it is
/// over. On a full disk a small commit may still fit where a large one does not, so it is over only
/// when nothing has been refused for a while. Thread-safe.
final class Refused {
    private static final long QUIET_MILLIS = 10_000;

    private final String disk;
    private final InstantSource clock;
    private final System.Logger log;
    private long commits; // refused in this episode; guarded by this
    private long last; // when one was refused; guarded by this
    private volatile boolean isOn;

    Refused(String disk, InstantSource clock, System.Logger log) {
        this.disk = disk;
        this.clock = clock;
        this.log = log;
    }

    synchronized void failed(IOException why) {
        commits++;
        last = clock.millis();
        if (isOn) {
            return;
        }
        isOn = true;
        log.log(
                System.Logger.Level.ERROR,
                "new samples are refused: {0}. What is stored can be read, and samples are taken"
                    + " again by themselves as soon as the disk does: free space on {1}, give it"
                    + " more, or lower storage.tsdb.retention.size",
                why.getMessage(),
                disk);
    }

    void worked() {
        if (isOn) {
            over();
        }
    }

    private synchronized void over() {
        if (isOn && clock.millis() - last >= QUIET_MILLIS) {
            log.log(
                    System.Logger.Level.WARNING,
                    "samples are taken again; {0} commits were refused",
                    commits);
            commits = 0;
            isOn = false;
        }
    }
}
