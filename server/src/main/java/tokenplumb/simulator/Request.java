package tokenplumb.simulator;

import java.util.Arrays;

/// One inference request: what was asked, what the engine has done of it, and who hears its end.
final class Request {
    /// How a request ended.
    enum End {
        STOP,
        LENGTH,
        ABORT
    }

    /// Hears once how a request ended.
    @FunctionalInterface
    interface Listener {
        void ended(Request request, End end);
    }

    final String trafficClass;
    final Content content;
    final int promptTokens;
    final int maxTokens;
    final int outputTokens; // where the model would stop by itself
    final long arrivedAt; // at the API server
    final Listener listener;

    // What the engine keeps of it.
    int generated;
    int computed; // tokens whose keys and values are in the cache
    int scheduled; // tokens in the step that runs now
    int[] blocks = new int[0];
    int blockCount;
    int named; // blocks whose content the cache knows
    int cachedTokens; // found in the prefix cache when first scheduled
    int preemptions;
    boolean everScheduled;
    boolean over;
    boolean abandoned; // the client has gone, the engine will notice after this step
    long queuedAt;
    long scheduledAt;
    long firstTokenAt;
    long lastTokenAt;

    Request(
            String trafficClass,
            Content content,
            int promptTokens,
            int outputTokens,
            int maxTokens,
            long arrivedAt,
            Listener listener) {
        this.trafficClass = trafficClass;
        this.content = content;
        this.promptTokens = promptTokens;
        this.outputTokens = outputTokens;
        this.maxTokens = maxTokens;
        this.arrivedAt = arrivedAt;
        this.listener = listener;
    }

    /// Prompt and everything generated so far.
    int tokens() {
        return promptTokens + generated;
    }

    boolean finished() {
        return generated >= Math.min(outputTokens, maxTokens);
    }

    void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(8, blocks.length * 2));
        }
        blocks[blockCount++] = block;
    }

    /// What the tokens are, without their text: the prompt is a run of streams (a tenant's system
    /// prompt, then a document, then the rest), each known up to a position. Two requests share
    /// exactly the blocks whose last token lies in the same stream at the same position, because a
    /// stream's name stands for all that came before it too.
    record Content(long[] streams, int[] ends) {
        Content {
            if (streams.length != ends.length + 1) {
                throw new IllegalArgumentException("bug: the last stream has no end");
            }
        }

        /// The key of a full block.
        long key(int block) {
            int last = block * BlockPool.TOKENS + BlockPool.TOKENS - 1;
            int segment = 0;
            while (segment < ends.length && last >= ends[segment]) {
                segment++;
            }
            long key = Draws.mix(streams[segment] + 0x632BE59BD9B4E019L * (block + 1L));
            return key == 0 ? 1 : key;
        }
    }
}
