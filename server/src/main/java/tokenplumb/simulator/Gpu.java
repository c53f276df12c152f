package tokenplumb.simulator;

/// One GPU: power from what it does, heat from power, clock from heat and power.
///
/// `P = idle + (busy·150 + tensor·820)·g(f) + dram·280 + leakage(T)` with `g(f) =
/// f/fmax·(V/Vmax)²`; `dT/dt = (T_inlet + R·P − T)/τ`. The driver lowers the clock in steps of 15
/// MHz above the power limit or the thermal limit and raises it again below. Energy is the integral
/// of power, to the last bit of what is exposed. The cooling of a GPU can be made worse; nothing
/// else can be set.
final class Gpu {
    static final long TICK = 250 * Agenda.MILLI;
    private static final int TICKS_PER_SAMPLE = 4;
    private static final double BUSY_WATTS = 150;
    private static final double TENSOR_WATTS = 820;
    private static final double DRAM_WATTS = 280;
    private static final double LEAKAGE_WATTS_PER_DEGREE = 0.35;
    private static final double KELVIN_PER_WATT = 0.054;
    private static final double HEAT_SECONDS = 18;
    private static final double MEMORY_HEAT_SECONDS = 25;
    private static final double HEAT_SHARE =
            1 - StrictMath.exp(-Agenda.seconds(TICK) / HEAT_SECONDS);
    private static final double MEMORY_HEAT_SHARE =
            1 - StrictMath.exp(-Agenda.seconds(TICK) / MEMORY_HEAT_SECONDS);
    private static final int CLOCK_STEP = 15;

    static final int REASON_IDLE = 0x1;
    static final int REASON_POWER_CAP = 0x4;
    static final int REASON_HW_SLOWDOWN = 0x8;
    static final int REASON_SW_THERMAL = 0x20;
    static final int REASON_HW_THERMAL = 0x40;

    /// What the exporter reports of the last second.
    record Sample(
            double busy,
            double tensor,
            double dram,
            double smActive,
            double smOccupancy,
            double linkBytesPerSecond,
            double pcieBytesPerSecond) {}

    final GpuKind kind;
    final int index;
    final String uuid;
    final String busId;
    final Activity activity;

    /// Factors on the thermal resistance between chip and air.
    final Modifiers coolingLoss = new Modifiers();

    private final double memoryUsed;
    private final double inlet;
    private final double resistance;
    private final double unevenness;

    private double clock;
    private double watts;
    private double joules;
    private double temperature;
    private double memoryTemperature;
    private int reasons;
    private double thermalSeconds;
    private double powerSeconds;

    private Sample sample = new Sample(0, 0, 0, 0, 0, 0, 0);
    private int ticks;
    private double sampledBusy;
    private double sampledTensor;
    private double sampledDram;
    private double sampledLink;
    private double sampledPcie;

    // Sums of the activity at the last tick.
    private double busySeen;
    private double tensorSeen;
    private double dramSeen;

    Gpu(
            GpuKind kind,
            int index,
            String uuid,
            String busId,
            double memoryUsed,
            Activity activity,
            Draws draws) {
        this.kind = kind;
        this.index = index;
        this.uuid = uuid;
        this.busId = busId;
        this.memoryUsed = memoryUsed;
        this.activity = activity;
        this.inlet = 24 + (index % 4) * 0.9 + draws.between(-0.6, 0.6); // rear ones get warmer air
        this.resistance = KELVIN_PER_WATT * draws.between(0.95, 1.06);
        this.unevenness = draws.between(0.97, 1.03);
        this.clock = kind.maxClock();
        this.watts = kind.idlePower();
        this.temperature = inlet + resistance * watts;
        this.memoryTemperature = temperature;
        this.reasons = REASON_IDLE;
        this.joules = draws.between(2e9, 6e9); // what it has used since the driver was loaded
    }

