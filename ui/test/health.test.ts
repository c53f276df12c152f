import { describe, expect, it } from 'vitest';
import {
  bursty,
  fullIn,
  heldSince,
  judge,
  verdict,
  type Evidence,
  type Judged,
} from '../src/lib/health';

const WELL: Evidence = {
  up: 1,
  reporting: true,
  ttft95: 0.3,
  ttft99: 0.6,
  queue95: 0.1,
  waiting: 0,
  running: 12,
  rps: 4,
  kv: 0.4,
  preempt: 0,
  kvRecent: null,
  preemptRecent: null,
  waitingRecent: null,
  work: 0.5,
  throttled: [],
  waitingHistory: [],
};

describe('health is what users feel', () => {
  it('is well at 100 % GPU as long as the first token comes in time', () => {
    expect(judge({ ...WELL, work: 1 }).level).toBe('ok');
  });

  it('is not ill from an idle GPU, a full cache or heat alone', () => {
    expect(judge({ ...WELL, work: 0 }).level).toBe('ok');
    expect(judge({ ...WELL, kv: 0.99 }).level).toBe('ok');
    const hot = { gpu: '2', node: 'n', clock: 1.2e9, normal: 1.98e9, celsius: 91 };
    expect(judge({ ...WELL, throttled: [hot] }).level).toBe('ok');
  });

  it('is slow above the band and hurt above complaints', () => {
    expect(judge({ ...WELL, ttft95: 0.7 }).level).toBe('slow');
    expect(judge({ ...WELL, ttft95: 3.5 }).level).toBe('hurt');
    expect(judge({ ...WELL, ttft99: 5.5 }).level).toBe('hurt');
    expect(
      judge({ ...WELL, ttft95: 3.5 }, { p95: 4, p99: 9, complain: 10, unavailable: 20 }).level,
    ).toBe('ok');
  });

  it('tells down from silent from idle', () => {
    expect(judge({ ...WELL, up: 0, reporting: false }).level).toBe('down');
    expect(judge({ ...WELL, up: null, reporting: false }).level).toBe('unknown');
    expect(judge({ ...WELL, up: 1, reporting: false }).level).toBe('unknown');
    expect(judge({ ...WELL, running: 0, rps: 0, ttft95: null, ttft99: null }).level).toBe('idle');
  });

  it('names a thrashing cache before anything else', () => {
    const h = judge({ ...WELL, ttft95: 6, kv: 0.99, preempt: 2, waiting: 40, work: 0.1 });
    expect(h).toMatchObject({ level: 'hurt', cause: 'kv-thrash' });
    expect(h.symptoms[0]).toContain('6.00 s');
  });

  it('names the throttled GPU with its clock and heat', () => {
    const h = judge({
      ...WELL,
      ttft95: 1,
      throttled: [{ gpu: '2', node: 'gpu-node-02', clock: 1.29e9, normal: 1.98e9, celsius: 91 }],
    });
    expect(h.cause).toBe('throttled');
    expect(h.because).toBe('GPU 2 on gpu-node-02 is throttled at 1.29 GHz of 1.98 GHz, 91 °C');
  });

  it('tells bursts from steady overload of the same mean', () => {
    const burst = Array.from({ length: 100 }, (_, i) => (i % 20 < 2 ? 100 : 0));
    const steady = Array.from({ length: 100 }, () => 10);
    expect(bursty(burst)).toBe(true);
    expect(bursty(steady)).toBe(false);
    expect(judge({ ...WELL, ttft95: 4, waiting: 30, waitingHistory: burst }).cause).toBe('bursts');
    expect(judge({ ...WELL, ttft95: 4, waiting: 30, waitingHistory: steady }).cause).toBe(
      'overload',
    );
  });

  it('does not take a queue that began to grow a moment ago for a burst', () => {
    const grown = Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : (i - 80) * 8));
    expect(bursty(grown)).toBe(false);
    expect(
      judge({ ...WELL, ttft95: 90, kv: 0.96, waiting: 150, waitingHistory: grown }).cause,
    ).toBe('kv-full');
  });

  it('remembers for some minutes what was thrown out', () => {
    expect(
      judge({ ...WELL, ttft95: 90, kv: 0.94, kvRecent: 0.99, preempt: 0.01, preemptRecent: 0.4 })
        .cause,
    ).toBe('kv-thrash');
  });

  it('remembers a queue that has just drained, rather than blame the GPUs', () => {
    expect(
      judge({ ...WELL, ttft95: 4, waiting: 0, waitingRecent: 180, running: 8, work: 0.05 }).cause,
    ).toBe('overload');
    expect(judge({ ...WELL, ttft95: 4, running: 8, work: 0.05 }).cause).toBe('gpu-idle');
    expect(judge({ ...WELL, ttft95: 4, running: 8, work: null }).cause).toBe('unexplained');
  });

  it('says so when nothing explains it', () => {
    expect(judge({ ...WELL, ttft95: 4 }).cause).toBe('unexplained');
  });
});

