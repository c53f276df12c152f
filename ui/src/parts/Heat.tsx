/** The tape: every replica and GPU as a strip over the same time, more pain is more ink. */
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { heatColour, rampPosition, usePalette } from '../lib/colours';
import { moveCursor, useCursor } from '../lib/cursor';
import type { Values } from '../lib/fleet';
import type { Level } from '../lib/health';
import { useSettings } from '../lib/live';
import { go, href, setParams, type Change } from '../lib/route';
import { last } from '../lib/series';
import type { SignalMeta } from '../lib/signals';
import { shortTime } from '../lib/time';
import { text } from '../lib/units';
import { Link, Mark } from './basics';

export interface HeatRow {
  readonly key: string;
  readonly kind: 'model' | 'replica' | 'gpu';
  readonly label: string;
  readonly level?: Level;
  readonly values?: Values;
  readonly signal?: SignalMeta;
  readonly top?: number;
  readonly to?: string;
  readonly change?: Change;
  readonly title?: string;
}

/** How high the rows are: a small fleet has room for its GPUs, a large one is a picture of thin lines. */
export type Density = 'roomy' | 'close' | 'dense';

export function densityOf(replicas: number): Density {
  return replicas <= 24 ? 'roomy' : replicas <= 80 ? 'close' : 'dense';
}

interface Measures {
  readonly model: number;
  readonly replica: number;
  readonly gpu: number;
  readonly gap: number;
  /** Between one replica with its GPUs and the next. */
  readonly rest: number;
}

const MEASURES: Readonly<Record<Density, Measures>> = {
  roomy: { model: 24, replica: 20, gpu: 5, gap: 1, rest: 6 },
  close: { model: 24, replica: 12, gpu: 3, gap: 1, rest: 1 },
  dense: { model: 24, replica: 4, gpu: 2, gap: 0, rest: 1 },
};

/** The least distance of two names, so that they can be read. */
const NAME_HEIGHT = 15;

/** Where each row begins and how high it is; a group (replica and its GPUs) stands apart from the next. */
export interface Layout {
  readonly tops: number[];
  /** Whether there is room for the row's name. */
  readonly named: boolean[];
  readonly height: number;
}

export function layOut(rows: readonly HeatRow[], density: Density): Layout {
  const m = MEASURES[density];
  const tops: number[] = [];
  const named: boolean[] = [];
  let y = 0;
  let lastName = Number.NEGATIVE_INFINITY;
  rows.forEach((r, i) => {
    if (i > 0 && r.kind !== 'gpu') y += r.kind === 'model' ? 6 : m.rest;
    tops.push(y);
    const middle = y + m[r.kind] / 2;
    const fits = r.kind !== 'gpu' && (r.kind === 'model' || middle - lastName >= NAME_HEIGHT);
    if (fits) lastName = middle + (r.kind === 'model' ? 4 : 0);
    named.push(fits);
    y += m[r.kind] + m.gap;
  });
  return { tops, named, height: y };
}

