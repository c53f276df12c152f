import { describe, expect, it } from 'vitest';
import { text, ticks, unitOf } from '../src/lib/units';

describe('text', () => {
  it('never shows a number without its unit, nor more digits than it deserves', () => {
    expect(text(0.0123, 'seconds')).toBe('12 ms');
    expect(text(0.00123, 'seconds')).toBe('1.2 ms');
    expect(text(4.2345, 'seconds')).toBe('4.23 s');
    expect(text(99.95, 'seconds')).toBe('100.0 s');
    expect(text(600, 'seconds')).toBe('10.0 min');
    expect(text(0.954, 'ratio')).toBe('95 %');
    expect(text(0.0312, 'ratio')).toBe('3.1 %');
    expect(text(79.5 * 2 ** 30, 'bytes')).toBe('79.5 GiB');
    expect(text(1.98e9, 'hertz')).toBe('1.98 GHz');
    expect(text(12_345, 'tok/s')).toBe('12.3 k tok/s');
    expect(text(0.42, '/s')).toBe('0.42 /s');
    expect(text(700, 'watts')).toBe('700 W');
    expect(text(-12.4, 'celsius')).toBe('-12 °C');
    expect(text(7, 'requests')).toBe('7');
  });

  it('shows what is absent as absent, and infinity as infinity', () => {
    expect(text(null, 'seconds')).toBe('–');
    expect(text(Number.NaN, 'seconds')).toBe('–');
    expect(text(Number.POSITIVE_INFINITY, 'seconds')).toBe('∞');
  });
});

describe('ticks', () => {
  it('gives one axis one scale and the decimals that its steps need', () => {
    expect(ticks([0, 2.5, 5, 7.5], 'seconds')).toEqual(['0', '2.5 s', '5.0 s', '7.5 s']);
    expect(ticks([0, 0.25, 0.5], 'seconds')).toEqual(['0', '250 ms', '500 ms']);
    expect(ticks([0, 0.25, 0.5, 0.75, 1], 'ratio')).toEqual(['0', '25 %', '50 %', '75 %', '100 %']);
    expect(ticks([0, 10_000, 20_000], 'tok/s')).toEqual(['0', '10 k', '20 k']);
    expect(ticks([0, 2 ** 30], 'bytes')).toEqual(['0', '1 GiB']);
  });
});

describe('unitOf', () => {
  it.each([
    ['histogram_quantile(0.95, sum by (model, le) (rate(llm_ttft_seconds_bucket[1m])))', 'seconds'],
    ['rate(llm_ttft_seconds_sum[5m]) / rate(llm_ttft_seconds_count[5m])', 'seconds'],
    ['sum by (model) (rate(llm_generation_tokens_total[1m]))', 'tok/s'],
    ['sum(rate(llm_requests_finished_total[1m]))', 'req/s'],
    ['max by (pod) (llm_kv_cache_usage_ratio)', 'ratio'],
    ['gpu_memory_bytes{state="used"}', 'bytes'],
    ['gpu_power_watts', 'watts'],
    ['gpu_clock_hertz{domain="sm"}', 'hertz'],
    ['rate(node_network_receive_bytes_total[5m])', 'bytes/s'],
    ['rate(llm_preemptions_total[1m])', '/s'],
    [
      'sum by (model) (rate(a_total{finish_reason="length"}[5m])) / sum by (model) (rate(a_total[5m]))',
      'ratio',
    ],
    ['count(up)', 'none'],
    ['llm_kv_cache_usage_ratio * 100', 'none'],
    ['rate(process_cpu_seconds_total[1m])', 'none'],
    ['{job="looks_like_seconds"}', 'none'],
    ['process_start_time_seconds', 'timestamp'],
  ])('%s is measured in %s', (q, unit) => {
    expect(unitOf(q)).toBe(unit);
  });
});
