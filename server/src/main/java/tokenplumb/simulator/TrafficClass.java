package tokenplumb.simulator;

import java.util.List;

/// A kind of traffic: how often, how long, how patient. Lengths are in tokens and log-normal.
///
/// @param perSecond new conversations (or single requests) a second, on average
/// @param wander how much the rate wanders over minutes (deviation of its logarithm)
/// @param systemTokens the length of a tenant's system prompt, which all its requests share
/// @param documents how many documents a tenant's requests quote, the popular ones more often
/// @param turns chance that a finished answer is followed by another turn
/// @param patience seconds a client waits for the first token; 0: for ever
/// @param fickle chance that a client stops reading before the end
record TrafficClass(
        String name,
        double perSecond,
        double wander,
        int tenants,
        int systemTokens,
        int documents,
        double documentTokens,
        double promptTokens,
        double promptSigma,
        double outputTokens,
        double outputSigma,
        int maxTokens,
        double turns,
        double thinkSeconds,
        double patience,
        double fickle) {

    /// What the large model serves.
    static List<TrafficClass> forLargeModel() {
        return List.of(
                new TrafficClass(
                        "chat", 2.5, 0.14, 6, 900, 0, 0, 180, 0.8, 260, 0.7, 2048, 0.60, 14, 45,
                        0.02),
                new TrafficClass(
                        "rag", 1.6, 0.18, 4, 450, 400, 1900, 70, 0.6, 190, 0.6, 768, 0, 0, 30,
                        0.01),
                new TrafficClass(
                        "code", 0.8, 0.20, 3, 1400, 0, 0, 1300, 0.6, 380, 0.8, 1024, 0.35, 20, 60,
                        0.02),
                new TrafficClass(
                        "batch", 0.25, 0.30, 2, 300, 0, 0, 1800, 0.4, 420, 0.4, 512, 0, 0, 0, 0));
    }

    /// What the small model serves.
    static List<TrafficClass> forSmallModel() {
        return List.of(
                new TrafficClass(
                        "chat", 2.4, 0.14, 8, 700, 0, 0, 150, 0.9, 420, 0.7, 2048, 0.55, 12, 40,
                        0.03),
                new TrafficClass(
                        "code", 5, 0.20, 5, 500, 0, 0, 1300, 0.6, 90, 0.7, 384, 0, 0, 8, 0.06),
                new TrafficClass(
                        "rag", 2.6, 0.20, 4, 400, 500, 1900, 60, 0.6, 190, 0.6, 512, 0, 0, 25,
                        0.01),
                new TrafficClass(
                        "batch", 0.8, 0.40, 2, 250, 0, 0, 1900, 0.5, 420, 0.4, 768, 0, 0, 0, 0));
    }
}
