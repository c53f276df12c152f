package tokenplumb.tsdb;

import java.io.IOException;

/// Tells of commits that the disk refuses: when it begins, with what to do about it, and when it is
/// over. Thread-safe.
final class Refused {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private final String disk;
    private long commits; // since the last that went well; guarded by this
    private volatile boolean isOn;

    Refused(String disk) {
        this.disk = disk;
    }

    synchronized void failed(IOException why) {
        commits++;
        if (isOn) {
            return;
        }
        isOn = true;
        LOG.log(
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
        if (isOn) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "samples are taken again; {0} commits were refused",
                    commits);
            commits = 0;
            isOn = false;
        }
    }
}
