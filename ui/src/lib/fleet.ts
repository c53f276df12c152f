/** Puts answers together into models → replicas → GPUs, judged and sorted by pain. */
import type { Labels } from './api';
import {
  bursty,
  DEFAULT_BANDS,
  heldSince,
  judge,
  LEVELS,
  verdict,
  worse,
  type Bands,
  type Health,
  type Level,
  type Throttled,
  type Verdict,
} from './health';
import { last, maxColumns, sumColumns, type Column } from './series';
import type { Chosen, EngineSignal, GpuSignal } from './signals';

export type Values = readonly (number | null)[];
export type Signals<S extends string> = Partial<Record<S, Values>>;

export interface Gpu {
  readonly uuid: string;
  readonly index: string;
  readonly board: string;
  readonly node: string;
  readonly pod: string;
  readonly namespace: string;
  readonly mig: string;
  readonly signals: Signals<GpuSignal>;
  /** Device memory in all, bytes. */
  readonly capacity: number | null;
  readonly throttled?: Throttled;
}

export interface Replica {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly engine: string;
  readonly labels: Labels;
  readonly signals: Signals<EngineSignal>;
  readonly gpus: readonly Gpu[];
  /** GPUs are joined by the pod label; by the node only when that is unambiguous. */
  readonly joinedBy: 'pod' | 'node' | 'none';
  readonly health: Health;
  readonly since?: number;
  readonly pain: number;
}

export interface Model {
  readonly name: string;
  readonly level: Level;
  readonly replicas: readonly Replica[];
  readonly signals: Signals<EngineSignal>;
}

export interface Fleet {
  readonly times: readonly number[];
  readonly models: readonly Model[];
  readonly replicas: readonly Replica[];
  /** GPUs that belong to no replica. */
  readonly spare: readonly Gpu[];
  readonly verdict: Verdict;
}

export interface Answers {
  readonly times: readonly number[];
  readonly engine: ReadonlyMap<string, readonly Column[]>;
  readonly latency: ReadonlyMap<string, readonly Column[]>;
  readonly gpu: ReadonlyMap<string, readonly Column[]>;
  readonly up: readonly { readonly labels: Labels; readonly value: number }[];
}

export function replicaId(l: Labels): string {
  return `${l['job'] ?? ''}/${l['instance'] ?? l['pod'] ?? ''}`;
}

export function replicaName(l: Labels): string {
  return l['pod'] || l['instance'] || l['job'] || 'unnamed';
}

interface Draft {
  labels: Labels;
  id: string;
  signals: Signals<EngineSignal>;
}

