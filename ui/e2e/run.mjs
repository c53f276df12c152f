// Browser tests against a running server: TOKENPLUMB_URL=http://127.0.0.1:9090 npm run e2e
// Uses the Chromium of the system (CHROMIUM=/path overrides); skipped with a message where there is none.
// SHOTS=folder keeps a picture of every page, in light and dark, wide and phone.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const base = (process.env.TOKENPLUMB_URL ?? '').replace(/\/$/, '');
const found = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((p) => p !== undefined && p !== '' && existsSync(p));
if (base === '') {
  console.log(
    'e2e: skipped: say which server to test, e.g. TOKENPLUMB_URL=http://127.0.0.1:9090 npm run e2e',
  );
  process.exit(0);
}
if (found === undefined) {
  console.log(
    'e2e: skipped: no Chromium. Debian: apt-get install chromium. Elsewhere: CHROMIUM=/path/to/chrome',
  );
  process.exit(0);
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.SHOTS;
if (shots !== undefined) mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath: found, args: ['--no-sandbox'] });
let failures = 0;
let passed = 0;

/** One claim about the pages, in a browser context of its own; console errors and foreign requests fail it. */
async function claim(name, options, body) {
  if (process.env.ONLY !== undefined && !name.includes(process.env.ONLY)) return;
  const { allow = [], ...context } = { viewport: { width: 1440, height: 1000 }, ...options };
  const c = await browser.newContext({ timezoneId: 'Europe/Berlin', ...context });
  const page = await c.newPage();
  const wrong = [];
  page.on('pageerror', (e) => wrong.push(`page error: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() !== 'error' && m.type() !== 'warning') return;
    const text = `${m.text()} ${m.location().url}`;
    // Our own endpoints are looked for once; a server without a demo answers 404, and browsers log that.
    if (/404.*\/api\/tokenplumb\/v1\//.test(text)) return;
    if (!allow.some((a) => a.test(text))) wrong.push(`console ${m.type()}: ${text}`);
  });
  page.on('request', (r) => {
    const url = r.url();
    if (!url.startsWith(`${base}/`) && !url.startsWith('data:') && !url.startsWith('blob:'))
      wrong.push(`a request left the origin: ${url}`);
  });
  const began = Date.now();
  try {
    await body(page);
    if (wrong.length > 0) throw new Error(wrong.join('\n    '));
    passed++;
    console.log(`  ok    ${name} (${Date.now() - began} ms)`);
  } catch (e) {
    failures++;
    console.log(`  FAIL  ${name}\n    ${e.message}`);
    if (shots !== undefined)
      await page.screenshot({ path: join(shots, `failed-${failures}.png`) }).catch(() => {});
  }
  await c.close();
}

function expect(what, yes) {
  if (!yes) throw new Error(`expected: ${what}`);
}

async function open(page, path) {
  await page.goto(base + path);
  await page.locator('main').waitFor();
}

async function accessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  );
  const bad = found.violations.map(
    (v) =>
      `${v.id} (${v.impact}): ${v.help}: ${v.nodes
        .slice(0, 3)
        .map((n) => `${n.target.join(' ')} ${n.any.map((a) => a.message).join(' ')}`)
        .join(' | ')}`,
  );
  if (bad.length > 0) throw new Error(`axe:\n    ${bad.join('\n    ')}`);
}

async function noOverflow(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(`the page fits its width (it is ${over} px wider)`, over <= 0);
}

const fleet = async (page) => {
  await open(page, '/');
  await page.locator('.fleet tr.r').first().waitFor({ timeout: 20_000 });
};
const QUERY = encodeURIComponent('sum by (model) (rate(llm_generation_tokens_total[1m]))');
const PAGES = [
  ['fleet', '/', '.fleet tr.r'],
  ['explore', `/explore?q=${QUERY}`, '.legend-table tbody tr'],
  ['explore-table', '/explore?q=up&view=table', '.table tbody tr'],
  ['targets', '/targets', '.table tbody tr'],
  ['alerts', '/alerts', '.rule, .empty'],
  ['series', '/series', '.bar-row'],
  ['status', '/status', '.facts'],
];

console.log(`e2e: ${base} in ${found}`);

for (const [name, path, ready] of PAGES)
  for (const colorScheme of ['light', 'dark'])
    for (const [size, viewport] of [
      ['wide', { width: 1440, height: 1000 }],
      ['phone', { width: 390, height: 844 }],
    ])
      await claim(
        `${name}, ${colorScheme}, ${size}: draws, fits, and passes axe`,
        { colorScheme, viewport },
        async (page) => {
          await open(page, path);
          await page.locator(ready).first().waitFor({ timeout: 20_000 });
          await page.waitForTimeout(400);
          await noOverflow(page);
          await accessible(page);
          if (shots !== undefined)
            await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${size}.png`) });
        },
      );

