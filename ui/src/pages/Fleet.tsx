import { Fragment, useMemo, useState } from 'react';
import { askFleet, optional, type FleetAnswer } from '../lib/ask';
import { send } from '../lib/api';
import type { Fleet, Gpu, Model, Replica } from '../lib/fleet';
import { fullIn, type Level } from '../lib/health';
import { nowSeconds, useLoad, useSettings } from '../lib/live';
import { setParams, useRange, useRoute } from '../lib/route';
import { last } from '../lib/series';
import {
  ENGINE_SIGNALS,
  GPU_SIGNALS,
  LATENCY,
  type EngineSignal,
  type GpuSignal,
  type Latency,
  type Quantile,
  type SignalMeta,
} from '../lib/signals';
import { span } from '../lib/time';
import { text } from '../lib/units';
import { ErrorNote, Link, Mark, Num, useTitle, Waiting } from '../parts/basics';
import { NoData, ServerGone } from '../parts/Empty';
import { densityOf, Heat, Ramp, type HeatRow } from '../parts/Heat';
import { Cell, CellNumber } from '../parts/Spark';

const LATENCIES: readonly (readonly [string, Latency, Quantile])[] = (
  ['ttft', 'itl', 'e2e'] as const
).flatMap((l) => ([0.5, 0.95, 0.99] as const).map((q) => [`${l}${q * 100}`, l, q] as const));

export function chosenLatency(p: URLSearchParams): {
  key: string;
  latency: Latency;
  quantile: Quantile;
} {
  const found =
    LATENCIES.find(([k]) => k === p.get('latency')) ?? (['ttft95', 'ttft', 0.95] as const);
  return { key: found[0], latency: found[1], quantile: found[2] };
}

/** `, for 4 min`; what was so from the window's first moment on may be older than the window. */
export function sinceText(since: number | undefined, times: readonly number[]): string {
  if (since === undefined) return '';
  const length = (times[times.length - 1] ?? 0) - since;
  if (length < 10) return ', just now';
  return `, for ${span(length)}${since === times[0] ? ' or longer' : ''}`;
}

const TAPE: readonly EngineSignal[] = [
  'ttft95',
  'ttft99',
  'queue95',
  'waiting',
  'running',
  'kv',
  'preempt',
  'rps',
  'gen',
];
const TAPE_GPU: readonly GpuSignal[] = ['tensor', 'dram', 'temp', 'power', 'clock', 'throttle'];

export function FleetPage() {
  useTitle('');
  const range = useRange();
  const { params } = useRoute();
  const { bands } = useSettings();
  const { key, latency, quantile } = chosenLatency(params);
  const asked = useLoad<FleetAnswer>(
    `fleet|${JSON.stringify(range)}|${key}|${JSON.stringify(bands)}`,
    (signal) => askFleet(range, { latency, quantile }, bands, signal),
    range.kind === 'last',
  );
  const { data, error } = asked;
  if (data === undefined) {
    if (error?.kind === 'offline') return <ServerGone error={error} />;
    if (error !== undefined)
      return <ErrorNote error={error} what="The fleet could not be asked." />;
    return <Waiting what="Asking the fleet…" />;
  }
  if (data.fleet.replicas.length === 0 && data.fleet.spare.length === 0)
    return <NoData targets={data.targets} />;
  return (
    <div className="stackd" aria-busy={asked.loading}>
      {error === undefined ? null : <ErrorNote error={error} what="This picture is not fresh." />}
      <VerdictStrip fleet={data.fleet} />
      <Faults />
      {data.troubles.map((t) => (
        <ErrorNote key={t.message} error={t} what="A part of this page could not be asked." />
      ))}
      <Tape fleet={data.fleet} />
      <Table fleet={data.fleet} latencyKey={key} step={data.window.step} />
    </div>
  );
}

