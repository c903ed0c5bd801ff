import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExportView } from '@nigehban/domain/api/http-types.ts';
import type { ExportManifest } from '@nigehban/domain/footage-export.ts';
import { ExportDesk } from '@nigehban/recorder/export/export-desk.ts';
import { startFakeMediaNode } from '@nigehban/server/testing/fake-nodes.ts';
import { testClusterKey, testPassword } from '@nigehban/server/testing/test-services.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cameraModelNamed } from '../fleet/camera-models.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { run, until } from '../fleet/test-tools.ts';
import { startChild } from '../journey/child-process.ts';
import { freePorts } from '../journey/free-ports.ts';
import { type FootageStage, indexFootage, startFootageStage } from './footage-stage.ts';
import { RecordingStage } from './recording-stage.ts';

/** Camera 1 is H.264, 2 has G.711, 3 is H.265, 4 is unplugged and then changes its picture size. */
const [plain, sounding, h265, changing] = [1, 2, 3, 4] as const;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const signingKey = generateKeyPairSync('ed25519').privateKey;
let fleet: Fleet;
let recording: RecordingStage;
let stage: FootageStage;
let folder: string;
/** The node's desk as requests reach it; a new one is what a restarted node has. */
let desk: ExportDesk;

function openDesk(atATime: number): ExportDesk {
  return new ExportDesk({
    root: recording.root,
    folder: join(folder, 'exports'),
    nodeId: 'node-1',
    recorder: { openSegment: () => undefined },
    nowMs: () => Date.now(),
    log,
    signingKey,
    atATime,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-export-'));
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny', multicast: false });
  recording = await RecordingStage.start();
  const codecOf = (name: string) => cameraModelNamed(name).encoder.mainCodec;
  const silent = fleet.cameras.filter((one) => !one.plan.audio);
  const h264 = silent.filter((one) => codecOf(one.plan.modelName) === 'H264');
  const cameras = [
    h264[0],
    fleet.cameras.find((one) => one.plan.audio),
    silent.find((one) => codecOf(one.plan.modelName) === 'H265'),
    h264[1],
  ].filter((one) => one !== undefined);
  expect(cameras).toHaveLength(4);
  recording.record(
    cameras.map((camera) => ({
      url: camera.streamUri('main'),
      username: camera.plan.username,
      password: camera.plan.password,
    })),
  );
  const changingId = cameras[3]?.plan.id ?? '';
  await recording.framesFor(changing, 30);
  await fleet.setFault(changingId, { kind: 'unplugged' });
  await until('the hole is told', 20_000, () =>
    recording.recorder.openGaps().some((gap) => gap.endUs - gap.startUs > 3_000_000),
  );
  await fleet.setFault(changingId, null);
  await recording.framesFor(changing, 30);
  await fleet.setFault(changingId, { kind: 'parameter-change' });
  for (const id of [plain, sounding, h265, changing]) await recording.framesFor(id, 75);
  await recording.recorder.stop();
  // Each test may put another desk in its place.
  const exports = new Proxy({} as ExportDesk, {
    get: (_, name) => {
      const value: unknown = Reflect.get(desk, name, desk);
      return typeof value === 'function' ? value.bind(desk) : value;
    },
  });
  stage = await startFootageStage(recording.root, { exports });
}, 240_000);

beforeEach(() => {
  desk = openDesk(2);
});

afterAll(async () => {
  await stage?.stop();
  await recording?.stop();
  await fleet?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Api {
  readonly url: string;
  readonly cookie: string;
}

async function call<T>(api: Api, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      cookie: api.cookie,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

const here = (): Api => ({ url: stage.server.url, cookie: stage.cookie });

function rangeOf(cameraIds: readonly number[]): { fromMs: number; toMs: number } {
  const segments = cameraIds.flatMap((id) => recording.segmentsOf(id));
  return {
    fromMs: Math.floor(Math.min(...segments.map((one) => one.startUs)) / 1_000),
    toMs: Math.ceil(Math.max(...segments.map((one) => one.endUs)) / 1_000),
  };
}

async function request(api: Api, cameras: readonly number[], range = rangeOf(cameras)) {
  const wish = { cameras, ...range, reason: 'Case 17/2027' };
  const { status, body } = await call<ExportView>(api, 'POST', '/api/exports', wish);
  expect([status, body]).toMatchObject([200, { state: expect.stringMatching(/waiting|running/) }]);
  return body.id;
}

async function over(api: Api, id: string, withinMs = 40_000): Promise<ExportView> {
  let view: ExportView | undefined;
  await until('the export is over', withinMs, async () => {
    view = (await call<ExportView>(api, 'GET', `/api/exports/${id}`)).body;
    return view.finishedAtMs !== null;
  });
  if (view === undefined) throw new Error('no export');
  return view;
}

async function playDownload(api: Api, id: string, cameraId: number, part = 1) {
  const path = `/api/exports/${id}/files/${cameraId}.mp4?part=${part}`;
  const answer = await fetch(`${api.url}${path}`, { headers: { cookie: api.cookie } });
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const file = join(folder, `${id}-${cameraId}-${part}.mp4`);
  await writeFile(file, bytes);
  const probe = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-of', 'json'],
    ...['-show_entries', 'stream=codec_name,nb_read_frames', file],
  ]);
  const complaints = await run('bash', [
    '-c',
    'exec ffmpeg -nostdin -v error -xerror -i "$0" -map 0:v -f null - 2>&1',
    file,
  ]);
  const streams = JSON.parse(probe.toString()).streams as {
    codec_name: string;
    nb_read_frames: string;
  }[];
  return {
    codecs: streams.map((stream) => stream.codec_name),
    frames: Number(streams[0]?.nb_read_frames),
    complaints: complaints.toString(),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
  };
}

test('two exports side by side: every frame, no decoder complains, hashes are the files’', async () => {
  const ids = await Promise.all([request(here(), [plain, sounding]), request(here(), [h265])]);
  const [first, second] = await Promise.all(ids.map((id) => over(here(), id)));
  for (const view of [first, second]) expect(view).toMatchObject({ state: 'done', progress: 1 });
  const expected = [
    [ids[0], plain, ['h264']],
    [ids[0], sounding, ['h264', 'pcm_mulaw']],
    [ids[1], h265, ['hevc']],
  ] as const;
  for (const [id = '', cameraId, codecs] of expected) {
    const played = await playDownload(here(), id, cameraId);
    const frames = recording.segmentsOf(cameraId).reduce((sum, one) => sum + one.frames, 0);
    expect(played).toMatchObject({ codecs, frames, complaints: '' });
    const camera = [first, second]
      .flatMap((view) => view?.cameras ?? [])
      .find((one) => one.cameraId === cameraId);
    expect(camera?.files).toMatchObject([{ part: 1, frames, sha256: played.sha256 }]);
  }
  const { body: manifests } = await call<ExportManifest[]>(
    here(),
    'GET',
    `/api/exports/${ids[0]}/manifests`,
  );
  expect(manifests.map((one) => one.cameraId)).toEqual([plain, sounding]);
  expect(manifests[0]?.segments.map((one) => [one.sequence, one.sha256, one.trimmed])).toEqual(
    recording.segmentsOf(plain).map((one) => [one.sequence, one.sha256, false]),
  );
  expect(manifests[0]).toMatchObject({ cameraCode: 'C1', stationCode: 'S1', nodeId: 'node-1' });
  const { body: list } = await call<ExportView[]>(here(), 'GET', '/api/exports');
  expect(list.map((one) => one.id)).toEqual(expect.arrayContaining([...ids]));
});

test('a range is cut at fragments; ranges of the result are served; every step is audited', async () => {
  const [first, second] = recording.segmentsOf(plain);
  if (first === undefined || second === undefined) throw new Error('two segments');
  const range = {
    fromMs: Math.floor(first.startUs / 1_000) + 2_500,
    toMs: Math.floor(second.startUs / 1_000) + 1_500,
  };
  const id = await request(here(), [plain], range);
  expect(await over(here(), id)).toMatchObject({ state: 'done' });
  const played = await playDownload(here(), id, plain);
  expect(played.complaints).toBe('');
  const manifests = await call<ExportManifest[]>(here(), 'GET', `/api/exports/${id}/manifests`);
  const [manifest] = manifests.body;
  expect(manifest?.segments.map((one) => one.trimmed)).toEqual([true, true]);
  expect(manifest?.files[0]?.frames).toBe(played.frames);
  const [file] = manifest?.files ?? [];
  expect(file?.startUs).toBeLessThanOrEqual(range.fromMs * 1_000);
  expect(file?.startUs).toBeGreaterThan(first.startUs);
  expect(file?.endUs).toBeGreaterThanOrEqual(range.toMs * 1_000 - 100_000);

  const part = await stage.get(`/api/exports/${id}/files/${plain}.mp4`, {
    range: 'bytes=500-1499',
  });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 500-1499/${played.bytes.length}`);
  const bytes = Buffer.from(await part.arrayBuffer());
  expect(bytes.equals(played.bytes.subarray(500, 1_500))).toBe(true);
  const audited = await stage.server.sql<{ action: string; actor: string }[]>`
    select action, actor from audit_log where subject = ${id} order by id`;
  expect([...audited]).toEqual([
    { action: 'export.request', actor: 'supervisor' },
    { action: 'export.download', actor: 'supervisor' },
  ]);
});

test('an outage is listed beside the files; another picture size begins another file', async () => {
  const id = await request(here(), [changing]);
  const view = await over(here(), id);
  const [camera] = view.cameras;
  expect(camera?.files.map((file) => file.part)).toEqual([1, 2]);
  const frames = await Promise.all(
    [1, 2].map(async (part) => {
      const played = await playDownload(here(), id, changing, part);
      expect(played.complaints).toBe('');
      return played.frames;
    }),
  );
  const recorded = recording.segmentsOf(changing).reduce((sum, one) => sum + one.frames, 0);
  expect((frames[0] ?? 0) + (frames[1] ?? 0)).toBe(recorded);
  const outage = camera?.gaps.find((gap) => gap.endUs - gap.startUs > 2_000_000);
  expect(outage?.cause).toMatch(/unreachable|refused|silent/);
});

test('nothing recorded, a range in the future and other roles are refused', async () => {
  const { fromMs, toMs } = rangeOf([plain]);
  const wish = { cameras: [plain], fromMs, toMs, reason: 'a reason' };
  const ask = async (changes: object, cookie = stage.cookie) => {
    const api = { url: stage.server.url, cookie };
    const { status, body } = await call<{ error: { code: string } }>(api, 'POST', '/api/exports', {
      ...wish,
      ...changes,
    });
    return [status, body.error.code];
  };
  expect(await ask({ cameras: [99] })).toEqual([404, 'FOOTAGE_UNKNOWN']);
  expect(await ask({ toMs: Date.now() + 60_000 })).toEqual([400, 'REQUEST_INVALID']);
  expect(await ask({ reason: '' })).toEqual([400, 'REQUEST_INVALID']);
  expect(await ask({ cameras: [] })).toEqual([400, 'REQUEST_INVALID']);
  for (const role of ['operator', 'technician', 'administrator'] as const) {
    const cookie = await stage.server.signIn(role);
    expect(await ask({}, cookie)).toEqual([403, 'PERMISSION_DENIED']);
  }
});

test('cancelled in the middle: told at once, nothing is left, nothing can be taken', async () => {
  desk = openDesk(0);
  const id = await request(here(), [plain]);
  await until('the node works on it', 10_000, async () => {
    const { body } = await call<ExportView>(here(), 'GET', `/api/exports/${id}`);
    return body.cameras[0]?.state === 'running';
  });
  const early = await call<{ error: { code: string } }>(
    here(),
    'GET',
    `/api/exports/${id}/files/${plain}.mp4`,
  );
  expect([early.status, early.body.error.code]).toEqual([409, 'EXPORT_UNFINISHED']);
  const cancelled = await call<ExportView>(here(), 'DELETE', `/api/exports/${id}`);
  expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  const again = await call<{ error: { code: string } }>(here(), 'DELETE', `/api/exports/${id}`);
  expect([again.status, again.body.error.code]).toEqual([409, 'EXPORT_FINISHED']);
  expect(existsSync(join(folder, 'exports', id))).toBe(false);
  desk = openDesk(2);
  const file = await stage.get(`/api/exports/${id}/files/${plain}.mp4`);
  expect(file.status).toBe(404);
});

test('a node that forgot everything, or had finished, gives the same result when asked again', async () => {
  const id = await request(here(), [plain]);
  const view = await over(here(), id);
  desk = openDesk(0);
  const { fromMs, toMs } = rangeOf([plain]);
  const wish = { exportId: id, cameraId: plain, fromUs: fromMs * 1_000, toUs: toMs * 1_000 };
  expect(await desk.want(wish)).toMatchObject({
    state: 'done',
    manifest: { files: [{ sha256: view.cameras[0]?.files[0]?.sha256 }] },
  });
  const result = join(folder, 'exports', id, String(plain));
  expect((await readdir(result)).sort()).toEqual(['1.mp4', 'manifest.json']);

  // Killed before the manifest was there: what lies about is made anew.
  await rm(join(result, 'manifest.json'));
  await truncate(join(result, '1.mp4'), 1_000);
  await writeFile(join(result, '1.ffconcat'), 'half a li');
  desk = openDesk(2);
  expect(await desk.want(wish)).toMatchObject({ state: 'running' });
  await until('it is made again', 10_000, async () => (await desk.want(wish)).state === 'done');
  expect((await readdir(result)).sort()).toEqual(['1.mp4', 'manifest.json']);
  const played = await playDownload(here(), id, plain);
  expect(await desk.want(wish)).toMatchObject({
    manifest: { files: [{ sha256: played.sha256, frames: played.frames }] },
  });
});

test('the server is killed in the middle, the node restarts too: the export ends all the same', async () => {
  desk = openDesk(0);
  const [port = 0] = await freePorts(1);
  const dataFolder = await mkdtemp(join(tmpdir(), 'nigehban-export-server-'));
  const databaseUrl = await stage.services.createDatabase();
  const environment = {
    NIGEHBAN_PORT: String(port),
    NIGEHBAN_DATA: dataFolder,
    NIGEHBAN_CLUSTER_KEY: testClusterKey,
    NIGEHBAN_DEMO_PASSWORD: testPassword,
    NIGEHBAN_LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    REDIS_URL: stage.services.redisUrl,
  };
  const nigehban = fileURLToPath(new URL('../../../bin/nigehban.ts', import.meta.url));
  const url = `http://127.0.0.1:${port}`;
  const serves = () =>
    until('the server serves', 30_000, () =>
      fetch(`${url}/api/time`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
  const signIn = async (): Promise<Api> => {
    let cookie: string | undefined;
    // The first users are made right after the server begins to serve.
    await until('the supervisor signs in', 10_000, async () => {
      const answer = await fetch(`${url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'supervisor', password: testPassword }),
      });
      cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0];
      if (cookie === undefined) await new Promise((resolve) => setTimeout(resolve, 500));
      return cookie !== undefined;
    });
    return { url, cookie: cookie ?? '' };
  };
  let child = startChild(nigehban, ['server'], environment);
  const node = startFakeMediaNode(url, { nodeId: 'node-1', footageUrl: stage.footageUrl });
  try {
    await serves();
    await indexFootage(databaseUrl, recording.root);
    const api = await signIn();
    const id = await request(api, [plain]);
    await until('the node works on it', 15_000, async () => {
      const { body } = await call<ExportView>(api, 'GET', `/api/exports/${id}`);
      return body.cameras[0]?.state === 'running';
    });
    await child.end('SIGKILL');
    desk = openDesk(2);
    child = startChild(nigehban, ['server'], environment);
    await serves();
    const view = await over(await signIn(), id, 60_000);
    expect(view).toMatchObject({ state: 'done', progress: 1 });
    const frames = recording.segmentsOf(plain).reduce((sum, one) => sum + one.frames, 0);
    expect((await playDownload(await signIn(), id, plain)).frames).toBe(frames);
  } catch (error) {
    throw new Error(`with the server's output:\n${child.output().slice(-3_000)}`, { cause: error });
  } finally {
    await node.link.stop();
    await child.end('SIGTERM');
    await rm(dataFolder, { recursive: true, force: true });
  }
}, 120_000);
