/** A sparkline and the cell it lives in: the number at the end, or at the hair line when there is one. */
import { memo, useMemo } from 'react';
import { useCursor } from '../lib/cursor';
import type { Values } from '../lib/fleet';
import { last } from '../lib/series';
import { text, type Unit } from '../lib/units';
import { Num } from './basics';

const W = 120;
const H = 22;

/** The outline and the filled area; gaps stay gaps. `top` fixes the scale (a ratio's is 1). */
export function sparkPath(values: Values, top?: number): { line: string; area: string } {
  const max = top ?? values.reduce<number>((m, v) => (v === null ? m : Math.max(m, v)), 0);
  const n = values.length;
  let line = '';
  let area = '';
  let open = -1;
  const x = (i: number) => ((i / Math.max(1, n - 1)) * W).toFixed(1);
  const close = (end: number) => {
    if (open >= 0) area += `L${x(end)} ${H}L${x(open)} ${H}Z`;
    open = -1;
  };
  for (let i = 0; i < n; i++) {
    const v = values[i];
    if (v === null || v === undefined || !Number.isFinite(v)) {
      close(i - 1);
      continue;
    }
    const y = (H - 1 - (max <= 0 ? 0 : Math.min(1, Math.max(0, v) / max)) * (H - 2)).toFixed(1);
    const step = `${open < 0 ? 'M' : 'L'}${x(i)} ${y}`;
    line += step;
    area += step;
    if (open < 0) open = i;
  }
  close(n - 1);
  return { line, area };
}

export const Spark = memo(function Spark({
  values,
  top,
  label,
}: {
  values: Values;
  top?: number | undefined;
  label: string;
}) {
  const { line, area } = useMemo(() => sparkPath(values, top), [values, top]);
  return (
    <div className="sparkbox">
      <svg
        className="spark"
        viewBox={`0 0 ${W} ${H}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <path className="area" d={area} />
        <path d={line} />
      </svg>
    </div>
  );
});

interface CellNumberProps {
  readonly values: Values | undefined;
  readonly unit: Unit;
  /** The histogram's first bound: below it a quantile knows no more than "less than that". */
  readonly below?: number | undefined;
}

export function CellNumber({ values, unit, below }: CellNumberProps) {
  const at = useCursor();
  const v = values === undefined ? null : at === null ? last(values) : (values[at] ?? null);
  if (below !== undefined && v !== null && v < below)
    return (
      <span className="num quiet">
        &lt; <Num value={below} unit={unit} />
      </span>
    );
  return <Num value={v} unit={unit} />;
}

interface CellProps {
  readonly name: string;
  readonly values: Values | undefined;
  readonly unit: Unit;
  readonly top?: number;
  /** The scale reaches at least this far, so that little looks like little. */
  readonly floor?: number;
  readonly below?: number;
  readonly tone?: 'slow' | 'hurt' | '';
  /** A second, quieter value below the first. */
  readonly also?: { readonly value: React.ReactNode; readonly word: string } | undefined;
}

export function Cell({ name, values, unit, top, floor, below, tone = '', also }: CellProps) {
  const drawn = values ?? [];
  const now = last(drawn);
  const reach =
    top ??
    (floor === undefined
      ? undefined
      : drawn.reduce<number>((m, v) => (v === null ? m : Math.max(m, v)), floor));
  return (
    <div className={`cell ${tone === '' ? '' : `tone-${tone}`}`}>
      <CellNumber values={values} unit={unit} below={below} />
      {drawn.some((v) => v !== null) ? (
        <Spark values={drawn} top={reach} label={`${name} over time, now ${text(now, unit)}`} />
      ) : (
        <span />
      )}
      {also === undefined ? null : (
        <span className="also">
          <span className="num">{also.value}</span> {also.word}
        </span>
      )}
    </div>
  );
}
