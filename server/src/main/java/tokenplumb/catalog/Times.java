package tokenplumb.catalog;

/// Adding to times that may already be the earliest or latest there is.
final class Times {
    private Times() {}

    static long minus(long time, long millis) {
        return time < Long.MIN_VALUE + millis ? Long.MIN_VALUE : time - millis;
    }

    static long plus(long time, long millis) {
        return time > Long.MAX_VALUE - millis ? Long.MAX_VALUE : time + millis;
    }
}
