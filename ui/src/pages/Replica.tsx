import { useMemo } from 'react';
import { askFleet, askMany } from '../lib/ask';
import type { Labels } from '../lib/api';
import type { Replica } from '../lib/fleet';
import { fullIn } from '../lib/health';
import { nowSeconds, useLoad, useSettings } from '../lib/live';
import { useRange, useRoute } from '../lib/route';
import { last, type Column } from '../lib/series';
import { LATENCY, quantile } from '../lib/signals';
import { rateWindow, span, windowOf, type Window } from '../lib/time';
import { text } from '../lib/units';
import { ErrorNote, Link, Mark, Num, Status, useTitle, Waiting } from '../parts/basics';
import { ServerGone } from '../parts/Empty';
import { sinceText } from './Fleet';
import { GpuCharts } from './Gpus';
import { Chart, type Line, type Threshold } from '../parts/Chart';

const POINTS = 240;

export function selectorOf(labels: Labels, names: readonly string[]): string {
  const parts = names
    .filter((n) => (labels[n] ?? '') !== '')
    .map((n) => `${n}=${JSON.stringify(labels[n])}`);
  return `{${parts.join(', ')}}`;
}

function questions(labels: Labels, w: Window): Record<string, string> {
  const s = selectorOf(labels, ['job', 'instance', 'model']);
  const r = rateWindow(w.step);
  const out: Record<string, string> = {};
  for (const q of [0.5, 0.95, 0.99] as const) {
    out[`ttft${q}`] = quantile(q, LATENCY.ttft.metric, [], r, s);
    out[`itl${q}`] = quantile(q, LATENCY.itl.metric, [], r, s);
    out[`e2e${q}`] = quantile(q, LATENCY.e2e.metric, [], r, s);
    out[`queue${q}`] = quantile(q, 'llm_request_queue_seconds', [], r, s);
  }
  out['itlmean'] =
    `sum (rate(llm_itl_seconds_sum${s}[${r}])) / sum (rate(llm_itl_seconds_count${s}[${r}]))`;
  out['running'] = `sum (llm_requests_running${s})`;
  out['waiting'] = `sum (llm_requests_waiting${s})`;
  out['kv'] = `max (llm_kv_cache_usage_ratio${s})`;
  out['preempt'] = `sum (rate(llm_preemptions_total${s}[${r}]))`;
  out['prompt'] = `sum (rate(llm_prompt_tokens_total${s}[${r}]))`;
  out['gen'] = `sum (rate(llm_generation_tokens_total${s}[${r}]))`;
  out['finish'] = `sum by (finish_reason) (rate(llm_requests_finished_total${s}[${r}]))`;
  const mean = (metric: string) =>
    `sum (rate(${metric}_sum${s}[${r}])) / sum (rate(${metric}_count${s}[${r}]))`;
  out['tqueue'] = mean('llm_request_queue_seconds');
  out['tprefill'] = mean('llm_prefill_seconds');
  out['tdecode'] = mean('llm_decode_seconds');
  out['lprompt'] =
    `sum (rate(llm_prompt_tokens_total${s}[${r}])) / (sum (rate(llm_requests_finished_total${s}[${r}])) > 0)`;
  out['lgen'] =
    `sum (rate(llm_generation_tokens_total${s}[${r}])) / (sum (rate(llm_requests_finished_total${s}[${r}])) > 0)`;
  out['hit'] =
    `sum (rate(llm_prefix_cache_hit_tokens_total${s}[${r}])) / sum (rate(llm_prefix_cache_query_tokens_total${s}[${r}]))`;
  return out;
}

const FINISH_COLOUR: Readonly<Record<string, number>> = {
  stop: 2,
  length: 4,
  abort: 1,
  error: 3,
  repetition: 6,
  other: 7,
  unknown: 7,
};

