import { describe, expect, it } from 'vitest';
import {
  duration,
  parseDuration,
  rangeFromParams,
  rangeToParams,
  rateWindow,
  windowOf,
} from '../src/lib/time';
import { address, translateForeign, withParams } from '../src/lib/route';

describe('windows', () => {
  it('fall on a grid, so that the same question is asked again and not a new one', () => {
    const a = windowOf({ kind: 'last', seconds: 900 }, 1_000_003.2, 180);
    const b = windowOf({ kind: 'last', seconds: 900 }, 1_000_004.9, 180);
    expect(a).toEqual(b);
    expect(a.step).toBe(5);
    expect(a.end % a.step).toBe(0);
    expect(a.end - a.start).toBe(900);
  });

  it('never have more points than asked for, and rates see at least two steps', () => {
    for (const seconds of [60, 900, 3600, 86_400, 604_800]) {
      const w = windowOf({ kind: 'last', seconds }, 2e9, 180);
      expect((w.end - w.start) / w.step).toBeLessThanOrEqual(181);
      expect(parseDuration(rateWindow(w.step))).toBeGreaterThanOrEqual(Math.max(60, 2 * w.step));
    }
  });
});

describe('durations', () => {
  it('are written and read as Prometheus does', () => {
    expect(duration(5400)).toBe('1h30m');
    expect(duration(0)).toBe('0s');
    expect(parseDuration('1h30m')).toBe(5400);
    expect(parseDuration('90')).toBeUndefined();
    expect(parseDuration('')).toBeUndefined();
  });
});

describe('the address', () => {
  it('keeps a range there and back', () => {
    for (const r of [
      { kind: 'last', seconds: 1800 },
      { kind: 'span', from: 1000, to: 2000 },
    ] as const)
      expect(rangeFromParams(new URLSearchParams(rangeToParams(r)))).toEqual(r);
  });

  it('falls back to the usual range when it is nonsense', () => {
    expect(rangeFromParams(new URLSearchParams('from=9&to=3'))).toEqual({
      kind: 'last',
      seconds: 900,
    });
    expect(rangeFromParams(new URLSearchParams('range=soon'))).toEqual({
      kind: 'last',
      seconds: 900,
    });
  });

  it('drops what is empty and repeats lists', () => {
    const p = withParams(new URLSearchParams('q=a&view=table'), { q: ['b', 'c'], view: null });
    expect(address('/explore', p)).toBe('/explore?q=b&q=c');
  });

  it('understands the links that Prometheus writes into notifications', () => {
    expect(
      translateForeign('/graph', new URLSearchParams('g0.expr=up%20%3D%3D%200&g0.tab=1')),
    ).toBe('/explore?q=up+%3D%3D+0&view=table');
    const pinned = translateForeign(
      '/graph',
      new URLSearchParams('g0.expr=up&g0.range_input=1h&g0.end_input=2026-01-01%2000:00'),
    );
    expect(pinned).toBe(
      `/explore?q=up&from=${Date.UTC(2025, 11, 31, 23) / 1000}&to=${Date.UTC(2026, 0, 1) / 1000}`,
    );
    expect(translateForeign('/targets', new URLSearchParams())).toBeUndefined();
  });
});