export function assemble(a: Answers, chosen: Chosen, bands: Bands = DEFAULT_BANDS): Fleet {
  const drafts = new Map<string, Draft>();
  const draft = (l: Labels): Draft => {
    const id = replicaId(l);
    const key = `${id}\u0001${l['model'] ?? ''}`;
    let d = drafts.get(key);
    if (d === undefined) {
      d = { labels: l, id, signals: {} };
      drafts.set(key, d);
    }
    return d;
  };
  for (const [name, columns] of a.engine)
    for (const c of columns) draft(c.labels).signals[name as EngineSignal] = c.values;
  for (const [name, columns] of a.latency)
    if (name.startsWith('r_'))
      for (const c of columns) draft(c.labels).signals[name.slice(2) as EngineSignal] = c.values;
  // An engine may name its model on some series only (`model` empty): fold those into the named one.
  for (const [key, d] of drafts) {
    if ((d.labels['model'] ?? '') !== '') continue;
    const named = [...drafts.values()].filter(
      (o) => o !== d && o.id === d.id && (o.labels['model'] ?? '') !== '',
    );
    if (named[0] !== undefined && named.length === 1) {
      named[0].signals = { ...d.signals, ...named[0].signals };
      drafts.delete(key);
    }
  }
  const upOf = new Map(a.up.map((u) => [replicaId(u.labels), u] as const));
  const jobs = new Set([...drafts.values()].map((d) => d.labels['job'] ?? ''));
  const known = new Set([...drafts.values()].map((d) => d.id));
  for (const u of a.up)
    if (u.value === 0 && jobs.has(u.labels['job'] ?? '') && !known.has(replicaId(u.labels)))
      draft(u.labels);

  const step = Math.max(1, (a.times[1] ?? 1) - (a.times[0] ?? 0));
  const steps = (seconds: number) => Math.max(1, Math.ceil(seconds / step));
  const back = steps(120);

  const gpus = assembleGpus(a);
  const joined = joinGpus(
    [...drafts.values()].map((d) => d.labels),
    gpus,
  );
  const taken = new Set<Gpu>();
  const replicas = [...drafts.entries()].map(([key, d]): Replica => {
    const mine = joined.get(d.labels) ?? { gpus: [], by: 'none' as const };
    for (const g of mine.gpus) taken.add(g);
    if (chosen.latency === 'ttft') {
      const same =
        chosen.quantile === 0.99
          ? d.signals.ttft99
          : chosen.quantile === 0.95
            ? d.signals.ttft95
            : d.signals.latency;
      if (same !== undefined) d.signals.latency = same;
    }
    const s = d.signals;
    const now = (k: EngineSignal) => (s[k] === undefined ? null : last(s[k]));
    // Between two bursts all looks well: a bursty queue is judged by its last two minutes.
    const queue = (s.waiting ?? []).slice(-Math.max(steps(360), 24));
    const bursts = bursty(queue);
    const recent = (k: EngineSignal) => (bursts ? maxOf((s[k] ?? []).slice(-back)) : now(k));
    const up = upOf.get(d.id)?.value ?? null;
    const health = judge(
      {
        up,
        reporting: (['running', 'waiting', 'kv', 'rps', 'gen', 'ttft95'] as const).some(
          (k) => now(k) !== null,
        ),
        ttft95: recent('ttft95'),
        ttft99: recent('ttft99'),
        queue95: recent('queue95'),
        waiting: recent('waiting'),
        running: now('running'),
        rps: now('rps'),
        kv: now('kv'),
        preempt: now('preempt'),
        kvRecent: maxOf((s.kv ?? []).slice(-steps(60))),
        preemptRecent: maxOf((s.preempt ?? []).slice(-steps(300))),
        waitingRecent: maxOf((s.waiting ?? []).slice(-steps(120))),
        work: workOf(mine.gpus, steps(60)),
        throttled: mine.gpus.map((g) => g.throttled).filter((t) => t !== undefined),
        waitingHistory: queue,
      },
      bands,
    );
    const felt = health.level === 'slow' || health.level === 'hurt';
    const pause = bursts ? back : 2;
    const held = (k: EngineSignal, slow: number, hurt: number) =>
      heldSince(a.times, s[k] ?? [], (v) => v > (health.level === 'hurt' ? hurt : slow), pause);
    const since = felt
      ? earliest([
          held('ttft95', bands.p95, bands.complain),
          held('ttft99', bands.p99, bands.unavailable),
          held('preempt', 0.02, 0.5),
          held('queue95', 1, bands.complain),
        ])
      : undefined;
    return {
      id: key.replace('\u0001', '|'),
      name: replicaName(d.labels),
      model: modelName(d.labels, drafts),
      engine: d.labels['engine'] ?? '',
      labels: d.labels,
      signals: s,
      gpus: mine.gpus,
      joinedBy: mine.by,
      health,
      ...(since === undefined ? {} : { since }),
      pain: painOf(health.level, now('ttft95'), now('ttft99'), now('waiting')),
    };
  });
  replicas.sort((x, y) => y.pain - x.pain || x.name.localeCompare(y.name));

  const byModel = new Map<string, Replica[]>();
  for (const r of replicas) byModel.set(r.model, [...(byModel.get(r.model) ?? []), r]);
  const models = [...byModel].map(([name, members]): Model => {
    const of = (k: EngineSignal) => members.map((r) => r.signals[k]).filter((v) => v !== undefined);
    const signals: Signals<EngineSignal> = {
      rps: sumColumns(of('rps')),
      gen: sumColumns(of('gen')),
      prompt: sumColumns(of('prompt')),
      running: sumColumns(of('running')),
      waiting: sumColumns(of('waiting')),
      preempt: sumColumns(of('preempt')),
      kv: maxColumns(of('kv')),
    };
    for (const k of ['ttft95', 'ttft99', 'queue95', 'latency'] as const) {
      const c = a.latency
        .get(`m_${k}`)
        ?.find((x) => (x.labels['model'] ?? '') === (members[0]?.labels['model'] ?? ''));
      if (c !== undefined) signals[k] = c.values;
    }
    if (chosen.latency === 'ttft' && chosen.quantile !== 0.5) {
      const same = chosen.quantile === 0.99 ? signals.ttft99 : signals.ttft95;
      if (same !== undefined) signals.latency = same;
    }
    return {
      name,
      level: members.map((r) => r.health.level).reduce(worse),
      replicas: members,
      signals,
    };
  });
  models.sort(
    (x, y) =>
      (y.replicas[0]?.pain ?? 0) - (x.replicas[0]?.pain ?? 0) || x.name.localeCompare(y.name),
  );

  return {
    times: a.times,
    models,
    replicas,
    spare: gpus.filter((g) => !taken.has(g)),
    verdict: verdict(
      replicas,
      gpus.map((g) => g.throttled).filter((t) => t !== undefined),
    ),
  };
}

/** The greater of tensor and memory activity, averaged over the replica's GPUs and the last steps. */
function workOf(gpus: readonly Gpu[], steps: number): number | null {
  const mean = (k: GpuSignal): number | null => {
    const v = gpus
      .flatMap((g) => (g.signals[k] ?? []).slice(-steps))
      .filter((x): x is number => x !== null);
    return v.length === 0 ? null : v.reduce((a, b) => a + b, 0) / v.length;
  };
  const tensor = mean('tensor');
  const dram = mean('dram');
  return tensor === null || dram === null ? null : Math.max(tensor, dram);
}

function maxOf(values: Values): number | null {
  return values.reduce<number | null>(
    (m, v) => (v === null ? m : m === null ? v : Math.max(m, v)),
    null,
  );
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const t = times.filter((x): x is number => x !== undefined);
  return t.length === 0 ? undefined : Math.min(...t);
}