await claim(
  'the verdict is one plain sentence, and the tree holds models, replicas and GPUs',
  {},
  async (page) => {
    await fleet(page);
    const verdict = await page.locator('.verdict h1').innerText();
    expect(`a sentence, not "${verdict}"`, /^[A-Z0-9].{10,}\.$/.test(verdict.trim()));
    expect('at least one model', (await page.locator('.fleet tr.m').count()) > 0);
    const twist = page.locator('.fleet tr.r .twist').first();
    if ((await twist.count()) > 0) {
      await twist.click();
      await page.locator('.gpu-table tbody tr').first().waitFor();
      expect('the address keeps what is open', new URL(page.url()).searchParams.has('open'));
    }
  },
);

await claim('from fleet to replica in one click, the window pinned, and back', {}, async (page) => {
  await open(page, '/?range=5m');
  await page.locator('.fleet tr.r a').first().click();
  await page.locator('.charts canvas').first().waitFor({ timeout: 20_000 });
  const url = new URL(page.url());
  expect('the replica page', url.pathname === '/replica');
  expect('the same range', url.searchParams.get('range') === '5m');
  await page.waitForTimeout(500);
  await noOverflow(page);
  await accessible(page);
  if (shots !== undefined)
    await page.screenshot({ path: join(shots, 'replica-light-wide.png'), fullPage: true });
  await page.goBack();
  await page.locator('.fleet tr.r').first().waitFor();
  expect('back on the fleet', new URL(page.url()).pathname === '/');
});

await claim('a drag over a chart pins the window, the back button frees it', {}, async (page) => {
  await open(page, `/explore?q=${QUERY}&range=15m`);
  const over = page.locator('.u-over').first();
  await over.waitFor({ timeout: 20_000 });
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(() => new URLSearchParams(location.search).has('from'));
  await page.goBack();
  expect('live again', new URL(page.url()).searchParams.get('range') === '15m');
});

await claim(
  'the keyboard alone: / finds a page, arrows read a chart, Ctrl+Enter runs a query',
  {},
  async (page) => {
    await fleet(page);
    await page.keyboard.press('/');
    await page.locator('dialog.palette[open]').waitFor();
    await page.keyboard.type('explo');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/explore/);
    await page.locator('.cm-content').first().waitFor({ timeout: 20_000 });
    await page.locator('.cm-content').first().focus();
    await page.keyboard.type('vector(42)');
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(
      () => new URLSearchParams(location.search).get('q') === 'vector(42)',
    );
    const plot = page.locator('.plot').first();
    await plot.waitFor({ timeout: 20_000 });
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.locator('.tip-row').first().waitFor({ timeout: 5000 });
    expect('the value is read out', /42/.test(await page.locator('.tip').first().innerText()));
  },
);

await claim('a wrong query is answered with its place', { allow: [/400/, /422/] }, async (page) => {
  await open(page, `/explore?q=${encodeURIComponent('sum(rate(up[5m])')}`);
  await page.locator('.query-note.banner').waitFor({ timeout: 20_000 });
  const said = await page.locator('.query-note.banner').innerText();
  expect(`line and column, not "${said}"`, /Line 1, column \d+/.test(said));
  await accessible(page);
});

