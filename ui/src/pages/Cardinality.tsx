/** Where the series come from, what they cost, who asks for them, and what to do about it. */
import type { ReactNode } from 'react';
import { get } from '../lib/api';
import { nowSeconds, useLoad } from '../lib/live';
import { duration, span } from '../lib/time';
import { text } from '../lib/units';
import { Bars, row, type Row } from '../parts/Bars';
import { ErrorNote, Link, Num, useTitle, Waiting } from '../parts/basics';
import { ServerGone } from '../parts/Empty';

interface Metric {
  readonly name: string;
  readonly stored: number;
  readonly classic: number;
  readonly buckets: number;
  readonly madeInLastHour: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly label: string;
  readonly labelValues: number;
  readonly lastQueried: string;
  readonly advice: string;
}

interface Report {
  readonly total: {
    readonly stored: number;
    readonly folded: number;
    readonly classic: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
    readonly metrics: number;
    readonly neverQueried: number;
    readonly queriesNotedSince: string;
  };
  readonly metrics: readonly Metric[];
  readonly growing: readonly Metric[];
  readonly neverQueried: readonly Metric[];
  readonly labels: readonly {
    readonly name: string;
    readonly values: number;
    readonly stored: number;
    readonly advice: string;
  }[];
  readonly targets: readonly {
    readonly job: string;
    readonly instance: string;
    readonly stored: number;
    readonly classic: number;
  }[];
  readonly resolutions: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly from: string;
    readonly to: string;
    readonly retentionSeconds: number;
  }[];
  readonly guardRails: {
    readonly refusals: readonly {
      readonly rail: string;
      readonly subject: string;
      readonly count: number;
      readonly verdict: string;
    }[];
    readonly warnings: readonly string[];
  };
}

export function CardinalityPage() {
  useTitle('Series');
  const asked = useLoad<Report>(
    'cardinality',
    async (s) => (await get<Report>('/api/tokenplumb/v1/cardinality', { limit: '12' }, s)).data,
  );
  if (asked.data === undefined) {
    if (asked.error?.kind === 'offline') return <ServerGone error={asked.error} />;
    if (asked.error !== undefined)
      return <ErrorNote error={asked.error} what="The report could not be asked." />;
    return <Waiting what="Counting the series…" />;
  }
  const report = asked.data;
  const { total, guardRails } = report;
  const since = nowSeconds() - Date.parse(total.queriesNotedSince) / 1000;
  return (
    <div className="stackd">
      <h1>Series</h1>
      {asked.error === undefined ? null : (
        <ErrorNote error={asked.error} what="This page is not fresh." />
      )}
      {guardRails.refusals.map((r) => (
        <div className="banner bad" role="alert" key={r.rail + r.subject}>
          <strong>{text(r.count, 'none')} times a new series was refused.</strong>
          <span>{r.verdict}</span>
        </div>
      ))}
      {guardRails.warnings.map((w) => (
        <div className="banner" role="status" key={w}>
          <span>{w}</span>
        </div>
      ))}
      <section className="card" style={{ padding: '1rem' }}>
        <dl className="facts">
          <Fact name="Series stored">
            <Num value={total.stored} unit="none" />
          </Fact>
          <Fact name="They stand for">
            <Num value={total.classic} unit="none" />
          </Fact>
          <Fact name="Folded histograms">
            <Num value={total.folded} unit="none" />
          </Fact>
          <Fact name="Memory, about">
            <Num value={total.memoryBytes} unit="bytes" />
          </Fact>
          <Fact name="On disk">
            <Num value={total.diskBytes} unit="bytes" />
          </Fact>
          <Fact name="Never queried">
            <span className="num">
              {total.neverQueried} of {total.metrics} metrics
            </span>
          </Fact>
        </dl>
      </section>
      <div className="charts">
        <Bars
          title="By metric"
          note="as exposed; what is stored stands behind"
          rows={report.metrics.map((m) => ofSeries(m.name, m, m.advice))}
        />
        <Bars
          title="By label"
          note="distinct values"
          rows={report.labels.map((l) => row(l.name, l.values, 'none', l.advice))}
        />
        <Bars
          title="By target"
          note="as exposed; what is stored stands behind"
          rows={report.targets.map((t) =>
            ofSeries([t.job, t.instance].filter((x) => x !== '').join(' · ') || 'no target', t),
          )}
        />
        <Bars
          title="Growing"
          note="series made in the last hour"
          rows={report.growing.map((m) =>
            row(
              m.name,
              m.madeInLastHour,
              'none',
              m.label === '' ? '' : `${m.label} has ${text(m.labelValues, 'none')} values`,
            ),
          )}
          empty="No metric made a series in the last hour."
        />
        <Bars
          title="Nobody asks for"
          note={
            Number.isFinite(since)
              ? `no query in ${span(Math.max(since, 1))}; by memory`
              : 'by memory'
          }
          foot="Drop what you do not keep for a bad day: action: drop on __name__, in metric_relabel_configs."
          rows={report.neverQueried.map((m) => row(m.name, m.memoryBytes, 'bytes'))}
          empty={total.metrics === 0 ? 'Nothing yet.' : 'Every metric has been asked for.'}
        />
        <Kept resolutions={report.resolutions} />
      </div>
      <p className="quiet">
        Bytes are estimates. A folded histogram is one series, whatever its buckets. What a new
        histogram will cost: <code>tokenplumb plan cardinality --help</code>. Limits:{' '}
        <code>guard_rails</code> in <Link to="/status">the configuration</Link>.
      </p>
    </div>
  );
}

/** As exposed; what is stored stands behind where it is not the same. */
function ofSeries(key: string, of: { stored: number; classic: number }, advice = ''): Row {
  const exposed = row(key, of.classic, 'none', advice);
  return of.stored === of.classic
    ? exposed
    : { ...exposed, shown: `${exposed.shown} · ${text(of.stored, 'none')}` };
}

/** What each resolution holds, and what a day of it costs. */
function Kept({ resolutions }: { resolutions: Report['resolutions'] }) {
  return (
    <section className="card chart">
      <div className="chart-head">
        <h2>Kept</h2>
        <span className="quiet">samples, then windows of five minutes and an hour</span>
      </div>
      <div
        className="table-wrap"
        role="region"
        aria-label="What each resolution holds"
        tabIndex={0}
      >
        <table className="table">
          <thead>
            <tr>
              <th>Resolution</th>
              <th className="right">Kept for</th>
              <th className="right">Holds</th>
              <th className="right">On disk</th>
              <th className="right">A day costs</th>
            </tr>
          </thead>
          <tbody>
            {resolutions.map((r) => {
              const seconds = r.to === '' ? 0 : (Date.parse(r.to) - Date.parse(r.from)) / 1000;
              return (
                <tr key={r.name}>
                  <td>{r.name}</td>
                  <td className="right num">
                    {r.retentionSeconds === 0 ? 'ever' : duration(r.retentionSeconds)}
                  </td>
                  <td className="right num">{seconds > 0 ? span(seconds) : 'nothing yet'}</td>
                  <td className="right num">{text(r.bytes, 'bytes')}</td>
                  <td className="right num">
                    {seconds >= 3600 ? text((r.bytes / seconds) * 86_400, 'bytes') : '–'}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
