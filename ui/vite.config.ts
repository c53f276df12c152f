import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Where `npm run dev` and `npm run preview` find a running Tokenplumb (or any Prometheus).
const backend = process.env['TOKENPLUMB_URL'] ?? 'http://127.0.0.1:9090';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: scripts, styles or fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': backend, '/-': backend } },
});