    /// One step of the physics, `TICK` after the one before.
    void tick(long now) {
        activity.sumUpTo(now);
        double seconds = Agenda.seconds(TICK);
        double busy = (activity.busySeconds - busySeen) / seconds;
        double tensor = (activity.tensorSeconds - tensorSeen) / seconds;
        double dram = (activity.dramSeconds - dramSeen) / seconds;
        busySeen = activity.busySeconds;
        tensorSeen = activity.tensorSeconds;
        dramSeen = activity.dramSeconds;

        double switching = BUSY_WATTS * busy + TENSOR_WATTS * tensor;
        double steady =
                kind.idlePower()
                        + DRAM_WATTS * dram
                        + LEAKAGE_WATTS_PER_DEGREE * Math.max(0, temperature - 40);
        watts = (steady + switching * gain(clock)) * unevenness;
        joules += watts * seconds;

        double settled = inlet + resistance * coolingLoss.product() * watts;
        temperature += (settled - temperature) * HEAT_SHARE;
        double memorySettled = temperature - 6 + 18 * dram;
        memoryTemperature += (memorySettled - memoryTemperature) * MEMORY_HEAT_SHARE;
        govern(busy, seconds);
        if (++ticks % TICKS_PER_SAMPLE == 0) {
            sample = sampleNow(seconds * TICKS_PER_SAMPLE);
        }
    }

    private Sample sampleNow(double seconds) {
        double busy = Math.min(1, (activity.busySeconds - sampledBusy) / seconds);
        double tensor = (activity.tensorSeconds - sampledTensor) / seconds;
        double dram = (activity.dramSeconds - sampledDram) / seconds;
        double link = (activity.linkBytes - sampledLink) / seconds;
        double pcie = (activity.pcieBytes - sampledPcie) / seconds;
        sampledBusy = activity.busySeconds;
        sampledTensor = activity.tensorSeconds;
        sampledDram = activity.dramSeconds;
        sampledLink = activity.linkBytes;
        sampledPcie = activity.pcieBytes;
        // Small kernels leave some SMs without work; large products fill them.
        double smActive = busy * (0.80 + 0.17 * Math.min(1, tensor / 0.4));
        double smOccupancy = busy * (0.14 + 0.10 * Math.min(1, tensor / 0.4));
        return new Sample(busy, tensor, dram, smActive, smOccupancy, link, pcie);
    }

    private void govern(double busy, double seconds) {
        reasons = 0;
        if (temperature >= kind.slowdownLimit()) {
            reasons |= REASON_HW_THERMAL | REASON_HW_SLOWDOWN;
            clock = Math.min(clock, kind.maxClock() / 2.0);
        }
        if (temperature >= kind.thermalLimit()) {
            clock -= CLOCK_STEP * Math.ceil(2 * (temperature - kind.thermalLimit()) + 0.1);
        } else if (watts > kind.powerLimit()) {
            reasons |= REASON_POWER_CAP;
            powerSeconds += seconds;
            clock -= CLOCK_STEP * Math.ceil((watts - kind.powerLimit()) / 12);
        } else if (temperature < kind.thermalLimit() - 0.6 && watts < kind.powerLimit() - 12) {
            clock += CLOCK_STEP;
        }
        clock = Math.clamp(clock, kind.minClock(), kind.maxClock());
        if (clock < kind.maxClock() && temperature >= kind.thermalLimit() - 1.5) {
            reasons |= REASON_SW_THERMAL;
            thermalSeconds += seconds;
        }
        if (busy == 0) {
            reasons |= REASON_IDLE;
        }
    }

    /// How switching power grows with the clock: linearly, times the square of the voltage.
    private double gain(double megahertz) {
        double share = megahertz / kind.maxClock();
        double voltage = 0.65 + 0.35 * share;
        return share * voltage * voltage;
    }

    Sample sample() {
        return sample;
    }

    double memoryUsed() {
        return memoryUsed;
    }

    /// MHz, in the steps the hardware has.
    double clock() {
        return clock;
    }

    double watts() {
        return watts;
    }

    double joules() {
        return joules;
    }

    double temperature() {
        return temperature;
    }

    double memoryTemperature() {
        return memoryTemperature;
    }

    int reasons() {
        return reasons;
    }

    double thermalSeconds() {
        return thermalSeconds;
    }

    double powerSeconds() {
        return powerSeconds;
    }
}
