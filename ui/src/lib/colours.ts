/** Colours for canvases: the tokens, read once per theme, and the ramps of the heat strips. */
import { useMemo } from 'react';
import { useDark } from './live';

export interface Palette {
  readonly dark: boolean;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly line: string;
  readonly card: string;
  readonly slow: string;
  readonly hurt: string;
  readonly series: readonly string[];
}

export function usePalette(): Palette {
  const dark = useDark();
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const v = (name: string) => style.getPropertyValue(name).trim();
    return {
      dark,
      ink: v('--ink'),
      ink2: v('--ink2'),
      ink3: v('--ink3'),
      line: v('--line'),
      card: v('--card'),
      slow: v('--slow-mark'),
      hurt: v('--hurt-mark'),
      series: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => v(`--c${i}`)),
    };
  }, [dark]);
}

/** After eight colours the dash pattern changes, so that no two of the first 32 series look the same. */
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

type Rgb = readonly [number, number, number];

/* More pain is more ink: lightness runs one way only, so the strips also read in grey. */
const PAIN_LIGHT: readonly Rgb[] = [
  [233, 239, 237],
  [176, 207, 201],
  [231, 176, 66],
  [200, 66, 32],
  [96, 12, 46],
];
const PAIN_DARK: readonly Rgb[] = [
  [26, 34, 38],
  [38, 84, 84],
  [164, 104, 20],
  [248, 116, 78],
  [255, 205, 188],
];
const PLAIN_LIGHT: readonly Rgb[] = [
  [236, 240, 239],
  [160, 203, 204],
  [64, 143, 152],
  [8, 74, 88],
];
const PLAIN_DARK: readonly Rgb[] = [
  [24, 32, 36],
  [24, 74, 82],
  [52, 146, 150],
  [170, 234, 226],
];

function mix(stops: readonly Rgb[], t: number): string {
  const x = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(x));
  const a = stops[i] ?? stops[0]!;
  const b = stops[i + 1] ?? a;
  const f = x - i;
  const c = (k: 0 | 1 | 2) => Math.round(a[k] + (b[k] - a[k]) * f);
  return `rgb(${c(0)},${c(1)},${c(2)})`;
}

/** Where a value stands on the ramp, 0 to 1: by bands (calm, noticeable, painful) or by its maximum. */
export function rampPosition(
  v: number,
  top: number,
  bands?: readonly [number, number, number],
): number {
  if (bands === undefined) return top <= 0 ? 0 : v / top;
  const [calm, noticed, painful] = bands;
  if (v <= calm) return (0.25 * v) / (calm || 1);
  if (v <= noticed) return 0.25 + (0.2 * (v - calm)) / (noticed - calm);
  if (v <= painful) return 0.45 + (0.3 * (v - noticed)) / (painful - noticed);
  return 0.75 + 0.25 * Math.min(1, (v - painful) / (painful * 2));
}

export function heatColour(position: number, painful: boolean, dark: boolean): string {
  return mix(painful ? (dark ? PAIN_DARK : PAIN_LIGHT) : dark ? PLAIN_DARK : PLAIN_LIGHT, position);
}
