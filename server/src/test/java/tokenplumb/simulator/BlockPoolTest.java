package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

class BlockPoolTest {
    /// The same pool, written to be obviously right.
    private static final class Plain {
        final int[] users;
        final Map<Integer, Long> keys = new HashMap<>();
        final Set<Integer> free = new LinkedHashSet<>();

        Plain(int blocks) {
            users = new int[blocks];
            for (int block = 0; block < blocks; block++) {
                free.add(block);
            }
        }

        int find(long key) {
            return keys.entrySet().stream()
                    .filter(each -> each.getValue() == key)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(BlockPool.NONE);
        }

        int take() {
            int block = free.iterator().next();
            free.remove(block);
            keys.remove(block);
            users[block] = 1;
            return block;
        }

        void share(int block) {
            users[block]++;
            free.remove(block);
        }

        void release(int block) {
            if (--users[block] == 0) {
                free.add(block);
            }
        }

        void name(int block, long key) {
            if (!keys.containsKey(block) && find(key) == BlockPool.NONE) {
                keys.put(block, key);
            }
        }
    }

    @Test
    void doesWhatThePlainPoolDoes() {
        Seeds.forEach(
                200,
                random -> {
                    int blocks = 1 + random.nextInt(40);
                    var pool = new BlockPool(blocks);
                    var plain = new Plain(blocks);
                    List<Integer> held = new ArrayList<>();
                    var keys = new long[30];
                    for (int i = 0; i < keys.length; i++) {
                        // Keys that meet in the hash table, too.
                        keys[i] = (random.nextInt(6) + 64L * random.nextInt(3) + 1) << 24;
                    }
                    for (int step = 0; step < 300; step++) {
                        long key = keys[random.nextInt(keys.length)];
                        switch (random.nextInt(4)) {
                            case 0 -> {
                                if (pool.free() > 0) {
                                    int block = pool.take();
                                    assertThat(block).isEqualTo(plain.take());
                                    held.add(block);
                                }
                            }
                            case 1 -> {
                                if (!held.isEmpty()) {
                                    int block =
                                            held.remove(/* index */ random.nextInt(held.size()));
                                    pool.release(block);
                                    plain.release(block);
                                }
                            }
                            case 2 -> {
                                if (!held.isEmpty()) {
                                    int block = held.get(random.nextInt(held.size()));
                                    pool.name(block, key);
                                    plain.name(block, key);
                                }
                            }
                            default -> {
                                int block = pool.find(key);
                                assertThat(block).isEqualTo(plain.find(key));
                                if (block != BlockPool.NONE) {
                                    pool.share(block);
                                    plain.share(block);
                                    held.add(block);
                                }
                            }
                        }
                        assertThat(pool.free()).isEqualTo(plain.free.size());
                        assertThat(pool.countUsed() + pool.free()).isEqualTo(blocks);
                    }
                });
    }

    @Test
    void refusesToTakeFromAFullCacheAndToReleaseTwice() {
        var pool = new BlockPool(1);
        int block = pool.take();
        assertThatThrownBy(pool::take).hasMessageContaining("bug");
        pool.release(block);
        assertThatThrownBy(() -> pool.release(block)).hasMessageContaining("bug");
    }

    @Test
    void aFreedBlockIsFoundUntilSomeoneElseTakesIt() {
        var pool = new BlockPool(2);
        int block = pool.take();
        pool.name(block, 7L << 30);
        pool.release(block);
        assertThat(pool.usage()).isZero();
        assertThat(pool.find(7L << 30)).isEqualTo(block);
        pool.take(); // the other one, unused for longer
        assertThat(pool.find(7L << 30)).isEqualTo(block);
        pool.take();
        assertThat(pool.find(7L << 30)).isEqualTo(BlockPool.NONE);
    }
}
