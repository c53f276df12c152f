package tokenplumb.scrape;

/// Says when a loop's next round begins.
@FunctionalInterface
interface Ticks {
    /// Waits for the next round and answers its time, in milliseconds since the epoch.
    long next() throws InterruptedException;
}
