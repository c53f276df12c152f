import { Component, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { get, type Alert } from './lib/api';
import { askUp } from './lib/ask';
import { change, currentSettings, useLoad } from './lib/live';
import { replicaId, replicaName } from './lib/fleet';
import { href, useRoute } from './lib/route';
import { CommandPalette, type Place } from './parts/CommandPalette';
import { NotFound } from './parts/Empty';
import { Top } from './parts/Top';
import { AlertsPage } from './pages/Alerts';
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

export function App() {
  const { path } = useRoute();
  const [finding, setFinding] = useState(false);
  const main = useRef<HTMLElement>(null);
  const alerts = useLoad(
    'alerts',
    async (s) => (await get<{ alerts: Alert[] }>('/api/v1/alerts', {}, s)).data.alerts,
  );
  const firing = alerts.data?.filter((a) => a.state === 'firing').length ?? 0;
  const up = useLoad(
    `up|${finding ? 'open' : ''}`,
    async (s) => (finding ? askUp(undefined, s) : []),
    false,
  );

  const places = useMemo<readonly Place[]>(
    () =>
      (up.data ?? []).map((u) => ({
        title: replicaName(u.labels),
        kind: `${u.labels['job'] ?? 'target'}${u.value === 0 ? ', down' : ''}`,
        to:
          (u.labels['pod'] ?? '') !== '' || (u.labels['job'] ?? '').includes('llm')
            ? href('/replica', { id: u.labels['pod'] ?? replicaId(u.labels) })
            : href('/targets', { search: u.labels['instance'] ?? '' }),
      })),
    [up.data],
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
      <Top firing={firing} onFind={() => setFinding(true)} />
      <main id="main" tabIndex={-1} ref={main}>
        <Guard key={path}>{page === undefined ? <NotFound /> : page()}</Guard>
      </main>
      <CommandPalette open={finding} onClose={() => setFinding(false)} places={places} />
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
