/**
 * Health is what users feel: the first token, the stream, the queue, requests thrown out. Engine and
 * GPU signals explain it and never make it: a GPU that is 100 % busy is not ill, and an idle one is
 * not well.
 */
import { digits, text } from './units';

export type Level = 'ok' | 'idle' | 'slow' | 'hurt' | 'down' | 'unknown';

export const LEVELS: readonly Level[] = ['down', 'hurt', 'slow', 'unknown', 'ok', 'idle'];

/** A level as text and as a shape, so that colour is never the only carrier. */
export const LEVEL_TEXT: Readonly<Record<Level, string>> = {
  ok: 'well',
  idle: 'idle',
  slow: 'slow',
  hurt: 'hurt',
  down: 'down',
  unknown: 'no data',
};

export function worse(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) <= LEVELS.indexOf(b) ? a : b;
}

/** The bands (seconds) against which time to first token is judged; the reader may edit them. */
export interface Bands {
  readonly p95: number;
  readonly p99: number;
  /** Users complain. */
  readonly complain: number;
  /** The service counts as unavailable. */
  readonly unavailable: number;
}

export const DEFAULT_BANDS: Bands = { p95: 0.6, p99: 1.2, complain: 3, unavailable: 5 };

export interface Throttled {
  readonly gpu: string;
  readonly node: string;
  readonly clock: number | null;
  readonly normal: number | null;
  readonly celsius: number | null;
}

/** What is known about one replica at the end of the window. */
export interface Evidence {
  readonly up: number | null;
  /** Any engine signal at all at the end of the window. */
  readonly reporting: boolean;
  readonly ttft95: number | null;
  readonly ttft99: number | null;
  readonly queue95: number | null;
  readonly waiting: number | null;
  readonly running: number | null;
  readonly rps: number | null;
  readonly kv: number | null;
  readonly preempt: number | null;
  /** The highest of the last minutes: causes outlast the moment. */
  readonly kvRecent: number | null;
  readonly preemptRecent: number | null;
  /** The longest the queue was in the last two minutes. */
  readonly waitingRecent: number | null;
  /** How much its GPUs did in the last minute: the greater of tensor and memory activity (decode is memory traffic). */
  readonly work: number | null;
  readonly throttled: readonly Throttled[];
  /** The queue over the last minutes: bursts show only there, and an older incident must not hide them. */
  readonly waitingHistory: readonly (number | null)[];
}

export type Cause =
  | 'silent'
  | 'throttled'
  | 'kv-thrash'
  | 'kv-full'
  | 'bursts'
  | 'overload'
  | 'gpu-idle'
  | 'unexplained';

export interface Health {
  readonly level: Level;
  /** What the user feels, the worst first, each with its number. */
  readonly symptoms: readonly string[];
  readonly cause?: Cause;
  /** The evidence for the cause, in one sentence. */
  readonly because?: string;
}