await claim('an empty answer offers its explanation', { allow: [/404/] }, async (page) => {
  await open(page, `/explore?q=${encodeURIComponent('no_such_metric_anywhere')}`);
  const ask = page.getByRole('button', { name: 'Why is this empty?' });
  await ask.waitFor({ timeout: 20_000 });
  await ask.click();
  await page.locator('.query-note li').first().waitFor({ timeout: 10_000 });
});

await claim('the editor completes canonical names from live metadata', {}, async (page) => {
  await open(page, '/explore');
  const editor = page.locator('.cm-content').first();
  await editor.waitFor({ timeout: 20_000 });
  await editor.focus();
  await page.keyboard.type('llm_ttft', { delay: 40 });
  await page.locator('.cm-tooltip-autocomplete li').first().waitFor({ timeout: 10_000 });
  expect(
    'the name is offered',
    /llm_ttft_seconds/.test(await page.locator('.cm-tooltip-autocomplete').innerText()),
  );
});

await claim('links of Prometheus’ notifications open in Explore', {}, async (page) => {
  await open(page, '/graph?g0.expr=up&g0.tab=1');
  await page.locator('.table tbody tr').first().waitFor({ timeout: 20_000 });
  expect('in Explore', new URL(page.url()).pathname === '/explore');
});

await claim('paused means no request', {}, async (page) => {
  await fleet(page);
  await page.locator('button.live').click();
  await page.waitForTimeout(1500);
  let n = 0;
  page.on('request', () => n++);
  await page.waitForTimeout(6500);
  expect(`none, not ${n}`, n === 0);
});

await claim(
  'the server gone: the page keeps its picture, says so, and recovers by itself',
  { allow: [/ERR_/, /Failed to load/] },
  async (page) => {
    await fleet(page);
    await page.route('**/api/**', (r) => r.abort('connectionrefused'));
    await page.locator('.banner.bad').first().waitFor({ timeout: 15_000 });
    expect('the picture stays', (await page.locator('.fleet tr.r').count()) > 0);
    await page.unroute('**/api/**');
    await page.locator('.banner.bad').first().waitFor({ state: 'detached', timeout: 15_000 });
  },
);

await claim(
  'the server gone from the start: says what to do',
  { allow: [/ERR_/, /Failed to load/] },
  async (page) => {
    await page.route('**/api/**', (r) => r.abort('connectionrefused'));
    await open(page, '/');
    await page
      .getByRole('heading', { name: 'The server does not answer.' })
      .waitFor({ timeout: 15_000 });
    await accessible(page);
  },
);

await claim('the theme can be chosen and is kept', { colorScheme: 'light' }, async (page) => {
  await fleet(page);
  await page.getByRole('button', { name: /Settings/ }).click();
  await page.getByRole('button', { name: 'Dark', exact: true }).click();
  const dark = () => page.evaluate(() => document.documentElement.dataset.theme);
  expect('dark now', (await dark()) === 'dark');
  await accessible(page);
  await page.reload();
  expect('dark after a reload', (await dark()) === 'dark');
});

await claim('ready to read within a second of navigation', {}, async (page) => {
  await fleet(page); // fills the browser's cache, as on any visit but the first
  const began = Date.now();
  await page.reload();
  await page.locator('.fleet tr.r').first().waitFor();
  console.log(`        fleet drawn ${Date.now() - began} ms after reload`);
});

