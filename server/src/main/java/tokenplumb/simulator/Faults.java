package tokenplumb.simulator;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// The faults of one world: which kinds there are, and every one ordered, with its truth. Not
/// thread-safe.
final class Faults {
    static final List<Ailment> KINDS =
            List.of(new KvCacheThrash(), new ThermalThrottle(), new BurstyQueue());
    private static final int MOST = 1000;

    /// One order and how far it has come.
    private static final class Ordered {
        final String id;
        final String kind;
        final Ailment.Course course;
        Instant from;
        Instant until;
        FaultTruth.State state = FaultTruth.State.PLANNED;

        Ordered(String id, String kind, Ailment.Course course, Instant from, Instant until) {
            this.id = id;
            this.kind = kind;
            this.course = course;
            this.from = from;
            this.until = until;
        }
    }

    private final World world;
    private final List<Ordered> all = new ArrayList<>();

    Faults(World world) {
        this.world = world;
    }

    /// Plans a fault; its `after` counts from `base`, nanoseconds since the fleet began.
    FaultTruth order(Fault fault, long base) {
        var ailment = ailment(fault);
        if (all.size() >= MOST) {
            throw new IllegalArgumentException(
                    "there were %d faults already: start a new fleet".formatted(MOST));
        }
        var id = fault.kind() + '-' + (all.size() + 1);
        var course = ailment.course(world, id, fault.parameters());
        long begin = base + fault.after().toNanos();
        long end = begin + fault.lasting().toNanos();
        var from = now().plusNanos(begin - world.agenda.now());
        var ordered = new Ordered(id, fault.kind(), course, from, from.plus(fault.lasting()));
        all.add(ordered);
        world.agenda.at(begin, () -> begin(ordered));
        world.agenda.at(end, () -> end(ordered));
        return truth(ordered);
    }

    private static Ailment ailment(Fault fault) {
        var ailment =
                KINDS.stream()
                        .filter(each -> each.kind().equals(fault.kind()))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "there is no fault \"%s\": choose one of %s"
                                                .formatted(
                                                        fault.kind(),
                                                        KINDS.stream()
                                                                .map(Ailment::kind)
                                                                .toList())));
        var unknown = new TreeSet<>(fault.parameters().keySet());
        unknown.removeAll(ailment.parameters().keySet());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s has no parameter %s: it knows %s"
                            .formatted(
                                    fault.kind(),
                                    unknown,
                                    new TreeSet<>(ailment.parameters().keySet())));
        }
        return ailment;
    }

    private void begin(Ordered ordered) {
        if (ordered.state == FaultTruth.State.PLANNED) {
            ordered.state = FaultTruth.State.ACTIVE;
            ordered.from = now();
            ordered.course.begin().run();
        }
    }

    private void end(Ordered ordered) {
        if (ordered.state == FaultTruth.State.OVER) {
            return;
        }
        if (ordered.state == FaultTruth.State.ACTIVE) {
            ordered.course.end().run();
            ordered.until = now();
        } else {
            ordered.until = ordered.from; // cleared before it began
        }
        ordered.state = FaultTruth.State.OVER;
    }

    private Instant now() {
        return Instant.ofEpochMilli(world.millis());
    }

    /// Ends a fault now; false when it is over or was never there.
    boolean clear(String id) {
        for (var ordered : all) {
            if (ordered.id.equals(id) && ordered.state != FaultTruth.State.OVER) {
                end(ordered);
                return true;
            }
        }
        return false;
    }

    List<FaultTruth> truths() {
        return all.stream().map(this::truth).toList();
    }

    private FaultTruth truth(Ordered ordered) {
        return new FaultTruth(
                ordered.id,
                ordered.kind,
                ordered.course.what(),
                Map.copyOf(ordered.course.where()),
                ordered.from,
                ordered.until,
                ordered.course.severity(),
                ordered.state);
    }
}
