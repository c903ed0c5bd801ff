import { defineConfig } from 'vitest/config';

/**
 * Three suites. `unit`: pure and in-process tests, seconds. `integration`: one role against real
 * servers (PostgreSQL, Redis, ffmpeg, mediasoup, RTSP peers). `journey`: the whole constellation in
 * a real browser. The file's name says which: x.test.ts, x.integration.test.ts, x.journey.test.ts.
 */
/** Where a change is let in, chance has no say: property tests get one seed (see `npm run fuzz`). */
const setupFiles = process.env.CI === undefined ? [] : ['./scripts/fixed-seed.ts'];
const excluded = ['**/node_modules/**', '**/dist/**'];

/** What is waited for has longer than the second that Vitest gives it: other files run beside. */
const expect = { poll: { timeout: 10_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...excluded, '**/*.integration.test.ts', '**/*.journey.test.ts'],
          expect,
          setupFiles,
          testTimeout: 30_000,
          // Two processors would get one worker, and most tests wait for something now and then.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: excluded,
          globalSetup: './server/src/testing/shared-database.ts',
          expect,
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'journey',
          include: ['**/*.journey.test.ts'],
          exclude: excluded,
          expect,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
