/** What the reader has set for himself (kept in the browser), and the beat at which pages refresh. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { ApiError } from './api';
import { DEFAULT_BANDS, type Bands } from './health';
import type { Zone } from './time';

export type Theme = 'auto' | 'light' | 'dark';

export interface Settings {
  readonly theme: Theme;
  readonly zone: Zone;
  readonly paused: boolean;
  /** Seconds between refreshes. */
  readonly every: number;
  readonly bands: Bands;
}

const DEFAULTS: Settings = {
  theme: 'auto',
  zone: 'local',
  paused: false,
  every: 5,
  bands: DEFAULT_BANDS,
};
const KEY = 'tokenplumb.settings';

function read(): Settings {
  try {
    const raw = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
    return { ...DEFAULTS, ...raw, paused: false, bands: { ...DEFAULT_BANDS, ...raw.bands } };
  } catch {
    return DEFAULTS;
  }
}

let settings = read();
const watchers = new Set<() => void>();

export function currentSettings(): Settings {
  return settings;
}

export function change(part: Partial<Settings>): void {
  settings = { ...settings, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing still works; it only forgets.
  }
  applyTheme();
  for (const w of watchers) w();
  if (part.paused === false) beat();
  else schedule();
}

export function applyTheme(): void {
  const root = document.documentElement;
  if (settings.theme === 'auto') delete root.dataset['theme'];
  else root.dataset['theme'] = settings.theme;
  for (const t of themeWatchers) t();
}

export function useSettings(): Settings {
  return useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => settings,
  );
}

// ---- is it dark? Canvases cannot read CSS variables by themselves.

const themeWatchers = new Set<() => void>();
const darkQuery = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
darkQuery?.addEventListener('change', () => {
  for (const t of themeWatchers) t();
});

export function isDark(): boolean {
  return settings.theme === 'dark' || (settings.theme === 'auto' && darkQuery?.matches === true);
}

export function useDark(): boolean {
  return useSyncExternalStore((w) => {
    themeWatchers.add(w);
    return () => themeWatchers.delete(w);
  }, isDark);
}

// ---- the beat

/** The server's clock minus ours, seconds: a laptop's clock may be wrong, the samples' times are not. */
let skew = 0;

export function learnServerTime(serverSeconds: number): void {
  const d = serverSeconds - Date.now() / 1000;
  skew = Math.abs(d) > 2 ? d : 0;
}

export function nowSeconds(): number {
  return Date.now() / 1000 + skew;
}

let tick = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const tickWatchers = new Set<() => void>();

export function beat(): void {
  tick++;
  for (const w of tickWatchers) w();
  schedule();
}

function schedule(): void {
  if (timer !== undefined) clearTimeout(timer);
  timer = undefined;
  if (settings.paused || document.hidden || tickWatchers.size === 0) return;
  timer = setTimeout(beat, settings.every * 1000);
}

globalThis.document?.addEventListener('visibilitychange', () => {
  if (!document.hidden && !settings.paused) beat();
});

export function useTick(): number {
  return useSyncExternalStore(
    (w) => {
      tickWatchers.add(w);
      if (timer === undefined) schedule();
      return () => tickWatchers.delete(w);
    },
    () => tick,
  );
}

// ---- loading

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** When `data` came, in our clock's seconds. */
  readonly at: number | undefined;
  readonly reload: () => void;
}

/**
 * Loads on every beat while `live`, keeps what it has while it asks again, and cancels what nobody
 * waits for. `key` says what is asked: another key starts afresh at once.
 */
export function useLoad<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  live = true,
): Loaded<T> {
  const t = useTick();
  const [again, setAgain] = useState(0);
  const [state, setState] = useState<{
    key: string;
    data?: T;
    error?: ApiError;
    at?: number;
    loading: boolean;
  }>({ key, loading: true });
  const running = useRef<{ key: string; abort: AbortController } | undefined>(undefined);
  const loader = useRef(load);
  loader.current = load;
  const moment = `${live ? t : 0}/${again}`;

  useEffect(() => {
    if (running.current !== undefined) {
      if (running.current.key === key) return; // still asking the same
      running.current.abort.abort();
    }
    const mine = { key, abort: new AbortController() };
    running.current = mine;
    setState((s) => ({ ...s, loading: true }));
    loader
      .current(mine.abort.signal)
      .then(
        (data) => {
          if (running.current === mine)
            setState({ key, data, at: Date.now() / 1000, loading: false });
        },
        (e: unknown) => {
          if (running.current !== mine) return;
          const error =
            e instanceof ApiError ? e : new ApiError('server', String((e as Error).message ?? e));
          setState(
            (s) =>
              ({
                key,
                ...(s.key === key ? { data: s.data, at: s.at } : {}),
                error,
                loading: false,
              }) as typeof s,
          );
        },
      )
      .finally(() => {
        if (running.current === mine) running.current = undefined;
      });
  }, [key, moment]);
  useEffect(
    () => () => {
      running.current?.abort.abort();
      running.current = undefined;
    },
    [],
  );

  const reload = useCallback(() => setAgain((n) => n + 1), []);
  return {
    // Data of another question may stay on the page while the new answer is on its way, but not its error.
    data: state.data,
    error: state.key === key ? state.error : undefined,
    loading: state.loading || state.key !== key,
    at: state.at,
    reload,
  };
}
