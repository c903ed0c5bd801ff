import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build, type InlineConfig } from 'vite';

const webFolder = resolve(import.meta.dirname, '../../../web');

/** Test runners set NODE_ENV to "test", which would bundle the development build of React. */
async function buildForProduction(config: InlineConfig): Promise<void> {
  const former = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build(config);
  } finally {
    if (former === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = former;
  }
}

/** Builds the console as it is shipped into `outDir`. */
export async function buildConsole(outDir: string): Promise<void> {
  await buildForProduction({
    configFile: join(webFolder, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
}

/** Builds the console with canvas pictures in place of WebRTC into `outDir`. */
export async function buildMockConsole(outDir: string): Promise<void> {
  await buildForProduction({
    configFile: false,
    root: webFolder,
    logLevel: 'error',
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
