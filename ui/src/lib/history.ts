/** The queries asked before, in this browser only. */
const KEY = 'tokenplumb.queries';
const MOST = 60;

export function remembered(): readonly string[] {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : [];
  } catch {
    return [];
  }
}

export function remember(queries: readonly string[]): void {
  const all = [...queries, ...remembered().filter((q) => !queries.includes(q))].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Nothing is kept where nothing may be kept.
  }
}
