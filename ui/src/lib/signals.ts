/** What the fleet page asks, in the canonical vocabulary. Names and units live here and nowhere else. */
import type { Unit } from './units';

export type Latency = 'ttft' | 'itl' | 'e2e';
export type Quantile = 0.5 | 0.95 | 0.99;

export const LATENCY: Readonly<
  Record<Latency, { metric: string; short: string; name: string; what: string }>
> = {
  ttft: {
    metric: 'llm_ttft_seconds',
    short: 'TTFT',
    name: 'Time to first token',
    what: 'from the request to its first token',
  },
  itl: {
    metric: 'llm_itl_seconds',
    short: 'ITL',
    name: 'Inter-token latency',
    what: 'between two tokens of one answer',
  },
  e2e: {
    metric: 'llm_e2e_seconds',
    short: 'E2E',
    name: 'End-to-end latency',
    what: 'from the request to its last token',
  },
};

export interface SignalMeta {
  readonly label: string;
  readonly unit: Unit;
  /** A plain sentence for the tooltip and the screen reader. */
  readonly what: string;
  /** Values from which the signal is drawn as calm, noticeable, painful; undefined: by its own maximum. */
  readonly bands?: readonly [number, number, number];
}

export const ENGINE_SIGNALS = {
  ttft95: {
    label: 'TTFT p95',
    unit: 'seconds',
    what: '95 of 100 requests had their first token within this time',
    bands: [0.6, 1.2, 3],
  },
  ttft99: {
    label: 'TTFT p99',
    unit: 'seconds',
    what: '99 of 100 requests had their first token within this time',
    bands: [1.2, 2.4, 5],
  },
  latency: { label: 'Latency', unit: 'seconds', what: 'the chosen latency' },
  queue95: {
    label: 'Queue p95',
    unit: 'seconds',
    what: '95 of 100 requests waited at most this long before prefill',
    bands: [0.3, 1, 3],
  },
  waiting: { label: 'Waiting', unit: 'requests', what: 'requests in the queue', bands: [1, 8, 48] },
  running: { label: 'Running', unit: 'requests', what: 'requests in the batch' },
  kv: {
    label: 'KV cache',
    unit: 'ratio',
    what: 'share of the KV cache blocks in use',
    bands: [0.7, 0.9, 0.98],
  },
  preempt: {
    label: 'Preemptions',
    unit: '/s',
    what: 'requests thrown out of the batch, to be computed again',
    bands: [0.02, 0.1, 1],
  },
  rps: { label: 'Requests', unit: 'req/s', what: 'requests finished' },
  gen: { label: 'Generated tokens', unit: 'tok/s', what: 'tokens generated' },
  prompt: { label: 'Prompt tokens', unit: 'tok/s', what: 'prompt tokens read' },
} satisfies Record<string, SignalMeta>;

export type EngineSignal = keyof typeof ENGINE_SIGNALS;

export const GPU_SIGNALS = {
  tensor: {
    label: 'Tensor active',
    unit: 'ratio',
    what: 'share of time in which the tensor cores worked: the real utilisation',
  },
  dram: {
    label: 'Memory traffic',
    unit: 'ratio',
    what: 'share of time in which the memory moved data',
  },
  util: {
    label: 'Busy (coarse)',
    unit: 'ratio',
    what: 'share of time in which any kernel ran; says nothing about how well',
  },
  memory: { label: 'Memory', unit: 'bytes', what: 'device memory in use' },
  power: { label: 'Power', unit: 'watts', what: 'drawn by the board' },
  temp: { label: 'Temperature', unit: 'celsius', what: 'of the core', bands: [75, 83, 90] },
  clock: { label: 'SM clock', unit: 'hertz', what: 'of the streaming multiprocessors' },
  throttle: {
    label: 'Throttled',
    unit: 'ratio',
    what: 'share of time in which heat or the board held the clock back; reaching the power limit is usual',
    bands: [0.01, 0.05, 0.5],
  },
} satisfies Record<string, SignalMeta>;

export type GpuSignal = keyof typeof GPU_SIGNALS;

export const REPLICA_LABELS = [
  'model',
  'engine',
  'job',
  'instance',
  'pod',
  'namespace',
  'node',
] as const;
export const GPU_LABELS = [
  'gpu_uuid',
  'gpu_index',
  'gpu_model',
  'mig_id',
  'node',
  'pod',
  'namespace',
] as const;

const BY = `by (${REPLICA_LABELS.join(', ')})`;
const GPU_BY = `by (${GPU_LABELS.join(', ')})`;

export function quantile(
  q: Quantile,
  metric: string,
  by: readonly string[],
  window: string,
  selector = '',
): string {
  return `histogram_quantile(${q}, sum by (${[...by, 'le'].join(', ')}) (rate(${metric}_bucket${selector}[${window}])))`;
}

export interface Chosen {
  readonly latency: Latency;
  readonly quantile: Quantile;
}

export function engineQuestions(window: string): Record<string, string> {
  return {
    rps: `sum ${BY} (rate(llm_requests_finished_total[${window}]))`,
    gen: `sum ${BY} (rate(llm_generation_tokens_total[${window}]))`,
    prompt: `sum ${BY} (rate(llm_prompt_tokens_total[${window}]))`,
    running: `sum ${BY} (llm_requests_running)`,
    waiting: `sum ${BY} (llm_requests_waiting)`,
    kv: `max ${BY} (llm_kv_cache_usage_ratio)`,
    preempt: `sum ${BY} (rate(llm_preemptions_total[${window}]))`,
  };
}

/** Quantiles for replicas (`r_…`) and for whole models (`m_…`): a model's p95 is not the mean of its replicas'. */
export function latencyQuestions(window: string, chosen: Chosen): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [prefix, by] of [
    ['r_', REPLICA_LABELS],
    ['m_', ['model']],
  ] as const) {
    out[`${prefix}ttft95`] = quantile(0.95, LATENCY.ttft.metric, by, window);
    out[`${prefix}ttft99`] = quantile(0.99, LATENCY.ttft.metric, by, window);
    out[`${prefix}queue95`] = quantile(0.95, 'llm_request_queue_seconds', by, window);
    if (chosen.latency !== 'ttft' || chosen.quantile === 0.5)
      out[`${prefix}latency`] = quantile(
        chosen.quantile,
        LATENCY[chosen.latency].metric,
        by,
        window,
      );
  }
  return out;
}

/** `power` and `low_utilization` are how a well GPU runs: they say nothing about an ill one. */
export function gpuQuestions(window: string): Record<string, string> {
  return {
    tensor: `max ${GPU_BY} (gpu_tensor_active_ratio)`,
    dram: `max ${GPU_BY} (gpu_dram_active_ratio)`,
    util: `max ${GPU_BY} (gpu_utilization_ratio)`,
    memory: `max ${GPU_BY} (gpu_memory_bytes{state="used"})`,
    total: `(max ${GPU_BY} (gpu_memory_bytes{state="total"}) or sum ${GPU_BY} (max by (${GPU_LABELS.join(', ')}, state) (gpu_memory_bytes{state!="total"})))`,
    power: `max ${GPU_BY} (gpu_power_watts)`,
    temp: `max ${GPU_BY} (gpu_temperature_celsius{sensor="core"})`,
    clock: `max ${GPU_BY} (gpu_clock_hertz{domain="sm"})`,
    throttle: `max ${GPU_BY} (rate(gpu_throttle_seconds_total{reason=~"thermal|reliability|board_limit"}[${window}]))`,
  };
}
