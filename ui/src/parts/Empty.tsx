/** Empty pages teach: what is missing, and the next thing to type. */
import type { ApiError } from '../lib/api';
import { Link, Plumb } from './basics';

export function ServerGone({ error }: { error: ApiError }) {
  return (
    <section className="empty" role="alert">
      <Plumb />
      <h1>The server does not answer.</h1>
      <p>{error.message}</p>
      <p>This page asks again every few seconds and goes on by itself. Until then:</p>
      <ol>
        <li>
          Is it running? <code>./tokenplumb serve</code> prints its address when it is ready.
        </li>
        <li>
          Is it healthy? <code>curl {location.origin}/-/ready</code> says why not.
        </li>
        <li>A proxy or VPN between here and there shows as this, too.</li>
      </ol>
    </section>
  );
}

export function NoData({ targets }: { targets: number }) {
  if (targets > 0)
    return (
      <section className="empty">
        <Plumb />
        <h1>
          {targets === 1 ? 'One target is scraped' : `${targets} targets are scraped`}, and none is
          an inference engine.
        </h1>
        <p>
          The fleet page is drawn from the canonical <code>llm_*</code> and <code>gpu_*</code>{' '}
          names. Nothing that is scraped in this window was recognised as an engine or a GPU
          exporter.
        </p>
        <ol>
          <li>
            See on{' '}
            <Link to="/targets" className="link">
              Targets
            </Link>{' '}
            what each address serves and whether it was recognised.
          </li>
          <li>
            Look at what there is in{' '}
            <Link to="/explore" className="link">
              Explore
            </Link>
            .
          </li>
          <li>Was the engine there earlier? Choose a longer time range above.</li>
        </ol>
      </section>
    );
  return (
    <section className="empty">
      <Plumb />
      <h1>Nothing is scraped yet.</h1>
      <p>
        Point Tokenplumb at an engine, and this page shows within one scrape why it is slow. Without
        any file:
      </p>
      <pre className="code">./tokenplumb watch http://localhost:8000/metrics</pre>
      <p>Or with the configuration that Prometheus uses:</p>
      <pre className="code">{`# tokenplumb.yml
scrape_configs:
  - job_name: vllm
    static_configs:
      - targets: ['localhost:8000']`}</pre>
      <p>
        No engine at hand? <code>./tokenplumb demo</code> brings a fleet of its own, with faults to
        try.
      </p>
    </section>
  );
}

export function NotFound() {
  return (
    <section className="empty">
      <Plumb />
      <h1>There is no such page.</h1>
      <p>
        The{' '}
        <Link to="/" className="link">
          fleet
        </Link>{' '}
        is here; <kbd>/</kbd> finds everything else.
      </p>
    </section>
  );
}
