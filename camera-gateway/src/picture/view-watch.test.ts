import { createManualClock, type ManualClock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';
import type { WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { startViewWatch, type ViewWatch } from './view-watch.ts';

const pictures: Buffer[] = [];
let night: Buffer;

beforeAll(async () => {
  for (let index = 0; index < 12; index += 1) {
    const pixels = Buffer.alloc(320 * 180, 90 + index);
    pictures.push(
      await sharp(pixels, { raw: { width: 320, height: 180, channels: 1 } })
        .jpeg()
        .toBuffer(),
    );
  }
  night = await sharp({ create: { width: 320, height: 180, channels: 3, background: '#050505' } })
    .jpeg()
    .toBuffer();
});

function orderFor(cameraId: CameraId, change: Partial<WatchOrder> = {}): WatchOrder {
  return {
    cameraId,
    cameraCode: `C${cameraId}`,
    stationId: 1,
    endpoint: { address: '127.0.0.1', onvifPort: 80 },
    credentials: { username: 'admin', password: 'one' },
    serial: null,
    swept: false,
    view: { profileToken: 'p1', reference: null },
    events: false,
    ...change,
  };
}

interface Stage {
  readonly clock: ManualClock;
  readonly orders: Map<CameraId, WatchOrder>;
  readonly taken: CameraId[];
  readonly facts: WatchFact[];
  readonly watch: ViewWatch;
  /** Passes a minute, second by second, letting pictures be judged in between. */
  minute(): Promise<void>;
}

function stage(
  orders: readonly WatchOrder[],
  take: (order: WatchOrder, turn: number) => Buffer | FaultCode,
  holds: (cameraId: CameraId) => boolean = () => true,
  viewEveryMs = 60_000,
): Stage {
  const clock = createManualClock();
  const book = new Map(orders.map((order) => [order.cameraId, order]));
  const taken: CameraId[] = [];
  const facts: WatchFact[] = [];
  const watch = startViewWatch({
    clock,
    book: () => ({ policy: { sweepEveryMs: 15_000, viewEveryMs }, orders: book }),
    holds,
    async takePicture(order) {
      taken.push(order.cameraId);
      const picture = take(order, taken.filter((cameraId) => cameraId === order.cameraId).length);
      if (typeof picture === 'string') throw new Fault(picture, 'scripted');
      return picture;
    },
    sendFacts: (some) => facts.push(...some),
  });
  return {
    clock,
    orders: book,
    taken,
    facts,
    watch,
    async minute() {
      for (let second = 0; second < 60; second += 1) {
        clock.advance(1_000);
        // Asking begins a turn of the event loop later.
        await new Promise((resolve) => setImmediate(resolve));
        const { counts } = watch;
        await expect
          .poll(() => taken.length - counts.judged - counts.failed, { interval: 1, timeout: 9_000 })
          .toBe(0);
      }
    },
  };
}

test('each camera once a minute, at moments of their own, and only those that are ours', async () => {
  const cameras = Array.from({ length: 40 }, (_, index) => orderFor(index + 1));
  const begun = stage(
    cameras,
    () => pictures[0] ?? night,
    (cameraId) => cameraId % 2 === 0,
  );
  await begun.minute();
  expect([...begun.taken].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, index) => 2 * (index + 1)),
  );
  await begun.minute();
  expect(begun.taken).toHaveLength(40);
  expect(begun.taken.slice(20)).toEqual(begun.taken.slice(0, 20));
  await begun.watch.stop();
  begun.clock.advance(120_000);
  expect(begun.taken).toHaveLength(40);
});

test('a camera in the dark, told once, standing for a new link, and over when light comes', async () => {
  const lit = (turn: number): Buffer => pictures[turn % pictures.length] ?? night;
  const begun = stage([orderFor(7)], (_order, turn) => (turn > 2 && turn < 9 ? night : lit(turn)));
  for (let minute = 0; minute < 5; minute += 1) await begun.minute();
  expect(begun.facts).toMatchObject([{ kind: 'view-judged', cameraId: 7, verdict: 'WELL' }]);
  await begun.minute();
  // The black pictures are all the same, and yet it is the light that is missing.
  expect(begun.facts.slice(1)).toMatchObject([{ verdict: 'DARK' }]);
  expect(begun.watch.standing()).toMatchObject([{ cameraId: 7, verdict: 'DARK' }]);
  for (let minute = 0; minute < 6; minute += 1) await begun.minute();
  expect(begun.facts.at(-1)).toMatchObject({ verdict: 'WELL' });
});

