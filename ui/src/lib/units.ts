/**
 * Numbers as people read them: a value is never shown without its unit, and never with more digits
 * than it deserves. `Shown` keeps number and unit apart so that a column can align both.
 */
export type Unit =
  | 'seconds'
  | 'bytes'
  | 'bytes/s'
  | 'ratio'
  | 'percent'
  | 'req/s'
  | 'tok/s'
  | '/s'
  | 'watts'
  | 'celsius'
  | 'hertz'
  | 'requests'
  | 'joules'
  | 'timestamp'
  | 'none';

export interface Shown {
  readonly number: string;
  readonly unit: string;
}

const ABSENT: Shown = { number: '–', unit: '' };

/** About three significant digits, without the noise of trailing decimals. */
export function digits(v: number): string {
  const a = Math.abs(v);
  if (a === 0) return '0';
  if (a >= 100) return v.toFixed(0);
  if (a >= 10) return v.toFixed(1);
  if (a >= 0.01) return v.toFixed(2);
  return v.toPrecision(2);
}

const SI: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

const BINARY: readonly (readonly [number, string])[] = [
  [2 ** 50, 'PiB'],
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

function scaled(v: number, from = 1e4): readonly [string, string] {
  if (Math.abs(v) < from) return [digits(v), ''];
  for (const [factor, prefix] of SI) if (Math.abs(v) >= factor) return [digits(v / factor), prefix];
  return [digits(v), ''];
}

export function show(v: number | null | undefined, unit: Unit): Shown {
  if (v === null || v === undefined || Number.isNaN(v)) return ABSENT;
  if (!Number.isFinite(v)) return { number: v > 0 ? '∞' : '−∞', unit: '' };
  switch (unit) {
    case 'seconds':
      return seconds(v);
    case 'ratio':
      return { number: percentDigits(v * 100), unit: '%' };
    case 'percent':
      return { number: percentDigits(v), unit: '%' };
    case 'bytes':
    case 'bytes/s':
      return bytes(v, unit === 'bytes/s' ? '/s' : '');
    case 'watts':
      return Math.abs(v) >= 1e4
        ? { number: digits(v / 1e3), unit: 'kW' }
        : { number: v.toFixed(0), unit: 'W' };
    case 'celsius':
      return { number: v.toFixed(0), unit: '°C' };
    case 'hertz': {
      const [n, p] = scaled(v, 1e3);
      return { number: n, unit: `${p}Hz` };
    }
    case 'joules': {
      const [n, p] = scaled(v);
      return { number: n, unit: `${p}J` };
    }
    case 'requests': {
      const [n, p] = scaled(v);
      return { number: Number.isInteger(v) && p === '' ? String(v) : n, unit: p };
    }
    case 'timestamp':
      return {
        number: new Date(v * 1000).toISOString().replace('T', ' ').slice(0, 19),
        unit: 'UTC',
      };
    case 'none': {
      const [n, p] = scaled(v);
      return { number: Number.isInteger(v) && p === '' ? String(v) : n, unit: p };
    }
    case 'req/s':
    case 'tok/s':
    case '/s': {
      const [n, p] = scaled(v);
      return { number: n, unit: p === '' ? unit : `${p} ${unit}`.replace(' /', '/') };
    }
  }
}

/** One string, number and unit together. */
export function text(v: number | null | undefined, unit: Unit): string {
  const s = show(v, unit);
  return s.unit === '' ? s.number : `${s.number} ${s.unit}`;
}

function percentDigits(v: number): string {
  const a = Math.abs(v);
  if (a !== 0 && a < 0.1) return v.toPrecision(1);
  return a < 10 ? v.toFixed(1) : v.toFixed(0);
}

function bytes(v: number, suffix: string): Shown {
  for (const [factor, name] of BINARY)
    if (Math.abs(v) >= factor) return { number: digits(v / factor), unit: name + suffix };
  return { number: digits(v), unit: `B${suffix}` };
}

function seconds(v: number): Shown {
  const a = Math.abs(v);
  if (a === 0) return { number: '0', unit: 's' };
  if (a < 1e-3) return { number: digits(v * 1e6), unit: 'µs' };
  if (a < 1) {
    const ms = v * 1e3;
    return { number: Math.abs(ms) < 10 ? ms.toFixed(1) : ms.toFixed(0), unit: 'ms' };
  }
  if (a < 100) return { number: a < 10 ? v.toFixed(2) : v.toFixed(1), unit: 's' };
  if (a < 600) return { number: v.toFixed(0), unit: 's' };
  if (a < 7200) return { number: digits(v / 60), unit: 'min' };
  if (a < 172_800) return { number: digits(v / 3600), unit: 'h' };
  return { number: digits(v / 86_400), unit: 'd' };
}

/** Labels for the ticks of one axis: all with the same scale, so that they can be compared. */
export function ticks(values: readonly number[], unit: Unit): string[] {
  const finite = values.filter((v) => Number.isFinite(v));
  const top = finite.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const gap = finite.length > 1 ? Math.abs((finite[1] ?? 0) - (finite[0] ?? 0)) : top;
  const [factor, name] = axisScale(top, unit);
  const decimals = decimalsOf(gap / factor);
  return values.map((v) =>
    v === 0 && unit !== 'celsius' ? '0' : `${(v / factor).toFixed(decimals)}${name}`,
  );
}

/** As many decimals as the distance between two ticks needs: 2.5 → 1, 0.25 → 2. */
function decimalsOf(gap: number): number {
  for (let d = 0; d < 6; d++) {
    const x = gap * 10 ** d;
    if (x > 0.9 && Math.abs(x - Math.round(x)) < 1e-3) return d;
  }
  return gap > 0 ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(gap)) + 1)) : 0;
}

