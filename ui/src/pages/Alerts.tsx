import { useMemo } from 'react';
import { get, type Alert, type Rule, type RuleGroup } from '../lib/api';
import { nowSeconds, useLoad, useSettings } from '../lib/live';
import { setParams, useRoute } from '../lib/route';
import { dateTime, duration, span } from '../lib/time';
import { text, unitOf } from '../lib/units';
import { float } from '../lib/api';
import { ErrorNote, LabelSet, Link, Mark, Num, useTitle, Waiting } from '../parts/basics';
import { Plumb } from '../parts/basics';
import { ServerGone } from '../parts/Empty';

/** P0 to P3, from our label or from the words that others use. */
export function priority(labels: Readonly<Record<string, string>>): 0 | 1 | 2 | 3 | undefined {
  for (const k of ['priority', 'severity', 'level']) {
    const v = (labels[k] ?? '').toLowerCase();
    const p = /^p([0-3])$/.exec(v);
    if (p !== null) return Number(p[1]) as 0 | 1 | 2 | 3;
  }
  switch ((labels['severity'] ?? '').toLowerCase()) {
    case 'page':
    case 'critical':
      return 1;
    case 'ticket':
    case 'warning':
      return 2;
    case 'info':
      return 3;
    default:
      return undefined;
  }
}

export function Priority({ labels }: { labels: Readonly<Record<string, string>> }) {
  const p = priority(labels);
  const word = labels['severity'] ?? labels['priority'] ?? '';
  return (
    <span className={`prio ${p === undefined ? '' : `p${p}`}`}>
      {p === undefined ? word || '–' : `P${p}`}
    </span>
  );
}

const STATES = { firing: 0, pending: 1, inactive: 2 } as const;

interface Shown {
  readonly rule: Rule;
  readonly group: RuleGroup;
}

