/** A replica's GPUs (or one GPU) over the page's window: what they did, what held them back, what broke. */
import { useMemo } from 'react';
import { askMany } from '../lib/ask';
import type { Gpu } from '../lib/fleet';
import { nowSeconds, useLoad } from '../lib/live';
import { setParams, useRange } from '../lib/route';
import { last, type Column } from '../lib/series';
import { duration, lengthOf, rateWindow, windowOf, type Window } from '../lib/time';
import { text } from '../lib/units';
import { ErrorNote, Mark, Waiting } from '../parts/basics';
import { Chart, type Line, type Threshold } from '../parts/Chart';

const POINTS = 240;

function questions(
  gpus: readonly Gpu[],
  kv: string,
  w: Window,
  seconds: number,
): Record<string, string> {
  const uuids = gpus.map((g) => g.uuid.replace(/[^\w-]/g, '\\$&')).join('|');
  const pick = (metric: string, more = '') =>
    `${metric}{gpu_uuid=~${JSON.stringify(uuids)}${more}}`;
  const each = (metric: string, more = '') => `max by (gpu_uuid, mig_id) (${pick(metric, more)})`;
  const rate = rateWindow(w.step);
  const window = duration(seconds);
  const out: Record<string, string> = {
    tensor: each('gpu_tensor_active_ratio'),
    sm: each('gpu_sm_active_ratio'),
    dram: each('gpu_dram_active_ratio'),
    used: `sum by (gpu_uuid, mig_id) (${pick('gpu_memory_bytes', ', state="used"')})`,
    share: `sum by (gpu_uuid, mig_id) (${pick('gpu_memory_bytes', ', state=~"used|reserved"')}) / sum by (gpu_uuid, mig_id) (${pick('gpu_memory_bytes', ', state=~"used|free|reserved"')})`,
    power: each('gpu_power_watts'),
    limit: `max (${pick('gpu_power_limit_watts')})`,
    temp: each('gpu_temperature_celsius', ', sensor="core"'),
    memtemp: each('gpu_temperature_celsius', ', sensor="memory"'),
    slowdown: `min (${pick('gpu_slowdown_temperature_celsius')})`,
    clock: each('gpu_clock_hertz', ', domain="sm"'),
    throttled: `max by (reason) (rate(${pick('gpu_throttle_seconds_total')}[${rate}]))`,
    nvlink: `sum by (gpu_uuid) (${pick('gpu_nvlink_bytes_per_second', ', direction!="total"')})`,
    pcie: `sum by (gpu_uuid) (${pick('gpu_pcie_bytes_per_second')})`,
    ecc: `sum by (gpu_uuid, type) (increase(${pick('gpu_ecc_errors_total', ', scope!="aggregate"')}[${window}])) > 0`,
    xid: `max by (gpu_uuid) (${pick('gpu_last_xid')}) > 0`,
    remap: `max by (gpu_uuid) (${pick('gpu_row_remap_failure')}) > 0`,
  };
  if (kv !== '') out['kv'] = kv;
  return out;
}

function nameOf(g: Gpu): string {
  return `${g.node} / ${g.index === '' ? g.uuid : g.index}${g.mig === '' ? '' : ` MIG ${g.mig}`}`;
}

