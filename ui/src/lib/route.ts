/** The address is the state: every page, filter, range and selection can be shared and walked back. */
import { useSyncExternalStore } from 'react';
import { rangeFromParams, type Range } from './time';

export interface Route {
  readonly path: string;
  readonly params: URLSearchParams;
}

/** Parameters that go along from page to page: the window in time that the reader has pinned. */
const CARRIED = ['range', 'from', 'to'] as const;

export type Change = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/** The address after a change: null removes a parameter, a list repeats it. */
export function withParams(params: URLSearchParams, change: Change): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [k, v] of Object.entries(change)) {
    next.delete(k);
    if (v === null || v === undefined || v === '') continue;
    if (typeof v === 'string') next.set(k, v);
    else for (const one of v) next.append(k, one);
  }
  return next;
}

export function address(path: string, params: URLSearchParams): string {
  const q = params.toString();
  return q === '' ? path : `${path}?${q}`;
}

/** The address of another page, with the window in time carried over. */
export function href(
  path: string,
  change: Change = {},
  from: URLSearchParams = route().params,
): string {
  const carried = new URLSearchParams();
  for (const k of CARRIED) {
    const v = from.get(k);
    if (v !== null) carried.set(k, v);
  }
  return address(path, withParams(carried, change));
}

/**
 * Addresses that others know: Prometheus' alert notifications and bookmarks point to `/graph?g0.expr=…`.
 */
export function translateForeign(path: string, params: URLSearchParams): string | undefined {
  if (path !== '/graph' && path !== '/query')
    return path === '/rules' ? '/alerts?all=1' : undefined;
  const out = new URLSearchParams();
  for (let i = 0; params.has(`g${i}.expr`); i++) out.append('q', params.get(`g${i}.expr`) ?? '');
  const tab = params.get('g0.tab');
  if (tab === '1' || tab === 'table') out.set('view', 'table');
  const range = params.get('g0.range_input');
  const end = params.get('g0.end_input');
  if (range !== null && /^(\d+[wdhms])+$/.test(range)) {
    const to =
      end === null
        ? Number.NaN
        : Date.parse(`${end.replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(end) ? '' : 'Z'}`) / 1000;
    const seconds = rangeFromParams(new URLSearchParams({ range }));
    if (Number.isFinite(to) && seconds.kind === 'last') {
      out.set('from', String(to - seconds.seconds));
      out.set('to', String(to));
    } else out.set('range', range);
  }
  return address('/explore', out);
}

let current: Route = read();
const listeners = new Set<() => void>();

function read(): Route {
  const url = new URL(globalThis.location?.href ?? 'http://localhost/');
  return { path: url.pathname.replace(/\/+$/, '') || '/', params: url.searchParams };
}

function announce(): void {
  current = read();
  for (const l of listeners) l();
}

export function route(): Route {
  return current;
}

export function start(): void {
  const foreign = translateForeign(current.path, current.params);
  if (foreign !== undefined) history.replaceState(null, '', foreign);
  announce();
  addEventListener('popstate', announce);
}

/** Goes to an address. A page is a step for the back button; a mere setting (`replace`) is not. */
export function go(to: string, replace = false): void {
  if (to === address(current.path, current.params)) return;
  const pathChanges = new URL(to, location.href).pathname !== current.path;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  announce();
  if (pathChanges && !replace) scrollTo(0, 0);
}

export function setParams(change: Change, replace = false): void {
  go(address(current.path, withParams(current.params, change)), replace);
}

export function useRoute(): Route {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => current,
  );
}

export function useRange(): Range {
  return rangeFromParams(useRoute().params);
}
