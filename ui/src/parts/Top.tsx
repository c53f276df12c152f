/** The frame: where one is, what time is shown, whether it is live. */
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { change, useSettings, type Theme } from '../lib/live';
import { setParams, useRange, useRoute } from '../lib/route';
import { clock, dateTime, duration, lengthOf, PRESETS, rangeToParams, zoneName } from '../lib/time';
import { nowSeconds } from '../lib/live';
import { DEFAULT_BANDS } from '../lib/health';
import { Link, Mark } from './basics';

const PAGES = [
  ['/', 'Fleet'],
  ['/explore', 'Explore'],
  ['/targets', 'Targets'],
  ['/alerts', 'Alerts'],
  ['/series', 'Series'],
  ['/status', 'Status'],
] as const;

interface TopProps {
  readonly firing: number;
  /** The configuration on disk was refused by the last reload. */
  readonly refused: boolean;
  readonly onFind: () => void;
}

export function Top({ firing, refused, onFind }: TopProps) {
  const { path } = useRoute();
  const here = path === '/replica' || path === '/gpu' ? '/' : path;
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="Tokenplumb, to the fleet">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path
            d="M5 5h22M16 5v11"
            stroke="currentColor"
            strokeWidth="2.4"
            strokeLinecap="round"
            fill="none"
          />
          <path d="M9.5 16h13L16 29z" fill="var(--accent)" />
        </svg>
        <span className="word">tokenplumb</span>
      </Link>
      <nav className="nav" aria-label="Pages">
        {PAGES.map(([to, name]) => (
          <Link key={to} to={to} aria-current={here === to ? 'page' : undefined}>
            {name}
            {to === '/status' && refused ? (
              <Mark level="hurt" title="the last reload was refused" />
            ) : null}
            {to === '/alerts' && firing > 0 ? (
              <span className="count" aria-label={`${firing} firing`}>
                {firing}
              </span>
            ) : null}
          </Link>
        ))}
      </nav>
      <span className="grow hide-s" />
      <div className="tools">
        <button
          type="button"
          className="btn finder"
          onClick={onFind}
          aria-label="Find or jump: command palette"
        >
          <span className="words">Find or jump</span>
          <kbd>/</kbd>
        </button>
        <TimeControl />
        <LiveControl />
        <SettingsControl />
      </div>
    </header>
  );
}

function usePopover() {
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  return { id, ref, close: () => ref.current?.hidePopover() };
}

function TimeControl() {
  const range = useRange();
  const { zone } = useSettings();
  const pop = usePopover();
  const length = lengthOf(range);
  const label =
    range.kind === 'last'
      ? `Last ${duration(range.seconds)}`
      : `${dateTime(range.from, zone).slice(5, 16)} – ${range.to - range.from < 86_400 ? clock(range.to, zone).slice(0, 5) : dateTime(range.to, zone).slice(5, 16)}`;
  const move = (share: number) => {
    const to = (range.kind === 'span' ? range.to : nowSeconds()) + share * length;
    setParams({ range: null, from: String(Math.round(to - length)), to: String(Math.round(to)) });
  };
  const choose = (seconds: number) => {
    setParams({ range: duration(seconds), from: null, to: null });
    pop.close();
  };
  const local = (t: number) => {
    const s = dateTime(t, zone);
    return s.replace(' ', 'T');
  };
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    const read = (k: string) =>
      Date.parse(`${String(f.get(k))}${zone === 'utc' ? 'Z' : ''}`) / 1000;
    const from = read('from');
    const to = read('to');
    if (Number.isFinite(from) && Number.isFinite(to) && to > from) {
      setParams({ range: null, ...rangeToParams({ kind: 'span', from, to }) });
      pop.close();
    }
  };
  const end = range.kind === 'span' ? range.to : nowSeconds();
  return (
    <>
      <span className="row" style={{ gap: 2, flexWrap: 'nowrap' }}>
        <button
          type="button"
          className="btn icon bare hide-s"
          aria-label="Earlier"
          title="Earlier"
          onClick={() => move(-0.5)}
        >
          ‹
        </button>
        <button
          type="button"
          className="btn num"
          popoverTarget={pop.id}
          aria-label={`Time range: ${label}`}
        >
          {label}
        </button>
        {range.kind === 'span' ? (
          <>
            <button
              type="button"
              className="btn icon bare hide-s"
              aria-label="Later"
              title="Later"
              onClick={() => move(0.5)}
            >
              ›
            </button>
            <button
              type="button"
              className="btn"
              onClick={() => setParams({ from: null, to: null, range: null })}
            >
              Back to live
            </button>
          </>
        ) : null}
      </span>
      <div className="pop" popover="auto" id={pop.id} ref={pop.ref}>
        <h2>Time range</h2>
        <div className="preset-grid">
          {PRESETS.map((s) => (
            <button
              type="button"
              className="btn"
              key={s}
              aria-pressed={range.kind === 'last' && range.seconds === s}
              onClick={() => choose(s)}
            >
              {duration(s)}
            </button>
          ))}
        </div>
        <hr />
        <form
          onSubmit={submit}
          key={`${range.kind}${range.kind === 'span' ? range.from : range.seconds}${zone}`}
        >
          <label>
            From{' '}
            <input
              className="field"
              type="datetime-local"
              step="1"
              name="from"
              defaultValue={local(end - length)}
            />
          </label>
          <label>
            To{' '}
            <input
              className="field"
              type="datetime-local"
              step="1"
              name="to"
              defaultValue={local(end)}
            />
          </label>
          <div className="line">
            <span className="quiet">Times are {zoneName(zone)}. Or drag over any chart.</span>
            <button type="submit" className="btn primary">
              Show
            </button>
          </div>
        </form>
      </div>
    </>
  );
}

