import { expect, test } from 'vitest';
import type { AskOutcome } from './ask-camera.ts';
import {
  orderOf,
  ordersOf,
  silent,
  startTestSweep,
  unreachable,
  watch,
} from './testing/watch-fixtures.ts';

const answers: AskOutcome = { kind: 'answers', clockOffsetMs: 0 };

test('each camera is asked once a period, at a moment of its own, flat over time', () => {
  const { clock, duty, asked, facts, sweep } = startTestSweep();
  duty.accept(watch(ordersOf(3_000)));
  clock.advance(60_000);
  const times = new Map<string, number[]>();
  for (const { address, atMs } of asked) times.set(address, [...(times.get(address) ?? []), atMs]);
  expect(times.size).toBe(3_000);
  for (const moments of times.values()) {
    expect(moments).toHaveLength(4);
    for (const [at, moment] of moments.entries()) {
      if (at > 0) expect(Math.abs(moment - (moments[at - 1] ?? 0) - 15_000)).toBeLessThan(50);
    }
  }
  const perSecond = Array.from({ length: 60 }, () => 0);
  for (const { atMs } of asked) {
    const second = Math.min(59, Math.floor(atMs / 1_000));
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  expect(Math.max(...perSecond)).toBeLessThan(270);
  expect(Math.min(...perSecond)).toBeGreaterThan(130);
  // Only the first answer of each is news.
  expect(facts).toHaveLength(3_000);
  expect(sweep.status()).toMatchObject({ cameras: 3_000, answering: 3_000, lost: 0, unknown: 0 });
  expect(sweep.status().worstIntervalMs).toBeLessThan(15_100);
});

test('a failure is repeated once before the camera is told as lost; one answer brings it back', () => {
  let outcome: AskOutcome = answers;
  const { clock, duty, asked, facts } = startTestSweep({ answer: () => outcome });
  duty.accept(watch([orderOf(7)]));
  clock.advance(15_000);
  expect(facts).toMatchObject([{ kind: 'camera-answered', cameraId: 7, clockOffsetMs: 0 }]);
  outcome = unreachable;
  clock.advance(15_000);
  const firstAtMs = asked[1]?.atMs ?? 0;
  clock.advance(5_000);
  const repeatAtMs = asked[2]?.atMs ?? 0;
  expect(repeatAtMs - firstAtMs).toBe(3_000);
  expect(facts.slice(1)).toMatchObject([
    { kind: 'camera-lost', cameraId: 7, outcome: unreachable },
  ]);
  clock.advance(60_000);
  expect(facts).toHaveLength(2);
  outcome = answers;
  clock.advance(15_000);
  expect(facts.slice(2)).toMatchObject([{ kind: 'camera-answered' }]);
});

test('a failure that does not repeat says nothing', () => {
  let failures = 1;
  const { clock, duty, facts, asked } = startTestSweep({
    answer: (_, atMs) => (atMs > 15_000 && failures-- > 0 ? unreachable : answers),
  });
  duty.accept(watch([orderOf(1)]));
  clock.advance(60_000);
  expect(facts.map(({ kind }) => kind)).toEqual(['camera-answered']);
  expect(asked).toHaveLength(5);
});

test('a silent camera is told as lost within 25 s of its death, whatever its phase', () => {
  for (let cameraId = 1; cameraId <= 40; cameraId += 1) {
    const { clock, duty, facts } = startTestSweep({
      answer: (_, atMs) => (atMs < 20_000 ? answers : silent),
    });
    duty.accept(watch([orderOf(cameraId)]));
    clock.advance(20_000);
    expect(facts).toHaveLength(1);
    clock.advance(25_000);
    expect(facts[1]).toMatchObject({ kind: 'camera-lost', outcome: { fault: 'CAMERA_TIMEOUT' } });
  }
});

test('when one camera of a station fails, its siblings are asked at once', () => {
  const { clock, duty, asked, facts, sweep } = startTestSweep({
    answer: (_, atMs) => (atMs < 30_000 ? answers : unreachable),
  });
  const orders = ordersOf(300);
  duty.accept(watch(orders));
  clock.advance(30_000);
  const before = asked.length;
  while (facts.length === 300) clock.advance(25);
  const first = asked[before];
  const cameraId = orders.find((order) => order.endpoint.address === first?.address)?.cameraId ?? 0;
  const station = orders.filter((order) => order.stationId === orderOf(cameraId).stationId);
  const soon = asked.filter(({ atMs }) => atMs < (first?.atMs ?? 0) + 200).map((a) => a.address);
  for (const order of station) expect(soon).toContain(order.endpoint.address);
  expect(sweep.status().siblingsAsked).toBeGreaterThan(0);
  // Each camera alone would take up to 18 s; the last camera of the last station is known by then.
  clock.advance(19_000);
  expect(facts.filter(({ kind }) => kind === 'camera-lost')).toHaveLength(300);
});

test('sockets are bounded in a total outage, and every camera is still told', () => {
  const { clock, duty, peak, facts, sweep } = startTestSweep({
    answer: (_, atMs) => (atMs < 15_000 ? answers : silent),
    fileLimit: 666,
  });
  duty.accept(watch(ordersOf(1_000)));
  clock.advance(15_000);
  clock.advance(40_000);
  expect(peak.open).toBeLessThanOrEqual(333);
  expect(facts.filter(({ kind }) => kind === 'camera-lost')).toHaveLength(1_000);
  clock.advance(60_000);
  expect(sweep.status()).toMatchObject({ lost: 1_000, maxInFlight: 333 });
  expect(sweep.status().worstIntervalMs).toBeLessThan(1.3 * 15_000);
});

test('with too few files, lost cameras are asked less patiently instead of late', () => {
  const { clock, duty, peak, asked, sweep } = startTestSweep({
    answer: () => silent,
    fileLimit: 400,
  });
  duty.accept(watch(ordersOf(1_000)));
  clock.advance(120_000);
  expect(peak.open).toBeLessThanOrEqual(200);
  expect(asked.slice(-1_000).some(({ limits }) => limits.totalMs < 4_000)).toBe(true);
  expect(sweep.status().worstIntervalMs).toBeLessThan(1.3 * 15_000);
});

test('a fault of our own machine says nothing of a camera', () => {
  const { clock, duty, facts, sweep } = startTestSweep({
    answer: () => ({ kind: 'unasked', reason: 'EMFILE' }),
  });
  duty.accept(watch(ordersOf(300)));
  clock.advance(60_000);
  expect(facts).toEqual([]);
  expect(sweep.status().unasked).toBeGreaterThan(1_000);
});

test('when this process stalls, checks whose time ran out meanwhile say nothing', () => {
  const { clock, duty, facts, sweep, stall } = startTestSweep({
    answer: (_, atMs) => (atMs < 20_000 || atMs > 26_000 ? answers : silent),
  });
  duty.accept(watch(ordersOf(300)));
  clock.advance(22_000);
  // Everything that falls due now runs in one go, seconds late.
  stall(6_000);
  clock.advance(60_000);
  expect(facts.filter(({ kind }) => kind === 'camera-lost')).toEqual([]);
  expect(sweep.status()).toMatchObject({ stalls: 1, answering: 300 });
  expect(sweep.status().unasked).toBeGreaterThan(20);
});

test('orders that change are followed; those of cameras that stream are not asked', () => {
  const { clock, duty, asked, sweep } = startTestSweep();
  duty.accept(watch([orderOf(1), orderOf(2), orderOf(3, { swept: false })]));
  clock.advance(15_000);
  expect(new Set(asked.map(({ address }) => address))).toEqual(new Set(['127.9.0.1', '127.9.0.2']));
  asked.length = 0;
  duty.accept({
    type: 'watch-change',
    version: 2,
    upsert: [
      orderOf(1, { swept: false }),
      orderOf(3),
      orderOf(4, { endpoint: { address: '127.9.9.9', onvifPort: 80 } }),
    ],
    remove: [2],
  });
  clock.advance(15_000);
  expect(new Set(asked.map(({ address }) => address))).toEqual(new Set(['127.9.0.3', '127.9.9.9']));
  expect(sweep.status().cameras).toBe(2);
  asked.length = 0;
  duty.accept(watch([orderOf(4)], 5_000));
  clock.advance(15_000);
  expect(asked.map(({ address }) => address)).toEqual(Array(3).fill('127.9.0.4'));
});

test('the whole state again disturbs nothing', () => {
  const { clock, duty, asked, facts } = startTestSweep();
  duty.accept(watch(ordersOf(30)));
  clock.advance(15_000);
  duty.accept(watch(ordersOf(30)));
  clock.advance(15_000);
  expect(asked).toHaveLength(60);
  expect(facts).toHaveLength(30);
});

test('a new link is told how everything stands', () => {
  const { clock, duty, sweep, facts } = startTestSweep({
    answer: ({ address }) => (address === '127.9.0.2' ? unreachable : answers),
  });
  duty.accept(watch(ordersOf(3)));
  expect(sweep.snapshot()).toEqual([]);
  clock.advance(25_000);
  expect(sweep.snapshot()).toHaveLength(3);
  expect(new Set(sweep.snapshot().map((fact) => JSON.stringify(fact)))).toEqual(
    new Set(facts.map((fact) => JSON.stringify(fact))),
  );
});

test('a clock that goes off is told once; whole seconds are no change', () => {
  let clockOffsetMs = 0;
  const { clock, duty, facts } = startTestSweep({
    answer: () => ({ kind: 'answers', clockOffsetMs }),
  });
  duty.accept(watch([orderOf(1)]));
  clock.advance(15_000);
  clockOffsetMs = -950;
  clock.advance(60_000);
  expect(facts).toHaveLength(1);
  clockOffsetMs = 3_600_000;
  clock.advance(60_000);
  expect(facts.slice(1)).toMatchObject([{ kind: 'camera-answered', clockOffsetMs: 3_600_000 }]);
});

test('another cause of a loss is told when it stays', () => {
  let outcome: AskOutcome = unreachable;
  const { clock, duty, facts } = startTestSweep({ answer: () => outcome });
  duty.accept(watch([orderOf(1)]));
  clock.advance(30_000);
  outcome = silent;
  clock.advance(14_000);
  outcome = unreachable;
  clock.advance(60_000);
  expect(facts).toHaveLength(1);
  outcome = silent;
  clock.advance(60_000);
  expect(facts.slice(1)).toMatchObject([{ kind: 'camera-lost', outcome: silent }]);
});

test('stopping ends every check under way', () => {
  const { clock, duty, sweep, openNow, asked } = startTestSweep({ answer: () => silent });
  duty.accept(watch(ordersOf(300)));
  clock.advance(4_000);
  expect(openNow()).toBeGreaterThan(0);
  sweep.stop();
  expect(openNow()).toBe(0);
  const before = asked.length;
  clock.advance(60_000);
  expect(asked).toHaveLength(before);
});
