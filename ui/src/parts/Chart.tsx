/** The one place that knows uPlot: lines, areas and bars over time, read out at the pointer. */
import { memo, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import { usePalette, DASHES } from '../lib/colours';
import type { Values } from '../lib/fleet';
import { useSettings } from '../lib/live';
import { setParams } from '../lib/route';
import { last } from '../lib/series';
import { clock, dateTime, shortTime } from '../lib/time';
import { text, ticks, type Unit } from '../lib/units';

export interface Line {
  readonly label: string;
  readonly values: Values;
  /** Index into the series palette, or a colour. */
  readonly colour?: number | string;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** 0–1: fills below the line. */
  readonly fill?: number;
  /** Drawn on the right-hand axis. */
  readonly right?: boolean;
  readonly bars?: boolean;
}

export interface Threshold {
  readonly at: number;
  readonly label: string;
  readonly level: 'slow' | 'hurt';
}

export interface ChartProps {
  readonly title?: string;
  readonly note?: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly unit: Unit;
  readonly rightUnit?: Unit;
  readonly height?: number;
  readonly stack?: boolean;
  readonly log?: boolean;
  readonly top?: number;
  readonly rightTop?: number;
  readonly thresholds?: readonly Threshold[];
  readonly empty?: string;
  readonly keys?: boolean;
  /** Only this one is drawn in full colour. */
  readonly isolated?: number | null;
  readonly hidden?: ReadonlySet<number>;
  readonly sync?: string;
}

/** Ticks of bytes fall on powers of two, or their labels would not be round. */
const BYTE_STEPS: number[] = Array.from({ length: 60 }, (_, i) => 2 ** i);

interface Drawn {
  readonly data: uPlot.AlignedData;
  readonly colours: readonly string[];
}

function stacked(
  lines: readonly Line[],
  shown: (i: number) => boolean,
  n: number,
): (number | null)[][] {
  const sum = Array.from({ length: n }, () => 0);
  return lines.map((l, i) => {
    if (l.right === true || !shown(i)) return [...l.values];
    return Array.from({ length: n }, (_, k) => {
      const v = l.values[k];
      if (v === null || v === undefined) return sum[k] === 0 ? null : (sum[k] ?? 0);
      sum[k] = (sum[k] ?? 0) + v;
      return sum[k] ?? 0;
    });
  });
}

export const Chart = memo(function Chart(p: ChartProps) {
  const {
    title,
    note,
    times,
    lines,
    unit,
    rightUnit,
    height = 190,
    stack = false,
    log = false,
    thresholds,
    keys = true,
    sync = 'page',
  } = p;
  const palette = usePalette();
  const { zone } = useSettings();
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const at = useRef<HTMLSpanElement>(null);
  const numbers = useRef<(HTMLSpanElement | null)[]>([]);
  const plot = useRef<uPlot | undefined>(undefined);
  const [off, setOff] = useState<ReadonlySet<number>>(new Set());
  const id = useId();
  const hidden = p.hidden ?? off;
  const shown = (i: number) => !hidden.has(i);
  const length = times.length > 1 ? (times[times.length - 1] ?? 0) - (times[0] ?? 0) : 0;

  const drawn: Drawn = useMemo(() => {
    const colours = lines.map((l, i) => {
      const c = l.colour ?? i;
      return typeof c === 'string'
        ? c
        : (palette.series[c % palette.series.length] ?? palette.ink2);
    });
    const ys = stack
      ? stacked(lines, shown, times.length)
      : lines.map((l) => l.values as (number | null)[]);
    return { data: [times as number[], ...ys] as unknown as uPlot.AlignedData, colours };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `shown` is a reading of `hidden`
  }, [times, lines, palette, stack, hidden]);

  const latest = useRef({ lines, drawn, shown, zone, length, unit, rightUnit, times });
  latest.current = { lines, drawn, shown, zone, length, unit, rightUnit, times };

  const shape = JSON.stringify([
    lines.map((l) => [l.label, l.dash, l.width, l.fill, l.right, l.bars, l.colour]),
    unit,
    rightUnit,
    height,
    stack,
    log,
    p.top,
    p.rightTop,
    thresholds,
    palette.dark,
    zone,
    sync,
    p.isolated ?? null,
  ]);

  useEffect(() => {
    const el = box.current;
    if (el === null) return;
    const font = `11px ${getComputedStyle(document.documentElement).getPropertyValue('--font')}`;
    const axis = (u: Unit, scale: string, side: 1 | 3): uPlot.Axis => ({
      scale,
      side,
      font,
      stroke: palette.ink3,
      size: (_self, values) => {
        const widest = (values ?? []).reduce((m, v) => Math.max(m, String(v ?? '').length), 3);
        return Math.max(34, widest * 6.3 + 12);
      },
      gap: 4,
      space: 34,
      grid: { show: side === 3, stroke: palette.line, width: 1 },
      ticks: { show: false },
      ...(u === 'bytes' || u === 'bytes/s' ? { incrs: BYTE_STEPS } : {}),
      values: (_self, v) => {
        // A log axis marks many places and can label only some.
        if (log)
          return v.map((x) =>
            x !== null && Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-6
              ? text(x, u)
              : '',
          );
        return ticks(v, u);
      },
    });
    const range =
      (top: number | undefined): uPlot.Scale.Range =>
      (_self, min, max) => {
        if (log) {
          const lo = min !== null && min > 0 ? min : 1e-3;
          return [
            10 ** Math.floor(Math.log10(lo)),
            10 ** Math.ceil(Math.log10(Math.max(max ?? 1, lo * 1.01))),
          ];
        }
        const lo = min === null ? 0 : Math.min(0, min);
        const hi = max ?? 1;
        if (top !== undefined) return [lo, Math.max(top, hi)];
        // Far from zero (temperatures, clocks): show the movement, not the distance.
        if (
          min !== null &&
          min > 0 &&
          (unit === 'celsius' || unit === 'hertz' || unit === 'timestamp')
        ) {
          const pad = Math.max((hi - min) * 0.15, Math.abs(hi) * 0.02);
          return [min - pad, hi + pad];
        }
        return [lo, hi === lo ? lo + 1 : hi + (hi - lo) * 0.06];
      };
    const usesRight = lines.some((l) => l.right === true);
    const faint = (i: number) =>
      p.isolated !== null && p.isolated !== undefined && p.isolated !== i;
    const readout = (u: uPlot) => show(u);
    const show = (u: uPlot) => {
      const now = latest.current;
      const idx = u.cursor.idx ?? null;
      const left = u.cursor.left ?? -1;
      const active = idx !== null && left >= 0;
      if (at.current !== null)
        at.current.textContent = active ? clock(now.times[idx] ?? 0, now.zone) : '';
      now.lines.forEach((l, i) => {
        const n = numbers.current[i];
        if (n !== null && n !== undefined)
          n.textContent = text(
            active ? (l.values[idx] ?? null) : last(l.values),
            l.right === true ? (now.rightUnit ?? now.unit) : now.unit,
          );
      });
      const t = tip.current;
      if (t === null) return;
      const own = active && el.matches(':hover, :focus-within, :focus');
      if (!own) {
        t.style.display = 'none';
        return;
      }
      const top = u.cursor.top ?? 0;
      const rows = now.lines
        .map((l, i) => {
          const v = l.values[idx] ?? null;
          const y = now.drawn.data[i + 1]?.[idx] ?? null;
          const scale = l.right === true ? 'r' : 'y';
          return {
            l,
            i,
            v,
            far:
              y === null
                ? Number.POSITIVE_INFINITY
                : Math.abs(u.valToPos(y as number, scale) - top),
          };
        })
        .filter((r) => r.v !== null && now.shown(r.i));
      const near = rows.reduce<(typeof rows)[number] | undefined>(
        (m, r) => (m === undefined || r.far < m.far ? r : m),
        undefined,
      );
      const few = rows.length > 10 ? [...rows].sort((a, b) => a.far - b.far).slice(0, 10) : rows;
      few.sort((a, b) => (b.v ?? 0) - (a.v ?? 0));
      if (few.length === 0) {
        t.style.display = 'none';
        return;
      }
      t.replaceChildren();
      const head = document.createElement('div');
      head.className = 'tip-time';
      head.textContent =
        now.length > 86_400
          ? dateTime(now.times[idx] ?? 0, now.zone)
          : clock(now.times[idx] ?? 0, now.zone);
      t.append(head);
      for (const r of few) {
        const row = document.createElement('div');
        row.className = r === near && rows.length > 1 ? 'tip-row near' : 'tip-row';
        const sw = document.createElement('span');
        sw.className = 'tip-sw';
        sw.style.background = now.drawn.colours[r.i] ?? '';
        const name = document.createElement('span');
        name.textContent = r.l.label;
        const value = document.createElement('span');
        value.className = 'num';
        value.textContent = text(r.v, r.l.right === true ? (now.rightUnit ?? now.unit) : now.unit);
        row.append(sw, name, value);
        t.append(row);
      }
      if (rows.length > few.length) {
        const more = document.createElement('div');
        more.className = 'tip-time';
        more.textContent = `and ${rows.length - few.length} more`;
        t.append(more);
      }
      t.style.display = 'block';
      const plotLeft = u.over.offsetLeft;
      const x = plotLeft + left;
      const w = t.offsetWidth;
      t.style.left = `${x + 14 + w > el.clientWidth ? Math.max(0, x - w - 14) : x + 14}px`;
      t.style.top = `${Math.max(0, Math.min(el.clientHeight - t.offsetHeight, top - t.offsetHeight / 2))}px`;
    };
    const barPaths = uPlot.paths.bars?.({ size: [0.85, 14], align: 1 });
    const u = new uPlot(
      {
        width: Math.max(120, el.clientWidth),
        height,
        pxAlign: 1,
        padding: [8, usesRight ? 0 : 8, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: sync, setSeries: false },
          drag: { x: true, y: false, setScale: false, dist: 6 },
          points: { size: 6, width: 1.5 },
          focus: { prox: 1e6 },
        },
        scales: {
          x: { time: true },
          y: { distr: log ? 3 : 1, range: range(p.top) },
          ...(usesRight ? { r: { range: range(p.rightTop) } } : {}),
        },
        axes: [
          {
            font,
            stroke: palette.ink3,
            grid: { show: false },
            ticks: { stroke: palette.line, size: 4, width: 1 },
            gap: 3,
            size: 26,
            space: 84,
            values: (_self, v) =>
              v.map((x) => shortTime(x, latest.current.zone, latest.current.length)),
          },
          axis(unit, 'y', 3),
          ...(usesRight ? [axis(rightUnit ?? unit, 'r', 1)] : []),
        ],
        series: [
          {},
          ...lines.map((l, i): uPlot.Series => {
            const colour = drawn.colours[i] ?? palette.ink2;
            const dash =
              l.dash ?? DASHES[Math.floor(i / palette.series.length) % DASHES.length] ?? [];
            const stackFill = stack && l.right !== true ? 0.55 : (l.fill ?? 0);
            return {
              label: l.label,
              scale: l.right === true ? 'r' : 'y',
              stroke: colour,
              alpha: faint(i) ? 0.18 : 1,
              width: l.width ?? (stack ? 1 : 1.5),
              dash: [...dash],
              spanGaps: false,
              show: shown(i),
              points: { show: false },
              ...(stackFill > 0 || l.bars === true
                ? { fill: alpha(colour, l.bars === true ? 0.55 : stackFill) }
                : {}),
              ...(l.bars === true && barPaths !== undefined ? { paths: barPaths, width: 0 } : {}),
            };
          }),
        ],
        // Stacked areas: each fills down to the one below.
        ...(stack
          ? {
              bands: lines.flatMap((l, i) =>
                i === 0 || l.right === true ? [] : [{ series: [i + 1, i] as [number, number] }],
              ),
            }
          : {}),
        hooks: {
          setCursor: [readout],
          setSelect: [
            (self) => {
              if (self.select.width < 6) return;
              const from = self.posToVal(self.select.left, 'x');
              const to = self.posToVal(self.select.left + self.select.width, 'x');
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              setParams({
                range: null,
                from: String(Math.round(from)),
                to: String(Math.max(Math.round(to), Math.round(from) + 30)),
              });
            },
          ],
          draw: [
            (self) => {
              const ctx = self.ctx;
              const { left, width, top: y0, height: h } = self.bbox;
              let labelled = Number.POSITIVE_INFINITY;
              for (const t of thresholds ?? []) {
                const y = self.valToPos(t.at, 'y', true);
                if (y < y0 || y > y0 + h) continue;
                ctx.save();
                ctx.strokeStyle = t.level === 'hurt' ? palette.hurt : palette.slow;
                ctx.fillStyle = palette.ink3;
                ctx.lineWidth = devicePixelRatio;
                ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
                ctx.beginPath();
                ctx.moveTo(left, y);
                ctx.lineTo(left + width, y);
                ctx.stroke();
                ctx.font = `${10 * devicePixelRatio}px ${font.slice(5)}`;
                ctx.textAlign = 'right';
                // Two labels on top of each other say nothing; the line itself stays.
                if (
                  Math.abs(labelled - y) > 13 * devicePixelRatio &&
                  y < y0 + h - 8 * devicePixelRatio
                ) {
                  const at = [
                    left + width - 4 * devicePixelRatio,
                    y - 3 * devicePixelRatio,
                  ] as const;
                  ctx.setLineDash([]);
                  ctx.lineJoin = 'round';
                  ctx.strokeStyle = palette.card;
                  ctx.lineWidth = 4 * devicePixelRatio;
                  ctx.strokeText(t.label, ...at);
                  ctx.fillText(t.label, ...at);
                  labelled = y;
                }
                ctx.restore();
              }
            },
          ],
        },
      },
      latest.current.drawn.data,
      el,
    );
    plot.current = u;
    show(u);
    const leave = () => {
      if (tip.current !== null) tip.current.style.display = 'none';
    };
    el.addEventListener('pointerleave', leave);
    const watch = new ResizeObserver(() => {
      if (el.clientWidth > 0 && Math.abs(el.clientWidth - u.width) > 1)
        u.setSize({ width: el.clientWidth, height });
    });
    watch.observe(el);
    return () => {
      watch.disconnect();
      el.removeEventListener('pointerleave', leave);
      u.destroy();
      plot.current = undefined;
    };
    // `shape` spells out everything the plot is built from; data come through the next effect.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape]);

  useEffect(() => {
    const u = plot.current;
    if (u === undefined || u.series.length !== drawn.data.length) return;
    lines.forEach((_, i) => {
      const s = u.series[i + 1];
      if (s !== undefined && s.show !== shown(i)) u.setSeries(i + 1, { show: shown(i) });
    });
    u.setData(drawn.data);
    const active =
      u.cursor.idx !== null && u.cursor.idx !== undefined && (u.cursor.left ?? -1) >= 0;
    if (!active)
      lines.forEach((l, i) => {
        const n = numbers.current[i];
        if (n !== null && n !== undefined)
          n.textContent = text(last(l.values), l.right === true ? (rightUnit ?? unit) : unit);
      });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the rest is read from what `drawn` was made of
  }, [drawn, shape]);

  const onKey = (e: KeyboardEvent) => {
    const u = plot.current;
    if (u === undefined || (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight' && e.key !== 'Escape'))
      return;
    e.preventDefault();
    if (e.key === 'Escape') {
      u.setCursor({ left: -10, top: -10 });
      return;
    }
    const n = times.length;
    const had = u.cursor.idx;
    const from =
      had === null || had === undefined || (u.cursor.left ?? -1) < 0
        ? n - 1
        : had + (e.key === 'ArrowLeft' ? -1 : 1);
    const i = Math.min(n - 1, Math.max(0, from));
    u.setCursor({ left: u.valToPos(times[i] ?? 0, 'x'), top: u.over.clientHeight / 2 });
  };

  const nothing = !lines.some((l) => l.values.some((v) => v !== null));
  const summary = lines
    .slice(0, 8)
    .map((l) => `${l.label} ${text(last(l.values), l.right === true ? (rightUnit ?? unit) : unit)}`)
    .join(', ');

  return (
    <figure
      className={title === undefined ? 'chart-bare' : 'card chart'}
      aria-labelledby={title === undefined ? undefined : id}
    >
      {title === undefined ? null : (
        <figcaption className="chart-head">
          <h2 id={id}>{title}</h2>
          {note === undefined ? null : (
            <span className="note" title={note}>
              {note}
            </span>
          )}
          <span className="at num" ref={at} />
        </figcaption>
      )}
      <div
        className="plot"
        ref={box}
        style={{ height }}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrow keys read the values out
        tabIndex={0}
        role="img"
        aria-label={`${title ?? 'Chart'}: ${nothing ? 'no data' : `now ${summary}`}. Arrow keys move through time.`}
        onKeyDown={onKey}
      >
        {nothing ? (
          <div className="plot-empty">{p.empty ?? 'No samples in this window'}</div>
        ) : null}
        <div className="tip" ref={tip} />
      </div>
      {keys && lines.length > 0 ? (
        <div className="keys">
          {lines.map((l, i) => (
            <button
              type="button"
              className="key"
              key={l.label}
              aria-pressed={shown(i)}
              title={shown(i) ? 'Hide. With Alt: only this one' : 'Show'}
              onClick={(e) =>
                setOff((o) => {
                  if (e.altKey) return new Set(lines.map((_, k) => k).filter((k) => k !== i));
                  const next = new Set(o);
                  if (!next.delete(i)) next.add(i);
                  return next;
                })
              }
            >
              <Swatch
                colour={drawn.colours[i] ?? palette.ink2}
                dash={l.dash ?? DASHES[Math.floor(i / palette.series.length) % DASHES.length] ?? []}
                bars={l.bars === true || stack}
              />
              {l.label}
              <span
                className="num"
                ref={(n) => {
                  numbers.current[i] = n;
                }}
              />
            </button>
          ))}
        </div>
      ) : null}
    </figure>
  );
});

export function Swatch({
  colour,
  dash = [],
  bars = false,
}: {
  colour: string;
  dash?: readonly number[];
  bars?: boolean;
}) {
  return (
    <svg className="swatch" viewBox="0 0 16 8" aria-hidden="true">
      {bars ? (
        <rect x="1" y="0" width="14" height="8" rx="1.5" fill={colour} />
      ) : (
        <path
          d="M0 4h16"
          stroke={colour}
          strokeWidth="2.5"
          strokeDasharray={dash.map((d) => d * 0.7).join(' ')}
        />
      )}
    </svg>
  );
}

/** `#rrggbb` with an opacity. */
export function alpha(colour: string, a: number): string {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
  return `${colour}${Math.round(a * 255)
    .toString(16)
    .padStart(2, '0')}`;
}
