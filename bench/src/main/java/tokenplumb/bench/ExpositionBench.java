package tokenplumb.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Reading an engine's exposition from the first byte to the last, nothing remembered: what the
/// first scrape of a target costs, per body of some 600 samples.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ExpositionBench {
    private byte[] body = {};
    private final Exposition exposition = new Exposition();

    @Setup
    public void write() {
        var random = new Random(42);
        var text = new StringBuilder();
        for (int family = 0; family < 22; family++) {
            var name = "vllm:family_" + family + "_seconds";
            text.append("# HELP ").append(name).append(" Histogram of something in seconds.\n");
            text.append("# TYPE ").append(name).append(" histogram\n");
            long count = 0;
            for (int bucket = 0; bucket < 24; bucket++) {
                count += random.nextInt(10_000);
                text.append(
                        "%s_bucket{engine=\"0\",le=\"%s\",model_name=\"meta-llama/Llama-3.3-70B\"} %s%n"
                                .formatted(name, bucket * 0.25, count + ".0"));
            }
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%s_sum{engine=\"0\",model_name=\"meta-llama/Llama-3.3-70B\"} %f%n",
                            name,
                            random.nextDouble() * 1e6));
        }
        body = text.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public double readWhole() throws ExpositionException {
        exposition.reset(Format.TEXT, body, body.length);
        double sum = 0;
        while (exposition.next() != Exposition.Entry.END) {
            sum += exposition.value();
        }
        return sum;
    }
}
