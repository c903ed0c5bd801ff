import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { CameraChain } from '@nigehban/recorder/chain/camera-chain.ts';
import { segmentPath } from '@nigehban/recorder/footage-layout.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { type Constellation, password, startConstellation } from './constellation.ts';
import { eventually as eventuallyWithin } from './eventually.ts';

/** Footage of days ago on two volumes; a court asks for an hour of it; then the policy changes. */
const hourUs = 3_600_000_000;
/** On the hour, three days ago. */
const firstUs = Math.floor((Date.now() * 1_000 - 72 * hourUs) / hourUs) * hourUs;
const cameraIds = [1, 2] as const;
const eventually = <T>(what: string, condition: () => Promise<T | undefined | false>) =>
  eventuallyWithin(what, condition, 25_000);
let fleet: Fleet;
let constellation: Constellation;
let volumes: readonly string[] = [];
let cookie = '';

/** Four hours of two segments each, an hour on each volume in turn. */
async function recordFormerly(cameraId: number): Promise<void> {
  const chain = await CameraChain.open(volumes, cameraId);
  for (let index = 0; index < 8; index++) {
    const startUs = firstUs + Math.floor(index / 2) * hourUs + (index % 2) * 60_000_000;
    const endUs = startUs + 60_000_000;
    const coveredUs = chain.coveredUntilUs ?? startUs;
    if (coveredUs < startUs) {
      await chain.appendGap({ startUs: coveredUs, endUs: startUs, cause: 'silent' });
    }
    const bytes = Buffer.alloc(50_000, index);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = segmentPath(cameraId, startUs);
    const file = join(volumes[Math.floor(index / 2) % 2] ?? '', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await chain.appendSegment({
      ...{ startUs, endUs, path, codec: 'avc1.4d400d', widthPx: 320, heightPx: 240 },
      ...{ frames: 900, sizeBytes: bytes.length, sha256, fragments: [[bytes.length, sha256]] },
      clockOffsetMs: null,
      flags: { repaired: false, lossy: false, adopted: false },
    });
  }
}

beforeAll(async () => {
  fleet = await startFleet({ cameras: 2, scenes: 'tiny' });
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
    async prepare(dataFolder) {
      volumes = [join(dataFolder, 'disk1'), join(dataFolder, 'disk2')];
      for (const id of cameraIds) await recordFormerly(id);
      return { NIGEHBAN_FOOTAGE: volumes.join(',') };
    },
  });
  await signIn();
}, 240_000);

afterAll(async () => {
  await constellation?.stop();
  await fleet?.stop();
});

async function signIn(): Promise<void> {
  const answer = await fetch(`${constellation.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'supervisor', password }),
  });
  cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${constellation.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Starts of the old segments that the timeline shows. */
async function shown(cameraId: number): Promise<number[]> {
  const [fromMs, toMs] = [firstUs / 1_000, (firstUs + 5 * hourUs) / 1_000];
  const timeline = await ask<Timeline>(
    `/api/cameras/${cameraId}/timeline?fromMs=${fromMs}&toMs=${toMs}`,
  );
  return timeline.segments.map((segment) => segment.startUs);
}

/** Starts of the old segments whose files are on one of the volumes. */
async function onDisk(cameraId: number): Promise<number[]> {
  const names = await Promise.all(
    volumes.map((volume) => readdir(join(volume, `${cameraId}`), { recursive: true })),
  );
  return names
    .flat()
    .flatMap((name) => /(\d{16})\.mp4$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((startUs) => startUs < firstUs + 5 * hourUs)
    .sort((a, b) => a - b);
}

test('a hold placed through the API survives while its neighbours go by policy', async () => {
  const cameras = await eventually('both cameras record on the two volumes', async () => {
    const all = await ask<CameraView[]>('/api/cameras');
    return all.length === 2 && all.every((camera) => camera.recording) && all;
  });
  expect(cameras.map(({ id }) => id).sort()).toEqual([...cameraIds]);
  for (const id of cameraIds) {
    await eventually('the timeline shows the old footage', async () => {
      return (await shown(id)).length === 8;
    });
  }
  const held = [firstUs + hourUs, firstUs + hourUs + 60_000_000];
  const hold = {
    cameraId: 1,
    fromMs: (held[0] ?? 0) / 1_000,
    toMs: (held[0] ?? 0) / 1_000 + 1_000,
  };
  await ask('/api/holds', { ...hold, reason: 'Election petition 12/2027' });
  await constellation.end();

  await constellation.start({
    NIGEHBAN_RETENTION_DAYS: '1',
    NIGEHBAN_RETENTION_MINIMUM_DAYS: '1',
  });
  await signIn();
  await eventually('all but what is held has gone', async () => {
    return (await onDisk(1)).length === 2 && (await onDisk(2)).length === 0;
  });
  expect(await onDisk(1)).toEqual(held);
  await eventually('the timeline follows', async () => {
    return (await shown(1)).length === 2 && (await shown(2)).length === 0;
  });
  expect(await shown(1)).toEqual(held);
  await eventually('recording goes on', async () => {
    return (await ask<CameraView[]>('/api/cameras')).every((camera) => camera.recording);
  });

  await constellation.end();
  const { code, output } = await constellation.run('verify');
  expect(output).toContain('6 removed by retention, intact');
  expect(output).toContain('8 removed by retention, intact');
  expect([code, output]).toEqual([0, expect.stringContaining('The footage is intact.')]);
}, 120_000);
