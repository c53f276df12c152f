import { describe, expect, it } from 'vitest';
import { heatColour, rampPosition } from '../src/lib/colours';
import { rank } from '../src/parts/CommandPalette';
import { densityOf, layOut } from '../src/parts/Heat';
import { sparkPath } from '../src/parts/Spark';
import { priority } from '../src/pages/Alerts';
import { better, distinct, inOrder } from '../src/pages/Explore';
import { readFaults } from '../src/pages/Fleet';
import { reloadState } from '../src/pages/Status';

describe('sparkPath', () => {
  it('leaves gaps open and starts each piece anew', () => {
    const { line } = sparkPath([1, 1, null, 1, 1]);
    expect(line.match(/M/g)).toHaveLength(2);
  });
  it('draws a ratio against one, not against its own maximum', () => {
    expect(sparkPath([0.5, 0.5], 1).line).toContain('11.0');
  });
});

describe('heat', () => {
  it('grows with pain and never falls', () => {
    let before = -1;
    for (const v of [0, 0.3, 0.6, 0.9, 1.2, 2, 3, 5, 9, 20]) {
      const p = rampPosition(v, 0, [0.6, 1.2, 3]);
      expect(p).toBeGreaterThanOrEqual(before);
      expect(p).toBeLessThanOrEqual(1);
      before = p;
    }
  });
  it('runs one way in lightness, in light and in dark', () => {
    const lum = (c: string) => {
      const [r = 0, g = 0, b = 0] = (c.match(/\d+/g) ?? []).map(Number);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const painful of [true, false])
      for (const dark of [true, false]) {
        const l = Array.from(
          { length: 21 },
          (_, i) => lum(heatColour(i / 20, painful, dark)) * (dark ? 1 : -1),
        );
        for (let i = 1; i < l.length; i++) expect(l[i]!).toBeGreaterThan(l[i - 1]!);
      }
  });
  it('keeps a replica and its GPUs together and apart from the next', () => {
    const rows = [
      { key: 'r', kind: 'replica', label: '' },
      { key: 'g', kind: 'gpu', label: '' },
      { key: 'r2', kind: 'replica', label: '' },
    ] as const;
    const { tops, height } = layOut(rows, 'roomy');
    expect(tops).toEqual([0, 21, 33]);
    expect(height).toBe(54);
  });
  it('draws two hundred replicas on one screen and names only what has room', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      key: String(i),
      kind: 'replica' as const,
      label: '',
    }));
    const { named, height, tops } = layOut(rows, densityOf(200));
    expect(height).toBeLessThanOrEqual(1000);
    const at = named.flatMap((n, i) => (n ? [tops[i]!] : []));
    expect(at.length).toBeGreaterThan(40);
    for (let i = 1; i < at.length; i++) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(15);
  });
});

describe('finding', () => {
  it('ranks a whole word above scattered letters, and misses what does not occur', () => {
    expect(rank('ttft', 'llm_ttft_seconds')!).toBeLessThan(rank('ttft', 'the_total_first_thing')!);
    expect(rank('xyz', 'llm_ttft_seconds')).toBeNull();
  });
});

describe('what the server says', () => {
  it('reads priorities in our words and in others’', () => {
    expect(priority({ severity: 'P0' })).toBe(0);
    expect(priority({ priority: 'p2' })).toBe(2);
    expect(priority({ severity: 'page' })).toBe(1);
    expect(priority({ severity: 'warning' })).toBe(2);
    expect(priority({})).toBeUndefined();
  });

  it('shows which kind of fault is at work, and forgets those that are over', () => {
    const kinds = [
      { kind: 'kv-cache-thrash', says: 'fills the cache' },
      { kind: 'thermal-throttle', says: 'heats a GPU' },
    ];
    const fault = {
      id: 'f1',
      kind: 'kv-cache-thrash',
      what: 'w',
      until: '2026-01-01T00:00:10Z',
      state: 'active',
    };
    expect(readFaults({ kinds, faults: [fault] })).toEqual([
      {
        kind: 'kv-cache-thrash',
        says: 'fills the cache',
        running: {
          id: 'f1',
          what: 'w',
          until: Date.UTC(2026, 0, 1, 0, 0, 10) / 1000,
          planned: false,
        },
      },
      { kind: 'thermal-throttle', says: 'heats a GPU' },
    ]);
    expect(
      readFaults({ kinds, faults: [{ ...fault, state: 'over' }] }).every(
        (k) => k.running === undefined,
      ),
    ).toBe(true);
    expect(readFaults({ nonsense: 1 })).toEqual([]);
  });

  it('puts a better name in the place of the worse one, and only there', () => {
    expect(better('rate(a_total[5m]) / aa_total', 'a_total', 'b_total')).toBe(
      'rate(b_total[5m]) / aa_total',
    );
    expect(better('sum(x{a="1"})', 'x{a="1"}', 'x{a="2"}')).toBe('sum(x{a="2"})');
    expect(better('sum(y)', 'x', 'up')).toBe('up');
  });

  it('tells of the empty selectors first', () => {
    const s = (selector: string, series: number) => ({ selector, series, kind: 'raw' as const });
    expect(inOrder([s('a', 3), s('b', 0)]).map((x) => x.selector)).toEqual(['b', 'a']);
  });

  it('says why a reload was refused', () => {
    expect(reloadState({ reloadConfigSuccess: true }, undefined)).toEqual({ ok: true, error: '' });
    expect(
      reloadState({ reloadConfigSuccess: false }, { config: { error: 'f.yml:3:5: unknown key' } }),
    ).toEqual({
      ok: false,
      error: 'f.yml:3:5: unknown key',
    });
  });

  it('names in a legend only what differs', () => {
    expect(
      distinct([
        { a: '1', b: 'x' },
        { a: '2', b: 'x' },
      ]),
    ).toEqual(['a']);
  });
});
