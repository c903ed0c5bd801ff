import { type Fleet, startFleet } from '@nigehban/test/fleet/fleet.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { until } from '../testing/until.ts';
import { createStreamHub } from './stream-hub.ts';
import type { StreamEvent, StreamHub, StreamSink, StreamSource } from './stream-hub-types.ts';

let fleet: Fleet;
let hub: StreamHub;
let events: StreamEvent[] = [];

const ignoring: StreamSink = {
  onStart() {},
  onRtp() {},
  onSenderReport() {},
  onStop() {},
};

beforeAll(async () => {
  fleet = await startFleet({ cameras: 9, multicast: false });
}, 180_000);

afterAll(() => fleet?.stop());

afterEach(async () => {
  await hub.stop();
  for (const camera of fleet.cameras) await fleet.setFault(camera.plan.id, null);
});

function pull(): readonly StreamSource[] {
  events = [];
  hub = createStreamHub({ clock: systemClock, random: Math.random });
  hub.onEvent((event) => events.push(event));
  const sources = fleet.cameras.map((camera) => ({
    key: camera.plan.id,
    url: camera.streamUri('main'),
    username: camera.plan.username,
    password: camera.plan.password,
  }));
  for (const source of sources) hub.subscribe(source, ignoring);
  return sources;
}

const eventsOf = (key: string) => events.filter((event) => event.key === key);
const packetsOf = (key: string) => hub.status(key)?.counters.packets ?? 0;

test('every kind of camera flows, then each fault is told by its name and harms no other', async () => {
  const sources = pull();
  await until(() => events.length === sources.length, 'all flow', 15_000);
  expect(events.every((event) => event.kind === 'flowing')).toBe(true);
  const [unplugged, mute, hole, flooding, cut, ...calm] = sources.map(({ key }) => key);
  const down = async (key: string | undefined, withinMs: number) => {
    await until(() => eventsOf(key ?? '').length > 1, `${key} down`, withinMs);
    const event = eventsOf(key ?? '')[1];
    return event?.kind === 'down' ? [event.stop.cause, event.stop.error?.code] : event?.kind;
  };
  const startMs = performance.now();
  await fleet.setFault(unplugged ?? '', { kind: 'unplugged' });
  await fleet.setFault(mute ?? '', { kind: 'silent' });
  await fleet.setFault(hole ?? '', { kind: 'blackhole' });
  await fleet.setFault(flooding ?? '', { kind: 'flood' });
  await fleet.setFault(cut ?? '', { kind: 'mid-gop-cut' });
  expect(await down(unplugged, 1000)).toEqual(['lost', 'CONNECTION_LOST']);
  expect((await down(flooding, 8000))?.[0]).toBe('failed');
  expect(await down(mute, 8000)).toEqual(['silent', undefined]);
  expect(await down(hole, 8000)).toEqual(['silent', undefined]);
  expect(performance.now() - startMs).toBeLessThan(7000);
  await until(() => eventsOf(cut ?? '').length === 3, 'cut and back', 3000);
  // Lost first, then found unreachable: two changes, both told.
  await until(() => eventsOf(unplugged ?? '').length === 3, 'unreachable', 3000);
  expect(eventsOf(unplugged ?? '')[2]).toMatchObject({ stop: { cause: 'unreachable' } });

  for (const key of calm) expect(eventsOf(key)).toHaveLength(1);
  for (const key of calm) expect(hub.status(key)?.counters.lost).toBe(0);
  const before = calm.map(packetsOf);
  await fleet.setFault(unplugged ?? '', null);
  await fleet.setFault(mute ?? '', null);
  await until(() => eventsOf(unplugged ?? '').at(-1)?.kind === 'flowing', 'back', 15_000);
  await until(() => eventsOf(mute ?? '').at(-1)?.kind === 'flowing', 'talks again', 20_000);
  calm.forEach((key, index) => {
    expect(packetsOf(key)).toBeGreaterThan(before[index] ?? 0);
  });
});

test('loss, a clock an hour off and refused sessions are seen for what they are', async () => {
  const [losing, early, full] = fleet.cameras.map((camera) => camera.plan.id);
  await fleet.setFault(losing ?? '', { kind: 'packet-loss', ratio: 0.1 });
  await fleet.setFault(early ?? '', { kind: 'clock-offset', offsetMs: 3_600_000 });
  await fleet.setFault(full ?? '', { kind: 'rtsp-453' });
  pull();
  await until(() => eventsOf(full ?? '').length === 1, '453', 5000);
  expect(eventsOf(full ?? '')[0]).toMatchObject({
    stop: { cause: 'sessions-exhausted', error: { statusCode: 453 } },
  });
  await until(() => packetsOf(losing ?? '') > 300, 'packets', 30_000);
  const counters = hub.status(losing ?? '')?.counters;
  const share = (counters?.lost ?? 0) / ((counters?.packets ?? 1) + (counters?.lost ?? 0));
  expect(share).toBeGreaterThan(0.03);
  expect(share).toBeLessThan(0.2);
  const offsetOf = () => hub.status(early ?? '')?.counters.clockOffsetMs;
  await until(() => offsetOf() !== undefined, 'sender report', 15_000);
  expect(Math.abs((offsetOf() ?? 0) - 3_600_000)).toBeLessThan(2000);
});
