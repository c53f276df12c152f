import { describe, expect, it } from 'vitest';
import { positionOf } from '../src/lib/api';
import {
  batch,
  last,
  maxColumns,
  meanColumns,
  RangeCache,
  sumColumns,
  toFrame,
  unbatch,
  type Frame,
} from '../src/lib/series';
import type { Window } from '../src/lib/time';
import { engineQuestions, gpuQuestions, latencyQuestions } from '../src/lib/signals';

const frame = (w: Window, f: (t: number) => number | null): Frame => {
  const times: number[] = [];
  for (let t = w.start; t <= w.end; t += w.step) times.push(t);
  return {
    times,
    columns: [{ labels: { a: '1' }, values: times.map(f) }],
    warnings: [],
    infos: [],
  };
};

describe('toFrame', () => {
  it('puts samples on the grid and leaves gaps as gaps', () => {
    const f = toFrame(
      {
        data: {
          resultType: 'matrix',
          result: [
            {
              metric: { a: '1' },
              values: [
                [10, '1'],
                [30, 'NaN'],
                [40, '+Inf'],
              ],
            },
          ],
        },
        warnings: ['w'],
        infos: [],
      },
      { start: 10, end: 40, step: 10 },
    );
    expect(f.columns[0]?.values).toEqual([1, null, null, Number.POSITIVE_INFINITY]);
    expect(f.warnings).toEqual(['w']);
  });
});

describe('RangeCache', () => {
  it('asks only for the new end, and answers as if it had asked for all', async () => {
    const asked: Window[] = [];
    const cache = new RangeCache((_q, w) => {
      asked.push(w);
      return Promise.resolve(frame(w, (t) => t));
    });
    await cache.range('q', { start: 0, end: 600, step: 5 });
    const next = await cache.range('q', { start: 50, end: 650, step: 5 });
    expect(asked[1]).toEqual({ start: 540, end: 650, step: 5 });
    expect(next).toEqual(frame({ start: 50, end: 650, step: 5 }, (t) => t));
  });

  it('lets the newest answer correct the last minute of the older one', async () => {
    let version = 1;
    const cache = new RangeCache((_q, w) => Promise.resolve(frame(w, () => version)));
    await cache.range('q', { start: 0, end: 600, step: 5 });
    version = 2;
    const f = await cache.range('q', { start: 0, end: 600, step: 5 });
    expect(f.columns[0]?.values.slice(0, 108).every((v) => v === 1)).toBe(true);
    expect(f.columns[0]?.values.slice(108).every((v) => v === 2)).toBe(true);
  });

  it('asks afresh for an earlier window, another step or another query', async () => {
    const asked: Window[] = [];
    const cache = new RangeCache((_q, w) => {
      asked.push(w);
      return Promise.resolve(frame(w, () => 1));
    });
    const first: Window = { start: 1000, end: 1600, step: 5 };
    await cache.range('q', first);
    for (const w of [
      { start: 0, end: 600, step: 5 },
      { start: 1000, end: 1600, step: 10 },
    ]) {
      await cache.range('q', w);
      expect(asked[asked.length - 1]).toEqual(w);
    }
    await cache.range('other', first);
    expect(asked[asked.length - 1]).toEqual(first);
  });
});

describe('batches', () => {
  it('come apart by signal as they went together', () => {
    const q = batch({ a: 'up', b: 'sum(x)' });
    expect(q).toBe(
      'label_replace(up, "signal", "a", "", "")\nor\nlabel_replace(sum(x), "signal", "b", "", "")',
    );
    const by = unbatch({
      times: [0],
      columns: [
        { labels: { signal: 'a', pod: 'p' }, values: [1] },
        { labels: { signal: 'b' }, values: [2] },
      ],
      warnings: [],
      infos: [],
    });
    expect(by.get('a')).toEqual([{ labels: { pod: 'p' }, values: [1] }]);
  });

  it('speak canonical names only', () => {
    const all = [
      engineQuestions('1m'),
      latencyQuestions('1m', { latency: 'e2e', quantile: 0.99 }),
      gpuQuestions('1m'),
    ];
    for (const q of all.flatMap((x) => Object.values(x))) {
      for (const name of q.match(/\b[a-z]\w*(?=(?:\{|\[|\)))/g) ?? []) {
        if (
          [
            'le',
            'model',
            'engine',
            'job',
            'instance',
            'pod',
            'namespace',
            'node',
            'state',
            'gpu_uuid',
          ].includes(name)
        )
          continue;
        expect(name).toMatch(/^(llm|gpu)_/);
      }
    }
  });
});

describe('columns', () => {
  it('add, peak and average over what is there', () => {
    const a = [1, null, 3];
    const b = [10, null, null];
    expect(sumColumns([a, b])).toEqual([11, null, 3]);
    expect(maxColumns([a, b])).toEqual([10, null, 3]);
    expect(meanColumns([a, b])).toEqual([5.5, null, 3]);
    expect(last([1, null, null])).toBe(1);
    expect(last([1, null, null, null, null])).toBeNull();
  });
});

describe('positionOf', () => {
  it('finds where the query is wrong, with and without what stands before it', () => {
    expect(positionOf('invalid parameter "query": 1:10: parse error: unexpected end')).toEqual({
      position: { line: 1, column: 10 },
      text: 'parse error: unexpected end',
    });
    expect(positionOf('2:3: parse error: x').position).toEqual({ line: 2, column: 3 });
    expect(positionOf('query timed out')).toEqual({ text: 'query timed out' });
  });
});