export function AlertsPage() {
  useTitle('Alerts');
  const { params } = useRoute();
  const asked = useLoad(
    'rules',
    async (s) => (await get<{ groups: RuleGroup[] }>('/api/v1/rules', {}, s)).data,
  );
  const state = params.get('state') ?? '';
  const everything = params.get('all') === '1';
  const search = (params.get('search') ?? '').toLowerCase();
  const { alerting, recording } = useMemo(() => {
    const all = (asked.data?.groups ?? []).flatMap((group) =>
      group.rules.map((rule): Shown => ({ rule, group })),
    );
    const alerting = all.filter((x) => x.rule.type === 'alerting');
    alerting.sort(
      (a, b) =>
        STATES[a.rule.state ?? 'inactive'] - STATES[b.rule.state ?? 'inactive'] ||
        (priority(a.rule.labels ?? {}) ?? 4) - (priority(b.rule.labels ?? {}) ?? 4) ||
        a.rule.name.localeCompare(b.rule.name),
    );
    return { alerting, recording: all.filter((x) => x.rule.type === 'recording') };
  }, [asked.data]);

  if (asked.data === undefined) {
    if (asked.error?.kind === 'offline') return <ServerGone error={asked.error} />;
    if (asked.error !== undefined)
      return <ErrorNote error={asked.error} what="The rules could not be asked." />;
    return <Waiting what="Asking for the rules…" />;
  }
  const count = (s: string) => alerting.filter((x) => s === '' || x.rule.state === s).length;
  const shown = alerting.filter(
    (x) =>
      (state === '' || x.rule.state === state) &&
      (search === '' ||
        `${x.rule.name} ${x.rule.query} ${x.group.name} ${JSON.stringify(x.rule.labels ?? {})}`
          .toLowerCase()
          .includes(search)),
  );
  const broken = [...alerting, ...recording].filter((x) => x.rule.health === 'err');
  return (
    <div className="stackd">
      {asked.error === undefined ? null : (
        <ErrorNote error={asked.error} what="This list is not fresh." />
      )}
      <div className="row">
        <h1>Alerts</h1>
        <span className="seg" role="group" aria-label="By state">
          {(
            [
              ['', 'All'],
              ['firing', 'Firing'],
              ['pending', 'Pending'],
              ['inactive', 'Quiet'],
            ] as const
          ).map(([s, name]) => (
            <button
              type="button"
              key={s}
              aria-pressed={state === s}
              onClick={() => setParams({ state: s })}
            >
              {name} <span className="num">{count(s)}</span>
            </button>
          ))}
        </span>
        <input
          className="field"
          type="search"
          aria-label="Filter rules"
          placeholder="Filter: name, label, expression"
          value={params.get('search') ?? ''}
          onChange={(e) => setParams({ search: e.target.value }, true)}
          style={{ minWidth: '16rem' }}
        />
        <span className="grow" />
        {recording.length > 0 ? (
          <button
            type="button"
            className="btn"
            aria-pressed={everything}
            onClick={() => setParams({ all: everything ? null : '1' }, true)}
          >
            {recording.length} recording {recording.length === 1 ? 'rule' : 'rules'}
          </button>
        ) : null}
      </div>
      {broken.length === 0 ? null : (
        <div className="banner bad" role="alert">
          <strong>
            {broken.length} {broken.length === 1 ? 'rule fails' : 'rules fail'}:
          </strong>
          <span>
            {broken[0]?.rule.name}: {broken[0]?.rule.lastError}
          </span>
        </div>
      )}
      {alerting.length === 0 ? (
        <section className="empty">
          <Plumb />
          <h1>No alerting rule is loaded.</h1>
          <p>
            Tokenplumb ships a pack from P0 to P3; <code>builtin_rules: false</code> in the
            configuration switches it off. Your own files:
          </p>
          <pre className="code">{`rule_files:\n  - rules/*.yml`}</pre>
        </section>
      ) : shown.length === 0 ? (
        <p className="wait">
          {state === 'firing'
            ? `Nothing fires. ${alerting.length} rules keep watch.`
            : 'No rule matches the filter.'}
        </p>
      ) : (
        <section className="card" aria-label="Alerting rules">
          {shown.map((x) => (
            <RuleRow key={`${x.group.file}${x.group.name}${x.rule.name}${x.rule.query}`} {...x} />
          ))}
        </section>
      )}
      {everything ? (
        <section className="card table-wrap" aria-label="Recording rules">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Recording rule</th>
                <th scope="col">Expression</th>
                <th scope="col" className="right">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {recording.map((x) => (
                <tr key={x.group.name + x.rule.name}>
                  <td>
                    <Link to="/explore" with={{ q: x.rule.name }} className="link">
                      {x.rule.name}
                    </Link>
                    <div className="quiet">{x.group.name}</div>
                    {(x.rule.lastError ?? '') === '' ? null : (
                      <div className="err">{x.rule.lastError}</div>
                    )}
                  </td>
                  <td>
                    <code style={{ overflowWrap: 'anywhere' }}>{x.rule.query}</code>
                  </td>
                  <td className="right">
                    <Num value={x.rule.evaluationTime ?? null} unit="seconds" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </div>
  );
}

function RuleRow({ rule, group }: Shown) {
  const state = rule.state ?? 'inactive';
  const level = state === 'firing' ? 'hurt' : state === 'pending' ? 'slow' : 'idle';
  const alerts = [...(rule.alerts ?? [])]
    .filter((a) => a.state !== 'inactive')
    .sort((a, b) => STATES[a.state] - STATES[b.state]);
  return (
    <details className="rule" open={state !== 'inactive'}>
      <summary>
        <Priority labels={rule.labels ?? {}} />
        <span className={`status ${level}`}>
          <Mark level={level} />
          {state === 'inactive' ? 'quiet' : state}
        </span>
        <strong>{rule.name}</strong>
        {alerts.length > 1 ? <span className="quiet">{alerts.length} alerts</span> : null}
        <span className="quiet grow hide-s">
          {state === 'inactive'
            ? (rule.annotations?.['summary'] ?? '').replace(/\{\{.*?\}\}/g, '…')
            : ''}
        </span>
        <span className="quiet hide-s">
          {group.name}
          {rule.duration === undefined || rule.duration === 0
            ? ''
            : ` · for ${duration(rule.duration)}`}
        </span>
      </summary>
      <div className="rule-body">
        {(rule.lastError ?? '') === '' ? null : <p className="err">{rule.lastError}</p>}
        {alerts.map((a) => (
          <AlertRow key={JSON.stringify(a.labels)} alert={a} query={rule.query} />
        ))}
        <p>
          <code style={{ overflowWrap: 'anywhere' }}>{rule.query}</code>{' '}
          <Link to="/explore" with={{ q: rule.query }} className="link">
            Explore
          </Link>
          {(rule.annotations?.['runbook_url'] ?? '').startsWith('http') ? (
            <>
              {' · '}
              <a
                className="link"
                href={rule.annotations?.['runbook_url']}
                rel="noreferrer noopener"
                target="_blank"
              >
                Runbook
              </a>
            </>
          ) : null}
        </p>
      </div>
    </details>
  );
}

function AlertRow({ alert: a, query }: { alert: Alert; query: string }) {
  const { zone } = useSettings();
  const since = a.activeAt === undefined ? Number.NaN : Date.parse(a.activeAt) / 1000;
  const v = float(a.value);
  const instance = a.labels['pod'] ?? a.labels['instance'];
  // The comparison's left side is what the value measures.
  const unit = unitOf(query.replace(/\s(==|!=|<=|>=|<|>)\s.*$/s, ''));
  return (
    <div className="alert">
      <div>
        <strong>
          {a.annotations['summary'] ?? a.annotations['title'] ?? a.labels['alertname']}
        </strong>
        {(a.annotations['description'] ?? '') === '' ? null : <p>{a.annotations['description']}</p>}
        <LabelSet labels={a.labels} without={['alertname']} />
      </div>
      <div className="right num">
        {Number.isNaN(v) ? a.value : text(v, unit)}
        {Number.isFinite(since) ? (
          <div className="quiet" title={dateTime(since, zone)}>
            {a.state === 'pending' ? 'pending' : 'active'} for {span(nowSeconds() - since)}
          </div>
        ) : null}
        {instance === undefined ||
        (a.labels['model'] ?? a.labels['model_name'] ?? a.labels['pod'] ?? '') === '' ? null : (
          <Link to="/replica" with={{ id: a.labels['pod'] ?? instance }} className="link">
            to the replica
          </Link>
        )}
      </div>
    </div>
  );
}
