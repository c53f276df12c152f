package tokenplumb.simulator;

import java.time.Duration;
import java.util.List;

/// What kind of fleet to run.
///
/// `seed` decides every random draw: the same seed, start and faults give the same bytes at the
/// same simulated time. `backstory` is how long the fleet has already been running when it is made.
/// `load` scales all traffic (1: a healthy, busy fleet). `timetable` holds the faults to come;
/// their `after` counts from the moment the fleet is made.
public record FleetOptions(long seed, Duration backstory, double load, List<Fault> timetable) {
    public FleetOptions {
        timetable = List.copyOf(timetable);
        if (backstory.isNegative() || backstory.compareTo(Duration.ofDays(2)) > 0) {
            throw new IllegalArgumentException(
                    "a backstory of %s is not possible: choose 0s to 2d".formatted(backstory));
        }
        if (!(load >= 0 && load <= 20)) {
            throw new IllegalArgumentException(
                    "a load of %s is not possible: choose 0 to 20; 1 is a healthy, busy fleet"
                            .formatted(load));
        }
    }

    /// The demo's fleet: half an hour old, healthy, nothing planned.
    public static FleetOptions defaults() {
        return new FleetOptions(42, Duration.ofMinutes(30), 1, List.of());
    }

    public FleetOptions withSeed(long other) {
        return new FleetOptions(other, backstory, load, timetable);
    }

    public FleetOptions withBackstory(Duration other) {
        return new FleetOptions(seed, other, load, timetable);
    }

    public FleetOptions withLoad(double other) {
        return new FleetOptions(seed, backstory, other, timetable);
    }

    public FleetOptions withTimetable(List<Fault> other) {
        return new FleetOptions(seed, backstory, load, other);
    }
}
