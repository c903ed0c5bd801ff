import { expect, test } from 'vitest';
import { planSockets, readFileLimit } from './socket-budget.ts';

test('a total outage of 29,000 cameras every 15 s needs 19,334 sockets', () => {
  expect(planSockets(29_000, 15_000, 32_768)).toEqual({
    sockets: 19_334,
    neededFiles: 20_334,
    suffices: true,
  });
  expect(planSockets(29_000, 30_000, null)).toMatchObject({ sockets: 9_667, suffices: true });
});

test('a lower limit leaves files for the rest of the process, and is told', () => {
  expect(planSockets(29_000, 15_000, 20_000)).toMatchObject({ sockets: 19_000, suffices: false });
  expect(planSockets(29_000, 15_000, 1_024)).toMatchObject({ sockets: 512, suffices: false });
  expect(planSockets(10, 15_000, 1_024)).toMatchObject({ sockets: 64, suffices: true });
});

test('the limit of this process is read where the system tells it', () => {
  expect(readFileLimit('/no/such/file')).toBeNull();
  if (process.platform === 'linux') expect(readFileLimit()).toBeGreaterThan(100);
});
