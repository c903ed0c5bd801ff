import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const webFolder = resolve(import.meta.dirname, '../../../web');

/** Builds the console with canvas pictures in place of WebRTC into `outDir`. */
export async function buildMockConsole(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: webFolder,
    logLevel: 'warn',
    plugins: [
      react(),
      {
        name: 'canvas-live-source',
        enforce: 'pre',
        resolveId: (source) =>
          source.endsWith('/live-adapter.ts')
            ? join(webFolder, 'src/wall/testing/canvas-live-source.ts')
            : null,
      },
    ],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