function axisScale(top: number, unit: Unit): readonly [number, string] {
  switch (unit) {
    case 'seconds':
      if (top < 1e-3) return [1e-6, ' µs'];
      if (top < 1) return [1e-3, ' ms'];
      if (top < 1200) return [1, ' s'];
      return top < 7200 ? [60, ' min'] : [3600, ' h'];
    case 'ratio':
      return [0.01, ' %'];
    case 'percent':
      return [1, ' %'];
    case 'bytes':
    case 'bytes/s': {
      const found = BINARY.find(([f]) => top >= f) ?? [1, 'B'];
      return [found[0], ` ${found[1]}${unit === 'bytes/s' ? '/s' : ''}`];
    }
    case 'celsius':
      return [1, ' °C'];
    default: {
      const from = unit === 'hertz' ? 1e3 : 1e4;
      const found = top >= from ? (SI.find(([f]) => top >= f) ?? [1, '']) : ([1, ''] as const);
      const name = { hertz: 'Hz', watts: 'W', joules: 'J' }[unit as string] ?? '';
      return [found[0], found[1] + name === '' ? '' : ` ${found[1]}${name}`];
    }
  }
}

/**
 * The unit of a PromQL expression, guessed from the names in it. It errs towards `none`: a missing
 * unit is honest, a wrong one is not.
 */
export function unitOf(expr: string): Unit {
  const e = expr.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""').replace(/\s+/g, ' ');
  const bare = e
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right) ?\([^)]*\)/g, ' ');
  const divides = /\s\/\s|\)\/|\w\/\w/.test(bare);
  const quantile = /histogram_(quantile|avg|stddev)/.test(bare);
  const rated = /\b(rate|irate|deriv)\b/.test(bare);
  if (/\b(count|count_values|changes|resets|absent|group)\b ?\(/.test(bare)) return 'none';
  if (/\btime\(\)/.test(bare) && /_timestamp|_time_seconds/.test(bare)) return 'seconds';
  if (quantile) {
    if (/_seconds(_bucket)?\b/.test(bare)) return 'seconds';
    if (/_bytes(_bucket)?\b/.test(bare)) return 'bytes';
    return 'none';
  }
  if (divides) {
    const sum = /(\w+)_sum\b/.exec(bare)?.[1];
    if (sum !== undefined && new RegExp(`${sum}_count\\b`).test(bare))
      return sum.endsWith('_seconds') ? 'seconds' : 'none';
    const parts = new Set(
      [...bare.matchAll(/[a-z]\w*_(bytes|seconds|total|watts|tokens)\w*/g)].map((m) => m[1]),
    );
    if (parts.size === 1 && !/\/ ?\d/.test(bare)) return 'ratio';
    return 'none';
  }
  if (/\*\s?\d/.test(bare)) return 'none';
  if (/_ratio\b/.test(bare)) return 'ratio';
  if (/_celsius\b/.test(bare)) return 'celsius';
  if (/_watts\b/.test(bare)) return 'watts';
  if (/_hertz\b/.test(bare)) return 'hertz';
  if (/_bytes_per_second\b/.test(bare)) return 'bytes/s';
  if (rated) {
    if (/_tokens_total\b/.test(bare)) return 'tok/s';
    if (/_bytes(_total|_sum)?\b/.test(bare)) return 'bytes/s';
    if (/requests?(_\w+)?_total\b|_requests_finished_total/.test(bare)) return 'req/s';
    if (/_joules_total\b/.test(bare)) return 'watts';
    if (/_seconds(_total|_sum)\b/.test(bare)) return 'none';
    return '/s';
  }
  if (/_time_seconds\b|_timestamp_seconds\b/.test(bare)) return 'timestamp';
  if (/_seconds(_total|_sum)?\b/.test(bare)) return 'seconds';
  if (/_bytes(_total)?\b/.test(bare)) return 'bytes';
  if (/_joules(_total)?\b/.test(bare)) return 'joules';
  return 'none';
}