describe('the verdict', () => {
  const of = (name: string, model: string, e: Partial<Evidence>): Judged => ({
    name,
    model,
    health: judge({ ...WELL, ...e }),
  });

  it('is one plain sentence, the worst first', () => {
    const v = verdict([
      of('a', 'llama-3.3-70b', { ttft95: 6, kv: 0.99, preempt: 2 }),
      of('b', 'llama-3.3-70b', { ttft95: 5, kv: 0.99, preempt: 2 }),
      ...['c', 'd', 'e', 'f'].map((n) => of(n, 'qwen3-8b', {})),
    ]);
    expect(v.sentence).toBe('2 of 6 replicas are hurt: llama-3.3-70b waits on a full KV cache.');
    expect(v.reasons).toHaveLength(1);
    expect(v.reasons[0]?.names).toEqual(['a', 'b']);
  });

  it('names who does not answer, and counts the slow beside the hurt', () => {
    const v = verdict([
      of('pod-1', 'm', { up: 0, reporting: false }),
      of('pod-2', 'm', { ttft95: 1 }),
      of('pod-3', 'm', {}),
    ]);
    expect(v.sentence).toBe('1 of 3 replicas is hurt: pod-1 does not answer. 1 more is slow.');
    expect(v.level).toBe('down');
  });

  it('warns of a throttled GPU that nobody feels yet', () => {
    const v = verdict(
      [of('a', 'm', {})],
      [{ gpu: '3', node: 'n1', clock: null, normal: null, celsius: 88 }],
    );
    expect(v.level).toBe('ok');
    expect(v.sentence).toContain('GPU 3 on n1 is throttled, 88 °C: no user feels it yet');
  });

  it('counts the throttled GPUs when they are several', () => {
    const hot = (gpu: string, clock: number) => ({
      gpu,
      node: 'n1',
      clock,
      normal: 1.98e9,
      celsius: 88,
    });
    expect(verdict([of('a', 'm', {})], [hot('0', 1.4e9), hot('1', 1.14e9)]).sentence).toContain(
      '2 GPUs on n1 are throttled, down to 1.14 GHz of 1.98 GHz: no user feels it yet',
    );
  });

  it('does not call an empty fleet well', () => {
    expect(verdict([]).level).toBe('unknown');
  });
});

describe('since when', () => {
  it('walks back over pauses of two steps and no further', () => {
    const t = [0, 1, 2, 3, 4, 5, 6, 7];
    const bad = (v: number) => v > 1;
    expect(heldSince(t, [9, 0, 0, 0, 9, null, 9, 9], bad)).toBe(4);
    expect(heldSince(t, [9, 9, 0, 9, 9, 9, 9, 9], bad)).toBe(0);
    expect(heldSince(t, [9, 9, 9, 9, 9, 0, 0, 0], bad)).toBeUndefined();
  });
});

describe('when the cache is full', () => {
  it('follows a straight rise to its end', () => {
    const rise = Array.from({ length: 24 }, (_, i) => 0.5 + i * 0.01);
    expect(fullIn(rise, 5)).toBeCloseTo((1 - 0.73) / (0.01 / 5), 5);
  });

  it('promises nothing from noise, a fall, or too few points', () => {
    const noise = Array.from({ length: 24 }, (_, i) => 0.5 + ((i * 7919) % 13) / 100);
    expect(fullIn(noise, 5)).toBeNull();
    expect(fullIn([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.32, 0.31], 5)).toBeNull();
    expect(fullIn([0.5, 0.6], 5)).toBeNull();
  });
});
