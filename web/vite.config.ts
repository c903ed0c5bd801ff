import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The address that `vite` serves the console against while it is worked on. */
const serverUrl = process.env.NIGEHBAN_SERVER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no data: URLs for fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: serverUrl, ws: true } },
  },
});