/** A replica that never told its model belongs where its job's only model is; else it is a group of its own. */
function modelName(l: Labels, drafts: ReadonlyMap<string, Draft>): string {
  const own = l['model'] ?? '';
  if (own !== '') return own;
  const models = new Set(
    [...drafts.values()]
      .filter((d) => d.labels['job'] === l['job'])
      .map((d) => d.labels['model'] ?? '')
      .filter((m) => m !== ''),
  );
  const only = [...models][0];
  return models.size === 1 && only !== undefined ? only : 'model not reported';
}

function painOf(
  level: Level,
  ttft95: number | null,
  ttft99: number | null,
  waiting: number | null,
): number {
  const rank = LEVELS.length - LEVELS.indexOf(level);
  return rank * 1e6 + Math.min(9e5, (ttft95 ?? 0) * 1e4 + (ttft99 ?? 0) * 1e3 + (waiting ?? 0));
}

function assembleGpus(a: Answers): Gpu[] {
  const drafts = new Map<string, { labels: Labels; signals: Signals<GpuSignal>; total: Values }>();
  for (const [name, columns] of a.gpu)
    for (const c of columns) {
      const key = `${c.labels['gpu_uuid'] ?? ''}/${c.labels['mig_id'] ?? ''}`;
      let d = drafts.get(key);
      // After a reschedule one GPU has series for two pods: the one that still reports wins.
      if (d === undefined || (d.labels['pod'] !== c.labels['pod'] && last(c.values) !== null)) {
        d = { labels: c.labels, signals: {}, total: [] };
        drafts.set(key, d);
      }
      if (d.labels['pod'] !== c.labels['pod']) continue;
      if (name === 'total') d.total = c.values;
      else d.signals[name as GpuSignal] = c.values;
    }
  const busyClocks = new Map<string, number>();
  for (const d of drafts.values()) {
    const board = d.labels['gpu_model'] ?? '';
    for (const v of d.signals.clock ?? [])
      if (v !== null && v > (busyClocks.get(board) ?? 0)) busyClocks.set(board, v);
  }
  const out = [...drafts.values()].map((d): Gpu => {
    const l = d.labels;
    const throttled = throttleOf(l, d.signals, busyClocks.get(l['gpu_model'] ?? '') ?? null);
    return {
      uuid: l['gpu_uuid'] ?? '',
      index: l['gpu_index'] ?? '',
      board: l['gpu_model'] ?? '',
      node: l['node'] ?? '',
      pod: l['pod'] ?? '',
      namespace: l['namespace'] ?? '',
      mig: l['mig_id'] ?? '',
      signals: d.signals,
      capacity: last(d.total),
      ...(throttled === undefined ? {} : { throttled }),
    };
  });
  return out.sort(
    (x, y) =>
      x.node.localeCompare(y.node) ||
      Number(x.index) - Number(y.index) ||
      x.uuid.localeCompare(y.uuid),
  );
}

/**
 * Throttled: the driver says so (more than 5 % of the time), or the clock stands well below what
 * boards of the same kind reach in this window while the board is both hot and at work.
 */
export function throttleOf(
  l: Labels,
  s: Signals<GpuSignal>,
  normal: number | null,
): Throttled | undefined {
  const said = last(s.throttle ?? []);
  const clock = last(s.clock ?? []);
  const celsius = last(s.temp ?? []);
  const working = (last(s.tensor ?? []) ?? 0) > 0.05 || (last(s.util ?? []) ?? 0) > 0.5;
  const slow = clock !== null && normal !== null && clock < normal * 0.85;
  if (!((said !== null && said > 0.05) || (slow && working && (celsius ?? 0) >= 83)))
    return undefined;
  return {
    gpu: l['gpu_index'] ?? l['gpu_uuid'] ?? '?',
    node: l['node'] ?? '?',
    clock,
    normal: slow ? normal : null,
    celsius,
  };
}

function joinGpus(
  replicas: readonly Labels[],
  gpus: readonly Gpu[],
): Map<Labels, { gpus: Gpu[]; by: 'pod' | 'node' | 'none' }> {
  const out = new Map<Labels, { gpus: Gpu[]; by: 'pod' | 'node' | 'none' }>();
  const onNode = (node: string) => replicas.filter((r) => (r['node'] ?? '') === node);
  for (const r of replicas) {
    const pod = r['pod'] ?? '';
    const ns = r['namespace'] ?? '';
    const byPod =
      pod === ''
        ? []
        : gpus.filter(
            (g) => g.pod === pod && (g.namespace === '' || ns === '' || g.namespace === ns),
          );
    if (byPod.length > 0) {
      out.set(r, { gpus: byPod, by: 'pod' });
      continue;
    }
    const node = r['node'] ?? '';
    const alone = node !== '' && onNode(node).length === 1;
    const byNode = alone ? gpus.filter((g) => g.node === node && g.pod === '') : [];
    out.set(r, byNode.length > 0 ? { gpus: byNode, by: 'node' } : { gpus: [], by: 'none' });
  }
  return out;
}
