// Builds the web app when its inputs changed, and lays it into the folder given: `node ensure.mjs DIR`.
// Called by the Maven build. `npm ci` runs only when the lock changed, `vite build` only when a source did.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const into = process.argv[2];

function hash(paths) {
  const sum = createHash('sha256');
  const add = (path) => {
    sum.update(path).update(readFileSync(join(here, path)));
  };
  const walk = (folder) => {
    for (const entry of readdirSync(join(here, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else add(path);
    }
  };
  for (const path of paths) {
    if (!existsSync(join(here, path))) continue;
    if (path.includes('.')) add(path);
    else walk(path);
  }
  return sum.digest('hex');
}

function stamped(stamp, value, make) {
  const file = join(here, stamp);
  if (existsSync(file) && readFileSync(file, 'utf8') === value) return;
  make();
  writeFileSync(file, value);
}

function npm(...args) {
  console.log(`ui: npm ${args.join(' ')} …`);
  const run = spawnSync('npm', args, {
    cwd: here,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (run.status !== 0) {
    console.error(`ui: npm ${args.join(' ')} failed${run.error ? `: ${run.error.message}` : ''}`);
    process.exit(run.status ?? 1);
  }
}

stamped('node_modules/.tokenplumb', hash(['package.json', 'package-lock.json']), () =>
  npm('ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'),
);
const sources = hash([
  'package.json',
  'package-lock.json',
  'index.html',
  'vite.config.ts',
  'tsconfig.json',
  'src',
  'public',
]);
stamped('dist/.tokenplumb', sources, () => npm('run', 'build', '--silent'));
rmSync(into, { recursive: true, force: true });
mkdirSync(into, { recursive: true });
cpSync(join(here, 'dist'), into, {
  recursive: true,
  filter: (path) => !path.endsWith('.tokenplumb'),
});