export function judge(e: Evidence, bands: Bands = DEFAULT_BANDS): Health {
  if (e.up === 0 || (!e.reporting && e.up === null))
    return {
      level: e.up === 0 ? 'down' : 'unknown',
      symptoms: [e.up === 0 ? 'does not answer scrapes' : 'no samples at the end of this window'],
      cause: 'silent',
    };
  if (!e.reporting)
    return { level: 'unknown', symptoms: ['answers scrapes, but no engine signal was recognised'] };

  const symptoms: { weight: number; level: Level; text: string }[] = [];
  const feel = (weight: number, level: Level, text: string) =>
    symptoms.push({ weight, level, text });
  if (e.ttft95 !== null) {
    const t = `TTFT p95 ${text(e.ttft95, 'seconds')}`;
    if (e.ttft95 > bands.unavailable) feel(90, 'hurt', `${t}: as good as unavailable`);
    else if (e.ttft95 > bands.complain) feel(80, 'hurt', t);
    else if (e.ttft95 > bands.p95) feel(40, 'slow', t);
  }
  if (e.ttft99 !== null) {
    const t = `TTFT p99 ${text(e.ttft99, 'seconds')}`;
    if (e.ttft99 > bands.unavailable) feel(70, 'hurt', t);
    else if (e.ttft99 > bands.p99) feel(30, 'slow', t);
  }
  if (e.preempt !== null && e.preempt > 0.02) {
    const thrash = e.preempt > 0.5 && (e.kv ?? 0) > 0.95;
    feel(thrash ? 75 : 35, thrash ? 'hurt' : 'slow', `${digits(e.preempt)} preemptions/s`);
  }
  if (e.queue95 !== null && e.queue95 > 1)
    feel(
      e.queue95 > bands.complain ? 65 : 33,
      e.queue95 > bands.complain ? 'hurt' : 'slow',
      `queue p95 ${text(e.queue95, 'seconds')}`,
    );
  else if (e.waiting !== null && e.waiting >= 8 && e.waiting > (e.running ?? 0) * 0.25)
    feel(32, 'slow', `${text(e.waiting, 'requests')} waiting`);
  if (symptoms.length === 0) {
    const idle = (e.running ?? 0) === 0 && (e.waiting ?? 0) === 0 && (e.rps ?? 0) === 0;
    return { level: idle ? 'idle' : 'ok', symptoms: [] };
  }
  symptoms.sort((a, b) => b.weight - a.weight);
  const level = symptoms.map((s) => s.level).reduce(worse);
  return { level, symptoms: symptoms.map((s) => s.text), ...explain(e) };
}

/**
 * Bursty: a queue that is long and then, again and again, gone. Twice at least: a queue that has just
 * begun to grow is no burst, and one that has just drained is over.
 */
export function bursty(history: readonly (number | null)[]): boolean {
  const v = history.filter((x): x is number => x !== null);
  if (v.length < 12) return false;
  const sorted = [...v].sort((a, b) => a - b);
  const top = sorted[Math.floor(v.length * 0.98)] ?? 0;
  const median = sorted[Math.floor(v.length / 2)] ?? 0;
  if (top < 8 || median > top * 0.15) return false;
  let ends = 0;
  let high = false;
  for (const x of v) {
    if (x >= top * 0.5) high = true;
    else if (high && x <= top * 0.15) {
      high = false;
      ends++;
    }
  }
  return ends >= 2;
}

function explain(e: Evidence): { cause: Cause; because: string } {
  const kv = e.kvRecent ?? e.kv ?? 0;
  const out = e.preemptRecent ?? e.preempt ?? 0;
  const hot = e.throttled[0];
  if (kv > 0.95 && out > 0.1)
    return {
      cause: 'kv-thrash',
      because: `its KV cache is ${text(kv, 'ratio')} full and up to ${digits(out)} requests/s are thrown out and computed again`,
    };
  if (hot !== undefined) return { cause: 'throttled', because: throttleText(hot) };
  if (kv > 0.95 && ((e.waiting ?? 0) > 0 || kv > 0.97))
    return {
      cause: 'kv-full',
      because: `its KV cache is ${text(kv, 'ratio')} full: new requests wait for blocks`,
    };
  if (bursty(e.waitingHistory))
    return {
      cause: 'bursts',
      because: 'its queue is empty most of the time and long in between: requests come in bursts',
    };
  const waited = e.waitingRecent ?? e.waiting ?? 0;
  if (waited > Math.max(2, (e.running ?? 0) * 0.1))
    return {
      cause: 'overload',
      because: `up to ${text(waited, 'requests')} requests waited while ${text(e.running, 'requests')} run, with KV cache to spare: more arrived than the batch takes`,
    };
  if (e.work !== null && e.work < 0.2 && (e.running ?? 0) > 4)
    return {
      cause: 'gpu-idle',
      because: `its GPUs compute or move data only ${text(e.work, 'ratio')} of the time with ${text(e.running, 'requests')} requests running: a stalled collective, or the CPU before the GPU`,
    };
  return { cause: 'unexplained', because: 'no engine or GPU signal says why' };
}

