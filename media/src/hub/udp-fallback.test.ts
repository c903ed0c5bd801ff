import { afterEach, expect, test } from 'vitest';
import { ScriptedRtspServer } from '../rtsp/testing/scripted-rtsp-server.ts';
import { UdpSender } from '../rtsp/testing/udp-sender.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { until } from '../testing/until.ts';
import { createStreamHub } from './stream-hub.ts';
import type { StreamEvent, StreamSink } from './stream-hub-types.ts';

const cleanups: (() => Promise<unknown>)[] = [];
const ignoring: StreamSink = {
  onStart() {},
  onRtp() {},
  onSenderReport() {},
  onStop() {},
};

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const sender = await UdpSender.bind();
  cleanups.push(() => sender.close());
  const server = await ScriptedRtspServer.listen({ respond: (request) => sender.respond(request) });
  cleanups.push(() => server.close());
  const clock = new ManualClock();
  const hub = createStreamHub({ clock, random: () => 0.5 });
  const events: StreamEvent[] = [];
  hub.onEvent((event) => events.push(event));
  cleanups.push(() => {
    const stopped = hub.stop();
    clock.advance(1000);
    return stopped;
  });
  const source = { key: 'camera', url: server.url, username: undefined, password: undefined };
  const advanceUntil = (condition: () => boolean, what: string) =>
    until(() => {
      if (!condition()) clock.advance(50);
      return condition();
    }, what);
  const transports = () =>
    server.requests.flatMap((request) =>
      request.method === 'SETUP'
        ? [/TCP/.test(request.headers.get('transport') ?? '') ? 'tcp' : 'udp']
        : [],
    );
  return { server, hub, clock, events, source, advanceUntil, transports };
}

test('nothing over UDP: over TCP without an outage being told, and from then on', async () => {
  const { server, hub, events, source, advanceUntil, transports } = await start();
  hub.subscribe({ ...source, transport: 'udp' }, ignoring);
  await advanceUntil(() => server.last?.playing === true && transports().length === 2, 'over TCP');
  expect(transports()).toEqual(['udp', 'tcp']);
  expect(server.methods().filter((method) => method === 'TEARDOWN')).toHaveLength(1);
  server.last?.sendRtp({ sequence: 1, timestamp: 0 });
  await until(() => events.length > 0, 'flowing');
  expect(events.map((event) => event.kind)).toEqual(['flowing']);
  server.drop();
  await advanceUntil(() => transports().length === 3, 'dialled again');
  expect(transports()[2]).toBe('tcp');
});

test('a new source is tried over UDP again; one without a wish changes nothing', async () => {
  const { server, hub, source, advanceUntil, transports } = await start();
  hub.subscribe({ ...source, transport: 'udp' }, ignoring);
  await advanceUntil(() => server.last?.playing === true && transports().length === 2, 'over TCP');
  hub.subscribe(source, ignoring);
  hub.update(source);
  expect(server.playing).toHaveLength(1);
  hub.update({ ...source, url: server.url.replace('/main', '/sub') });
  await advanceUntil(() => transports().length >= 3, 'dialled again');
  expect(transports()[2]).toBe('udp');
});

test('stopped while it waits for the first packet, it ends at once', async () => {
  const { server, hub, clock, source } = await start();
  hub.subscribe({ ...source, transport: 'udp' }, ignoring);
  await until(() => server.methods().includes('PLAY'), 'PLAY');
  const stopped = hub.stop();
  clock.advance(1000);
  await stopped;
  clock.advance(10_000);
  await until(() => server.playing.length === 0, 'torn down');
  expect(server.connections).toHaveLength(1);
});
