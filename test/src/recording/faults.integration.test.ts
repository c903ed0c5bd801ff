import { ScriptedRtspServer } from '@nigehban/media/rtsp/testing/scripted-rtsp-server.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SimulatedCamera } from '../fleet/camera.ts';
import type { CameraFault } from '../fleet/faults.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { until } from '../fleet/test-tools.ts';
import { RecordingStage } from './recording-stage.ts';

/** Everything on this page happens under sessions of 4 s and nonces of 3 s: both pass many times. */
const rtspSessionTimeoutMs = 4000;
const rtspNonceLifetimeMs = 3000;
let fleet: Fleet;
let stage: RecordingStage;

beforeAll(async () => {
  fleet = await startFleet({
    cameras: 8,
    multicast: false,
    rtspSessionTimeoutMs,
    rtspNonceLifetimeMs,
  });
}, 180_000);

afterAll(() => fleet?.stop());

beforeEach(async () => {
  stage = await RecordingStage.start();
});

afterEach(async () => {
  await stage.stop();
  for (const camera of fleet.cameras) await fleet.setFault(camera.plan.id, null);
});

const sourceOf = (camera: SimulatedCamera, transport?: 'tcp' | 'udp') => ({
  url: camera.streamUri('main'),
  username: camera.plan.username,
  password: camera.plan.password,
  transport,
});

/** Files whole and readable, chain intact, every second recorded or a gap. */
async function expectSound(cameraId: number): Promise<void> {
  const findings = await stage.examine(cameraId);
  expect({ cameraId, ...findings }).toEqual({
    cameraId,
    problems: [],
    wrongCounts: [],
    complaints: [],
    unaccountedUs: expect.any(Number),
    doubleUs: 0,
  });
  expect(findings.unaccountedUs).toBeLessThan(1_000_000);
}

const networks: readonly {
  readonly name: string;
  readonly fault: CameraFault | null;
  readonly overUdp: boolean;
  readonly isLossy: boolean;
}[] = [
  { name: 'reorder', fault: { kind: 'reorder', ratio: 0.5 }, overUdp: true, isLossy: false },
  { name: 'clean', fault: null, overUdp: true, isLossy: false },
  { name: 'loss 1 %', fault: { kind: 'packet-loss', ratio: 0.01 }, overUdp: true, isLossy: true },
  { name: 'loss 10 %', fault: { kind: 'packet-loss', ratio: 0.1 }, overUdp: true, isLossy: true },
  {
    name: '32-bit wrap',
    fault: { kind: 'timestamp-wrap', inSeconds: 5 },
    overUdp: true,
    isLossy: false,
  },
  { name: 'blocked', fault: { kind: 'udp-blocked' }, overUdp: false, isLossy: false },
  { name: '461', fault: { kind: 'no-udp' }, overUdp: false, isLossy: false },
];

test('over UDP: reorder costs nothing, loss is marked, the wrap passes, no UDP means TCP', async () => {
  const cameras = fleet.cameras.slice(0, networks.length);
  for (const [index, { fault }] of networks.entries()) {
    await fleet.setFault(cameras[index]?.plan.id ?? '', fault);
  }
  const receivedBefore = cameras.map((camera) => camera.counters.rtcpReceived);
  stage.record(cameras.map((camera) => sourceOf(camera, 'udp')));
  await Promise.all(networks.map((_, index) => stage.framesFor(index + 1, 120, 90_000)));
  // One packet in a hundred may come a while late.
  for (const [index, { isLossy }] of networks.entries()) {
    if (!isLossy) continue;
    await until(`camera ${index + 1} loses while it is recorded`, 60_000, () => {
      return (stage.hub.status(`${index + 1}`)?.counters.lost ?? 0) >= 3;
    });
  }
  for (const [index, { name, overUdp, isLossy }] of networks.entries()) {
    const key = `${index + 1}`;
    // Nothing of this is an outage: one session each, a blocked one being no session.
    const told = stage.events.filter((event) => event.key === key).map((event) => event.kind);
    expect([name, told]).toEqual([name, ['flowing']]);
    const status = stage.hub.status(key);
    expect([name, status?.counters.sessions]).toEqual([name, 1]);
    expect([name, (status?.counters.lost ?? 0) > 0]).toEqual([name, isLossy]);
    const reports = (cameras[index]?.counters.rtcpReceived ?? 0) - (receivedBefore[index] ?? 0);
    // Players open the way back by an empty report; more than that are ours.
    expect([name, reports > 1]).toEqual([name, overUdp]);
  }
  expect(cameras[0]?.counters.rtpPacketsReordered).toBeGreaterThan(5);
  for (const [index, { name, isLossy }] of networks.entries()) {
    await expectSound(index + 1);
    const segments = stage.segmentsOf(index + 1);
    expect([name, segments.some((segment) => segment.flags.lossy)]).toEqual([name, isLossy]);
    if (isLossy) continue;
    // 15 pictures a second, none missing: the gap before the first apart, all is recorded.
    for (const segment of segments) {
      const fps = segment.frames / ((segment.endUs - segment.startUs) / 1e6);
      expect(Math.abs(fps - 15)).toBeLessThan(0.6);
    }
    const gaps = stage.entriesOf(index + 1).filter((entry) => entry.kind === 'gap');
    expect([name, gaps.length]).toEqual([name, Math.min(gaps.length, 1)]);
  }
}, 150_000);

