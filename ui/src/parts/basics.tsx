/** The smallest parts: marks, numbers, links, notes. */
import { useEffect, type AnchorHTMLAttributes, type ReactNode } from 'react';
import type { ApiError, Labels } from '../lib/api';
import { LEVEL_TEXT, type Level } from '../lib/health';
import { go, href, useRoute, type Change } from '../lib/route';
import { show, type Unit } from '../lib/units';

/** A level's shape; its name stands beside it or in `title`. */
export function Mark({ level, title }: { level: Level; title?: string }) {
  const shape = {
    ok: <circle cx="8" cy="8" r="6" />,
    idle: <circle cx="8" cy="8" r="5.5" />,
    unknown: <circle cx="8" cy="8" r="5.5" strokeDasharray="3 2.6" />,
    slow: <path d="M8 1.2 15.4 14.4H.6z" />,
    hurt: <path d="M8 .4 15.6 8 8 15.6.4 8z" />,
    down: <path d="M1.5 1.5h13v13h-13z" />,
  }[level];
  return title === undefined ? (
    <svg className={`mark ${level}`} viewBox="0 0 16 16" aria-hidden="true">
      {shape}
    </svg>
  ) : (
    <svg className={`mark ${level}`} viewBox="0 0 16 16" role="img" aria-label={title}>
      <title>{title}</title>
      {shape}
    </svg>
  );
}

export function Status({ level, text }: { level: Level; text?: string }) {
  return (
    <span className={`status ${level}`}>
      <Mark level={level} />
      {text ?? LEVEL_TEXT[level]}
    </span>
  );
}

export function Num({ value, unit }: { value: number | null | undefined; unit: Unit }) {
  const s = show(value, unit);
  return (
    <span className="num">
      {s.number}
      {s.unit === '' ? null : <span className="unit">{s.unit}</span>}
    </span>
  );
}

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: string;
  readonly with?: Change;
  readonly children: ReactNode;
}

/** A link inside the app: real address, no page load, the window in time carried along. */
export function Link({ to, with: change, children, ...rest }: LinkProps) {
  const { params } = useRoute();
  const address = href(to, change, params);
  return (
    <a
      {...rest}
      href={address}
      onClick={(e) => {
        rest.onClick?.(e);
        if (
          e.defaultPrevented ||
          e.button !== 0 ||
          e.metaKey ||
          e.ctrlKey ||
          e.shiftKey ||
          e.altKey
        )
          return;
        e.preventDefault();
        go(address);
      }}
    >
      {children}
    </a>
  );
}

export function LabelSet({
  labels,
  without = [],
}: {
  labels: Labels;
  without?: readonly string[];
}) {
  const names = Object.keys(labels)
    .filter((k) => k !== '__name__' && !without.includes(k))
    .sort();
  return (
    <span className="labels">
      {names.map((k) => (
        <span className="label" key={k}>
          {k}="{labels[k]}"
        </span>
      ))}
    </span>
  );
}

export function seriesName(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const inside = Object.keys(rest)
    .sort()
    .map((k) => `${k}="${rest[k] ?? ''}"`)
    .join(', ');
  return inside === '' ? name || '{}' : `${name}{${inside}}`;
}

export function ErrorNote({ error, what }: { error: ApiError; what: string }) {
  const next = {
    offline: 'Is `tokenplumb serve` still running? The page goes on asking and recovers by itself.',
    timeout: 'Ask for a shorter range, or narrow the query.',
    refused: '',
    missing: '',
    server: 'The server’s own log says more.',
    aborted: '',
  }[error.kind];
  return (
    <div className="banner bad" role="alert">
      <strong>{what}</strong>
      <span>{error.message}</span>
      {next === '' ? null : <span className="quiet">{next}</span>}
    </div>
  );
}

export function Waiting({ what }: { what: string }) {
  return (
    <p className="wait" role="status">
      {what}
    </p>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Tokenplumb' : `${title} · Tokenplumb`;
  }, [title]);
}

/** A plumb line and what hangs from it: the picture of the empty states. */
export function Plumb({ className = 'pic' }: { className?: string }) {
  return (
    <svg
      className={className}
      viewBox="0 0 84 84"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
    >
      <path d="M12 12h60" strokeLinecap="round" />
      <path d="M42 12v34" />
      <path d="M31 46h22l-11 26z" fill="currentColor" fillOpacity=".16" strokeLinejoin="round" />
      <path d="M31 46h22" />
      <path d="M18 72h10M56 72h10" strokeDasharray="2 3" />
    </svg>
  );
}
