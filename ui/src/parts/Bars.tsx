/** Numbers as bars, the longest as wide as its card. */
import { text, type Unit } from '../lib/units';

export interface Row {
  readonly key: string;
  readonly value: number;
  readonly shown: string;
  readonly advice: string;
}

export function row(key: string, value: number, unit: Unit, advice = ''): Row {
  return { key, value, shown: text(value, unit), advice };
}

export function Bars({
  title,
  note = '',
  rows,
  empty = 'Nothing yet.',
  foot = '',
}: {
  title: string;
  note?: string;
  rows: readonly Row[];
  empty?: string;
  foot?: string;
}) {
  const top = rows.reduce((m, r) => Math.max(m, r.value), 0);
  return (
    <section className="card chart">
      <div className="chart-head">
        <h2>{title}</h2>
        {note === '' ? null : <span className="quiet">{note}</span>}
      </div>
      {rows.length === 0 ? (
        <p className="quiet">{empty}</p>
      ) : (
        <ul style={{ marginTop: '0.4rem' }}>
          {rows.map((r) => (
            <li key={r.key}>
              <div className="bar-row">
                <span className="mono" title={r.key}>
                  {r.key}
                </span>
                <span className="num" style={{ whiteSpace: 'nowrap' }}>
                  {r.shown}
                </span>
                <meter className="sr" min={0} max={top || 1} value={r.value}>
                  {r.value}
                </meter>
                <i style={{ width: `${(r.value / (top || 1)) * 100}%` }} />
              </div>
              {r.advice === '' ? null : <p className="advice">{r.advice}</p>}
            </li>
          ))}
        </ul>
      )}
      {foot === '' || rows.length === 0 ? null : <p className="advice">{foot}</p>}
    </section>
  );
}
