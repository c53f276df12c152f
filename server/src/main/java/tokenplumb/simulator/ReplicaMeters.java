package tokenplumb.simulator;

import java.util.Arrays;

/// What one engine counts, as vLLM V1 does, and a few truths it does not expose.
final class ReplicaMeters {
    private static final double[] SECONDS = {
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double[] TOKEN_SECONDS = {
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
        80
    };

    long prefixQueries;
    long prefixHits;
    long preemptions;
    long promptTokens;
    long promptTokensCached;
    long generationTokens;
    long stopped;
    long cutOff;
    long completions; // HTTP answers, aborted ones among them
    final Tally requestPromptTokens;
    final Tally requestGenerationTokens;
    final Tally requestMaxTokens;
    final Tally requestMaxGenerationTokens;
    final Tally requestPrefillComputed;
    final Tally requestN = new Tally(1, 2, 5, 10, 20);
    final Tally iterationTokens =
            new Tally(1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384);
    final Tally firstToken =
            new Tally(
                    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5,
                    7.5, 10, 20, 40, 80, 160, 640, 2560);
    final Tally interToken = new Tally(TOKEN_SECONDS);
    final Tally perOutputToken = new Tally(TOKEN_SECONDS);
    final Tally endToEnd = new Tally(SECONDS);
    final Tally queue = new Tally(SECONDS);
    final Tally inference = new Tally(SECONDS);
    final Tally prefill = new Tally(SECONDS);
    final Tally decode = new Tally(SECONDS);
    final Tally httpFine =
            new Tally(
                    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5,
                    5, 7.5, 10, 30, 60);
    final Tally httpCoarse = new Tally(0.1, 0.5, 1);
    double requestBytes;

    // Truths for the laws; vLLM itself does not count aborted requests (vllm#31503, vllm#55634).
    long accepted;
    long aborted;
    long tokensOfEnded;
    double requestSeconds; // integral of requests in the engine over time, for Little's law
    double residence; // sum of the time each finished request has spent in the engine

    ReplicaMeters(int maxModelLength) {
        var tokens = oneTwoFive(maxModelLength);
        requestPromptTokens = new Tally(tokens);
        requestGenerationTokens = new Tally(tokens);
        requestMaxTokens = new Tally(tokens);
        requestMaxGenerationTokens = new Tally(tokens);
        requestPrefillComputed = new Tally(tokens);
    }

    /// 1, 2, 5, 10, … up to the longest request.
    private static double[] oneTwoFive(int max) {
        var bounds = new double[64];
        int count = 0;
        for (long power = 1; ; power *= 10) {
            for (int digit : new int[] {1, 2, 5}) {
                if (digit * power > max) {
                    return Arrays.copyOf(bounds, count);
                }
                bounds[count++] = digit * power;
            }
        }
    }
}