export function ReplicaPage() {
  const range = useRange();
  const { params } = useRoute();
  const { bands } = useSettings();
  const id = params.get('id') ?? '';
  const gpuPinned = params.get('gpu') ?? '';
  const live = range.kind === 'last';
  const where = JSON.stringify(range);
  const fleet = useLoad(
    `fleet|${where}|${JSON.stringify(bands)}`,
    (s) => askFleet(range, { latency: 'ttft', quantile: 0.95 }, bands, s),
    live,
  );
  const replica = fleet.data?.fleet.replicas.find((r) => r.id === id || r.name === id);
  useTitle(replica?.name ?? 'Replica');
  const charts = useLoad(
    `replica|${replica?.id ?? ''}|${where}`,
    async (signal) => {
      if (replica === undefined) return undefined;
      const w = windowOf(range, nowSeconds(), POINTS);
      return { w, ...(await askMany(questions(replica.labels, w), w, signal)) };
    },
    live,
  );

  if (fleet.data === undefined) {
    if (fleet.error?.kind === 'offline') return <ServerGone error={fleet.error} />;
    if (fleet.error !== undefined)
      return <ErrorNote error={fleet.error} what="The fleet could not be asked." />;
    return <Waiting what="Looking for the replica…" />;
  }
  if (replica === undefined)
    return (
      <section className="empty">
        <h1>No such replica in this window.</h1>
        <p>
          <code>{id}</code> reported nothing between these times. Choose a longer range above, or go
          to the{' '}
          <Link to="/" className="link">
            fleet
          </Link>
          .
        </p>
      </section>
    );
  return (
    <div className="stackd" aria-busy={charts.loading}>
      <Head replica={replica} times={fleet.data.fleet.times} />
      {charts.error === undefined ? null : (
        <ErrorNote error={charts.error} what="The charts could not be asked." />
      )}
      {charts.data === undefined ? (
        <Waiting what="Asking for the charts…" />
      ) : (
        <EngineCharts times={charts.data.times} by={charts.data.by} window={charts.data.w} />
      )}
      {replica.gpus.length === 0 ? (
        <p className="quiet">
          No GPU is joined to this replica: no <code>gpu_*</code> series carries its pod label{' '}
          <code>{replica.labels['pod'] ?? '(none)'}</code>.
        </p>
      ) : (
        <>
          <div className="head">
            <h1>Its GPUs</h1>
            <span className="quiet">
              joined by{' '}
              {replica.joinedBy === 'pod'
                ? 'the pod label'
                : 'the node, which runs only this replica'}
              ; same window as above
            </span>
          </div>
          <GpuCharts
            gpus={replica.gpus}
            pinned={gpuPinned}
            kv={`max (llm_kv_cache_usage_ratio${selectorOf(replica.labels, ['job', 'instance', 'model'])})`}
          />
        </>
      )}
    </div>
  );
}

