import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraView, ExportView } from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { run } from '../fleet/test-tools.ts';
import { type Constellation, password, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { inspectSegment } from './footage-check.ts';

/** A supervisor plays and exports what was recorded up to this moment; then everything is killed. */
let fleet: Fleet;
let constellation: Constellation;
let cookie: string;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 2, scenes: 'tiny' });
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
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

async function save(path: string, name: string): Promise<string> {
  const answer = await fetch(`${constellation.url}${path}`, { headers: { cookie } });
  expect([path, answer.status]).toEqual([path, 200]);
  const file = join(constellation.dataFolder, name);
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return file;
}

async function exported(id: string): Promise<ExportView> {
  let view: ExportView | undefined;
  await eventually(
    'the export is over',
    async () => {
      view = await ask<ExportView>(`/api/exports/${id}`);
      return view.finishedAtMs !== null;
    },
    60_000,
  );
  if (view === undefined) throw new Error('no export');
  return view;
}

test('played and exported up to the piece that is being written; an export survives kill -9', async () => {
  let cameras: CameraView[] = [];
  await eventually(
    'both cameras record',
    async () => {
      cameras = await ask<CameraView[]>('/api/cameras');
      return cameras.length === 2 && cameras.every((camera) => camera.recording);
    },
    60_000,
  );
  const ids = cameras.map((camera) => camera.id);
  const [id = 0] = ids;
  let timeline: Timeline | undefined;
  await eventually(
    'a closed and an open piece',
    async () => {
      const nowMs = Date.now();
      timeline = await ask(`/api/cameras/${id}/timeline?fromMs=${nowMs - 3_600_000}&toMs=${nowMs}`);
      const { segments } = timeline as Timeline;
      const open = segments.at(-1);
      return segments.length >= 2 && open?.open === true && open.endMs - open.startMs > 1_500;
    },
    30_000,
  );
  const [first] = timeline?.segments ?? [];
  const last = timeline?.segments.at(-1);
  const fromMs = Math.floor(first?.startMs ?? 0);
  const toMs = Math.floor(last?.endMs ?? 0);
  const range = `fromMs=${fromMs}&toMs=${toMs}`;
  const wanted = ((toMs - fromMs) / 1_000) * 15;

  const stream = await inspectSegment(
    await save(`/api/cameras/${id}/stream.mp4?${range}`, 's.mp4'),
  );
  expect(stream.complaints).toBe('');
  expect(Math.abs(stream.frames - wanted)).toBeLessThan(20);
  const hls = await run('ffprobe', [
    ...['-v', 'error', '-headers', `Cookie: ${cookie}\r\n`, '-count_frames', '-of', 'csv=p=0'],
    ...['-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames'],
    `${constellation.url}/api/cameras/${id}/playlist.m3u8?${range}`,
  ]);
  expect(Math.abs(Number.parseInt(hls.toString(), 10) - wanted)).toBeLessThan(20);
  await save(`/api/cameras/${id}/still.jpg?atMs=${toMs}`, 'still.jpg');

  const wish = { cameras: ids, fromMs, toMs, reason: 'Case 17/2027' };
  const one = await exported((await ask<ExportView>('/api/exports', wish)).id);
  expect(one).toMatchObject({ state: 'done', progress: 1 });
  const file = await save(`/api/exports/${one.id}/files/${id}.mp4`, 'e.mp4');
  const result = await inspectSegment(file);
  const told = one.cameras.find((camera) => camera.cameraId === id)?.files;
  expect(told).toHaveLength(1);
  expect(result).toEqual({ frames: told?.[0]?.frames, complaints: '' });
  expect(Math.abs(result.frames - wanted)).toBeLessThan(20);

  const other = await ask<ExportView>('/api/exports', wish);
  await constellation.kill9();
  await constellation.start();
  await signIn();
  const after = await exported(other.id);
  expect(after).toMatchObject({ state: 'done', progress: 1 });
  const again = await inspectSegment(
    await save(`/api/exports/${other.id}/files/${id}.mp4`, 'again.mp4'),
  );
  expect(again.complaints).toBe('');
  expect(Math.abs(again.frames - wanted)).toBeLessThan(20);
}, 200_000);