export const Heat = memo(function Heat({
  times,
  rows,
  density = 'roomy',
}: {
  times: readonly number[];
  rows: readonly HeatRow[];
  density?: Density;
}) {
  const palette = usePalette();
  const { zone } = useSettings();
  const canvas = useRef<HTMLCanvasElement>(null);
  const wrap = useRef<HTMLDivElement>(null);
  const hair = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [over, setOver] = useState<{ row: HeatRow; x: number; y: number } | undefined>(undefined);
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined);
  const m = MEASURES[density];
  const { tops, named, height } = useMemo(() => layOut(rows, density), [rows, density]);
  const n = times.length;

  useLayoutEffect(() => {
    const el = wrap.current;
    if (el === null) return;
    const watch = new ResizeObserver(() => setWidth(el.clientWidth));
    watch.observe(el);
    setWidth(el.clientWidth);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const c = canvas.current;
    if (c === null || width === 0 || n === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    c.width = Math.round(width * ratio);
    c.height = Math.round(height * ratio);
    const ctx = c.getContext('2d');
    if (ctx === null) return;
    ctx.clearRect(0, 0, c.width, c.height);
    for (const [k, r] of rows.entries()) {
      const y = tops[k] ?? 0;
      const h = m[r.kind];
      const { values, signal } = r;
      if (values !== undefined && signal !== undefined) {
        const top = r.top ?? values.reduce<number>((m, v) => (v === null ? m : Math.max(m, v)), 0);
        const y0 = Math.round(y * ratio);
        const h0 = Math.round(h * ratio);
        for (let i = 0; i < n; i++) {
          const x0 = Math.round((i / n) * c.width);
          const x1 = Math.round(((i + 1) / n) * c.width);
          const v = values[i];
          if (v === null || v === undefined) {
            // A gap is drawn as a gap: a thin line where the strip would be.
            ctx.fillStyle = palette.line;
            ctx.fillRect(x0, y0 + Math.floor(h0 / 2), x1 - x0, Math.max(1, Math.round(ratio)));
            continue;
          }
          ctx.fillStyle = heatColour(
            rampPosition(v, top, signal.bands),
            signal.bands !== undefined,
            palette.dark,
          );
          ctx.fillRect(x0, y0, x1 - x0, h0);
        }
      }
    }
  }, [rows, tops, m, n, width, height, palette]);

  const cursor = useCursor();
  useEffect(() => {
    const el = hair.current;
    if (el === null) return;
    el.style.display = cursor === null ? 'none' : 'block';
    if (cursor !== null) el.style.left = `${((cursor + 0.5) / Math.max(1, n)) * 100}%`;
  }, [cursor, n]);

  const indexAt = (clientX: number): number => {
    const r = wrap.current?.getBoundingClientRect();
    if (r === undefined || r.width === 0) return 0;
    return Math.max(0, Math.min(n - 1, Math.floor(((clientX - r.left) / r.width) * n)));
  };
  const rowAt = (clientY: number): HeatRow | undefined => {
    const r = wrap.current?.getBoundingClientRect();
    const y = clientY - (r?.top ?? 0);
    return rows.find(
      (row, k) => y >= (tops[k] ?? 0) && y < (tops[k] ?? 0) + m[row.kind] + Math.max(m.gap, 1),
    );
  };
  const length = n > 1 ? (times[n - 1] ?? 0) - (times[0] ?? 0) : 0;
  const marks = width < 420 ? 3 : 5;
  const overValue =
    over?.row.values === undefined || cursor === null
      ? undefined
      : (over.row.values[cursor] ?? null);

  return (
    <div className="tape-grid">
      <div className="tape-labels">
        {rows.map((r, k) => {
          const high = Math.max(m[r.kind], NAME_HEIGHT - 1);
          const style = { top: (tops[k] ?? 0) - (high - m[r.kind]) / 2, height: high };
          if (named[k] !== true) return null;
          if (r.kind === 'model')
            return (
              <span key={r.key} style={style} className="model-row">
                <span className="name">{r.label}</span>
              </span>
            );
          return (
            <Link
              key={r.key}
              to={r.to ?? '/'}
              with={r.change ?? {}}
              style={style}
              className="replica-row"
              title={r.title ?? r.label}
            >
              <Mark level={r.level ?? 'unknown'} />
              <span className="name">
                <bdi>{r.label}</bdi>
              </span>
            </Link>
          );
        })}
      </div>
      <div
        className="tape-canvas"
        ref={wrap}
        style={{ height }}
        role="img"
        aria-label="Every replica over time. The table below holds the same values as text."
        onPointerMove={(e) => {
          const i = indexAt(e.clientX);
          moveCursor(i, n);
          const row = rowAt(e.clientY);
          const box = wrap.current?.getBoundingClientRect();
          setOver(
            row === undefined || box === undefined
              ? undefined
              : { row, x: e.clientX - box.left, y: e.clientY - box.top },
          );
          if (drag !== undefined) setDrag({ ...drag, to: i });
        }}
        onPointerLeave={() => {
          moveCursor(null, n);
          setOver(undefined);
          setDrag(undefined);
        }}
        onPointerDown={(e) => {
          if (e.button === 0 && e.pointerType === 'mouse')
            setDrag({ from: indexAt(e.clientX), to: indexAt(e.clientX) });
        }}
        onPointerUp={(e) => {
          if (drag !== undefined && Math.abs(drag.to - drag.from) >= 2) {
            const a = times[Math.min(drag.from, drag.to)];
            const b = times[Math.max(drag.from, drag.to)];
            if (a !== undefined && b !== undefined)
              setParams({ range: null, from: String(a), to: String(b) });
          } else if (drag !== undefined) {
            const row = rowAt(e.clientY);
            if (row?.to !== undefined) go(href(row.to, row.change));
          }
          setDrag(undefined);
        }}
      >
        <canvas ref={canvas} style={{ height }} />
        <div className="hair" ref={hair} />
        {drag !== undefined && drag.from !== drag.to ? (
          <div
            className="u-select"
            style={{
              top: 0,
              height,
              left: `${(Math.min(drag.from, drag.to) / n) * 100}%`,
              width: `${(Math.abs(drag.to - drag.from) / n) * 100}%`,
            }}
          />
        ) : null}
        {over !== undefined && over.row.signal !== undefined && cursor !== null ? (
          <div
            className="tip"
            style={{
              display: 'block',
              top: Math.min(over.y + 12, Math.max(0, height - 40)),
              ...(over.x > width / 2 ? { right: width - over.x + 12 } : { left: over.x + 12 }),
            }}
          >
            <div className="tip-time">
              {shortTime(times[cursor] ?? 0, zone, Math.min(length, 1800))}
            </div>
            <strong>{over.row.title ?? over.row.label}</strong>
            <div className="num">
              {over.row.signal.label}{' '}
              {overValue === null ? 'no sample' : text(overValue, over.row.signal.unit)}
            </div>
          </div>
        ) : null}
      </div>
      <div className="tape-values">
        {rows.map((r, k) =>
          r.kind === 'replica' && r.signal !== undefined && named[k] === true ? (
            <span
              key={r.key}
              className="num replica-row"
              style={{
                top: (tops[k] ?? 0) - Math.max(0, NAME_HEIGHT - 1 - m.replica) / 2,
                height: Math.max(m.replica, NAME_HEIGHT - 1),
              }}
            >
              {text(
                cursor === null ? last(r.values ?? []) : (r.values?.[cursor] ?? null),
                r.signal.unit,
              )}
            </span>
          ) : null,
        )}
      </div>
      <div className="tape-axis num" aria-hidden="true">
        {Array.from({ length: marks }, (_, i) => {
          const t = times[Math.round((i / (marks - 1)) * (n - 1))];
          return <span key={i}>{t === undefined ? '' : shortTime(t, zone, length)}</span>;
        })}
      </div>
    </div>
  );
});

/** The key of a ramp: from calm to painful, with the values at which it turns. */
export function Ramp({ signal }: { signal: SignalMeta }) {
  const palette = usePalette();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (canvas.current === null || ctx === null || ctx === undefined) return;
    canvas.current.width = 184;
    canvas.current.height = 16;
    for (let x = 0; x < 184; x++) {
      ctx.fillStyle = heatColour(x / 183, signal.bands !== undefined, palette.dark);
      ctx.fillRect(x, 0, 1, 16);
    }
  }, [palette, signal]);
  const b = signal.bands;
  return (
    <span className="ramp num">
      {b === undefined ? '0' : `≤ ${text(b[0], signal.unit)}`}
      <canvas ref={canvas} aria-hidden="true" />
      {b === undefined ? 'most' : `> ${text(b[2], signal.unit)}`}
    </span>
  );
}
