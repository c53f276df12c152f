package tokenplumb.simulator;

import java.util.List;
import java.util.Map;

/// The arrivals at one model come in bursts: little for 90 seconds, a flood for 10, the same mean
/// as before. Averages look healthy; the queue explodes once in every 100 seconds.
final class BurstyQueue implements Ailment {
    private static final long CALM = 90 * Agenda.SECOND;
    private static final long FLOOD = 10 * Agenda.SECOND;

    @Override
    public String kind() {
        return "bursty-queue";
    }

    @Override
    public String says() {
        return "arrivals at one model come in bursts, 90 s calm and 10 s flood, with the same mean";
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of(
                "model", "a model's name",
                "severity", "0..1: how much of the traffic comes in the flood (default 0.8)");
    }

    @Override
    public Course course(World world, String id, Map<String, String> parameters) {
        var service = Ailment.service(world, parameters);
        double severity = Ailment.severity(parameters);
        double share = 0.1 + 0.85 * severity; // of all arrivals, in a tenth of the time
        double flood = share / 0.1;
        double calm = (1 - share) / 0.9;
        var wave = new Wave(world.agenda, world.trafficOf(service), id, calm, flood);
        return new Course(
                "arrivals at %s are multiplied by %.2f for 90 s and by %.1f for 10 s, in turn"
                        .formatted(service.model().name(), calm, flood),
                Map.of("model", service.model().name()),
                severity,
                wave::calm,
                wave::end);
    }

    /// Turns the rates up and down until it ends.
    private static final class Wave {
        private final Agenda agenda;
        private final List<Traffic> traffic;
        private final String id;
        private final double calm;
        private final double flood;
        private boolean over;

        Wave(Agenda agenda, List<Traffic> traffic, String id, double calm, double flood) {
            this.agenda = agenda;
            this.traffic = traffic;
            this.id = id;
            this.calm = calm;
            this.flood = flood;
        }

        void calm() {
            turn(calm, CALM, this::flood);
        }

        private void flood() {
            turn(flood, FLOOD, this::calm);
        }

        private void turn(double factor, long lasting, Runnable next) {
            if (!over) {
                traffic.forEach(each -> each.rate.put(id, factor));
                agenda.after(lasting, next);
            }
        }

        void end() {
            over = true;
            traffic.forEach(each -> each.rate.remove(id));
        }
    }
}
