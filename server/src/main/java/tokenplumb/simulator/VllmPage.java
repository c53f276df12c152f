package tokenplumb.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/// The exposition of one vLLM V1 engine: families, help, order, labels and numbers as a default
/// server of mid-2026 writes them through the Python client.
final class VllmPage {
    private final Page page = new Page();
    private final String model;
    private final double born; // seconds since the epoch, when the engine made its metrics
    private int made;

    private VllmPage(String model, double born) {
        this.model = model;
        this.born = born;
    }

    static Page of(Replica replica, long startMillis) {
        var text = new VllmPage(replica.model.name(), startMillis / 1000.0 - 3.1);
        text.process(replica);
        text.gauges(replica);
        text.counters(replica.meters);
        text.histograms(replica.meters);
        text.cacheConfig(replica);
        text.http(replica.meters);
        return text.page;
    }

    /// When the next series was made: each a few microseconds after the one before.
    private DoubleSupplier created() {
        double at = born + made++ * 1.7e-5;
        return () -> at;
    }

    private void process(Replica replica) {
        var meters = replica.meters;
        DoubleSupplier turns = () -> meters.completions;
        page.family("python_gc_objects_collected_total", "counter", "Objects collected during gc");
        generations("python_gc_objects_collected_total", turns, 19094, 8568, 486);
        page.family(
                "python_gc_objects_uncollectable_total",
                "counter",
                "Uncollectable objects found during GC");
        generations("python_gc_objects_uncollectable_total", () -> 0, 0, 0, 0);
        page.family(
                "python_gc_collections_total",
                "counter",
                "Number of times this generation was collected");
        generations("python_gc_collections_total", turns, 1641, 149, 10);
        page.family("python_info", "gauge", "Python platform information");
        plain(
                "python_info",
                () -> 1,
                "implementation",
                "CPython",
                "major",
                "3",
                "minor",
                "12",
                "patchlevel",
                "13",
                "version",
                "3.12.13");
        gauge(
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
                () -> 1.0777853952e10);
        gauge(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
                () -> 1.279638016e9 + 4096.0 * Math.floorMod(meters.completions * 37, 9000));
        gauge(
                "process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                constant(Math.rint((born - 71.4) * 100) / 100));
        page.family(
                "process_cpu_seconds_total",
                "counter",
                "Total user and system CPU time spent in seconds.");
        plain(
                "process_cpu_seconds_total",
                () ->
                        Math.rint(
                                        (48.78
                                                        + meters.accepted * 6e-3
                                                        + meters.generationTokens * 55e-6)
                                                * 100)
                                / 100);
        gauge(
                "process_open_fds",
                "Number of open file descriptors.",
                () -> 50 + replica.outstanding());
        gauge("process_max_fds", "Maximum number of open file descriptors.", () -> 1048576);
        for (var what :
                List.of(
                        "estimated_flops|Estimated number of floating point operations per GPU (for"
                                + " Model Flops Utilization calculations).",
                        "estimated_read_bytes|Estimated number of bytes read from memory per GPU"
                                + " (for Model Flops Utilization calculations).",
                        "estimated_write_bytes|Estimated number of bytes written to memory per GPU"
                                + " (for Model Flops Utilization calculations).")) {
            int bar = what.indexOf('|');
            // Registered always, counted only with --enable-mfu-metrics.
            counter(what.substring(0, bar) + "_per_gpu", what.substring(bar + 1), () -> 0);
        }
    }

    private void generations(String name, DoubleSupplier turns, double... first) {
        for (int generation = 0; generation < 3; generation++) {
            double start = first[generation];
            double pace = start / 4000;
            plain(
                    name,
                    () -> Math.floor(start + pace * turns.getAsDouble()),
                    "generation",
                    Integer.toString(generation));
        }
    }

    private void gauges(Replica replica) {
        engineGauge(
                "num_requests_running",
                "Number of requests in model execution batches.",
                replica::running);
        engineGauge(
                "num_requests_waiting",
                "Number of requests waiting to be processed.",
                replica::waiting);
        page.family(
                "vllm:num_requests_waiting_by_reason",
                "gauge",
                "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for"
                        + " scheduling capacity; 'deferred' = deferred by transient constraints"
                        + " (LoRA budget, KV transfer, blocked status). Sum of all reasons equals"
                        + " vllm:num_requests_waiting.");
        engine("num_requests_waiting_by_reason", replica::waiting, "reason", "capacity");
        engine("num_requests_waiting_by_reason", () -> 0, "reason", "deferred");
        page.family(
                "vllm:engine_sleep_state",
                "gauge",
                "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is"
                        + " awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means"
                        + " sleep level 2.");
        engine("engine_sleep_state", () -> 1, "sleep_state", "awake");
        engine("engine_sleep_state", () -> 0, "sleep_state", "weights_offloaded");
        engine("engine_sleep_state", () -> 0, "sleep_state", "discard_all");
        engineGauge(
                "kv_cache_usage_perc",
                "KV-cache usage. 1 means 100 percent usage.",
                replica.cache::usage);
    }

    private void counters(ReplicaMeters meters) {
        counter(
                "prefix_cache_queries",
                "Prefix cache queries, in terms of number of queried tokens.",
                () -> meters.prefixQueries);
        counter(
                "prefix_cache_hits",
                "Prefix cache hits, in terms of number of cached tokens.",
                () -> meters.prefixHits);
        counter(
                "external_prefix_cache_queries",
                "External prefix cache queries from KV connector cross-instance cache sharing, in"
                        + " terms of number of queried tokens.",
                () -> 0);
        counter(
                "external_prefix_cache_hits",
                "External prefix cache hits from KV connector cross-instance cache sharing, in"
                        + " terms of number of cached tokens.",
                () -> 0);
        counter(
                "mm_cache_queries",
                "Multi-modal cache queries, in terms of number of queried items.",
                () -> 0);
        counter(
                "mm_cache_hits",
                "Multi-modal cache hits, in terms of number of cached items.",
                () -> 0);
        counter(
                "num_preemptions",
                "Cumulative number of preemption from the engine.",
                () -> meters.preemptions);
        counter("prompt_tokens", "Number of prefill tokens processed.", () -> meters.promptTokens);
        counters(
                "prompt_tokens_by_source",
                "Number of prompt tokens by source.",
                "source",
                List.of("local_compute", "local_cache_hit", "external_kv_transfer"),
                List.of(
                        () -> meters.promptTokens - meters.promptTokensCached,
                        () -> meters.promptTokensCached,
                        () -> 0));
        counter(
                "prompt_tokens_cached",
                "Number of cached prompt tokens (local + external).",
                () -> meters.promptTokensCached);
        counter(
                "generation_tokens",
                "Number of generation tokens processed.",
                () -> meters.generationTokens);
        // Aborted requests are in no per-request metric, as in vLLM (vllm#31503, vllm#55634).
        counters(
                "request_success",
                "Count of successfully processed requests.",
                "finished_reason",
                List.of("stop", "length", "abort", "error", "repetition"),
                List.of(() -> meters.stopped, () -> meters.cutOff, () -> 0, () -> 0, () -> 0));
    }

    private void histograms(ReplicaMeters meters) {
        histogram(
                "request_prompt_tokens",
                "Number of prefill tokens processed.",
                meters.requestPromptTokens);
        histogram(
                "request_generation_tokens",
                "Number of generation tokens processed.",
                meters.requestGenerationTokens);
        histogram(
                "iteration_tokens_total",
                "Histogram of number of tokens per engine_step.",
                meters.iterationTokens);
        histogram(
                "request_max_num_generation_tokens",
                "Histogram of maximum number of requested generation tokens.",
                meters.requestMaxGenerationTokens);
        histogram("request_params_n", "Histogram of the n request parameter.", meters.requestN);
        histogram(
                "request_params_max_tokens",
                "Histogram of the max_tokens request parameter.",
                meters.requestMaxTokens);
        histogram(
                "time_to_first_token_seconds",
                "Histogram of time to first token in seconds.",
                meters.firstToken);
        histogram(
                "inter_token_latency_seconds",
                "Histogram of inter-token latency in seconds.",
                meters.interToken);
        histogram(
                "request_time_per_output_token_seconds",
                "Histogram of time_per_output_token_seconds per request.",
                meters.perOutputToken);
        histogram(
                "e2e_request_latency_seconds",
                "Histogram of e2e request latency in seconds.",
                meters.endToEnd);
        histogram(
                "request_queue_time_seconds",
                "Histogram of time spent in WAITING phase for request.",
                meters.queue);
        histogram(
                "request_inference_time_seconds",
                "Histogram of time spent in RUNNING phase for request.",
                meters.inference);
        histogram(
                "request_prefill_time_seconds",
                "Histogram of time spent in PREFILL phase for request.",
                meters.prefill);
        histogram(
                "request_decode_time_seconds",
                "Histogram of time spent in DECODE phase for request.",
                meters.decode);
        histogram(
                "request_prefill_kv_computed_tokens",
                "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
                meters.requestPrefillComputed);
    }

    private void cacheConfig(Replica replica) {
        int blocks = replica.cache.size();
        int tokens = blocks * BlockPool.TOKENS;
        page.family("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
        var labels =
                new String[] {
                    "_block_size_resolved", "True",
                    "block_size", Integer.toString(BlockPool.TOKENS),
                    "cache_dtype", "auto",
                    "calculate_kv_scales", "False",
                    "enable_prefix_caching", "True",
                    "engine", "0",
                    "gpu_memory_utilization", Double.toString(replica.model.gpuMemoryUtilization()),
                    "hash_block_size", "None",
                    "is_attention_free", "False",
                    "kv_cache_dtype_skip_layers", "[]",
                    "kv_cache_max_concurrency",
                            Double.toString((double) tokens / replica.model.maxModelLength()),
                    "kv_cache_memory_bytes", "None",
                    "kv_cache_size_tokens", Integer.toString(tokens),
                    "kv_offloading_backend", "native",
                    "kv_offloading_size", "None",
                    "kv_sharing_fast_prefill", "False",
                    "mamba_block_size", "None",
                    "mamba_cache_dtype", "auto",
                    "mamba_cache_mode", "none",
                    "mamba_page_size_padded", "None",
                    "mamba_ssm_cache_dtype", "auto",
                    "num_cpu_blocks", "None",
                    "num_gpu_blocks", Integer.toString(blocks),
                    "num_gpu_blocks_override", "None",
                    "prefix_caching_hash_algo", "sha256",
                    "skip_page_size_padded", "None",
                    "sliding_window", "None",
                    "user_specified_block_size", "False",
                    "user_specified_mamba_block_size", "False"
                };
        plain("vllm:cache_config_info", () -> 1, labels);
    }

    private void http(ReplicaMeters meters) {
        var handler = "/v1/chat/completions";
        var requests = "Total number of requests by method, status and handler.";
        var in =
                "Content length of incoming requests by handler. Only value of header is respected."
                        + " Otherwise ignored. No percentile calculated. ";
        var out =
                "Content length of outgoing responses by handler. Only value of header is"
                        + " respected. Otherwise ignored. No percentile calculated. ";
        var fine =
                "Latency with many buckets but no API specific labels. Made for more accurate"
                        + " percentile calculations. ";
        var coarse =
                "Latency with only few buckets by handler. Made to be only used if aggregation by"
                        + " handler is important. ";
        var byStatus = new String[] {"handler", handler, "method", "POST", "status", "2xx"};
        page.family("http_requests_total", "counter", requests);
        plain("http_requests_total", () -> meters.completions, byStatus);
        page.family("http_requests_created", "gauge", requests);
        plain("http_requests_created", created(), byStatus);
        summary("http_request_size_bytes", in, () -> meters.accepted, () -> meters.requestBytes);
        // Streamed answers have no Content-Length.
        summary("http_response_size_bytes", out, () -> meters.completions, () -> 0);
        var name = "http_request_duration_highr_seconds";
        page.family(name, "histogram", fine);
        buckets(name, meters.httpFine, List.of(), List.of());
        page.family(name + "_created", "gauge", fine);
        plain(name + "_created", created());
        name = "http_request_duration_seconds";
        page.family(name, "histogram", coarse);
        buckets(name, meters.httpCoarse, List.of("handler", handler), List.of("method", "POST"));
        page.family(name + "_created", "gauge", coarse);
        plain(name + "_created", created(), "handler", handler, "method", "POST");
    }

    private void summary(String name, String help, DoubleSupplier count, DoubleSupplier sum) {
        page.family(name, "summary", help);
        plain(name + "_count", count, "handler", "/v1/chat/completions");
        plain(name + "_sum", sum, "handler", "/v1/chat/completions");
        page.family(name + "_created", "gauge", help);
        plain(name + "_created", created(), "handler", "/v1/chat/completions");
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        page.family(name, "gauge", help);
        plain(name, value);
    }

    private void engineGauge(String name, String help, DoubleSupplier value) {
        page.family("vllm:" + name, "gauge", help);
        engine(name, value);
    }

    private void counter(String name, String help, LongSupplier value) {
        page.family("vllm:" + name + "_total", "counter", help);
        engine(name + "_total", value::getAsLong);
        page.family("vllm:" + name + "_created", "gauge", help);
        engine(name + "_created", created());
    }

    private void counters(
            String name, String help, String label, List<String> cases, List<LongSupplier> values) {
        page.family("vllm:" + name + "_total", "counter", help);
        for (int i = 0; i < cases.size(); i++) {
            engine(name + "_total", values.get(i)::getAsLong, label, cases.get(i));
        }
        page.family("vllm:" + name + "_created", "gauge", help);
        for (var each : cases) {
            engine(name + "_created", created(), label, each);
        }
    }

    private void histogram(String name, String help, Tally tally) {
        page.family("vllm:" + name, "histogram", help);
        buckets("vllm:" + name, tally, List.of("engine", "0"), List.of("model_name", model));
        page.family("vllm:" + name + "_created", "gauge", help);
        engine(name + "_created", created());
    }

    /// `before` and `after` are the labels that sort before and after `le`.
    private void buckets(String name, Tally tally, List<String> before, List<String> after) {
        var bounds = tally.bounds();
        for (int i = 0; i <= bounds.length; i++) {
            int bucket = i;
            var le = i == bounds.length ? "+Inf" : NumberStyle.PYTHON.text(bounds[i]);
            var labels = new ArrayList<>(before);
            labels.add("le");
            labels.add(le);
            labels.addAll(after);
            plain(name + "_bucket", () -> tally.cumulative(bucket), labels.toArray(String[]::new));
        }
        var labels = new ArrayList<>(before);
        labels.addAll(after);
        plain(name + "_count", tally::count, labels.toArray(String[]::new));
        plain(name + "_sum", tally::sum, labels.toArray(String[]::new));
    }

    /// A sample of the engine; an extra label goes to its place in the alphabet.
    private void engine(String name, DoubleSupplier value, String... extra) {
        if (extra.length == 0) {
            plain("vllm:" + name, value, "engine", "0", "model_name", model);
        } else if (extra[0].compareTo("model_name") < 0) {
            plain("vllm:" + name, value, "engine", "0", extra[0], extra[1], "model_name", model);
        } else {
            plain("vllm:" + name, value, "engine", "0", "model_name", model, extra[0], extra[1]);
        }
    }

    private void plain(String name, DoubleSupplier value, String... labels) {
        page.line(NumberStyle.PYTHON, name, value, labels);
    }

    private static DoubleSupplier constant(double value) {
        return () -> value;
    }
}
