import { systemClock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkRole } from '@nigehban/domain/link-messages.ts';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startTestServices, type TestServices, testLog } from '../testing/test-services.ts';
import { type LinkCall, type LinkExchange, openLinkExchange } from './link-exchange.ts';

let services: TestServices;
const open: LinkExchange[] = [];

beforeAll(async () => {
  services = await startTestServices({ redis: true });
}, 60_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((exchange) => exchange.stop()));
});

afterAll(async () => {
  await services?.stop();
});

function start(
  serverId: string,
  linked: { role: LinkRole; nodeId: string }[],
  answer: (call: LinkCall) => Promise<unknown> = async (call) => call.params,
) {
  const closed: string[] = [];
  const exchange = openLinkExchange({
    redisUrl: services.redisUrl,
    prefix: 'exchange-test',
    serverId,
    clock: systemClock,
    log: testLog,
    linkedHere: () => linked,
    answer,
    onLiveClosed: (nodeId, fact) => closed.push(`${nodeId} ${fact.viewerId}`),
  });
  open.push(exchange);
  return { exchange, linked, closed };
}

const call: LinkCall = {
  role: 'media',
  nodeId: 'node-b',
  method: 'live.close',
  params: { viewerId: 'v' },
  timeoutMs: 2_000,
};

test('a question reaches the process that holds the link, and its answer or fault comes back', async () => {
  const a = start('a', []);
  start('b', [{ role: 'media', nodeId: 'node-b' }], async (asked) => {
    if (asked.method === 'live.pause') throw new Fault('LIVE_SESSION_UNKNOWN', 'No such consumer');
    return { asked: asked.params };
  });
  await vi.waitFor(
    () =>
      expect(a.exchange.others('media')).toEqual([
        { role: 'media', nodeId: 'node-b', serverId: 'b' },
      ]),
    { timeout: 5_000 },
  );
  expect(await a.exchange.call('b', call)).toEqual({ asked: { viewerId: 'v' } });
  await expect(a.exchange.call('b', { ...call, method: 'live.pause' })).rejects.toMatchObject({
    code: 'LIVE_SESSION_UNKNOWN',
  });
});

test('what is linked is told at once, and forgotten when its process stops', async () => {
  const a = start('a', []);
  const b = start('b', []);
  await vi.waitFor(() => expect(a.exchange.others('gateway')).toEqual([]), { timeout: 10_000 });
  b.linked.push({ role: 'gateway', nodeId: 'gate' });
  b.exchange.changed();
  await vi.waitFor(() => expect(a.exchange.others('gateway')).toHaveLength(1), { timeout: 5_000 });
  await b.exchange.stop();
  await vi.waitFor(() => expect(a.exchange.others('gateway')).toEqual([]), { timeout: 5_000 });
  await expect(a.exchange.call('b', call)).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE' });
});

test('a process that hangs is given up after the deadline', async () => {
  const a = start('a', []);
  const b = start('b', [{ role: 'media', nodeId: 'node-b' }], () => new Promise(() => {}));
  await vi.waitFor(() => expect(a.exchange.others('media')).toHaveLength(1), { timeout: 5_000 });
  expect(b.exchange.others('media')).toEqual([]);
  await expect(a.exchange.call('b', { ...call, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'NODE_UNAVAILABLE',
  });
});

test('ended live views reach every other process, and an emptied Redis loses nothing', async () => {
  const a = start('a', []);
  const b = start('b', [{ role: 'media', nodeId: 'node-b' }]);
  await vi.waitFor(() => expect(a.exchange.others('media')).toHaveLength(1), { timeout: 5_000 });
  const redis = new Redis(services.redisUrl);
  await redis.flushall();
  redis.disconnect();
  b.exchange.liveClosed('node-b', { kind: 'live-closed', viewerId: 'v7', reason: 'gone' });
  await vi.waitFor(() => expect(a.closed).toEqual(['node-b v7']), { timeout: 5_000 });
  expect(b.closed).toEqual([]);
  expect(await a.exchange.call('b', call)).toEqual({ viewerId: 'v' });
});
