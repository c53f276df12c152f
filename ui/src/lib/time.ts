/** Ranges, steps and instants. Everything that draws shares one `Window`, so that layers line up. */

/** What the reader chose: the last so many seconds (live), or a fixed span (pinned). Unix seconds. */
export type Range =
  | { readonly kind: 'last'; readonly seconds: number }
  | { readonly kind: 'span'; readonly from: number; readonly to: number };

/** A range made concrete on a grid of steps, so that repeated questions are the same questions. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export const DEFAULT_RANGE: Range = { kind: 'last', seconds: 900 };

export const PRESETS: readonly number[] = [
  300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

export function stepFor(seconds: number, points: number): number {
  return STEPS.find((s) => seconds / s <= points) ?? 86_400;
}

export function windowOf(range: Range, nowSeconds: number, points: number): Window {
  const length = lengthOf(range);
  const step = stepFor(length, points);
  const to = range.kind === 'last' ? nowSeconds : range.to;
  const end = Math.floor(to / step) * step;
  return { start: end - Math.ceil(length / step) * step, end, step };
}

export function lengthOf(range: Range): number {
  return range.kind === 'last' ? range.seconds : Math.max(1, range.to - range.from);
}

/** The window of `rate()`: wide enough for four scrapes at 15 s, and never narrower than two steps. */
export function rateWindow(step: number): string {
  return duration(Math.max(60, step * 2));
}

const UNITS: readonly (readonly [number, string])[] = [
  [604_800, 'w'],
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** Seconds as a Prometheus duration: 5400 → `1h30m`. */
export function duration(seconds: number): string {
  let rest = Math.round(seconds);
  if (rest <= 0) return '0s';
  let out = '';
  for (const [size, name] of UNITS) {
    if (rest >= size) {
      out += `${Math.floor(rest / size)}${name}`;
      rest %= size;
    }
  }
  return out;
}

/** Reads a Prometheus duration; undefined when it is none. */
export function parseDuration(s: string): number | undefined {
  if (!/^(\d+[wdhms])+$/.test(s)) return undefined;
  let sum = 0;
  for (const m of s.matchAll(/(\d+)([wdhms])/g))
    sum += Number(m[1]) * (UNITS.find(([, n]) => n === m[2])?.[0] ?? 0);
  return sum > 0 ? sum : undefined;
}

/** For the URL: `range=15m`, or `from=…&to=…` in Unix seconds. */
export function rangeToParams(range: Range): Record<string, string> {
  return range.kind === 'last'
    ? { range: duration(range.seconds) }
    : { from: String(Math.round(range.from)), to: String(Math.round(range.to)) };
}

export function rangeFromParams(p: URLSearchParams): Range {
  const from = Number(p.get('from') ?? Number.NaN);
  const to = Number(p.get('to') ?? Number.NaN);
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) return { kind: 'span', from, to };
  const seconds = parseDuration(p.get('range') ?? '');
  return seconds === undefined ? DEFAULT_RANGE : { kind: 'last', seconds };
}

export type Zone = 'local' | 'utc';

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

function fields(
  seconds: number,
  zone: Zone,
): readonly [number, number, number, number, number, number] {
  const d = new Date(seconds * 1000);
  return zone === 'utc'
    ? [
        d.getUTCFullYear(),
        d.getUTCMonth() + 1,
        d.getUTCDate(),
        d.getUTCHours(),
        d.getUTCMinutes(),
        d.getUTCSeconds(),
      ]
    : [
        d.getFullYear(),
        d.getMonth() + 1,
        d.getDate(),
        d.getHours(),
        d.getMinutes(),
        d.getSeconds(),
      ];
}

export function clock(seconds: number, zone: Zone): string {
  const [, , , h, m, s] = fields(seconds, zone);
  return `${pad(h)}:${pad(m)}:${pad(s)}`;
}

export function dateTime(seconds: number, zone: Zone): string {
  const [y, mo, d] = fields(seconds, zone);
  return `${y}-${pad(mo)}-${pad(d)} ${clock(seconds, zone)}`;
}

/** A time for an axis or a read-out: the date only when the window needs it. */
export function shortTime(seconds: number, zone: Zone, windowLength: number): string {
  const [, mo, d, h, m, s] = fields(seconds, zone);
  if (windowLength > 86_400) return `${pad(mo)}-${pad(d)} ${pad(h)}:${pad(m)}`;
  return windowLength <= 1800 ? `${pad(h)}:${pad(m)}:${pad(s)}` : `${pad(h)}:${pad(m)}`;
}

export function zoneName(zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date().getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const sign = minutes < 0 ? '−' : '+';
  const a = Math.abs(minutes);
  return `UTC${sign}${Math.floor(a / 60)}${a % 60 === 0 ? '' : `:${pad(a % 60)}`}`;
}

/** How long ago, roughly: `42 s`, `3 min`, `2 h`. */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129_600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}
