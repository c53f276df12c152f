import { describe, expect, it } from 'vitest';
import type { Labels } from '../src/lib/api';
import { assemble, throttleOf, type Answers } from '../src/lib/fleet';
import type { Column } from '../src/lib/series';

const TIMES = Array.from({ length: 20 }, (_, i) => i * 5);
const flat = (v: number | null) => TIMES.map(() => v);
const col = (labels: Labels, v: number | null): Column => ({ labels, values: flat(v) });
const rep = (pod: string, model = 'llama', node = 'n1'): Labels => ({
  job: 'vllm',
  instance: `${pod}:8000`,
  pod,
  model,
  node,
  namespace: 'ns',
  engine: 'vllm',
});
const CHOSEN = { latency: 'ttft', quantile: 0.95 } as const;

function answers(
  part: Partial<Record<'engine' | 'latency' | 'gpu', Record<string, Column[]>>>,
  up: Answers['up'] = [],
): Answers {
  const map = (o: Record<string, Column[]> = {}) => new Map(Object.entries(o));
  return {
    times: TIMES,
    engine: map(part.engine),
    latency: map(part.latency),
    gpu: map(part.gpu),
    up,
  };
}

describe('assemble', () => {
  it('puts the replica in pain first, and its model with it', () => {
    const f = assemble(
      answers({
        engine: {
          running: [col(rep('a', 'calm'), 3), col(rep('b', 'busy'), 3), col(rep('c', 'busy'), 3)],
        },
        latency: {
          r_ttft95: [
            col(rep('a', 'calm'), 0.2),
            col(rep('b', 'busy'), 0.2),
            col(rep('c', 'busy'), 4),
          ],
        },
      }),
      CHOSEN,
    );
    expect(f.models.map((m) => m.name)).toEqual(['busy', 'calm']);
    expect(f.models[0]?.replicas.map((r) => r.name)).toEqual(['c', 'b']);
    expect(f.models[0]?.level).toBe('hurt');
  });

  it('sums what adds up, and takes a model’s quantile from the model’s own histogram', () => {
    const f = assemble(
      answers({
        engine: {
          waiting: [col(rep('a'), 3), col(rep('b'), 4)],
          kv: [col(rep('a'), 0.5), col(rep('b'), 0.9)],
        },
        latency: {
          r_ttft95: [col(rep('a'), 1), col(rep('b'), 3)],
          m_ttft95: [col({ model: 'llama' }, 2.5)],
        },
      }),
      CHOSEN,
    );
    const m = f.models[0];
    expect(m?.signals.waiting?.[0]).toBe(7);
    expect(m?.signals.kv?.[0]).toBe(0.9);
    expect(m?.signals.latency?.[0]).toBe(2.5);
  });

  it('joins GPUs by pod, by node only where one replica lives, and leaves the rest spare', () => {
    const gpu = (uuid: string, labels: Labels): Column =>
      col({ gpu_uuid: uuid, gpu_index: '0', ...labels }, 0.5);
    const f = assemble(
      answers({
        engine: { running: [col(rep('a', 'llama', 'n1'), 1), col(rep('b', 'llama', 'n2'), 1)] },
        gpu: {
          tensor: [
            gpu('G1', { pod: 'a', namespace: 'ns', node: 'n1' }),
            gpu('G2', { pod: 'a', namespace: 'other', node: 'n1' }),
            gpu('G3', { pod: '', node: 'n2' }),
            gpu('G4', { pod: 'someone-else', node: 'n2' }),
          ],
        },
      }),
      CHOSEN,
    );
    const by = new Map(f.replicas.map((r) => [r.name, r]));
    expect(by.get('a')?.gpus.map((g) => g.uuid)).toEqual(['G1']);
    expect(by.get('b')?.gpus.map((g) => g.uuid)).toEqual(['G3']);
    expect(by.get('b')?.joinedBy).toBe('node');
    expect(f.spare.map((g) => g.uuid).sort()).toEqual(['G2', 'G4']);
  });

  it('shows a replica that never answered, under the only model of its job', () => {
    const f = assemble(
      answers({ engine: { running: [col(rep('a'), 1)] } }, [
        { labels: { job: 'vllm', instance: 'a:8000', pod: 'a' }, value: 1 },
        { labels: { job: 'vllm', instance: 'z:8000', pod: 'z' }, value: 0 },
        { labels: { job: 'node', instance: 'n:9100' }, value: 0 },
      ]),
      CHOSEN,
    );
    expect(f.replicas.map((r) => [r.name, r.health.level, r.model])).toEqual([
      ['z', 'down', 'llama'],
      ['a', 'ok', 'llama'],
    ]);
  });

  it('judges a bursty queue by its last two minutes, not by the calm between two bursts', () => {
    const waiting = Array.from({ length: 60 }, (_, i) => (i % 20 < 2 ? 100 : 0));
    const ttft = Array.from({ length: 60 }, (_, i) => (i % 20 < 4 ? 4 : 0.2));
    const f = assemble(
      {
        times: waiting.map((_, i) => i * 5),
        engine: new Map([['waiting', [{ labels: rep('a'), values: waiting }]]]),
        latency: new Map([['r_ttft95', [{ labels: rep('a'), values: ttft }]]]),
        gpu: new Map(),
        up: [],
      },
      CHOSEN,
    );
    expect(f.replicas[0]?.health).toMatchObject({ level: 'hurt', cause: 'bursts' });
  });
});

describe('bursts after an older incident', () => {
  it('are seen, though the older queue was much longer', () => {
    const old = Array.from({ length: 100 }, () => 300);
    const waiting = [...old, ...Array.from({ length: 80 }, (_, i) => (i % 20 < 2 ? 60 : 0))];
    const f = assemble(
      {
        times: waiting.map((_, i) => i * 5),
        engine: new Map([['waiting', [{ labels: rep('a'), values: waiting }]]]),
        latency: new Map([['r_ttft95', [{ labels: rep('a'), values: waiting.map(() => 4) }]]]),
        gpu: new Map(),
        up: [],
      },
      CHOSEN,
    );
    expect(f.replicas[0]?.health.cause).toBe('bursts');
  });
});

describe('throttleOf', () => {
  const labels = { gpu_index: '2', node: 'n' };
  it('believes the driver', () => {
    expect(throttleOf(labels, { throttle: [0.4], clock: [1e9] }, 2e9)).toMatchObject({
      gpu: '2',
      clock: 1e9,
      normal: 2e9,
    });
  });
  it('sees a hot, busy board whose clock fell', () => {
    expect(throttleOf(labels, { clock: [1.2e9], temp: [90], tensor: [0.5] }, 1.98e9)).toBeDefined();
  });
  it('does not take an idle board’s low clock, or a cool one’s, for throttling', () => {
    expect(
      throttleOf(labels, { clock: [0.3e9], temp: [90], tensor: [0], util: [0] }, 1.98e9),
    ).toBeUndefined();
    expect(
      throttleOf(labels, { clock: [1.2e9], temp: [60], tensor: [0.5] }, 1.98e9),
    ).toBeUndefined();
  });
});