/** Answers of a fleet of 200 replicas and 1000 GPUs, made up here: what the page costs, not the server. */
function large(body) {
  const p = new URLSearchParams(body);
  const [start, end, step] = ['start', 'end', 'step'].map((k) => Number(p.get(k)));
  const result = [];
  const values = (f) => {
    const out = [];
    for (let t = start; t <= end; t += step) out.push([t, String(f(t))]);
    return out;
  };
  for (const [, signal] of (p.get('query') ?? '').matchAll(/"signal", "(\w+)"/g)) {
    const gpu = [
      'tensor',
      'dram',
      'util',
      'memory',
      'total',
      'power',
      'temp',
      'clock',
      'throttle',
    ].includes(signal);
    if (signal.startsWith('m_')) {
      for (let m = 0; m < 8; m++)
        result.push({ metric: { signal, model: `model-${m}` }, values: values(() => 0.4) });
      continue;
    }
    for (let i = 0; i < 200; i++) {
      const l = { signal, pod: `engine-${i}`, namespace: 'inference', node: `node-${i >> 1}` };
      if (!gpu) {
        const scale =
          {
            r_ttft95: 0.3,
            r_ttft99: 0.7,
            preempt: 0,
            r_queue95: 0.1,
            kv: 0.5,
            waiting: i % 40 === 7 ? 30 : 0,
          }[signal] ?? 1;
        const ill = i % 40 === 7 ? 12 : 1;
        result.push({
          metric: {
            ...l,
            model: `model-${i % 8}`,
            engine: 'vllm',
            job: 'vllm',
            instance: `engine-${i}:8000`,
          },
          values: values(
            (t) => scale * (1 + 0.3 * Math.sin(t / 60 + i)) * (signal.includes('ttft') ? ill : 1),
          ),
        });
      } else
        for (let g = 0; g < 5; g++)
          result.push({
            metric: { ...l, gpu_uuid: `GPU-${i}-${g}`, gpu_index: String(g), gpu_model: 'H100' },
            values: values(
              (t) =>
                ({ temp: 60, power: 500, clock: 1.98e9, memory: 7e10, total: 8e10, throttle: 0 })[
                  signal
                ] ?? 0.5 + 0.4 * Math.sin(t / 90 + i),
            ),
          });
    }
  }
  return { status: 'success', data: { resultType: 'matrix', result } };
}

await claim(
  'a fleet of 200 replicas and 1000 GPUs is one picture, and soon drawn',
  {},
  async (page) => {
    let answered = 0;
    await page.route('**/api/v1/query', (r) => {
      const value = (v) => [Date.now() / 1000, String(v)];
      const result = [
        { metric: { signal: 'engines' }, value: value(200) },
        { metric: { signal: 'gpus' }, value: value(1000) },
      ];
      for (let i = 0; i < 200; i++)
        result.push({
          metric: { __name__: 'up', job: 'vllm', instance: `engine-${i}:8000` },
          value: value(1),
        });
      return r.fulfill({
        contentType: 'application/json',
        body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }),
      });
    });
    await page.route('**/api/v1/query_range', async (r) => {
      const json = JSON.stringify(large(r.request().postData() ?? ''));
      answered = Date.now();
      await r.fulfill({ contentType: 'application/json', body: json });
    });
    await open(page, '/');
    await page.locator('.fleet tr.r').first().waitFor({ timeout: 30_000 });
    const ms = await page.evaluate(
      () =>
        new Promise((r) =>
          requestAnimationFrame(() => requestAnimationFrame(() => r(performance.now()))),
        ),
    );
    console.log(
      `        drawn ${Date.now() - answered} ms after the last answer left, ${Math.round(ms)} ms after navigation began`,
    );
    const high = await page.locator('.tape-canvas').evaluate((e) => e.clientHeight);
    expect(`one picture, not ${high} px high`, high < 1400);
    expect(
      'the ill ones are told apart',
      (await page.locator('.verdict h1').innerText()).startsWith('5 of 200 replicas are hurt'),
    );
    const rows = await page.locator('.fleet tr.r').count();
    expect(`the table is short, not ${rows} rows`, rows < 60);
    await noOverflow(page);
    if (shots !== undefined)
      await page.screenshot({ path: join(shots, 'large-light-wide.png'), fullPage: true });
  },
);

await browser.close();
console.log(`e2e: ${passed} passed, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
