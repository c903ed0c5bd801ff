import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { expect, test } from 'vitest';
import { ConsoleFault } from '../api/console-fault.ts';
import type { LiveWatch } from './live-port.ts';
import { PictureSession, pictureRetryMs } from './picture-session.ts';
import { decideTileStatus } from './tile-status.ts';
import {
  layoutFor,
  moveTile,
  orderCameras,
  pageSlots,
  parseLayout,
  placeCamera,
} from './wall-layout.ts';
import { formatSlots, parseSlots, parseWallSearch } from './wall-search.ts';

test('what the picture shows outranks what the server believes, never the other way round', () => {
  const tile = { cameraState: 'ONLINE', frameAgeMs: 200, stills: false } as const;
  expect(decideTileStatus(tile)).toBe('LIVE');
  expect(decideTileStatus({ ...tile, cameraState: 'UNREACHABLE' })).toBe('LIVE');
  expect(decideTileStatus({ ...tile, frameAgeMs: 5_000 })).toBe('LATE');
  expect(decideTileStatus({ ...tile, frameAgeMs: 15_000 })).toBe('STALE');
  expect(decideTileStatus({ ...tile, frameAgeMs: 9_000, cameraState: 'SILENT' })).toBe('OFFLINE');
  expect(decideTileStatus({ ...tile, frameAgeMs: null })).toBe('CONNECTING');
  expect(decideTileStatus({ ...tile, frameAgeMs: null, cameraState: 'REFUSED' })).toBe('OFFLINE');
});

test('stills are never called live', () => {
  const tile = { cameraState: 'ONLINE', frameAgeMs: 200, stills: true } as const;
  expect(decideTileStatus(tile)).toBe('STILLS');
  expect(decideTileStatus({ ...tile, frameAgeMs: 16_000 })).toBe('STALE');
});

test('an address that people edit never breaks the wall', () => {
  expect(parseWallSearch({ cams: '3,,x9,0', page: '-2', big: 'a' })).toEqual({ cams: '3,,9,0' });
  expect(parseWallSearch({ cams: 5, page: '2', big: '5' })).toEqual({ cams: '5', page: 2, big: 5 });
  expect(parseSlots('3,,9,0')).toEqual([3, null, 9, null]);
  expect(formatSlots([3, null, 9, null])).toBe('3,0,9');
  expect(parseLayout('7')).toBe(4);
  expect([1, 2, 5, 12, 40].map(layoutFor)).toEqual([1, 4, 9, 16, 16]);
});

test('cameras come station by station, and inside one as one walks in', () => {
  const list = [
    { id: 1, code: 'S2-B1', stationCode: 'S2', placement: 'BOOTH' },
    { id: 2, code: 'S10-E', stationCode: 'S10', placement: 'ENTRANCE' },
    { id: 3, code: 'S2-T', stationCode: 'S2', placement: 'COUNT_TABLE' },
    { id: 4, code: 'S2-E', stationCode: 'S2', placement: 'ENTRANCE' },
  ] as CameraView[];
  expect(orderCameras(list)).toEqual([4, 1, 3, 2]);
});

test('pages are full tiles, and one beyond the last is the last', () => {
  expect(pageSlots([1, 2, 3, 4, 5], 4, 2)).toEqual({
    page: 2,
    pages: 2,
    slots: [5, null, null, null],
  });
  expect(pageSlots([1, 2, 3, 4, 5], 4, 9).page).toBe(2);
  expect(pageSlots([], 1, 1)).toEqual({ page: 1, pages: 1, slots: [null] });
});

test('a camera is on the wall once: choosing it elsewhere exchanges the tiles', () => {
  expect(placeCamera([1, 2, null, 4], 0, 4)).toEqual([4, 2, null, 1]);
  expect(placeCamera([1, 2, null, 4], 2, 9)).toEqual([1, 2, 9, 4]);
  expect(placeCamera([1, 2, null, 4], 1, null)).toEqual([1, null, null, 4]);
});

test('arrows move inside the grid and stop at its edges', () => {
  expect(moveTile(0, 'ArrowRight', 9)).toBe(1);
  expect(moveTile(2, 'ArrowRight', 9)).toBe(2);
  expect(moveTile(1, 'ArrowDown', 9)).toBe(4);
  expect(moveTile(7, 'ArrowDown', 9)).toBe(7);
  expect(moveTile(3, 'ArrowUp', 9)).toBe(0);
  expect(moveTile(0, 'ArrowLeft', 9)).toBe(0);
});

function setUpSession(answers: readonly ('ok' | 'refused')[]) {
  const timers: { run: () => void; delayMs: number }[] = [];
  const watches: { closed: boolean; end: () => void }[] = [];
  let asked = 0;
  const session = new PictureSession(
    {
      nowMs: () => 1_000,
      random: () => 0.5,
      setTimer: (run, delayMs) => {
        const timer = { run, delayMs };
        timers.push(timer);
        return timer;
      },
      clearTimer: (timer) => {
        const index = timers.indexOf(timer as (typeof timers)[number]);
        if (index !== -1) timers.splice(index, 1);
      },
    },
    {
      watch: async () => {
        if (answers[asked++] === 'refused') throw new ConsoleFault('LIVE_UNAVAILABLE', 'no');
        let ended: () => void = () => undefined;
        const watch = { closed: false, end: () => ended() };
        watches.push(watch);
        return {
          stream: {} as MediaStream,
          quality: 'sub',
          sound: 'none',
          listen: () => Promise.reject(new Error('nothing to hear')),
          onEnd: (listener) => {
            ended = listener;
          },
          close: () => {
            watch.closed = true;
          },
        } satisfies LiveWatch;
      },
    },
    1,
    'sub',
  );
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const fire = async (): Promise<number> => {
    const timer = timers.shift();
    timer?.run();
    await settled();
    return timer?.delayMs ?? 0;
  };
  return { session, timers, watches, settled, fire };
}

test('a refused picture is asked for again, further and further apart', async () => {
  const { session, settled, fire } = setUpSession(['refused', 'refused', 'refused', 'ok']);
  session.start();
  await settled();
  expect(session.state()).toMatchObject({ kind: 'waiting', fault: 'LIVE_UNAVAILABLE' });
  const waits = [await fire(), await fire(), await fire()];
  expect(waits).toEqual([0, 1, 2].map((attempt) => pictureRetryMs(attempt, 0.5)));
  expect(session.state().kind).toBe('playing');
});

test('a camera that is back does not wait for the next retry', async () => {
  const { session, timers, settled } = setUpSession(['refused', 'ok']);
  session.start();
  await settled();
  session.retryNow();
  await settled();
  expect(session.state().kind).toBe('playing');
  expect(timers).toHaveLength(0);
});

test('a watch that ends by itself is watched again; one that came too late is closed', async () => {
  const { session, watches, settled, fire } = setUpSession(['ok', 'ok', 'ok']);
  session.start();
  await settled();
  watches[0]?.end();
  expect(session.state().kind).toBe('waiting');
  await fire();
  expect(session.state().kind).toBe('playing');
  session.stop();
  expect(watches[1]?.closed).toBe(true);
  session.start();
  session.stop();
  await settled();
  expect(watches[2]?.closed).toBe(true);
  expect(session.state().kind).toBe('idle');
});
