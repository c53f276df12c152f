// Serves ui/dist as the Java server does (same origin, strict content security policy, index.html for
// the app's addresses) and passes the API on to TOKENPLUMB_URL. For development and the browser tests.
import { createReadStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const backend = new URL(process.env.TOKENPLUMB_URL ?? 'http://127.0.0.1:9090');
const port = Number(process.env.PORT ?? 4173);
const dist = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist');
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

http
  .createServer((q, s) => {
    const url = new URL(q.url ?? '/', 'http://x');
    if (/^\/(api|-|metrics|federate)(\/|$)/.test(url.pathname)) {
      const up = http.request(
        new URL(q.url ?? '/', backend),
        { method: q.method, headers: { ...q.headers, host: backend.host } },
        (r) => {
          s.writeHead(r.statusCode ?? 502, r.headers);
          r.pipe(s);
        },
      );
      up.on('error', () => s.destroy());
      q.pipe(up);
      return;
    }
    const file = join(dist, normalize(url.pathname));
    const found =
      file.startsWith(dist) && existsSync(file) && statSync(file).isFile()
        ? file
        : join(dist, 'index.html');
    s.writeHead(200, {
      'content-type': types[extname(found)] ?? 'application/octet-stream',
      'content-security-policy':
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    createReadStream(found).pipe(s);
  })
  .listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ → ${backend.origin}`));