function throttledText(all: readonly Throttled[]): string {
  const first = all[0];
  if (first === undefined) return '';
  if (all.length === 1) return throttleText(first);
  const nodes = new Set(all.map((t) => t.node));
  const where = nodes.size === 1 ? first.node : `${nodes.size} nodes`;
  const clocks = all.map((t) => t.clock).filter((c): c is number => c !== null);
  const lowest = clocks.length === 0 ? '' : `, down to ${text(Math.min(...clocks), 'hertz')}`;
  const normal = lowest === '' || first.normal === null ? '' : ` of ${text(first.normal, 'hertz')}`;
  return `${all.length} GPUs on ${where} are throttled${lowest}${normal}`;
}

export function throttleText(t: Throttled): string {
  const clock =
    t.clock === null
      ? ''
      : ` at ${text(t.clock, 'hertz')}${t.normal === null ? '' : ` of ${text(t.normal, 'hertz')}`}`;
  const heat = t.celsius === null ? '' : `, ${text(t.celsius, 'celsius')}`;
  return `GPU ${t.gpu} on ${t.node} is throttled${clock}${heat}`;
}

// ---- the verdict over the fleet

export interface Judged {
  readonly model: string;
  readonly name: string;
  readonly health: Health;
  readonly since?: number;
}

export interface Verdict {
  readonly level: Level;
  /** One plain sentence. */
  readonly sentence: string;
  /** What it rests on, one line for each group of replicas. */
  readonly reasons: readonly {
    readonly model: string;
    readonly level: Level;
    readonly names: readonly string[];
    readonly text: string;
    readonly since?: number;
  }[];
}

const CLAUSE: Readonly<Record<Exclude<Cause, 'silent'>, string>> = {
  throttled: 'is slowed by a throttled GPU',
  'kv-thrash': 'waits on a full KV cache',
  'kv-full': 'waits on a full KV cache',
  bursts: 'gets its requests in bursts',
  overload: 'gets more requests than it can batch',
  'gpu-idle': 'has idle GPUs under load',
  unexplained: 'is slow to the first token, and no signal says why',
};

