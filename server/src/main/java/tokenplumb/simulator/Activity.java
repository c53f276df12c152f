package tokenplumb.simulator;

/// What the GPUs of one replica are doing, and the sums of it over time. Levels hold from one
/// [#set] to the next; readers take differences of the sums.
final class Activity {
    private long since;
    private double busyLevel;
    private double tensorLevel;
    private double dramLevel;
    private double linkLevel;
    private double pcieLevel;

    double busySeconds;
    double tensorSeconds;
    double dramSeconds;
    double linkBytes;
    double pcieBytes;

    /// From now on: the shares of time (0 to 1) in which kernels run, the tensor pipes and the
    /// memory interface are active, and bytes/s over NVLink and PCIe.
    void set(long now, double busy, double tensor, double dram, double link, double pcie) {
        sumUpTo(now);
        busyLevel = busy;
        tensorLevel = tensor;
        dramLevel = dram;
        linkLevel = link;
        pcieLevel = pcie;
    }

    void idle(long now) {
        set(now, 0, 0, 0, 0, 0);
    }

    void sumUpTo(long now) {
        double seconds = Agenda.seconds(now - since);
        busySeconds += busyLevel * seconds;
        tensorSeconds += tensorLevel * seconds;
        dramSeconds += dramLevel * seconds;
        linkBytes += linkLevel * seconds;
        pcieBytes += pcieLevel * seconds;
        since = now;
    }
}
