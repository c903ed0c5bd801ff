import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import {
  initialCameraState,
  type ProbeOutcome,
  restoreCameraState,
} from '@nigehban/domain/camera-state.ts';
import type { CameraCounters, NodeFact } from '@nigehban/domain/link-messages.ts';
import { afterEach, expect, test, vi } from 'vitest';
import type { CameraStateChange, StoredCameraState } from '../store/camera-state-store.ts';
import type { CameraMonitor } from './camera-monitor.ts';
import { startCameraMonitor } from './monitor-cameras.ts';

const log = createLogger('silent', 'test');
let running: CameraMonitor | undefined;
afterEach(async () => await running?.stop());

async function start(
  options: { probe?: () => Promise<ProbeOutcome>; nodeOf?: string | null } = {},
) {
  const clock = createManualClock();
  const stored: CameraStateChange[] = [];
  let broken = false;
  let probes = 0;
  const monitor = await startCameraMonitor({
    clock,
    log,
    load: async () => [],
    store: async (changes) => {
      if (broken) throw new Error('no database');
      stored.push(...changes);
      return [];
    },
    probe: async () => {
      probes += 1;
      return (await options.probe?.()) ?? { kind: 'answers' };
    },
    nodeOf: () => options.nodeOf ?? null,
  });
  monitor.nodeLinked('n1');
  running = monitor;
  return {
    clock,
    monitor,
    stored,
    probes: () => probes,
    path: () => stored.flatMap((change) => change.transitions.map((step) => step.to)),
    breakStore: (value: boolean) => {
      broken = value;
    },
  };
}

const flowing: NodeFact = { kind: 'stream-flowing', cameraId: 1, quality: 'main', atMs: 0 };
const down: NodeFact = {
  kind: 'stream-down',
  cameraId: 1,
  quality: 'main',
  atMs: 0,
  lastFrameMs: null,
  fault: 'CAMERA_SILENT',
  evidence: 'silence',
};

test('facts of the sub-stream and of a node that does not hold the camera count for nothing', async () => {
  const { monitor, stored } = await start({ nodeOf: 'n1' });
  monitor.facts('n1', [{ ...flowing, quality: 'sub' }]);
  monitor.facts('n2', [flowing, down]);
  await vi.waitFor(() => expect(stored).toEqual([]), 10_000);
  expect(monitor.status(1)).toEqual({ lastFrameMs: null, recording: false, counters: [] });
});

test('while the database is away nothing is lost, and the order stays', async () => {
  const { clock, monitor, path, stored, breakStore } = await start();
  breakStore(true);
  monitor.facts('n1', [flowing]);
  await Promise.resolve();
  monitor.facts('n1', [down]);
  await vi.waitFor(() => expect(stored).toEqual([]), 10_000);
  breakStore(false);
  await vi.waitFor(() => {
    clock.advance(1_000);
    expect(path()).toEqual(['ONLINE', 'SUSPECTED', 'SILENT']);
  }, 10_000);
  expect(stored.at(-1)?.state.kind).toBe('SILENT');
});

test('nobody can be asked: after the time-out the stream’s own words decide', async () => {
  const { clock, monitor, path } = await start({
    probe: () => Promise.reject(new Error('no gateway')),
  });
  monitor.facts('n1', [flowing, { ...down, fault: 'CAMERA_UNREACHABLE' }]);
  clock.advance(4_000);
  await vi.waitFor(() => expect(path()).toEqual(['ONLINE', 'SUSPECTED']), 10_000);
  clock.advance(1_000);
  await vi.waitFor(() => expect(path().at(-1)).toBe('UNREACHABLE'), 10_000);
});

test('for the cameras of a lost node no time passes; it goes on when the node is back', async () => {
  const { clock, monitor, path } = await start({
    probe: () => Promise.reject(new Error('no gateway')),
  });
  monitor.facts('n1', [flowing, down]);
  monitor.nodeUnlinked('n1');
  clock.advance(60_000);
  await vi.waitFor(() => expect(path()).toEqual(['ONLINE', 'SUSPECTED']), 10_000);
  monitor.nodeLinked('n1');
  monitor.facts('n1', [flowing]);
  await vi.waitFor(() => expect(path()).toEqual(['ONLINE', 'SUSPECTED', 'ONLINE']), 10_000);
});

test('counters tell the last packet and, when it changes, whether it is recorded', async () => {
  const { monitor, stored } = await start();
  const counters: CameraCounters = {
    cameraId: 1,
    quality: 'main',
    packets: 10,
    lost: 0,
    bytes: 10,
    jitterMs: 0,
    sessions: 1,
    viewers: 0,
    lastPacketMs: 77,
    clockOffsetMs: null,
    recording: true,
  };
  monitor.facts('n1', [{ kind: 'stream-counters', cameras: [counters] }]);
  monitor.facts('n1', [{ kind: 'stream-counters', cameras: [counters] }]);
  await vi.waitFor(() => expect(stored).toHaveLength(1), 10_000);
  expect(stored[0]).toMatchObject({ recording: true, transitions: [] });
  expect(monitor.status(1)).toEqual({ lastFrameMs: 77, recording: true, counters: [counters] });
});