function LiveControl() {
  const { paused, zone } = useSettings();
  const range = useRange();
  const [now, setNow] = useState(nowSeconds());
  useEffect(() => {
    const t = setInterval(() => setNow(nowSeconds()), 1000);
    return () => clearInterval(t);
  }, []);
  const live = !paused && range.kind === 'last';
  return (
    <button
      type="button"
      className={`btn live ${live ? '' : 'paused'}`}
      aria-pressed={paused}
      title={paused ? 'Go on refreshing (Space)' : 'Pause refreshing (Space)'}
      onClick={() => change({ paused: !paused })}
    >
      <span className="dot" />
      <span className="hide-s">
        {paused ? 'Paused' : range.kind === 'span' ? 'Pinned' : 'Live'}
      </span>
      <time className="num" dateTime={new Date(now * 1000).toISOString()}>
        {clock(now, zone)} <span className="unit hide-s">{zoneName(zone)}</span>
      </time>
    </button>
  );
}

function SettingsControl() {
  const s = useSettings();
  const pop = usePopover();
  const themes: readonly (readonly [Theme, string])[] = [
    ['auto', 'System'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ];
  const band = (k: keyof typeof DEFAULT_BANDS, name: string) => (
    <label key={k}>
      {name}
      <span>
        <input
          className="field short num"
          type="number"
          min="0.01"
          step="any"
          value={s.bands[k]}
          onChange={(e) => {
            const v = Number(e.target.value);
            if (v > 0) change({ bands: { ...s.bands, [k]: v } });
          }}
        />
        <span className="unit">s</span>
      </span>
    </label>
  );
  return (
    <>
      <button
        type="button"
        className="btn icon"
        popoverTarget={pop.id}
        aria-label="Settings: theme, time zone, bands"
        title="Settings"
      >
        <svg
          viewBox="0 0 16 16"
          width="15"
          height="15"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          aria-hidden="true"
        >
          <path d="M1 4.5h8M13 4.5h2M1 11.5h2M7 11.5h8" strokeLinecap="round" />
          <circle cx="11" cy="4.5" r="2" />
          <circle cx="5" cy="11.5" r="2" />
        </svg>
      </button>
      <div className="pop" popover="auto" id={pop.id} ref={pop.ref}>
        <h2>Settings</h2>
        <div className="line">
          Theme
          <span className="seg">
            {themes.map(([t, name]) => (
              <button
                type="button"
                key={t}
                aria-pressed={s.theme === t}
                onClick={() => change({ theme: t })}
              >
                {name}
              </button>
            ))}
          </span>
        </div>
        <div className="line">
          Times in
          <span className="seg">
            <button
              type="button"
              aria-pressed={s.zone === 'local'}
              onClick={() => change({ zone: 'local' })}
            >
              Local
            </button>
            <button
              type="button"
              aria-pressed={s.zone === 'utc'}
              onClick={() => change({ zone: 'utc' })}
            >
              UTC
            </button>
          </span>
        </div>
        <div className="line">
          Refresh
          <span className="seg">
            {[2, 5, 15, 60].map((n) => (
              <button
                type="button"
                key={n}
                aria-pressed={s.every === n}
                onClick={() => change({ every: n })}
              >
                {n} s
              </button>
            ))}
          </span>
        </div>
        <hr />
        <h2>First token: what still counts as well</h2>
        {band('p95', 'p95 up to')}
        {band('p99', 'p99 up to')}
        {band('complain', 'Users complain above')}
        {band('unavailable', 'As good as down above')}
        <div className="line">
          <span className="quiet">Kept in this browser.</span>
          <button type="button" className="btn" onClick={() => change({ bands: DEFAULT_BANDS })}>
            Usual values
          </button>
        </div>
      </div>
    </>
  );
}
