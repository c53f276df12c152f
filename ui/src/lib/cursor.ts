/** One hair line for the whole page: where the pointer stands in time, for pictures and numbers alike. */
import { useSyncExternalStore } from 'react';

let index: number | null = null;
const watchers = new Set<() => void>();
let frame = 0;

export function cursorIndex(): number | null {
  return index;
}

export function moveCursor(to: number | null, steps: number): void {
  if (to === index) return;
  index = to;
  const style = document.documentElement.style;
  if (to === null) style.setProperty('--cursor-display', 'none');
  else {
    style.setProperty('--cursor', `${(to / Math.max(1, steps - 1)) * 100}%`);
    style.setProperty('--cursor-display', 'block');
  }
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    for (const w of watchers) w();
  });
}

export function useCursor(): number | null {
  return useSyncExternalStore((w) => {
    watchers.add(w);
    return () => watchers.delete(w);
  }, cursorIndex);
}
