import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraView, ExportView } from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { exercisePlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { run } from '../fleet/test-tools.ts';
import { type Constellation, password, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';

/**
 * Two recorded cameras change places. One address shows day, the other night, and the devices take
 * their serials along: what a camera is served as before the swap is the one, after it the other.
 */
let fleet: Fleet;
let constellation: Constellation;
let cookie: string;

beforeAll(async () => {
  const plan = exercisePlan({ baseAddress: '127.236.4.1', httpPort: 8000, rtspPort: 8554 });
  fleet = await startFleet({
    cameras: {
      stations: plan.stations,
      cameras: plan.cameras.slice(0, 2).map((camera, index) => ({
        ...camera,
        ...{ modelName: 'KV-2100', audio: false, light: index === 0 ? 'day' : 'night' },
      })),
    },
    scenes: 'tiny',
    multicast: false,
  });
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
  });
  const answer = await fetch(`${constellation.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'supervisor', password }),
  });
  cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}, 240_000);

afterAll(async () => {
  await constellation?.stop();
  await fleet?.stop();
});

const get = (path: string) => fetch(`${constellation.url}${path}`, { headers: { cookie } });

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${constellation.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const timelineOf = (id: number, fromMs: number, more = '') =>
  ask<Timeline>(`/api/cameras/${id}/timeline?fromMs=${fromMs}&toMs=${Date.now() + 1_000}${more}`);

/** Brightness of each picture, 0 to 255; null when it is withheld. */
async function brightness(path: string): Promise<number[] | null> {
  const answer = await get(path);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status === 403 && bytes.toString().includes('FOOTAGE_DOUBTED')) return null;
  expect([path, answer.status]).toEqual([path, 200]);
  const file = join(constellation.dataFolder, 'looked-at');
  await writeFile(file, bytes);
  return [
    ...(await run('ffmpeg', [
      ...['-nostdin', '-v', 'error', '-i', file, '-map', '0:v', '-fps_mode', 'passthrough'],
      ...['-vf', 'scale=1:1:flags=area,format=gray', '-f', 'rawvideo', '-'],
    ])),
  ];
}

test('no picture of one camera is ever served as the other: pieces, stream, HLS, still, export', async () => {
  let cameras: CameraView[] = [];
  await eventually(
    'both cameras record',
    async () => {
      cameras = await ask<CameraView[]>('/api/cameras');
      return cameras.length === 2 && cameras.every((camera) => camera.recording);
    },
    60_000,
  );
  const [day, night] = fleet.cameras;
  const idOf = (code: string) => cameras.find((camera) => camera.code === code)?.id ?? 0;
  const ids = [idOf(day?.plan.id ?? ''), idOf(night?.plan.id ?? '')] as const;
  const fromMs = Date.now() - 60_000;
  await eventually(
    'two pieces of each',
    async () => {
      const lines = await Promise.all(ids.map((id) => timelineOf(id, fromMs)));
      return lines.every(({ segments }) => segments.length >= 2);
    },
    30_000,
  );
  const pieceOf = (id: number, startUs: number, more = '') =>
    brightness(`/api/cameras/${id}/footage/${startUs}.mp4${more}`);
  const means = await Promise.all(
    ids.map(async (id) => {
      const startUs = (await timelineOf(id, fromMs)).segments[0]?.startUs ?? 0;
      const frames = (await get(`/api/cameras/${id}/footage/${startUs}.mp4`)).status;
      expect(frames).toBe(200);
      return startUs;
    }),
  );
  const ofDay = (await pieceOf(ids[0], means[0] ?? 0)) ?? [];
  const ofNight = (await pieceOf(ids[1], means[1] ?? 0)) ?? [];
  const border = (Math.min(...ofDay) + Math.max(...ofNight)) / 2;
  expect(Math.min(...ofDay)).toBeGreaterThan(Math.max(...ofNight));

  // ONVIF answers late: the intruders' pictures are recorded for a while.
  const slow = [{ kind: 'slow-answer' as const, delayMs: 1_500 }];
  await Promise.all([day?.setFaults(slow), night?.setFaults(slow)]);
  const identities = [day, night].map((camera) => ({
    serial: camera?.plan.serial ?? '',
    mac: camera?.plan.mac ?? '',
  }));
  const swappedMs = Date.now();
  await Promise.all([
    day?.setIdentity(identities[1] ?? { serial: '', mac: '' }),
    night?.setIdentity(identities[0] ?? { serial: '', mac: '' }),
  ]);
  /** The pictures that camera 0 or 1 may be served with of a time. */
  const isRight = (which: number, startMs: number, value: number) =>
    value > border === (startMs < swappedMs ? which === 0 : which === 1);
  const wrong: string[] = [];
  const judge = (
    what: string,
    which: number,
    startMs: number,
    frames: readonly number[] | null,
  ) => {
    if (frames?.some((value) => !isRight(which, startMs, value))) wrong.push(what);
  };
  const newest: Timeline[] = [];
  let slowed = true;
  await eventually(
    'both are recorded at their new places, and shown',
    async () => {
      for (const [which, id] of ids.entries()) {
        const timeline = await timelineOf(id, fromMs);
        newest[which] = timeline;
        for (const { startUs, startMs } of timeline.segments.slice(-3)) {
          judge(`piece ${startUs} of ${which}`, which, startMs, await pieceOf(id, startUs));
        }
        // Of the last picture before now, which may be from before the swap.
        const path = `/api/cameras/${id}/still.jpg?atMs=${Date.now()}`;
        const still = await get(path);
        const takenUs = Number(still.headers.get('x-picture-time-us'));
        await still.body?.cancel();
        if (still.status !== 200) expect(still.status).toBe(403);
        else judge('still', which, takenUs / 1_000, await brightness(path));
      }
      const all = await Promise.all(ids.map((id) => timelineOf(id, swappedMs, '&doubted=1')));
      const isCaught = ({ segments }: Timeline) =>
        segments.some(({ startMs, endMs }) => startMs > swappedMs && endMs - startMs > 1_000);
      if (slowed && all.every(isCaught)) {
        slowed = false;
        await Promise.all([day?.setFaults([]), night?.setFaults([])]);
      }
      return newest.every(({ segments }) =>
        segments.some(({ startMs, open }) => startMs > swappedMs && !open),
      );
    },
    45_000,
  );
  expect(wrong).toEqual([]);
  const toMs = Math.floor(
    Math.min(
      ...newest.map(({ segments }) => segments.findLast((segment) => !segment.open)?.endMs ?? 0),
    ),
  );

  let recordedOfOthers = 0;
  for (const [which, id] of ids.entries()) {
    const shown = await timelineOf(id, fromMs);
    const all = await timelineOf(id, fromMs, '&doubted=1');
    const kept = new Set(shown.segments.map(({ startUs }) => startUs));
    const withheld = all.segments.filter(({ startUs }) => !kept.has(startUs));
    for (const { startUs, startMs, endMs } of withheld) {
      expect(shown.gaps).toContainEqual(expect.objectContaining({ cause: 'identity-doubt' }));
      expect(await pieceOf(id, startUs)).toBeNull();
      const init = await get(`/api/cameras/${id}/hls/${startUs}/init.mp4`);
      expect(init.status).toBe(403);
      const seen = (await pieceOf(id, startUs, '?doubted=1')) ?? [];
      recordedOfOthers += seen.filter((value) => !isRight(which, startMs, value)).length;
      const atMs = Math.floor((startMs + endMs) / 2);
      expect(await brightness(`/api/cameras/${id}/still.jpg?atMs=${atMs}`)).toBeNull();
    }
    const range = `fromMs=${fromMs}&toMs=${toMs}`;
    const playlist = await (await get(`/api/cameras/${id}/playlist.m3u8?${range}`)).text();
    const inPlaylist = [...playlist.matchAll(/hls\/(\d+)\/media/g)].map((match) =>
      Number(match[1]),
    );
    expect(inPlaylist.length).toBeGreaterThan(1);
    expect(inPlaylist.filter((startUs) => !kept.has(startUs))).toEqual([]);

    const before: number[] = [];
    for (const { startUs, startMs } of shown.segments.filter((one) => one.startMs < swappedMs)) {
      const frames = (await pieceOf(id, startUs)) ?? [];
      judge(`piece ${startUs}`, which, startMs, frames);
      before.push(...frames);
    }
    const wish = { cameras: [id], fromMs, toMs, reason: 'Address swap' };
    let made = await ask<ExportView>('/api/exports', wish);
    await eventually(
      'the export is over',
      async () => {
        made = await ask<ExportView>(`/api/exports/${made.id}`);
        return made.finishedAtMs !== null;
      },
      30_000,
    );
    expect(made.state).toBe('done');
    if (withheld.some((one) => one.endMs < toMs)) {
      expect(made.cameras[0]?.gaps.map(({ cause }) => cause)).toContain('identity-doubt');
    }
    const exported: number[] = [];
    for (const { part } of made.cameras[0]?.files ?? []) {
      const path = `/api/exports/${made.id}/files/${id}.mp4?part=${part}`;
      exported.push(...((await brightness(path)) ?? []));
    }
    const stream = (await brightness(`/api/cameras/${id}/stream.mp4?${range}`)) ?? [];
    for (const frames of [stream, exported]) {
      const former = frames.filter((value) => isRight(which, 0, value));
      expect(former).toHaveLength(before.length);
      expect(frames.slice(0, before.length)).toEqual(former);
      expect(frames.length).toBeGreaterThan(before.length);
    }
  }
  expect(wrong).toEqual([]);
  const audited = await ask<{ rows: unknown[] }>('/api/audit?action=footage.doubted');
  expect(audited.rows.length).toBeGreaterThan(0);
  // Else there was nothing to withhold.
  expect(recordedOfOthers).toBeGreaterThan(0);
}, 180_000);
