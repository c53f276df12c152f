import { useMemo } from 'react';
import { get, type Target, type Targets } from '../lib/api';
import { nowSeconds, useLoad, useSettings } from '../lib/live';
import { setParams, useRoute } from '../lib/route';
import { clock, span } from '../lib/time';
import { text } from '../lib/units';
import { ErrorNote, LabelSet, Link, Num, Status, useTitle, Waiting } from '../parts/basics';
import { NoData, ServerGone } from '../parts/Empty';

/** What the target was recognised as, wherever the server says it. */
export function recognisedAs(t: Target): string {
  const o = t as unknown as Record<string, unknown>;
  const v = o['recognised'] ?? o['recognized'] ?? o['engine'] ?? '';
  return typeof v === 'string' ? v : '';
}

function samplesOf(t: Target): number | null {
  const o = t as unknown as Record<string, unknown>;
  const v = o['samplesScraped'] ?? o['lastSamples'] ?? o['samples'];
  return typeof v === 'number' ? v : null;
}

export function TargetsPage() {
  useTitle('Targets');
  const { params } = useRoute();
  const { zone } = useSettings();
  const asked = useLoad(
    'targets',
    async (s) => (await get<Targets>('/api/v1/targets', {}, s)).data,
  );
  const health = params.get('health') ?? '';
  const search = params.get('search') ?? '';
  const pools = useMemo(() => {
    const all = (asked.data?.activeTargets ?? []).filter(
      (t) =>
        (health === '' || t.health === health) &&
        (search === '' ||
          `${t.scrapePool} ${t.scrapeUrl} ${t.lastError} ${recognisedAs(t)} ${Object.entries(
            t.labels,
          )
            .map(([k, v]) => `${k}=${v}`)
            .join(' ')}`
            .toLowerCase()
            .includes(search.toLowerCase())),
    );
    const by = new Map<string, Target[]>();
    for (const t of all) by.set(t.scrapePool, [...(by.get(t.scrapePool) ?? []), t]);
    const bad = (ts: readonly Target[]) => ts.filter((t) => t.health === 'down').length;
    return [...by]
      .map(([name, ts]) => ({
        name,
        targets: ts.sort((a, b) => rankOf(a) - rankOf(b) || a.scrapeUrl.localeCompare(b.scrapeUrl)),
        bad: bad(ts),
      }))
      .sort((a, b) => b.bad - a.bad || a.name.localeCompare(b.name));
  }, [asked.data, health, search]);

  if (asked.data === undefined) {
    if (asked.error?.kind === 'offline') return <ServerGone error={asked.error} />;
    if (asked.error !== undefined)
      return <ErrorNote error={asked.error} what="The targets could not be asked." />;
    return <Waiting what="Asking for the targets…" />;
  }
  const all = asked.data.activeTargets;
  if (all.length === 0) return <NoData targets={0} />;
  const count = (h: string) => all.filter((t) => h === '' || t.health === h).length;
  const dropped =
    asked.data.droppedTargetCounts === undefined
      ? (asked.data.droppedTargets?.length ?? 0)
      : Object.values(asked.data.droppedTargetCounts).reduce((a, b) => a + b, 0);
  return (
    <div className="stackd">
      {asked.error === undefined ? null : (
        <ErrorNote error={asked.error} what="This list is not fresh." />
      )}
      <div className="row">
        <h1>Targets</h1>
        <span className="seg" role="group" aria-label="By health">
          {(
            [
              ['', 'All'],
              ['up', 'Up'],
              ['down', 'Down'],
              ['unknown', 'Not yet'],
            ] as const
          ).map(([h, name]) => (
            <button
              type="button"
              key={h}
              aria-pressed={health === h}
              onClick={() => setParams({ health: h })}
            >
              {name} <span className="num">{count(h)}</span>
            </button>
          ))}
        </span>
        <input
          className="field"
          type="search"
          aria-label="Filter targets"
          placeholder="Filter: address, label, error"
          value={search}
          onChange={(e) => setParams({ search: e.target.value }, true)}
          style={{ minWidth: '16rem' }}
        />
        {dropped > 0 ? <span className="quiet">{dropped} dropped by relabeling</span> : null}
      </div>
      {pools.length === 0 ? (
        <p className="wait">No target matches. Clear the filter to see all {all.length}.</p>
      ) : null}
      {pools.map((p) => (
        <section className="card table-wrap" key={p.name} aria-label={`Job ${p.name}`}>
          <div className="section-title">
            <h2>{p.name}</h2>
            <span className="quiet">
              {p.targets.length - p.bad} of {p.targets.length} up
            </span>
          </div>
          <table className="table targets">
            <colgroup>
              <col style={{ width: '7rem' }} />
              <col />
              <col style={{ width: '11rem' }} />
              <col style={{ width: '8rem' }} />
              <col style={{ width: '7rem' }} />
              <col style={{ width: '7rem' }} />
            </colgroup>
            <thead>
              <tr>
                <th scope="col">Health</th>
                <th scope="col">Address and labels</th>
                <th scope="col">Recognised</th>
                <th scope="col" className="right">
                  Last scrape
                </th>
                <th scope="col" className="right">
                  Took
                </th>
                <th scope="col" className="right">
                  Samples
                </th>
              </tr>
            </thead>
            <tbody>
              {p.targets.map((t) => {
                const at = Date.parse(t.lastScrape) / 1000;
                const never = !Number.isFinite(at) || at <= 0;
                return (
                  <tr key={t.scrapeUrl + JSON.stringify(t.labels)}>
                    <td>
                      <Status
                        level={t.health === 'up' ? 'ok' : t.health === 'down' ? 'down' : 'unknown'}
                        text={t.health === 'unknown' ? 'not yet' : t.health}
                      />
                    </td>
                    <td>
                      <div className="mono" style={{ overflowWrap: 'anywhere' }}>
                        {t.scrapeUrl}
                      </div>
                      <LabelSet labels={t.labels} />
                      {t.lastError === '' ? null : <div className="err">{t.lastError}</div>}
                      {(t.warnings ?? []).map((warning) => (
                        <div className="err" key={warning}>
                          {warning}
                        </div>
                      ))}
                    </td>
                    <td>{recognisedAs(t) || <span className="quiet">–</span>}</td>
                    <td className="right num" title={never ? '' : clock(at, zone)}>
                      {never ? (
                        <span className="quiet">not yet</span>
                      ) : (
                        `${span(nowSeconds() - at)} ago`
                      )}
                    </td>
                    <td className="right">
                      <Num value={never ? null : t.lastScrapeDuration} unit="seconds" />
                      {t.scrapeInterval === undefined ? null : (
                        <div className="quiet num">every {t.scrapeInterval}</div>
                      )}
                    </td>
                    <td className="right">
                      <Samples t={t} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

function Samples({ t }: { t: Target }) {
  const n = samplesOf(t);
  const selector = `{job=${JSON.stringify(t.labels['job'] ?? '')}, instance=${JSON.stringify(t.labels['instance'] ?? '')}}`;
  return (
    <Link
      to="/explore"
      with={{ q: `scrape_samples_scraped${selector}` }}
      title="How many, over time"
    >
      <span className="num">{n === null ? 'over time' : text(n, 'none')}</span>
    </Link>
  );
}

function rankOf(t: Target): number {
  return t.health === 'down' ? 0 : t.health === 'unknown' ? 1 : 2;
}
