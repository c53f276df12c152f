/** `/`: find a page, a replica, a metric, or do something. */
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { get } from '../lib/api';
import { change, useSettings } from '../lib/live';
import { go, href, setParams } from '../lib/route';
import { duration, PRESETS } from '../lib/time';

interface Entry {
  readonly title: string;
  readonly kind: string;
  readonly run: () => void;
}

export interface Place {
  readonly title: string;
  readonly kind: string;
  readonly to: string;
}

/** Letters in order, the closer together and the earlier the better; null when they do not occur. */
export function rank(query: string, title: string): number | null {
  const q = query.toLowerCase().replace(/\s+/g, '');
  const t = title.toLowerCase();
  if (q === '') return 0;
  const whole = t.indexOf(query.toLowerCase().trim());
  if (whole >= 0) return whole + t.length * 0.01;
  let at = -1;
  let cost = 100;
  for (const ch of q) {
    const next = t.indexOf(ch, at + 1);
    if (next < 0) return null;
    cost += next - at - 1;
    at = next;
  }
  return cost + t.length * 0.01;
}

export function CommandPalette({
  open,
  onClose,
  places,
}: {
  open: boolean;
  onClose: () => void;
  places: readonly Place[];
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const [metrics, setMetrics] = useState<readonly string[]>([]);
  const id = useId();
  const { paused } = useSettings();

  useEffect(() => {
    const d = dialog.current;
    if (d === null) return;
    if (open && !d.open) {
      setQuery('');
      setChosen(0);
      d.showModal();
      get<string[]>('/api/v1/label/__name__/values')
        .then((e) => setMetrics(e.data))
        .catch(() => setMetrics([]));
    } else if (!open && d.open) d.close();
  }, [open]);

  const entries = useMemo<readonly Entry[]>(() => {
    const page = (title: string, to: string): Entry => ({
      title,
      kind: 'page',
      run: () => go(href(to)),
    });
    const act = (title: string, run: () => void): Entry => ({ title, kind: 'action', run });
    return [
      page('Fleet', '/'),
      page('Explore', '/explore'),
      page('Targets', '/targets'),
      page('Alerts', '/alerts'),
      page('Series', '/series'),
      page('Status', '/status'),
      ...places.map((p): Entry => ({ title: p.title, kind: p.kind, run: () => go(p.to) })),
      act(paused ? 'Go on refreshing' : 'Pause refreshing', () => change({ paused: !paused })),
      act('Theme: dark', () => change({ theme: 'dark' })),
      act('Theme: light', () => change({ theme: 'light' })),
      act('Theme: as the system', () => change({ theme: 'auto' })),
      act('Times in UTC', () => change({ zone: 'utc' })),
      act('Times local', () => change({ zone: 'local' })),
      ...PRESETS.map((s) =>
        act(`Show the last ${duration(s)}`, () =>
          setParams({ range: duration(s), from: null, to: null }),
        ),
      ),
      ...metrics.map((m): Entry => ({
        title: m,
        kind: 'metric',
        run: () => go(href('/explore', { q: m })),
      })),
    ];
  }, [places, metrics, paused]);

  const found = useMemo(() => {
    const ranked = entries
      .map((e) => ({ e, r: rank(query, e.title) }))
      .filter((x): x is { e: Entry; r: number } => x.r !== null);
    if (query.trim() !== '') ranked.sort((a, b) => a.r - b.r);
    return ranked.slice(0, 60).map((x) => x.e);
  }, [entries, query]);

  const promql = query.trim() !== '' && /[({]/.test(query);
  const shown: readonly Entry[] = promql
    ? [
        {
          title: query.trim(),
          kind: 'ask in Explore',
          run: () => go(href('/explore', { q: query.trim() })),
        },
        ...found,
      ]
    : found;

  const run = (e: Entry | undefined) => {
    if (e === undefined) return;
    onClose();
    e.run();
  };

  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Find or jump"
      onClose={onClose}
      onClick={(e) => {
        if (e.target === dialog.current) onClose();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown.length === 0 ? undefined : `${id}-${chosen}`}
        aria-label="Find a page, replica, metric or action"
        placeholder="Page, replica, metric, action, or PromQL"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(e) => {
          setQuery(e.target.value);
          setChosen(0);
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown') setChosen((c) => Math.min(shown.length - 1, c + 1));
          else if (e.key === 'ArrowUp') setChosen((c) => Math.max(0, c - 1));
          else if (e.key === 'Enter') run(shown[chosen]);
          else return;
          e.preventDefault();
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label="Found">
        {shown.map((e, i) => (
          // The input keeps the focus and moves the selection; the rows need no key handler of their own.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={`${e.kind}${e.title}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            onClick={() => run(e)}
            onPointerMove={() => setChosen(i)}
          >
            <span className="t">{e.title}</span>
            <span className="kind">{e.kind}</span>
          </li>
        ))}
      </ul>
      <div className="foot">
        {shown.length === 0 ? 'Nothing by that name. ' : ''}
        <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> go · <kbd>Esc</kbd> close
      </div>
    </dialog>
  );
}
