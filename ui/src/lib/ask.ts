/** The questions of the pages, asked: few requests, shared by everything on the page. */
import { ApiError, ask, float, get, type QueryResult } from './api';
import { assemble, type Answers, type Fleet } from './fleet';
import type { Bands } from './health';
import { learnServerTime, nowSeconds } from './live';
import { batch, grid, RangeCache, unbatch, type Column, type Frame } from './series';
import { engineQuestions, gpuQuestions, latencyQuestions, type Chosen } from './signals';
import { rateWindow, windowOf, type Range, type Window } from './time';

const cache = new RangeCache();

export interface Reach {
  readonly up: Answers['up'];
  /** How many engines and GPUs report: decides how finely the fleet is asked. */
  readonly engines: number;
  readonly gpus: number;
}

const REACH = `up
or label_replace(count(llm_requests_running), "signal", "engines", "", "")
or label_replace(count(gpu_power_watts), "signal", "gpus", "", "")`;

export async function askReach(at: number | undefined, signal?: AbortSignal): Promise<Reach> {
  const params: Record<string, string> = { query: REACH };
  if (at !== undefined) params['time'] = String(at);
  const e = await ask<QueryResult>('/api/v1/query', params, signal);
  if (e.data.resultType !== 'vector') return { up: [], engines: 0, gpus: 0 };
  const first = e.data.result[0]?.value;
  if (at === undefined && first !== undefined) learnServerTime(first[0]);
  const all = e.data.result.flatMap((s) =>
    s.value === undefined ? [] : [{ labels: s.metric, value: float(s.value[1]) }],
  );
  const count = (k: string) => all.find((x) => x.labels['signal'] === k)?.value ?? 0;
  return {
    up: all.filter((x) => x.labels['__name__'] === 'up'),
    engines: count('engines'),
    gpus: count('gpus'),
  };
}

export interface FleetAnswer {
  readonly fleet: Fleet;
  readonly window: Window;
  /** Parts that could not be asked; the rest of the page still stands. */
  readonly troubles: readonly ApiError[];
  readonly warnings: readonly string[];
  /** Scrape targets known at all: tells "nothing is scraped" from "no engine was recognised". */
  readonly targets: number;
}

const FLEET_POINTS = 180;
/** Above this the tape is drawn close (see `densityOf`) and half the points are enough. */
const MANY_ENGINES = 60;
const MANY_GPUS = 160;

export async function askFleet(
  range: Range,
  chosen: Chosen,
  bands: Bands,
  signal: AbortSignal,
): Promise<FleetAnswer> {
  const reach = await askReach(range.kind === 'span' ? range.to : undefined, signal);
  const { up } = reach;
  const w = windowOf(
    range,
    nowSeconds(),
    reach.engines > MANY_ENGINES ? FLEET_POINTS / 2 : FLEET_POINTS,
  );
  // A thousand GPUs over time are a hundred thousand samples that no strip has room for: then only their now is asked.
  const gpuWindow: Window =
    reach.gpus > MANY_GPUS ? { start: w.end - 2 * w.step, end: w.end, step: w.step } : w;
  const rate = rateWindow(w.step);
  const troubles: ApiError[] = [];
  const warnings = new Set<string>();
  const part = async (
    questions: Record<string, string>,
    over: Window,
  ): Promise<ReadonlyMap<string, readonly Column[]>> => {
    try {
      const f = await cache.range(batch(questions), over, signal);
      for (const x of f.warnings) warnings.add(x);
      return unbatch(over === w ? f : widened(f, over, w));
    } catch (e) {
      if (e instanceof ApiError && (e.kind === 'aborted' || e.kind === 'offline')) throw e;
      troubles.push(e instanceof ApiError ? e : new ApiError('server', String(e)));
      return new Map();
    }
  };
  const [engine, latency, gpu] = await Promise.all([
    part(engineQuestions(rate), w),
    part(latencyQuestions(rate, chosen), w),
    part(gpuQuestions(rate), gpuWindow),
  ]);
  if (troubles.length === 3 && troubles[0] !== undefined) throw troubles[0];
  const fleet = assemble({ times: grid(w), engine, latency, gpu, up }, chosen, bands);
  return { fleet, window: w, troubles, warnings: [...warnings], targets: up.length };
}

/** A shorter answer on the longer window's grid: what was not asked is absent. */
function widened(f: Frame, from: Window, to: Window): Frame {
  const before = Array.from({ length: Math.round((from.start - to.start) / to.step) }, () => null);
  return {
    times: grid(to),
    columns: f.columns.map((c) => ({ labels: c.labels, values: [...before, ...c.values] })),
    warnings: f.warnings,
    infos: f.infos,
  };
}

/** Several questions over one window, for a page of charts. */
export async function askMany(
  questions: Readonly<Record<string, string>>,
  w: Window,
  signal: AbortSignal,
): Promise<{ times: number[]; by: Map<string, Column[]> }> {
  const f: Frame = await cache.range(batch(questions), w, signal);
  return { times: f.times, by: unbatch(f) };
}

export async function askRange(query: string, w: Window, signal: AbortSignal): Promise<Frame> {
  return cache.range(query, w, signal);
}

export async function askInstant(
  query: string,
  at: number | undefined,
  signal: AbortSignal,
): Promise<{ data: QueryResult; warnings: readonly string[]; infos: readonly string[] }> {
  const params: Record<string, string> = { query };
  if (at !== undefined) params['time'] = String(at);
  return ask<QueryResult>('/api/v1/query', params, signal);
}

// ---- Tokenplumb's own endpoints; a plain Prometheus has none of them, and the pages do without.

export async function optional<T>(
  path: string,
  params: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<T | undefined> {
  try {
    return (await get<T>(path, params, signal)).data;
  } catch (e) {
    if (e instanceof ApiError && e.kind === 'missing') return undefined;
    throw e;
  }
}