export function GpuCharts({
  gpus,
  pinned,
  kv = '',
}: {
  gpus: readonly Gpu[];
  pinned: string;
  kv?: string;
}) {
  const range = useRange();
  const ids = gpus.map((g) => g.uuid).join(',');
  const asked = useLoad(
    `gpus|${ids}|${JSON.stringify(range)}`,
    async (signal) => {
      const w = windowOf(range, nowSeconds(), POINTS);
      return askMany(questions(gpus, kv, w, lengthOf(range)), w, signal);
    },
    range.kind === 'last',
  );
  const data = asked.data;
  const lines = useMemo(
    () => (data === undefined ? undefined : linesOf(data.by, gpus)),
    [data, gpus],
  );
  const isolated = gpus.findIndex((g) => g.uuid === pinned);
  if (data === undefined || lines === undefined)
    return asked.error === undefined ? (
      <Waiting what="Asking for the GPUs…" />
    ) : (
      <ErrorNote error={asked.error} what="The GPUs could not be asked." />
    );
  const shared = { times: data.times, isolated: isolated < 0 ? null : isolated };
  const limit = last(data.by.get('limit')?.[0]?.values ?? []);
  const slowdown = last(data.by.get('slowdown')?.[0]?.values ?? []);
  const hot: readonly Threshold[] = [
    {
      at: slowdown ?? 83,
      label:
        slowdown === null ? 'slows down about here' : `slows down at ${text(slowdown, 'celsius')}`,
      level: 'slow',
    },
  ];
  const most: readonly Threshold[] =
    limit === null ? [] : [{ at: limit, label: `limit ${text(limit, 'watts')}`, level: 'slow' }];
  const some = (of: readonly Line[]) => of.some((l) => l.values.some((v) => v !== null));
  return (
    <>
      {asked.error === undefined ? null : (
        <ErrorNote error={asked.error} what="These charts are not fresh." />
      )}
      <div className="row" role="group" aria-label="Pin one GPU across the charts">
        {gpus.map((g) => (
          <button
            type="button"
            className="btn"
            key={g.uuid + g.mig}
            aria-pressed={g.uuid === pinned}
            title={`${g.board} ${g.uuid}`}
            onClick={() => setParams({ gpu: g.uuid === pinned ? null : g.uuid }, true)}
          >
            {g.throttled === undefined ? null : <Mark level="hurt" title="throttled" />}
            {nameOf(g)}
          </button>
        ))}
        <span className="quiet">{isolated < 0 ? '' : gpus[isolated]?.uuid}</span>
      </div>
      <Events by={data.by} gpus={gpus} window={duration(lengthOf(range))} />
      <div className="charts">
        <Chart
          title="Tensor active"
          note="the real utilisation"
          {...shared}
          lines={lines.tensor}
          unit="ratio"
          top={1}
        />
        <Chart
          title="Memory traffic"
          note="DRAM active"
          {...shared}
          lines={lines.dram}
          unit="ratio"
          top={1}
        />
        <Chart title="SM clock" {...shared} lines={lines.clock} unit="hertz" />
        <Chart
          title="Temperature"
          note="of the core"
          {...shared}
          lines={lines.temp}
          unit="celsius"
          thresholds={hot}
        />
        <Chart title="Power" {...shared} lines={lines.power} unit="watts" thresholds={most} />
        {some(lines.throttled) ? (
          <Chart
            title="Held back"
            note="share of time, the most of these GPUs"
            times={data.times}
            lines={lines.throttled}
            unit="ratio"
            top={0.1}
          />
        ) : null}
        {some(lines.share) ? (
          <Chart
            title="Device memory"
            note={kv === '' ? 'share in use' : 'share in use, and the KV cache inside it'}
            {...shared}
            lines={lines.share}
            unit="ratio"
            top={1}
          />
        ) : null}
        {some(lines.nvlink) ? (
          <Chart
            title="NVLink"
            note="both directions"
            {...shared}
            lines={lines.nvlink}
            unit="bytes/s"
          />
        ) : null}
        {some(lines.pcie) ? (
          <Chart
            title="PCIe"
            note="both directions"
            {...shared}
            lines={lines.pcie}
            unit="bytes/s"
          />
        ) : null}
        {some(lines.sm) ? (
          <Chart
            title="SM active"
            note="cycles with work resident"
            {...shared}
            lines={lines.sm}
            unit="ratio"
            top={1}
          />
        ) : null}
        {some(lines.memtemp) ? (
          <Chart title="Memory temperature" {...shared} lines={lines.memtemp} unit="celsius" />
        ) : null}
      </div>
    </>
  );
}

function linesOf(by: ReadonlyMap<string, readonly Column[]>, gpus: readonly Gpu[]) {
  const of = (k: string): Line[] =>
    gpus.map((g, i) => ({
      label: nameOf(g),
      values:
        by
          .get(k)
          ?.find(
            (c) =>
              c.labels['gpu_uuid'] === g.uuid &&
              (c.labels['mig_id'] ?? '') === (k === 'nvlink' || k === 'pcie' ? '' : g.mig),
          )?.values ?? [],
      colour: i,
    }));
  const kv = by.get('kv')?.[0]?.values;
  return {
    tensor: of('tensor'),
    sm: of('sm'),
    dram: of('dram'),
    clock: of('clock'),
    temp: of('temp'),
    memtemp: of('memtemp'),
    power: of('power'),
    nvlink: of('nvlink'),
    pcie: of('pcie'),
    share: [
      ...of('share'),
      ...(kv === undefined
        ? []
        : [{ label: 'KV cache', values: kv, colour: 3, width: 2, dash: [7, 3] } satisfies Line]),
    ],
    throttled: (by.get('throttled') ?? [])
      .filter((c) => c.values.some((v) => v !== null && v > 0))
      .map((c, i): Line => ({
        label: c.labels['reason'] ?? 'unknown',
        values: c.values,
        colour: i + 1,
      })),
  };
}

/** What broke: XID codes, ECC errors, rows that could not be remapped. */
function Events({
  by,
  gpus,
  window,
}: {
  by: ReadonlyMap<string, readonly Column[]>;
  gpus: readonly Gpu[];
  window: string;
}) {
  const told: string[] = [];
  const name = (uuid: string | undefined) => {
    const g = gpus.find((x) => x.uuid === uuid);
    return g === undefined ? (uuid ?? '') : nameOf(g);
  };
  for (const c of by.get('xid') ?? [])
    told.push(`${name(c.labels['gpu_uuid'])}: last XID ${text(last(c.values), 'none')}`);
  for (const c of by.get('ecc') ?? []) {
    const n = last(c.values);
    if (n !== null)
      told.push(
        `${name(c.labels['gpu_uuid'])}: ${text(Math.round(n), 'none')} ECC errors ${c.labels['type'] === 'dbe' ? 'that could not be corrected' : 'corrected'} in ${window}`,
      );
  }
  for (const c of by.get('remap') ?? [])
    told.push(`${name(c.labels['gpu_uuid'])}: a memory row could not be remapped`);
  if (told.length === 0)
    return <p className="quiet">No XID, no ECC error, no failed row remapping in this window.</p>;
  return (
    <ul className="banner" aria-label="Hardware events">
      {told.map((t) => (
        <li key={t}>
          <Mark level="slow" title="hardware event" /> {t}
        </li>
      ))}
    </ul>
  );
}
