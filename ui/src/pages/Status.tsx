import { get } from '../lib/api';
import { optional } from '../lib/ask';
import { useLoad, useSettings } from '../lib/live';
import { dateTime, span } from '../lib/time';
import { nowSeconds } from '../lib/live';
import { text, type Unit } from '../lib/units';
import { Bars, row } from '../parts/Bars';
import { ErrorNote, Status, useTitle, Waiting } from '../parts/basics';
import { ServerGone } from '../parts/Empty';

type Plain = Readonly<Record<string, unknown>>;

interface All {
  readonly runtime: Plain;
  readonly build: Plain;
  readonly flags: Plain;
  readonly tsdb: Plain;
  readonly config: { readonly yaml?: string };
  readonly own: Plain | undefined;
}

async function part<T extends object>(path: string, signal: AbortSignal): Promise<T> {
  return (await optional<T>(path, {}, signal)) ?? ({} as T);
}

export function StatusPage() {
  useTitle('Status');
  const { zone } = useSettings();
  const asked = useLoad<All>('status', async (s) => {
    const [runtime, build, flags, tsdb, config, own] = await Promise.all([
      get<Plain>('/api/v1/status/runtimeinfo', {}, s).then((e) => e.data),
      part<Plain>('/api/v1/status/buildinfo', s),
      part<Plain>('/api/v1/status/flags', s),
      part<Plain>('/api/v1/status/tsdb', s),
      part<{ yaml?: string }>('/api/v1/status/config', s),
      optional<Plain>('/api/tokenplumb/v1/status', {}, s),
    ]);
    return { runtime, build, flags, tsdb, config, own };
  });
  if (asked.data === undefined) {
    if (asked.error?.kind === 'offline') return <ServerGone error={asked.error} />;
    if (asked.error !== undefined)
      return <ErrorNote error={asked.error} what="The status could not be asked." />;
    return <Waiting what="Asking for the status…" />;
  }
  const { runtime, build, flags, tsdb, config, own } = asked.data;
  const reload = reloadState(runtime, own);
  const head = (tsdb['headStats'] ?? {}) as Plain;
  const when = (v: unknown) => {
    const t = typeof v === 'number' ? v / 1000 : Date.parse(String(v)) / 1000;
    return Number.isFinite(t) && t > 0
      ? `${dateTime(t, zone)}, ${span(nowSeconds() - t)} ago`
      : '–';
  };
  const lists: readonly (readonly [string, string, Unit])[] = [
    ['seriesCountByMetricName', 'Series by metric', 'none'],
    ['labelValueCountByLabelName', 'Values by label', 'none'],
    ['memoryInBytesByLabelName', 'Memory by label', 'bytes'],
    ['seriesCountByLabelValuePair', 'Series by label value', 'none'],
  ];
  return (
    <div className="stackd">
      <h1>Status</h1>
      {asked.error === undefined ? null : (
        <ErrorNote error={asked.error} what="This page is not fresh." />
      )}
      {reload.ok ? null : (
        <div className="banner bad" role="alert">
          <strong>The configuration on disk is wrong; the last good one is running.</strong>
          <code style={{ whiteSpace: 'pre-wrap' }}>
            {reload.error === ''
              ? 'The last reload failed; the server’s log says why.'
              : reload.error}
          </code>
          <span>
            Mend the file, then reload: <code>curl -X POST {location.origin}/-/reload</code>
          </span>
        </div>
      )}
      <section className="card" style={{ padding: '1rem' }}>
        <dl className="facts">
          <Fact name="Configuration">
            <Status level={reload.ok ? 'ok' : 'hurt'} text={reload.ok ? 'loaded' : 'refused'} />
          </Fact>
          <Fact name="Loaded">{when(runtime['lastConfigTime'])}</Fact>
          <Fact name="Started">{when(runtime['startTime'])}</Fact>
          <Fact name="Retention">{String(runtime['storageRetention'] ?? '–')}</Fact>
          <Fact name="Version">
            {String(build['applicationVersion'] ?? build['version'] ?? '–')}{' '}
            {build['revision'] === undefined || build['revision'] === ''
              ? ''
              : `(${String(build['revision']).slice(0, 9)})`}
          </Fact>
        </dl>
      </section>
      <section className="card" style={{ padding: '1rem' }}>
        <dl className="facts">
          <Fact name="Series">
            {text(numberOf(head['numSeries']), 'none')}
            {typeof head['numStoredSeries'] === 'number'
              ? `, stored as ${text(head['numStoredSeries'], 'none')}`
              : ''}
          </Fact>
          <Fact name="Label pairs">{text(numberOf(head['numLabelPairs']), 'none')}</Fact>
          <Fact name="Chunks">{text(numberOf(head['chunkCount']), 'none')}</Fact>
          <Fact name="Oldest sample">{when(numberOf(head['minTime']))}</Fact>
          <Fact name="Newest sample">{when(numberOf(head['maxTime']))}</Fact>
          <Fact name="Corruptions repaired">
            {text(numberOf(runtime['corruptionCount']), 'none')}
          </Fact>
        </dl>
      </section>
      <div className="charts">
        {lists.map(([key, title, unit]) => {
          const rows = (tsdb[key] ?? []) as readonly { name: string; value: number }[];
          if (!Array.isArray(rows) || rows.length === 0) return null;
          return (
            <Bars
              key={key}
              title={title}
              rows={rows.slice(0, 10).map((r) => row(r.name, r.value, unit))}
            />
          );
        })}
      </div>
      <details className="card rule">
        <summary>
          <strong>Configuration in use</strong>
        </summary>
        <div className="rule-body">
          <pre className="code">{config.yaml ?? 'This server does not show it.'}</pre>
        </div>
      </details>
      <details className="card rule">
        <summary>
          <strong>Flags</strong>
        </summary>
        <div className="rule-body table-wrap">
          <table className="table">
            <tbody>
              {Object.entries(flags)
                .sort()
                .map(([k, v]) => (
                  <tr key={k}>
                    <td className="mono">--{k}</td>
                    <td className="mono">{String(v)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="small">
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}

function numberOf(v: unknown): number | null {
  return typeof v === 'number' ? v : null;
}

/** Whether the last reload was taken, and if not, what the server said about it (file, line, column). */
export function reloadState(
  runtime: Plain,
  own: Plain | undefined,
): { ok: boolean; error: string } {
  const config = (own?.['config'] ?? own?.['configuration'] ?? own?.['reload'] ?? {}) as Plain;
  const said = [
    config['error'],
    own?.['configError'],
    own?.['reloadError'],
    runtime['reloadConfigError'],
    runtime['configError'],
  ].find((x) => typeof x === 'string' && x !== '');
  const ok = runtime['reloadConfigSuccess'] !== false && said === undefined;
  return { ok, error: said === undefined ? '' : String(said) };
}