test.each([10_000, 30_000])('the dark is told also with a picture every %d ms', async (everyMs) => {
  let isNight = false;
  const take = (_order: WatchOrder, turn: number) =>
    isNight ? night : (pictures[turn % 12] ?? night);
  const begun = stage([orderFor(7)], take, () => true, everyMs);
  await begun.minute();
  isNight = true;
  await begun.minute();
  await begun.minute();
  expect(begun.facts).toMatchObject([{ verdict: 'WELL' }]);
  await begun.minute();
  await begun.minute();
  expect(begun.facts.slice(1)).toMatchObject([{ verdict: 'DARK' }]);
});

test('no picture is no verdict; cameras that fail are asked less often', async () => {
  const begun = stage([orderFor(1)], () => 'CAMERA_UNREACHABLE');
  for (let minute = 0; minute < 30; minute += 1) await begun.minute();
  expect(begun.taken.length).toBeGreaterThan(3);
  expect(begun.taken.length).toBeLessThan(9);
  expect(begun.facts).toEqual([]);
  expect(begun.watch.standing()).toEqual([]);
});

test('refused credentials are tried once a day, new ones at once', async () => {
  const begun = stage([orderFor(1)], (order) =>
    order.credentials?.password === 'two' ? (pictures[0] ?? night) : 'CAMERA_AUTH_REFUSED',
  );
  for (let minute = 0; minute < 60; minute += 1) await begun.minute();
  expect(begun.taken).toHaveLength(1);
  // The whole list comes again with each link: that is no reason to try.
  begun.orders.set(1, orderFor(1));
  await begun.minute();
  expect(begun.taken).toHaveLength(1);
  begun.orders.set(1, orderFor(1, { credentials: { username: 'admin', password: 'two' } }));
  await begun.minute();
  expect(begun.taken).toHaveLength(2);
});

test('a hostile picture is a failure of its own camera', async () => {
  const begun = stage([orderFor(1), orderFor(2)], (order) =>
    order.cameraId === 1
      ? Buffer.from('not a picture')
      : (pictures[begun.taken.length % 12] ?? night),
  );
  for (let minute = 0; minute < 3; minute += 1) await begun.minute();
  expect(begun.facts).toMatchObject([{ cameraId: 2, verdict: 'WELL' }]);
  expect(begun.watch.counts.failed).toBeGreaterThan(0);
});

test('stills of cameras without snapshots are judged the same way', async () => {
  const begun = stage([orderFor(5)], () => 'CAMERA_OPERATION_UNSUPPORTED');
  await begun.minute();
  for (let turn = 0; turn < 3; turn += 1) {
    await begun.watch.judge(5, pictures[turn] ?? night);
    begun.clock.advance(60_000);
  }
  expect(begun.facts).toMatchObject([{ cameraId: 5, verdict: 'WELL' }]);
  await expect(begun.watch.judge(6, night)).rejects.toMatchObject({ code: 'CAMERA_UNKNOWN' });
  expect(begun.taken).toHaveLength(1);
});

test('another reference is another question; an order that is gone is forgotten', async () => {
  const begun = stage([orderFor(1)], (_order, turn) => pictures[turn % 12] ?? night);
  await begun.minute();
  await begun.minute();
  expect(begun.facts).toHaveLength(1);
  begun.orders.set(1, orderFor(1, { view: { profileToken: 'p2', reference: null } }));
  await begun.minute();
  expect(begun.watch.standing()).toEqual([]);
  await begun.minute();
  expect(begun.facts).toHaveLength(2);
  begun.orders.delete(1);
  await begun.minute();
  expect(begun.watch.standing()).toEqual([]);
});

test('a camera that another gateway took over is forgotten and not judged here', async () => {
  let ours = true;
  const begun = stage(
    [orderFor(1)],
    (_order, turn) => pictures[turn % 12] ?? night,
    () => ours,
  );
  await begun.minute();
  await begun.minute();
  expect(begun.watch.standing()).toHaveLength(1);
  ours = false;
  await begun.minute();
  expect(begun.watch.standing()).toEqual([]);
  await expect(begun.watch.judge(1, night)).rejects.toMatchObject({ code: 'GATEWAY_UNAVAILABLE' });
});

test('also looked at every five minutes only, a dark view is told', async () => {
  const grain = [1, 2, 3, 4, 5, 6, 7, 8].map((level) =>
    sharp({
      create: { width: 320, height: 180, channels: 3, background: { r: level, g: 0, b: 9 } },
    })
      .jpeg()
      .toBuffer(),
  );
  const nights = await Promise.all(grain);
  const begun = stage(
    [orderFor(1)],
    (_order, turn) => nights[turn % 8] ?? night,
    () => true,
    300_000,
  );
  for (let minute = 0; minute < 25; minute += 1) await begun.minute();
  expect(begun.facts).toMatchObject([{ verdict: 'DARK' }]);
});