test('sessions: forgotten, refused, redirected, half open; each comes back with its gap told', async () => {
  const [forgetful, full, moved, halfOpen, calm] = fleet.cameras;
  if (!forgetful || !full || !moved || !halfOpen || !calm) throw new Error('too few cameras');
  const redirect = `RTSP/1.0 302 Moved Temporarily\r\nLocation: ${moved.streamUri('main')}\r\n\r\n`;
  // On the camera's own address: a redirect to another host is refused.
  const front = await ScriptedRtspServer.listen(
    { respond: ({ method }) => (method === 'DESCRIBE' ? redirect : undefined) },
    0,
    moved.plan.address,
  );
  try {
    await fleet.setFault(full.plan.id, { kind: 'rtsp-453' });
    stage.record([
      sourceOf(forgetful),
      sourceOf(full),
      { ...sourceOf(moved), url: front.url },
      sourceOf(halfOpen),
      sourceOf(calm),
    ]);
    await Promise.all([1, 3, 4, 5].map((cameraId) => stage.framesFor(cameraId, 45)));
    await fleet.setFault(forgetful.plan.id, { kind: 'session-expiry' });
    await fleet.setFault(halfOpen.plan.id, { kind: 'blackhole' });
    const downOf = (key: string) =>
      stage.events.flatMap((event) =>
        event.kind === 'down' && event.key === key ? [event.stop.cause] : [],
      );
    await until('all three are told', 20_000, () =>
      ['1', '2', '4'].every((key) => downOf(key).length > 0),
    );
    // Whichever is first: the silence, or the keep-alive that is answered by 454.
    expect(downOf('1')[0]).toMatch(/silent|lost/);
    expect(downOf('2')[0]).toBe('sessions-exhausted');
    expect(downOf('4')[0]).toBe('silent');
    await fleet.setFault(full.plan.id, null);
    await fleet.setFault(halfOpen.plan.id, null);
    await Promise.all([1, 2, 3, 4, 5].map((cameraId) => stage.framesFor(cameraId, 60, 60_000)));
    expect(downOf('3')).toEqual([]);
    expect(downOf('5')).toEqual([]);
    for (const camera of [moved, calm]) {
      // The nonce went stale many times, the password was never taken for wrong.
      expect(camera.counters.rtspSessionsTimedOut).toBe(0);
      expect(camera.counters.rtspAuthFailures).toBe(0);
    }
    for (let cameraId = 1; cameraId <= 5; cameraId++) await expectSound(cameraId);
    const causesOf = (cameraId: number) =>
      stage.entriesOf(cameraId).flatMap((entry) => (entry.kind === 'gap' ? [entry.cause] : []));
    expect(causesOf(1)).toContainEqual(expect.stringMatching(/silent|failed/));
    expect(causesOf(2)).toContain('sessions-exhausted');
    expect(causesOf(4)).toContainEqual(expect.stringMatching(/silent|failed|unreachable/));
  } finally {
    await front.close();
  }
}, 150_000);
