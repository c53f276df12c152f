/** Range answers as columns, cached so that a live page asks only for what is new. */
import { ask, float, type Envelope, type Labels, type QueryResult } from './api';
import type { Window } from './time';

/** One series on the window's grid: `values[i]` belongs to `times[i]`; null where there is no sample. */
export interface Column {
  readonly labels: Labels;
  readonly values: (number | null)[];
}

export interface Frame {
  readonly times: number[];
  readonly columns: Column[];
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export function grid(w: Window): number[] {
  const out: number[] = [];
  for (let t = w.start; t <= w.end; t += w.step) out.push(t);
  return out;
}

function blank(n: number): (number | null)[] {
  return Array.from({ length: n }, () => null);
}

export function labelKey(l: Labels): string {
  return Object.keys(l)
    .sort()
    .map((k) => `${k}=${l[k] ?? ''}`)
    .join('\u0001');
}

export function toFrame(e: Envelope<QueryResult>, w: Window): Frame {
  const times = grid(w);
  const columns: Column[] = [];
  if (e.data.resultType === 'matrix') {
    for (const s of e.data.result) {
      const values = blank(times.length);
      for (const [t, v] of s.values ?? []) {
        const i = Math.round((t - w.start) / w.step);
        if (i < 0 || i >= times.length) continue;
        const n = float(v);
        values[i] = Number.isNaN(n) ? null : n;
      }
      columns.push({ labels: s.metric, values });
    }
  }
  return { times, columns, warnings: e.warnings, infos: e.infos };
}

/** Puts a newer piece (`tail`, from `tailWindow.start` on) onto what is already known. */
export function splice(
  old: Frame,
  oldWindow: Window,
  tail: Frame,
  tailWindow: Window,
  w: Window,
): Frame {
  const times = grid(w);
  const byKey = new Map<string, { labels: Labels; values: (number | null)[] }>();
  const slot = (labels: Labels) => {
    const k = labelKey(labels);
    let s = byKey.get(k);
    if (s === undefined) {
      s = { labels, values: blank(times.length) };
      byKey.set(k, s);
    }
    return s.values;
  };
  const copy = (from: Frame, fw: Window, min: number, max: number) => {
    for (const c of from.columns) {
      let into: (number | null)[] | undefined;
      for (let i = 0; i < c.values.length; i++) {
        const v = c.values[i] ?? null;
        const t = fw.start + i * fw.step;
        if (v === null || t < min || t >= max || t < w.start || t > w.end) continue;
        into ??= slot(c.labels);
        into[Math.round((t - w.start) / w.step)] = v;
      }
    }
  };
  copy(old, oldWindow, w.start, tailWindow.start);
  copy(tail, tailWindow, tailWindow.start, Number.POSITIVE_INFINITY);
  return { times, columns: [...byKey.values()], warnings: tail.warnings, infos: tail.infos };
}

interface Kept {
  readonly window: Window;
  readonly frame: Frame;
}

const KEEP = 40;
/** Late samples and rates at the edge still move for a while: this much of the past is asked again. */
const SETTLE_SECONDS = 60;

export class RangeCache {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly fetchRange: typeof queryRange = queryRange) {}

  clear(): void {
    this.kept.clear();
  }

  async range(query: string, w: Window, signal?: AbortSignal): Promise<Frame> {
    const key = `${w.step}|${query}`;
    const had = this.kept.get(key);
    let frame: Frame;
    if (
      had !== undefined &&
      had.window.start <= w.start &&
      had.window.end >= w.start + (w.end - w.start) / 2
    ) {
      const from = Math.max(w.start, had.window.end - Math.ceil(SETTLE_SECONDS / w.step) * w.step);
      const tailWindow: Window = { start: Math.min(from, w.end), end: w.end, step: w.step };
      const tail = await this.fetchRange(query, tailWindow, signal);
      frame = splice(had.frame, had.window, tail, tailWindow, w);
    } else frame = await this.fetchRange(query, w, signal);
    this.kept.delete(key);
    this.kept.set(key, { window: w, frame });
    if (this.kept.size > KEEP) {
      const oldest = this.kept.keys().next().value;
      if (oldest !== undefined) this.kept.delete(oldest);
    }
    return frame;
  }
}

export async function queryRange(query: string, w: Window, signal?: AbortSignal): Promise<Frame> {
  const e = await ask<QueryResult>(
    '/api/v1/query_range',
    { query, start: String(w.start), end: String(w.end), step: String(w.step) },
    signal,
  );
  return toFrame(e, w);
}

/**
 * Many questions in one request: each becomes one branch of an `or`, marked by the label `signal`.
 * The server parses once and answers once, and the answers belong to the same instant.
 */
export function batch(questions: Readonly<Record<string, string>>): string {
  return Object.entries(questions)
    .map(([name, q]) => `label_replace(${q}, "signal", "${name}", "", "")`)
    .join('\nor\n');
}

export function unbatch(f: Frame): Map<string, Column[]> {
  const out = new Map<string, Column[]>();
  for (const c of f.columns) {
    const { signal = '', ...labels } = c.labels;
    const list = out.get(signal) ?? [];
    list.push({ labels, values: c.values });
    out.set(signal, list);
  }
  return out;
}

/** The newest value, if it is not older than `maxBack` steps. */
export function last(values: readonly (number | null)[], maxBack = 3): number | null {
  for (let i = values.length - 1; i >= Math.max(0, values.length - 1 - maxBack); i--) {
    const v = values[i];
    if (v !== null && v !== undefined) return v;
  }
  return null;
}

export function sumColumns(columns: readonly (readonly (number | null)[])[]): (number | null)[] {
  const n = columns.reduce((m, c) => Math.max(m, c.length), 0);
  const out = blank(n);
  for (const c of columns)
    for (let i = 0; i < c.length; i++) {
      const v = c[i];
      if (v !== null && v !== undefined) out[i] = (out[i] ?? 0) + v;
    }
  return out;
}

export function maxColumns(columns: readonly (readonly (number | null)[])[]): (number | null)[] {
  const n = columns.reduce((m, c) => Math.max(m, c.length), 0);
  const out = blank(n);
  for (const c of columns)
    for (let i = 0; i < c.length; i++) {
      const v = c[i];
      if (v !== null && v !== undefined) out[i] = Math.max(out[i] ?? Number.NEGATIVE_INFINITY, v);
    }
  return out;
}

export function meanColumns(columns: readonly (readonly (number | null)[])[]): (number | null)[] {
  const sum = sumColumns(columns);
  return sum.map((s, i) => {
    if (s === null) return null;
    const n = columns.reduce((k, c) => k + (c[i] === null || c[i] === undefined ? 0 : 1), 0);
    return s / n;
  });
}