function VerdictStrip({ fleet }: { fleet: Fleet }) {
  const v = fleet.verdict;
  const total = (k: EngineSignal) => {
    const values = fleet.models
      .map((m) => last(m.signals[k] ?? []))
      .filter((x): x is number => x !== null);
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
  };
  const gpus = [...new Set([...fleet.replicas.flatMap((r) => r.gpus), ...fleet.spare])];
  const power = gpus.map((g) => last(g.signals.power ?? [])).filter((x): x is number => x !== null);
  const levels: readonly Level[] = ['down', 'hurt', 'slow', 'unknown', 'ok', 'idle'];
  return (
    <section className="verdict" aria-label="Verdict">
      <div>
        <h1 aria-live="polite">
          <Mark level={v.level} title={v.level} />
          <span>{v.sentence}</span>
        </h1>
        {v.reasons.length === 0 ? null : (
          <ul className="reasons">
            {v.reasons.slice(0, 4).map((r) => (
              <li key={`${r.model}${r.text}`}>
                <Mark level={r.level} title={r.level} />
                <b>{r.names.length > 2 ? `${r.names.length} × ${r.model}` : r.names.join(', ')}</b>
                <span>
                  {r.text}
                  {sinceText(r.since, fleet.times)}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <dl className="tally">
        <div>
          <dt>Replicas</dt>
          <dd className="row" style={{ gap: '0.6rem' }}>
            {levels.map((l) => {
              const n = fleet.replicas.filter((r) => r.health.level === l).length;
              return n === 0 ? null : (
                <span key={l} className="num" title={`${n} ${l}`}>
                  <Mark level={l} title={l} /> {n}
                </span>
              );
            })}
          </dd>
        </div>
        <div>
          <dt>Requests</dt>
          <dd>
            <Num value={total('rps')} unit="req/s" />
          </dd>
        </div>
        <div>
          <dt>Generated</dt>
          <dd>
            <Num value={total('gen')} unit="tok/s" />
          </dd>
        </div>
        {power.length === 0 ? null : (
          <div>
            <dt>{gpus.length} GPUs</dt>
            <dd>
              <Num value={power.reduce((a, b) => a + b, 0)} unit="watts" />
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

// ---- faults of the demo fleet

/** One kind of fault the demo knows, and the one of that kind that is planned or at work. */
export interface FaultKind {
  readonly kind: string;
  readonly says: string;
  readonly running?: {
    readonly id: string;
    readonly what: string;
    readonly until: number;
    readonly planned: boolean;
  };
}

export function readFaults(v: unknown): readonly FaultKind[] {
  const o = (v ?? {}) as { kinds?: unknown; faults?: unknown };
  if (!Array.isArray(o.kinds)) return [];
  const faults = (Array.isArray(o.faults) ? o.faults : []) as readonly Readonly<
    Record<string, unknown>
  >[];
  return (o.kinds as readonly Readonly<Record<string, unknown>>[]).map((k): FaultKind => {
    const kind = String(k['kind'] ?? '');
    const f = faults.find(
      (x) => x['kind'] === kind && (x['state'] === 'active' || x['state'] === 'planned'),
    );
    const base = { kind, says: String(k['says'] ?? '') };
    if (f === undefined) return base;
    const running = {
      id: String(f['id']),
      what: String(f['what'] ?? ''),
      until: Date.parse(String(f['until'])) / 1000,
      planned: f['state'] === 'planned',
    };
    return Object.assign(base, { running });
  });
}

function Faults() {
  // A server without the demo has no such address: it is asked once, not on every beat.
  const [none, setNone] = useState(false);
  const asked = useLoad(
    'faults',
    async (signal) => {
      const v = await optional<unknown>('/api/tokenplumb/v1/faults', {}, signal);
      if (v === undefined) setNone(true);
      return v;
    },
    !none,
  );
  const [busy, setBusy] = useState('');
  const [failed, setFailed] = useState('');
  const kinds = asked.data === undefined ? [] : readFaults(asked.data);
  if (kinds.length === 0) return null;
  const act = async (f: FaultKind) => {
    setBusy(f.kind);
    setFailed('');
    try {
      if (f.running === undefined)
        await send('POST', '/api/tokenplumb/v1/faults', { fault: f.kind });
      else await send('DELETE', `/api/tokenplumb/v1/faults/${encodeURIComponent(f.running.id)}`);
    } catch (e) {
      setFailed((e as Error).message);
    }
    setBusy('');
    asked.reload();
  };
  const running = kinds.filter((k) => k.running !== undefined);
  return (
    <section className="faults" aria-label="Faults of the demo fleet">
      <span>Simulated fleet. Break something:</span>
      {kinds.map((f) => (
        <button
          type="button"
          className="btn"
          key={f.kind}
          aria-pressed={f.running !== undefined}
          disabled={busy === f.kind}
          title={f.says}
          onClick={() => void act(f)}
        >
          {f.running === undefined ? null : <Mark level="hurt" />}
          {f.kind.replaceAll('-', ' ')}
          {f.running === undefined ? null : (
            <span className="unit">stop, {span(f.running.until - nowSeconds())} left</span>
          )}
        </button>
      ))}
      {failed === '' ? null : (
        <span className="err" role="alert">
          {failed}
        </span>
      )}
      {running.map((f) => (
        <p key={f.kind} className="truth">
          <b>{f.running?.planned === true ? 'Planned' : 'Truth'}</b> {f.running?.what}
        </p>
      ))}
    </section>
  );
}

// ---- the tape

function Tape({ fleet }: { fleet: Fleet }) {
  const { params } = useRoute();
  const wanted = params.get('by') as EngineSignal | null;
  const wantedGpu = params.get('gpuby') as GpuSignal | null;
  const by = wanted !== null && TAPE.includes(wanted) ? wanted : 'ttft95';
  const gpuBy = wantedGpu !== null && TAPE_GPU.includes(wantedGpu) ? wantedGpu : 'tensor';
  const signal: SignalMeta = ENGINE_SIGNALS[by];
  const gpuSignal: SignalMeta = GPU_SIGNALS[gpuBy];
  const density = densityOf(fleet.replicas.length);
  const rows = useMemo<readonly HeatRow[]>(() => {
    const topOf = (all: readonly (readonly (number | null)[] | undefined)[], unit: string) => {
      if (unit === 'ratio') return 1;
      let m = 0;
      for (const v of all) for (const x of v ?? []) if (x !== null && x > m) m = x;
      return m;
    };
    const top = topOf(
      fleet.replicas.map((r) => r.signals[by]),
      signal.unit,
    );
    const gpus = [...fleet.replicas.flatMap((r) => r.gpus), ...fleet.spare];
    const gpuTop = topOf(
      gpus.map((g) => g.signals[gpuBy]),
      gpuSignal.unit,
    );
    const gpuRow = (g: Gpu, owner?: Replica): HeatRow => ({
      to: owner === undefined ? '/gpu' : '/replica',
      change: owner === undefined ? { uuid: g.uuid } : { id: owner.id, gpu: g.uuid },
      key: `g${g.uuid}${g.mig}`,
      kind: 'gpu',
      label: `GPU ${g.index}`,
      title: `GPU ${g.index} on ${g.node}${g.pod === '' ? '' : ` · ${g.pod}`}`,
      values: g.signals[gpuBy] ?? [],
      signal: gpuSignal,
      top: gpuTop,
    });
    const out: HeatRow[] = [];
    for (const m of fleet.models) {
      out.push({ key: `m${m.name}`, kind: 'model', label: m.name });
      for (const r of m.replicas) {
        out.push({
          key: r.id,
          kind: 'replica',
          label: r.name,
          level: r.health.level,
          values: r.signals[by] ?? [],
          signal,
          top,
          to: '/replica',
          change: { id: r.id },
          title: r.name,
        });
        if (density !== 'dense') for (const g of r.gpus) out.push(gpuRow(g, r));
      }
    }
    if (fleet.spare.length > 0 && fleet.spare.length <= 64) {
      out.push({
        key: 'spare',
        kind: 'model',
        label: `${fleet.spare.length} GPUs without a replica`,
      });
      for (const g of fleet.spare) out.push(gpuRow(g));
    }
    return out;
  }, [fleet, by, gpuBy, signal, gpuSignal, density]);
  return (
    <section className="card tape" aria-label="The fleet over time">
      <div className="tape-head">
        <label>
          Replicas by
          <select
            className="btn bare"
            value={by}
            onChange={(e) =>
              setParams({ by: e.target.value === 'ttft95' ? null : e.target.value }, true)
            }
          >
            {TAPE.map((k) => (
              <option key={k} value={k}>
                {ENGINE_SIGNALS[k].label}
              </option>
            ))}
          </select>
        </label>
        <Ramp signal={signal} />
        <span className="grow" />
        {fleet.replicas.some((r) => r.gpus.length > 0) || fleet.spare.length > 0 ? (
          <>
            <label>
              GPUs by
              <select
                className="btn bare"
                value={gpuBy}
                onChange={(e) =>
                  setParams({ gpuby: e.target.value === 'tensor' ? null : e.target.value }, true)
                }
              >
                {TAPE_GPU.map((k) => (
                  <option key={k} value={k}>
                    {GPU_SIGNALS[k].label}
                  </option>
                ))}
              </select>
            </label>
            <Ramp signal={gpuSignal} />
          </>
        ) : null}
      </div>
      <Heat times={fleet.times} rows={rows} density={density} />
    </section>
  );
}

// ---- the table

function tone(v: number | null, slow: number, hurt: number): 'slow' | 'hurt' | '' {
  return v === null ? '' : v > hurt ? 'hurt' : v > slow ? 'slow' : '';
}

function Table({ fleet, latencyKey, step }: { fleet: Fleet; latencyKey: string; step: number }) {
  const { params } = useRoute();
  const { bands } = useSettings();
  const shut = new Set(params.getAll('shut'));
  const open = new Set(params.getAll('open'));
  const [, l, q] = LATENCIES.find(([k]) => k === latencyKey) ?? ['', 'ttft', 0.95];
  const latencyName = `${LATENCY[l as Latency].short} p${Number(q) * 100}`;
  const flip = (name: 'shut' | 'open', set: ReadonlySet<string>, id: string) => {
    const next = new Set(set);
    if (!next.delete(id)) next.add(id);
    setParams({ [name]: [...next] }, true);
  };
  const latencyTone = (v: number | null) =>
    l !== 'ttft'
      ? ''
      : tone(
          v,
          q === 0.99 ? bands.p99 : q === 0.95 ? bands.p95 : bands.p95 / 2,
          q === 0.99 ? bands.unavailable : bands.complain,
        );
  const cells = (s: Model['signals']) => {
    const now = (k: EngineSignal) => last(s[k] ?? []);
    const eta = fullIn(s.kv ?? [], step);
    return (
      <>
        <td data-label="Requests">
          <Cell name="Requests" values={s.rps} unit="req/s" />
        </td>
        <td data-label="Tokens generated">
          <Cell name="Tokens generated" values={s.gen} unit="tok/s" />
        </td>
        <td data-label={latencyName}>
          <Cell
            name={latencyName}
            values={s.latency}
            unit="seconds"
            floor={l === 'itl' ? 0.1 : 1}
            tone={latencyTone(now('latency'))}
          />
        </td>
        <td data-label="Queue p95">
          <Cell
            name="Queue p95"
            values={s.queue95}
            unit="seconds"
            floor={1}
            below={0.3}
            tone={tone(now('queue95'), 1, bands.complain)}
            also={
              now('waiting') === null
                ? undefined
                : { value: <CellNumber values={s.waiting} unit="requests" />, word: 'waiting' }
            }
          />
        </td>
        <td data-label="KV cache">
          <Cell
            name="KV cache"
            values={s.kv}
            unit="ratio"
            top={1}
            tone={tone(now('kv'), 0.9, 0.97)}
            also={
              (now('preempt') ?? 0) > 0.02
                ? { value: text(now('preempt'), '/s'), word: 'preempted' }
                : eta !== null && eta < 900
                  ? { value: span(eta), word: 'to full' }
                  : undefined
            }
          />
        </td>
      </>
    );
  };
  return (
    <section className="card table-wrap" aria-label="Models, replicas and GPUs, the worst first">
      <table className="fleet">
        <colgroup>
          <col style={{ width: '25%' }} />
          <col style={{ width: '13%' }} />
          <col style={{ width: '15%' }} />
          <col style={{ width: '16%' }} />
          <col style={{ width: '16%' }} />
          <col style={{ width: '15%' }} />
        </colgroup>
        <thead className="cols">
          <tr>
            <th scope="col">Model, replica, GPU</th>
            <th scope="col">Requests</th>
            <th scope="col">Tokens generated</th>
            <th scope="col" style={{ padding: '0 0.4rem' }}>
              <select
                className="btn bare"
                aria-label="Latency column"
                value={latencyKey}
                onChange={(e) =>
                  setParams({ latency: e.target.value === 'ttft95' ? null : e.target.value }, true)
                }
              >
                {LATENCIES.map(([k, la, qu]) => (
                  <option key={k} value={k}>
                    {LATENCY[la].short} p{qu * 100}
                  </option>
                ))}
              </select>
            </th>
            <th scope="col">Queue p95</th>
            <th scope="col">KV cache</th>
          </tr>
        </thead>
        <tbody>
          {fleet.models.map((m) => (
            <Fragment key={m.name}>
              <tr className="m">
                <th scope="row">
                  <span className="who">
                    <Twist
                      open={!shut.has(m.name)}
                      label={`${m.name}: its replicas`}
                      onFlip={() => flip('shut', shut, m.name)}
                    />
                    <Mark level={m.level} title={m.level} />
                    <span>{m.name}</span>
                    <span className="sub">
                      {m.replicas.length} {m.replicas.length === 1 ? 'replica' : 'replicas'}
                    </span>
                  </span>
                </th>
                {cells(m.signals)}
              </tr>
              {shut.has(m.name)
                ? null
                : shownOf(m, fleet.replicas.length, open).map((r) => (
                    <Fragment key={r.id}>
                      <tr className="r">
                        <th scope="row">
                          <ReplicaName
                            r={r}
                            open={open.has(r.id)}
                            onFlip={() => flip('open', open, r.id)}
                          />
                        </th>
                        {cells(r.signals)}
                      </tr>
                      {open.has(r.id) ? (
                        <tr className="gpus">
                          <td colSpan={6}>
                            <GpuTable gpus={r.gpus} replica={r} />
                          </td>
                        </tr>
                      ) : null}
                    </Fragment>
                  ))}
              {shut.has(m.name) ||
              shownOf(m, fleet.replicas.length, open).length === m.replicas.length ? null : (
                <tr className="r">
                  <td colSpan={6}>
                    <button
                      type="button"
                      className="btn bare"
                      onClick={() => flip('open', open, `all:${m.name}`)}
                    >
                      Show {m.replicas.length - shownOf(m, fleet.replicas.length, open).length} more
                    </button>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
          {fleet.spare.length === 0 ? null : (
            <>
              <tr className="m">
                <th scope="row">
                  <span className="who">
                    <Twist
                      open={open.has('spare')}
                      label="GPUs without a replica"
                      onFlip={() => flip('open', open, 'spare')}
                    />
                    <Mark level="idle" title="no replica" />
                    <span>GPUs without a replica</span>
                    <span className="sub">{fleet.spare.length}</span>
                  </span>
                </th>
                <td colSpan={5} className="quiet">
                  no pod label joins them to an engine that reports
                </td>
              </tr>
              {open.has('spare') ? (
                <tr className="gpus">
                  <td colSpan={6}>
                    <GpuTable gpus={fleet.spare} />
                  </td>
                </tr>
              ) : null}
            </>
          )}
        </tbody>
      </table>
    </section>
  );
}

/** Of a large fleet: those that are not well (twenty at most), and the first few that are. */
export function shownOf(m: Model, total: number, open: ReadonlySet<string>): readonly Replica[] {
  if (total <= 30 || open.has(`all:${m.name}`)) return m.replicas;
  const ill = m.replicas.filter((r) => r.health.level !== 'ok' && r.health.level !== 'idle').length;
  return m.replicas.slice(0, Math.min(20, Math.max(ill, 3)));
}

function Twist({ open, label, onFlip }: { open: boolean; label: string; onFlip: () => void }) {
  return (
    <button
      type="button"
      className="twist"
      aria-expanded={open}
      aria-label={label}
      onClick={onFlip}
    >
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d="M2 0l7 5-7 5z" />
      </svg>
    </button>
  );
}

function ReplicaName({ r, open, onFlip }: { r: Replica; open: boolean; onFlip: () => void }) {
  const hot = r.gpus.filter((g) => g.throttled !== undefined).length;
  return (
    <span className="who">
      {r.gpus.length === 0 ? (
        <span style={{ width: 18, flex: 'none' }} />
      ) : (
        <Twist open={open} label={`${r.name}: its GPUs`} onFlip={onFlip} />
      )}
      <Mark level={r.health.level} title={r.health.level} />
      <span style={{ minWidth: 0 }}>
        <Link to="/replica" with={{ id: r.id }} title={r.name}>
          {r.name}
        </Link>
        <span className="sub" style={{ display: 'block' }}>
          {r.health.symptoms[0] ?? (r.health.level === 'idle' ? 'idle' : 'within the bands')}
          {r.gpus.length === 0
            ? ''
            : ` · ${r.gpus.length} ${r.gpus.length === 1 ? 'GPU' : 'GPUs'}${r.joinedBy === 'node' ? ' (by node)' : ''}`}
          {hot === 0 ? '' : `, ${hot} throttled`}
        </span>
      </span>
    </span>
  );
}

function GpuTable({ gpus, replica }: { gpus: readonly Gpu[]; replica?: Replica }) {
  return (
    <table className="gpu-table">
      <thead>
        <tr>
          <th scope="col">GPU</th>
          <th scope="col">Tensor active</th>
          <th scope="col">Memory</th>
          <th scope="col">Power</th>
          <th scope="col">Temperature</th>
          <th scope="col">SM clock</th>
        </tr>
      </thead>
      <tbody>
        {gpus.map((g) => {
          const used = last(g.signals.memory ?? []);
          return (
            <tr key={g.uuid + g.mig} className="g">
              <th scope="row">
                <Link
                  to={replica === undefined ? '/gpu' : '/replica'}
                  with={replica === undefined ? { uuid: g.uuid } : { id: replica.id, gpu: g.uuid }}
                  title={`${g.board} ${g.uuid}`}
                >
                  {g.node === '' ? '' : `${g.node} / `}
                  {g.index === '' ? g.uuid : g.index}
                  {g.mig === '' ? '' : ` / MIG ${g.mig}`}
                </Link>
              </th>
              <td>
                <Cell name="Tensor active" values={g.signals.tensor} unit="ratio" top={1} />
              </td>
              <td>
                <span className="num">
                  <Num value={used} unit="bytes" />
                  {g.capacity === null || used === null ? null : (
                    <span className="unit">of {text(g.capacity, 'bytes')}</span>
                  )}
                </span>
              </td>
              <td>
                <Cell name="Power" values={g.signals.power} unit="watts" floor={700} />
              </td>
              <td>
                <Cell
                  name="Temperature"
                  values={g.signals.temp}
                  unit="celsius"
                  top={110}
                  tone={tone(last(g.signals.temp ?? []), 83, 90)}
                />
              </td>
              <td>
                <Cell
                  name="SM clock"
                  values={g.signals.clock}
                  unit="hertz"
                  tone={g.throttled === undefined ? '' : 'hurt'}
                  also={
                    g.throttled === undefined
                      ? undefined
                      : { value: <Mark level="hurt" />, word: 'throttled' }
                  }
                />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
