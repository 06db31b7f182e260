import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The panel (`index.html`) and the agent page (`agent.html`): `src/web` → `dist/web`, served by the server itself. `VIGIE_URL` is the server behind `vite dev`. */
const server = process.env['VIGIE_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: 'src/web',
  publicDir: 'panel/public',
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: { input: ['src/web/index.html', 'src/web/agent.html'] },
    // A data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': server, '/socket.io': { target: server, ws: true } },
  },
});
