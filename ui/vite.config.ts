import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The licences of everything that travels in the bundle, as their terms ask: dist/licenses.txt. */
function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const names = new Set<string>();
      const visit = (name: string): void => {
        const file = `node_modules/${name}/package.json`;
        if (names.has(name) || !existsSync(file)) return;
        names.add(name);
        const pkg = JSON.parse(readFileSync(file, 'utf8')) as {
          dependencies?: Record<string, string>;
        };
        for (const d of Object.keys(pkg.dependencies ?? {})) visit(d);
      };
      const own = JSON.parse(readFileSync('package.json', 'utf8')) as {
        dependencies: Record<string, string>;
      };
      for (const d of Object.keys(own.dependencies)) visit(d);
      const texts = [...names].sort().map((name) => {
        const pkg = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as {
          version: string;
          license?: string;
        };
        const file = readdirSync(`node_modules/${name}`).find((f) => /^licen[cs]e(\.|$)/i.test(f));
        const text =
          file === undefined
            ? ''
            : `\n${readFileSync(`node_modules/${name}/${file}`, 'utf8').trim()}\n`;
        return `${name} ${pkg.version}: ${pkg.license ?? 'see its repository'}\n${text}`;
      });
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: texts.join(`\n${'-'.repeat(72)}\n\n`),
      });
    },
  };
}

// Where `npm run dev` and `npm run preview` find a running Tokenplumb (or any Prometheus).
const backend = process.env['TOKENPLUMB_URL'] ?? 'http://127.0.0.1:9090';

/** Beside every text file its gzip form, which the server hands out as it is. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    writeBundle({ dir = 'dist' }, bundle) {
      for (const name of [...Object.keys(bundle), 'favicon.svg']) {
        if (!/\.(js|css|html|svg|txt)$/.test(name) || !existsSync(join(dir, name))) continue;
        writeFileSync(
          join(dir, `${name}.gz`),
          gzipSync(readFileSync(join(dir, name)), { level: 9 }),
        );
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), licences(), packed()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: scripts, styles or fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': backend, '/-': backend } },
});