function Head({ replica: r, times }: { replica: Replica; times: readonly number[] }) {
  const now = (k: keyof Replica['signals']) => last(r.signals[k] ?? []);
  return (
    <section className="stackd" aria-label="Verdict">
      <div className="verdict">
        <div>
          <p className="quiet">
            <Link to="/">Fleet</Link> / {r.model}
          </p>
          <h1>
            <Mark level={r.health.level} title={r.health.level} />
            <span>{r.name}</span>
          </h1>
          <ul className="reasons">
            <li className="why">
              <Status level={r.health.level} />
              <span>
                {r.health.symptoms.length === 0
                  ? 'every signal that users feel is within its band'
                  : r.health.symptoms.join(', ')}
                {sinceText(r.since, times)}
              </span>
            </li>
            {r.health.because === undefined ? null : (
              <li className="why">
                <b>Why</b> <span>{r.health.because}</span>
              </li>
            )}
          </ul>
        </div>
        <dl className="facts">
          <div>
            <dt>Requests</dt>
            <dd>
              <Num value={now('rps')} unit="req/s" />
            </dd>
          </div>
          <div>
            <dt>Generated</dt>
            <dd>
              <Num value={now('gen')} unit="tok/s" />
            </dd>
          </div>
          <div>
            <dt>Running, waiting</dt>
            <dd>
              <Num value={now('running')} unit="requests" /> <span className="quiet">+</span>{' '}
              <Num value={now('waiting')} unit="requests" />
            </dd>
          </div>
          <div>
            <dt>KV cache</dt>
            <dd>
              <Num value={now('kv')} unit="ratio" />
            </dd>
          </div>
        </dl>
      </div>
      <dl className="facts">
        {(['engine', 'node', 'namespace', 'instance', 'job'] as const).map((k) =>
          (r.labels[k] ?? '') === '' ? null : (
            <div className="small" key={k}>
              <dt>{k}</dt>
              <dd>{r.labels[k]}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

function one(by: ReadonlyMap<string, readonly Column[]>, k: string): readonly (number | null)[] {
  return by.get(k)?.[0]?.values ?? [];
}

/** One thing in three quantiles is one hue: the median light, the tail heavy. */
function trio(by: ReadonlyMap<string, readonly Column[]>, k: string, colour: number): Line[] {
  return [
    { label: 'p50', values: one(by, `${k}0.5`), colour, width: 1, dash: [2, 3] },
    { label: 'p95', values: one(by, `${k}0.95`), colour, width: 1.75, fill: 0.06, dash: [] },
    { label: 'p99', values: one(by, `${k}0.99`), colour, width: 1.25, dash: [7, 3] },
  ];
}

function EngineCharts({
  times,
  by,
  window,
}: {
  times: readonly number[];
  by: ReadonlyMap<string, readonly Column[]>;
  window: Window;
}) {
  const { bands } = useSettings();
  const eta = fullIn(one(by, 'kv'), window.step);
  const lines = useMemo(
    () => ({
      flow: [
        { label: 'running', values: one(by, 'running'), colour: 0, fill: 0.4, dash: [] },
        { label: 'waiting', values: one(by, 'waiting'), colour: 1, fill: 0.5, dash: [] },
        { label: 'KV cache', values: one(by, 'kv'), colour: 3, right: true, width: 2, dash: [] },
      ],
      ttft: trio(by, 'ttft', 0),
      queue: [
        ...trio(by, 'queue', 1),
        { label: 'mean', values: one(by, 'tqueue'), colour: 7, width: 1, dash: [1, 2] },
      ],
      itl: [
        ...trio(by, 'itl', 2),
        { label: 'mean', values: one(by, 'itlmean'), colour: 7, width: 1, dash: [1, 2] },
      ],
      e2e: trio(by, 'e2e', 4),
      kv: [
        {
          label: 'preemptions',
          values: one(by, 'preempt'),
          colour: 1,
          right: true,
          bars: true,
          dash: [],
        },
        {
          label: 'KV cache in use',
          values: one(by, 'kv'),
          colour: 3,
          width: 1.75,
          fill: 0.1,
          dash: [],
        },
      ],
      tokens: [
        { label: 'prompt', values: one(by, 'prompt'), colour: 5, fill: 0.08, dash: [] },
        { label: 'generated', values: one(by, 'gen'), colour: 2, fill: 0.08, dash: [] },
      ],
      finish: (by.get('finish') ?? [])
        .filter((c) => c.values.some((v) => v !== null && v > 0))
        .map((c): Line => {
          const reason = c.labels['finish_reason'] ?? 'unknown';
          return { label: reason, values: c.values, colour: FINISH_COLOUR[reason] ?? 7, dash: [] };
        })
        .sort((a, b) => a.label.localeCompare(b.label)),
      spent: [
        { label: 'queue', values: one(by, 'tqueue'), colour: 1, dash: [] },
        { label: 'prefill', values: one(by, 'tprefill'), colour: 5, dash: [] },
        { label: 'decode', values: one(by, 'tdecode'), colour: 2, dash: [] },
      ],
      lengths: [
        { label: 'prompt', values: one(by, 'lprompt'), colour: 5, dash: [] },
        { label: 'answer', values: one(by, 'lgen'), colour: 2, dash: [] },
      ],
      hit: [{ label: 'hit ratio', values: one(by, 'hit'), colour: 5, fill: 0.08, dash: [] }],
    }),
    [by],
  );
  const ttftBands: readonly Threshold[] = [
    { at: bands.p95, label: `p95 band ${text(bands.p95, 'seconds')}`, level: 'slow' },
    { at: bands.complain, label: `complaints ${text(bands.complain, 'seconds')}`, level: 'hurt' },
  ];
  return (
    <div className="charts">
      <div className="wide">
        <Chart
          title="Batch, queue and KV cache"
          note="requests in the batch and behind it, over the share of cache they fill"
          times={times}
          lines={lines.flow}
          unit="requests"
          rightUnit="ratio"
          rightTop={1}
          stack
          height={230}
        />
      </div>
      <Chart
        title="How requests ended"
        times={times}
        lines={lines.finish}
        unit="req/s"
        stack
        height={230}
      />
      <Chart
        title="Time to first token"
        times={times}
        lines={lines.ttft}
        unit="seconds"
        thresholds={ttftBands}
      />
      <Chart
        title="Queue time"
        note="before prefill begins"
        times={times}
        lines={lines.queue}
        unit="seconds"
      />
      <Chart
        title="KV cache and preemptions"
        note={
          eta === null
            ? 'what is thrown out when the cache is full'
            : `at this slope full in ${span(eta)}`
        }
        times={times}
        lines={lines.kv}
        unit="ratio"
        rightUnit="/s"
        top={1}
      />
      <Chart
        title="Inter-token latency"
        note="quantiles, and the mean from sum and count"
        times={times}
        lines={lines.itl}
        unit="seconds"
      />
      <Chart title="Tokens" times={times} lines={lines.tokens} unit="tok/s" />
      <Chart title="End-to-end latency" times={times} lines={lines.e2e} unit="seconds" />
      {lines.spent.some((l) => l.label !== 'queue' && l.values.some((v) => v !== null)) ? (
        <Chart
          title="Where a request’s time goes"
          note="means"
          times={times}
          lines={lines.spent}
          unit="seconds"
          stack
        />
      ) : null}
      <Chart
        title="Tokens per request"
        note="means"
        times={times}
        lines={lines.lengths}
        unit="none"
      />
      {lines.hit[0]?.values.some((v) => v !== null) === true ? (
        <Chart title="Prefix cache" times={times} lines={lines.hit} unit="ratio" top={1} />
      ) : null}
    </div>
  );
}

export function GpuPage() {
  const range = useRange();
  const { params } = useRoute();
  const { bands } = useSettings();
  const uuid = params.get('uuid') ?? '';
  const fleet = useLoad(
    `fleet|${JSON.stringify(range)}|${JSON.stringify(bands)}`,
    (s) => askFleet(range, { latency: 'ttft', quantile: 0.95 }, bands, s),
    range.kind === 'last',
  );
  useTitle(`GPU ${uuid}`);
  if (fleet.data === undefined) {
    if (fleet.error?.kind === 'offline') return <ServerGone error={fleet.error} />;
    if (fleet.error !== undefined)
      return <ErrorNote error={fleet.error} what="The fleet could not be asked." />;
    return <Waiting what="Looking for the GPU…" />;
  }
  const owner = fleet.data.fleet.replicas.find((r) => r.gpus.some((g) => g.uuid === uuid));
  const gpus = [...fleet.data.fleet.spare, ...(owner?.gpus ?? [])].filter((g) => g.uuid === uuid);
  const g = gpus[0];
  if (g === undefined)
    return (
      <section className="empty">
        <h1>No such GPU in this window.</h1>
        <p>
          <code>{uuid}</code> reported nothing between these times. Choose a longer range above, or
          go to the{' '}
          <Link to="/" className="link">
            fleet
          </Link>
          .
        </p>
      </section>
    );
  return (
    <div className="stackd">
      <section className="verdict">
        <div>
          <p className="quiet">
            <Link to="/">Fleet</Link> / {g.node}
          </p>
          <h1>
            GPU {g.index} on {g.node}
          </h1>
          <p className="quiet">
            {g.board} · {g.uuid} ·{' '}
            {owner === undefined ? (
              'belongs to no replica that reports'
            ) : (
              <Link to="/replica" with={{ id: owner.id, gpu: uuid }} className="link">
                serves {owner.name}
              </Link>
            )}
          </p>
        </div>
      </section>
      <GpuCharts gpus={gpus} pinned="" />
    </div>
  );
}
