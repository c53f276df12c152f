import { describe, expect, it } from 'vitest';
import { heatColour, rampPosition } from '../src/lib/colours';
import { rank } from '../src/parts/CommandPalette';
import { layOut } from '../src/parts/Heat';
import { sparkPath } from '../src/parts/Spark';
import { priority } from '../src/pages/Alerts';
import { distinct, readExplanation } from '../src/pages/Explore';
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
    const { tops, height } = layOut([
      { key: 'r', kind: 'replica', label: '' },
      { key: 'g', kind: 'gpu', label: '' },
      { key: 'r2', kind: 'replica', label: '' },
    ]);
    expect(tops[1]! - tops[0]!).toBe(21);
    expect(tops[2]! - tops[1]!).toBe(12);
    expect(height).toBeGreaterThan(tops[2]!);
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

  it('reads faults as names, as objects, and with a list of the active', () => {
    expect(readFaults(['a'])).toEqual([{ name: 'a', active: false }]);
    expect(readFaults({ available: [{ fault: 'a', truth: 't' }, 'b'], active: ['b'] })).toEqual([
      { name: 'a', active: false, truth: 't' },
      { name: 'b', active: true },
    ]);
    expect(readFaults({ nonsense: 1 })).toEqual([]);
  });

  it('collects the sentences of an explanation', () => {
    expect(
      readExplanation({
        findings: [{ message: 'No series has this name.', hint: 'Use x.' }],
        selectors: [{ reason: 'r' }],
      }),
    ).toEqual(['No series has this name. Use x.', 'r']);
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
