/** The server's HTTP API (Prometheus' own, and ours beside it), typed and with errors that explain. */

export interface Labels {
  readonly [name: string]: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What went wrong, in terms of what the reader can do about it. */
export class ApiError extends Error {
  constructor(
    readonly kind: 'offline' | 'refused' | 'missing' | 'server' | 'timeout' | 'aborted',
    message: string,
    readonly position?: Position,
    readonly status = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface Envelope<T> {
  readonly data: T;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** `1:10: parse error: …` (with or without what Prometheus puts before it) → where and what. */
export function positionOf(message: string): { position?: Position; text: string } {
  const m = /(?:^|[\s:])(\d+):(\d+): (?=parse error|.*error|unexpected|unknown|expected)/.exec(
    message,
  );
  if (m === null) return { text: message };
  const text = message.slice((m.index ?? 0) + m[0].length);
  return { position: { line: Number(m[1]), column: Number(m[2]) }, text };
}

const TIMEOUT_MS = 60_000;

async function fetchJson(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(url, {
      ...init,
      credentials: 'same-origin',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
  } catch (e) {
    if (signal?.aborted === true) throw new ApiError('aborted', 'Cancelled');
    if (deadline.aborted)
      throw new ApiError(
        'timeout',
        `No answer within ${TIMEOUT_MS / 1000} s. Ask for a shorter range or fewer series.`,
      );
    throw new ApiError(
      'offline',
      `The server at ${location.host} does not answer (${(e as Error).message}).`,
    );
  }
}

function listOf(v: unknown): readonly string[] {
  return Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : [];
}

async function unwrap<T>(r: Response): Promise<Envelope<T>> {
  const type = r.headers.get('content-type') ?? '';
  const body: unknown = type.includes('json') ? await r.json().catch(() => null) : null;
  const o = (body ?? {}) as Record<string, unknown>;
  if (r.ok && body !== null) {
    // Prometheus wraps in {status, data}; our own endpoints may answer with the bare value.
    const data = (o['status'] === 'success' && 'data' in o ? o['data'] : body) as T;
    return { data, warnings: listOf(o['warnings']), infos: listOf(o['infos']) };
  }
  if (r.status === 404)
    throw new ApiError('missing', `This server has no ${new URL(r.url).pathname}.`, undefined, 404);
  const raw = typeof o['error'] === 'string' ? o['error'] : `${r.status} ${r.statusText}`;
  if (r.ok)
    throw new ApiError('missing', `This server has no ${new URL(r.url).pathname}.`, undefined, 404);
  const { position, text } = positionOf(raw);
  const kind = o['errorType'] === 'timeout' ? 'timeout' : r.status < 500 ? 'refused' : 'server';
  throw new ApiError(kind, text, position, r.status);
}

export async function get<T>(
  path: string,
  params: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Envelope<T>> {
  const q = new URLSearchParams(params).toString();
  return unwrap<T>(
    await fetchJson(
      q === '' ? path : `${path}?${q}`,
      { headers: { accept: 'application/json' } },
      signal,
    ),
  );
}

/** For queries: they can be longer than an address may be. */
export async function ask<T>(
  path: string,
  params: Record<string, string>,
  signal?: AbortSignal,
): Promise<Envelope<T>> {
  return unwrap<T>(
    await fetchJson(
      path,
      {
        method: 'POST',
        body: new URLSearchParams(params),
        headers: { accept: 'application/json' },
      },
      signal,
    ),
  );
}

export async function send(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<void> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  const r = await fetchJson(path, init);
  if (!r.ok) await unwrap(r);
}

// ---- queries

export interface MatrixSeries {
  readonly metric: Labels;
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly unknown[];
}

export interface VectorSeries {
  readonly metric: Labels;
  readonly value?: readonly [number, string];
  readonly histogram?: readonly [number, { count: string; sum: string }];
}

export type QueryResult =
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'vector'; readonly result: readonly VectorSeries[] }
  | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
  | { readonly resultType: 'string'; readonly result: readonly [number, string] };

/** Prometheus' spelling of a float. */
export function float(s: string): number {
  if (s === '+Inf' || s === 'Inf') return Number.POSITIVE_INFINITY;
  if (s === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(s);
}

// ---- targets, rules, status

export interface Target {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly globalUrl?: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly lastScrapeDuration: number;
  readonly health: 'up' | 'down' | 'unknown';
  readonly scrapeInterval?: string;
  readonly scrapeTimeout?: string;
  // ours
  readonly recognised?: string;
  readonly warnings?: readonly string[];
  readonly samplesScraped?: number;
  readonly bytesScraped?: number;
}

export interface Targets {
  readonly activeTargets: readonly Target[];
  readonly droppedTargets?: readonly { readonly discoveredLabels: Labels }[];
  readonly droppedTargetCounts?: Readonly<Record<string, number>>;
}

export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly activeAt?: string;
  readonly value: string;
  readonly keepFiringSince?: string;
}

export interface Rule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly duration?: number;
  readonly keepFiringFor?: number;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly alerts?: readonly Alert[];
  readonly state?: 'inactive' | 'pending' | 'firing';
  readonly health: string;
  readonly lastError?: string;
  readonly lastEvaluation?: string;
  readonly evaluationTime?: number;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly interval: number;
  readonly rules: readonly Rule[];
}
