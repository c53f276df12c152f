import { Component, useEffect, useRef, useState, type ReactNode } from 'react';
import { get, type Alert } from './lib/api';
import { askInstant, askReach } from './lib/ask';
import { change, currentSettings, useLoad } from './lib/live';
import { replicaId, replicaName } from './lib/fleet';
import { href, useRoute } from './lib/route';
import { CommandPalette, type Place } from './parts/CommandPalette';
import { NotFound } from './parts/Empty';
import { Top } from './parts/Top';
import { AlertsPage } from './pages/Alerts';
import { CardinalityPage } from './pages/Cardinality';
import { ExplorePage } from './pages/Explore';
import { FleetPage } from './pages/Fleet';
import { GpuPage, ReplicaPage } from './pages/Replica';
import { StatusPage } from './pages/Status';
import { TargetsPage } from './pages/Targets';

const PAGES: Readonly<Record<string, () => ReactNode>> = {
  '/': () => <FleetPage />,
  '/fleet': () => <FleetPage />,
  '/replica': () => <ReplicaPage />,
  '/gpu': () => <GpuPage />,
  '/explore': () => <ExplorePage />,
  '/targets': () => <TargetsPage />,
  '/alerts': () => <AlertsPage />,
  '/series': () => <CardinalityPage />,
  '/status': () => <StatusPage />,
};

function typing(target: EventTarget | null): boolean {
  const el = target instanceof Element ? target : null;
  const inner = el?.shadowRoot?.activeElement ?? el;
  return (
    inner !== null &&
    (inner.matches('input, textarea, select, [contenteditable="true"]') ||
      inner.closest('[contenteditable="true"]') !== null)
  );
}

/** Models' replicas and every target, for the palette. */
async function findPlaces(signal: AbortSignal): Promise<readonly Place[]> {
  const [engines, up] = await Promise.all([
    askInstant(
      'group by (model, job, instance, pod) (llm_requests_running)',
      undefined,
      signal,
    ).then((e) => e.data),
    askReach(undefined, signal).then((r) => r.up),
  ]);
  const known = new Set<string>();
  const replicas =
    engines.resultType !== 'vector'
      ? []
      : engines.result.map((r): Place => {
          known.add(replicaId(r.metric));
          return {
            title: replicaName(r.metric),
            kind: `replica of ${r.metric['model'] ?? 'a model not reported'}`,
            to: href('/replica', { id: replicaName(r.metric) }),
          };
        });
  const targets = up
    .filter((u) => !known.has(replicaId(u.labels)))
    .map((u): Place => ({
      title: replicaName(u.labels),
      kind: `target of ${u.labels['job'] ?? ''}${u.value === 0 ? ', down' : ''}`,
      to: href('/targets', { search: u.labels['instance'] ?? '' }),
    }));
  return [...replicas, ...targets];
}

export function App() {
  const { path } = useRoute();
  const [finding, setFinding] = useState(false);
  const main = useRef<HTMLElement>(null);
  const alerts = useLoad(
    'alerts',
    async (s) => (await get<{ alerts: Alert[] }>('/api/v1/alerts', {}, s)).data.alerts,
  );
  const firing = alerts.data?.filter((a) => a.state === 'firing').length ?? 0;
  const config = useLoad(
    'reload',
    async (s) =>
      (await get<{ reloadConfigSuccess?: boolean }>('/api/v1/status/runtimeinfo', {}, s)).data,
  );
  const found = useLoad<readonly Place[]>(
    `places|${finding ? 'open' : ''}`,
    async (s) => (finding ? findPlaces(s) : []),
    false,
  );

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) {
        if ((e.ctrlKey || e.metaKey) && e.key === 'k') {
          e.preventDefault();
          setFinding(true);
        }
        return;
      }
      if (typing(e.composedPath()[0] ?? e.target)) return;
      if (e.key === '/') {
        e.preventDefault();
        setFinding(true);
      } else if (
        e.key === ' ' &&
        (document.activeElement === document.body || document.activeElement === main.current)
      ) {
        e.preventDefault();
        change({ paused: !currentSettings().paused });
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  // A new page is read from its beginning, by eye and by screen reader.
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [path]);

  const page = PAGES[path];
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <Top
        firing={firing}
        refused={config.data?.reloadConfigSuccess === false}
        onFind={() => setFinding(true)}
      />
      <main id="main" tabIndex={-1} ref={main}>
        <Guard key={path}>{page === undefined ? <NotFound /> : page()}</Guard>
      </main>
      <CommandPalette open={finding} onClose={() => setFinding(false)} places={found.data ?? []} />
    </>
  );
}

/** A page that breaks breaks alone, and says so. */
class Guard extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <section className="empty" role="alert">
        <h1>This page broke.</h1>
        <p>
          It is a mistake in Tokenplumb, not in your data. The other pages still work. Please
          report:
        </p>
        <pre className="code">{error.stack ?? error.message}</pre>
        <button type="button" className="btn" onClick={() => this.setState({})}>
          Try again
        </button>
      </section>
    );
  }
}
