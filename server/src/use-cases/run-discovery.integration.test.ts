import { systemClock } from '@nigehban/config/clock/clock.ts';
import type { DiscoveredCamera } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openDatabase, type Sql } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import {
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { type DiscoveryRunPorts, startDiscoveryRuns } from './run-discovery.ts';

let services: TestServices;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase());
  await migrate(sql);
});

afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

test('of several server processes one works on a run; another goes on when it stops', async () => {
  const asked: string[] = [];
  const answer = Promise.withResolvers<{ readonly cameras: readonly DiscoveredCamera[] }>();
  const startProcess = (name: string) => {
    const requestGateway = async () => {
      asked.push(name);
      return await answer.promise;
    };
    return startDiscoveryRuns({
      ...{ sql, clock: systemClock, log: testLog, secretKey: testSecretKey },
      registration: { enrolFound: async () => {} },
      enroller: { whereIs: () => null },
      camerasAt: () => [],
      requestGateway: requestGateway as DiscoveryRunPorts['requestGateway'],
    });
  };
  const first = startProcess('first');
  const body = { cidrs: ['127.80.0.0/29'], multicast: false };
  const run = await first.start(body, { actor: 'technician', address: '127.0.0.1' });
  await vi.waitFor(() => expect(asked).toEqual(['first']), { timeout: 10_000 });
  // It looks at its start, and its end waits for that look.
  await startProcess('second').stop();
  expect(asked).toEqual(['first']);

  await first.stop();
  const third = startProcess('third');
  await vi.waitFor(() => expect(asked).toEqual(['first', 'third']), { timeout: 10_000 });
  answer.resolve({ cameras: [] });
  await vi.waitFor(async () => expect((await third.get(run.id)).state).toBe('DONE'), {
    timeout: 10_000,
  });
  await third.stop();
});