test('a storm probes a bounded number of cameras at once, and all in the end', async () => {
  let inFlight = 0;
  let most = 0;
  const { monitor, probes } = await start({
    probe: async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return { kind: 'answers' };
    },
  });
  const ids = Array.from({ length: 2_000 }, (_, index) => index + 1);
  monitor.facts(
    'n1',
    ids.map((cameraId) => ({ ...flowing, cameraId })),
  );
  monitor.facts(
    'n1',
    ids.map((cameraId) => ({ ...down, cameraId })),
  );
  await vi.waitFor(() => expect(probes()).toBe(2_000), 10_000);
  expect(most).toBeLessThanOrEqual(256);
});

test('what was told before the stored state was taken over is not lost by it', async () => {
  const clock = createManualClock();
  const stored: CameraStateChange[] = [];
  const before = restoreCameraState(
    {
      ...initialCameraState(clock.nowMs()),
      kind: 'ONLINE',
    },
    {},
  );
  let taken: readonly StoredCameraState[] = [];
  const monitor = await startCameraMonitor({
    clock,
    log,
    load: async () => taken,
    store: async (changes) => {
      const current = changes.filter((change) => change.version > 5);
      stored.push(...current);
      return changes.filter((change) => change.version <= 5).map((change) => change.cameraId);
    },
    probe: async () => ({ kind: 'answers' }),
    nodeOf: () => 'n2',
  });
  running = monitor;
  taken = [{ cameraId: 1, state: before, recording: true, version: 5 }];
  const atMs = clock.nowMs();
  monitor.watchFacts([
    { kind: 'view-judged', cameraId: 1, atMs, verdict: 'COVERED', evidence: 'flat' },
  ]);
  await monitor.takeOver([1]);
  await vi.waitFor(() => expect(stored.at(-1)?.state.kind).toBe('COVERED'), 10_000);
  expect(stored.at(-1)).toMatchObject({ recording: true, transitions: [{ from: 'ONLINE' }] });
});

test('overtaken: who hears the stream itself goes on from its own state, with a bridging step', async () => {
  const clock = createManualClock();
  const stored: CameraStateChange[] = [];
  const monitor = await startCameraMonitor({
    clock,
    log,
    load: async (ids) =>
      ids === undefined
        ? []
        : [{ cameraId: 1, state: initialCameraState(0), recording: false, version: 3 }],
    store: async (changes) => {
      stored.push(...changes.filter((change) => change.version > 3));
      return changes.filter((change) => change.version <= 3).map((change) => change.cameraId);
    },
    probe: async () => ({ kind: 'answers' }),
    nodeOf: () => 'n1',
  });
  running = monitor;
  monitor.nodeLinked('n1');
  monitor.facts('n1', [flowing]);
  await vi.waitFor(() => expect(stored.at(-1)).toMatchObject({ version: 4 }), 10_000);
  expect(stored.at(-1)?.transitions).toMatchObject([{ from: 'UNKNOWN', to: 'ONLINE' }]);
});

test('a failed camera has its station’s siblings checked at once, and once', async () => {
  const clock = createManualClock();
  const asked: number[] = [];
  const stored: CameraStateChange[] = [];
  const monitor = await startCameraMonitor({
    clock,
    log,
    load: async () => [],
    store: async (changes) => {
      stored.push(...changes);
      return [];
    },
    probe: async (cameraId) => {
      asked.push(cameraId);
      return { kind: 'unreachable', fault: 'CAMERA_UNREACHABLE', evidence: 'no route' };
    },
    nodeOf: () => 'n1',
    siblings: () => [1, 2, 3],
    find: () => ({ registered: true, stationCode: 'PS1', main: null, differences: null }),
  });
  running = monitor;
  monitor.nodeLinked('n1');
  monitor.facts(
    'n1',
    [1, 2, 3].map((cameraId) => ({ ...flowing, cameraId })),
  );
  monitor.facts('n1', [down]);
  await vi.waitFor(() => expect(asked.sort()).toEqual([1, 2, 3]), 10_000);
  await vi.waitFor(() => expect(monitor.state(3)?.detail.foreseen).not.toBeNull(), 10_000);
  // Their own silence needs no probe any more.
  monitor.facts(
    'n1',
    [2, 3].map((cameraId) => ({ ...down, cameraId })),
  );
  await vi.waitFor(
    () =>
      expect([1, 2, 3].map((id) => monitor.state(id)?.kind)).toEqual(
        Array.from({ length: 3 }, () => 'UNREACHABLE'),
      ),
    10_000,
  );
  expect(asked).toHaveLength(3);
});