export function verdict(
  replicas: readonly Judged[],
  throttled: readonly Throttled[] = [],
): Verdict {
  const n = replicas.length;
  if (n === 0)
    return { level: 'unknown', sentence: 'No inference engine has reported yet.', reasons: [] };
  const count = (l: Level) => replicas.filter((r) => r.health.level === l).length;
  const down = count('down');
  const hurt = count('hurt') + down;
  const slow = count('slow');
  const silent = count('unknown');

  const groups = new Map<
    string,
    { model: string; level: Level; cause: Cause; members: Judged[] }
  >();
  for (const r of replicas) {
    if (r.health.level === 'ok' || r.health.level === 'idle') continue;
    const cause = r.health.cause ?? 'unexplained';
    const key = `${r.model}\u0001${cause}`;
    const g = groups.get(key);
    if (g === undefined)
      groups.set(key, { model: r.model, level: r.health.level, cause, members: [r] });
    else {
      g.members.push(r);
      g.level = worse(g.level, r.health.level);
    }
  }
  const ordered = [...groups.values()].sort(
    (a, b) =>
      LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.members.length - a.members.length,
  );
  const reasons = ordered.map((g) => {
    const worst = [...g.members].sort(
      (a, b) => LEVELS.indexOf(a.health.level) - LEVELS.indexOf(b.health.level),
    )[0];
    const because = worst?.health.because;
    const since = g.members.map((m) => m.since).filter((s): s is number => s !== undefined);
    return {
      model: g.model,
      level: g.level,
      names: g.members.map((m) => m.name),
      text: `${worst?.health.symptoms[0] ?? ''}${because === undefined ? '' : ` — ${because}`}`,
      ...(since.length > 0 ? { since: Math.min(...since) } : {}),
    };
  });
  const of = (k: number) => `${k} of ${n} ${n === 1 ? 'replica' : 'replicas'}`;
  const felt = (l: Level) =>
    hurt > 0 ? l === 'hurt' || l === 'down' : slow > 0 ? l === 'slow' : true;
  const told = ordered.filter((g) => felt(g.level)).slice(0, 2);
  const clauses = told.map(clause).join('; ');
  const more = slow === 0 ? '' : ` ${slow} more ${slow === 1 ? 'is' : 'are'} slow.`;
  if (hurt > 0)
    return {
      level: down === hurt ? 'down' : 'hurt',
      sentence: `${of(hurt)} ${hurt === 1 ? 'is hurt' : 'are hurt'}: ${clauses}.${more}`,
      reasons,
    };
  if (slow > 0)
    return {
      level: 'slow',
      sentence: `${of(slow)} ${slow === 1 ? 'is slow' : 'are slow'}: ${clauses}.`,
      reasons,
    };
  if (silent > 0)
    return {
      level: 'unknown',
      sentence: `${of(silent)} ${silent === 1 ? 'has' : 'have'} no data at the end of this window.`,
      reasons,
    };
  const warned = throttled[0];
  const all =
    n === 1
      ? 'The one replica is well'
      : n === 2
        ? 'Both replicas are well'
        : `All ${n} replicas are well`;
  if (warned !== undefined)
    return {
      level: 'ok',
      sentence: `${all}, but ${throttledText(throttled)}: no user feels it yet.`,
      reasons,
    };
  return { level: 'ok', sentence: `${all}: no user waits longer than the bands allow.`, reasons };
}

function clause(g: {
  readonly model: string;
  readonly cause: Cause;
  readonly members: readonly Judged[];
}): string {
  if (g.cause !== 'silent') return `${g.model} ${CLAUSE[g.cause]}`;
  return g.members.length > 2
    ? `${g.members.length} of ${g.model} do not answer`
    : `${g.members.map((m) => m.name).join(' and ')} ${g.members.length === 1 ? 'does' : 'do'} not answer`;
}

/** From where on, walking back from the end, `bad` held without a pause longer than `pause` steps. */
export function heldSince(
  times: readonly number[],
  values: readonly (number | null)[],
  bad: (v: number) => boolean,
  pause = 2,
): number | undefined {
  let since: number | undefined;
  let gap = 0;
  for (let i = values.length - 1; i >= 0 && gap <= pause; i--) {
    const v = values[i];
    if (v !== null && v !== undefined && bad(v)) {
      since = times[i];
      gap = 0;
    } else gap++;
  }
  return since;
}

/**
 * Seconds until the KV cache is full if it goes on as in the last `points` steps (a straight line by
 * least squares); null when it is not rising, already full, or the line fits badly.
 */
export function fullIn(
  values: readonly (number | null)[],
  step: number,
  points = 24,
): number | null {
  const v = values
    .slice(-points)
    .map((y, i) => [i * step, y] as const)
    .filter((p): p is readonly [number, number] => p[1] !== null);
  if (v.length < 8) return null;
  const mx = v.reduce((s, p) => s + p[0], 0) / v.length;
  const my = v.reduce((s, p) => s + p[1], 0) / v.length;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  for (const [x, y] of v) {
    sxx += (x - mx) ** 2;
    sxy += (x - mx) * (y - my);
    syy += (y - my) ** 2;
  }
  const end = v[v.length - 1]?.[1] ?? 0;
  if (sxx === 0 || syy === 0 || end >= 0.95 || end < 0.3) return null;
  const slope = sxy / sxx;
  if (slope <= 0 || sxy ** 2 / (sxx * syy) < 0.5) return null;
  return (1 - end) / slope;
}
