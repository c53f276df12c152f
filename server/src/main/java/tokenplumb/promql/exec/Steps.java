package tokenplumb.promql.exec;

/// The times a node is evaluated at: from `start`, every `step`, `count` of them. Milliseconds.
record Steps(long start, long step, int count) {
    static Steps at(long time) {
        return new Steps(time, 1, 1);
    }

    static Steps between(long start, long end, long step) {
        return end < start
                ? new Steps(start, step, 0)
                : new Steps(start, step, Math.toIntExact((end - start) / step + 1));
    }

    long time(int i) {
        return start + i * step;
    }

    long last() {
        return time(count - 1);
    }

    boolean isOne() {
        return count == 1;
    }
}
