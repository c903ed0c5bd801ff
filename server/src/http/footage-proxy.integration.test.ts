import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  type FakeMediaNode,
  probeOf,
  startFakeGateway,
  startFakeMediaNode,
} from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testClusterKey,
} from '../testing/test-services.ts';

const footage = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
const startUs = 1_770_000_000_000_000;
const endlessUs = startUs + 60_000_000;
const openUs = startUs + 120_000_000;

let services: TestServices;
let server: TestServer;
let node: FakeMediaNode;
let gateway: ReturnType<typeof startFakeGateway>;
let footageServer: Server;
let cameraId = 0;
let asked: { url: string; authorization: string | undefined; range: string | undefined }[] = [];
let endless: { sentBytes: number; closed: boolean };

beforeAll(async () => {
  footageServer = createServer((request, response) => {
    const { authorization, range } = request.headers;
    asked.push({ url: request.url ?? '', authorization, range });
    if (request.url?.endsWith('/open')) {
      const segment = { startUs: openUs, endUs: openUs + 7_000_000, codec: 'h264', sizeBytes: 5 };
      response.end(JSON.stringify({ segment }));
      return;
    }
    if (request.url?.includes(String(endlessUs))) {
      const chunk = Buffer.alloc(65_536);
      const send = () => {
        let more = true;
        while (more && !endless.closed) {
          more = response.write(chunk);
          endless.sentBytes += chunk.length;
        }
      };
      response.on('drain', send);
      response.on('close', () => {
        endless.closed = true;
      });
      send();
      return;
    }
    if (!request.url?.includes(String(startUs))) {
      response.writeHead(404).end();
      return;
    }
    const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    response.setHeader('content-type', 'video/mp4').setHeader('accept-ranges', 'bytes');
    if (match === null) {
      response.setHeader('content-length', footage.length).end(footage);
      return;
    }
    const [from, to] = [Number(match[1]), Number(match[2])];
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${footage.length}` });
    response.end(footage.subarray(from, to + 1));
  });
  footageServer.listen(0, '127.0.0.1');
  await once(footageServer, 'listening');
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await server.importPlan(planOf(1, 1));
  gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
  });
  node = startFakeMediaNode(server.url, {
    footageUrl: `http://127.0.0.1:${(footageServer.address() as AddressInfo).port}`,
  });
  await vi.waitFor(() => expect(node.orders()).toHaveLength(1), { timeout: 15_000 });
  cameraId = node.orders()[0]?.cameraId ?? 0;
  for (const [at, sequence] of [
    [startUs, 1],
    [endlessUs, 3],
  ] as const) {
    await server.sql`insert into segment (camera_id, start_us, end_us, sequence, node_id,
        bytes, frames, sha256, flags, codec)
      values (${cameraId}, ${at}, ${at + 50_000_000}, ${sequence}, 'media-1', 1000, 750,
        '\\x00', 0, 'h264')`;
  }
  await server.sql`insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
    values (${cameraId}, ${startUs + 50_000_000}, ${endlessUs}, 2, 'media-1', 'unreachable')`;
}, 60_000);

beforeEach(() => {
  asked = [];
  endless = { sentBytes: 0, closed: false };
});

afterAll(async () => {
  await node?.link.stop();
  await gateway?.stop();
  await server?.stop();
  await services?.stop();
  footageServer?.close();
  footageServer?.closeAllConnections();
});

async function ask(
  path: string,
  headers: Record<string, string> = {},
  role: 'supervisor' | 'operator' = 'supervisor',
): Promise<Response> {
  return await fetch(`${server.url}/api/cameras/${cameraId}${path}`, {
    headers: { cookie: await server.signIn(role), ...headers },
  });
}

test('the whole piece, and a range of it, pass unchanged; the node sees the cluster key', async () => {
  const whole = await ask(`/footage/${startUs}.mp4`);
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(whole.headers.get('content-length')).toBe('1000');
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(footage);
  const part = await ask(`/footage/${startUs}.mp4?media=video`, { range: 'bytes=10-19' });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe('bytes 10-19/1000');
  expect(Buffer.from(await part.arrayBuffer())).toEqual(footage.subarray(10, 20));
  expect(asked).toEqual([
    {
      url: `/footage/${cameraId}/${startUs}.mp4`,
      authorization: `Bearer ${testClusterKey}`,
      range: undefined,
    },
    {
      url: `/footage/${cameraId}/${startUs}.mp4?media=video`,
      authorization: `Bearer ${testClusterKey}`,
      range: 'bytes=10-19',
    },
  ]);
});

test('an operator plays nothing back, and the node is not even asked', async () => {
  expect((await ask(`/footage/${startUs}.mp4`, {}, 'operator')).status).toBe(403);
  expect((await ask('/timeline?fromMs=0&toMs=1', {}, 'operator')).status).toBe(403);
  expect(asked).toEqual([]);
});

test('a slow reader slows the node down, and one that leaves ends its request', async () => {
  const cookie = await server.signIn('supervisor');
  const url = `${server.url}/api/cameras/${cameraId}/footage/${endlessUs}.mp4`;
  const request = httpGet(url, { headers: { cookie } });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.pause();
  let before = -1;
  await vi.waitFor(
    () => {
      const now = endless.sentBytes;
      const still = now === before && now > 0;
      before = now;
      expect(still).toBe(true);
    },
    { timeout: 10_000, interval: 300 },
  );
  expect(before).toBeLessThan(64 * 1024 * 1024);
  request.destroy();
  await vi.waitFor(() => expect(endless.closed).toBe(true), { timeout: 10_000 });
});

test('the timeline joins pieces, gaps with their causes, and the piece being written', async () => {
  const range = `?fromMs=${startUs / 1000 - 1_000}&toMs=${openUs / 1000 + 10_000}`;
  const timeline = await (await ask(`/timeline${range}`)).json();
  expect(timeline).toMatchObject({
    cameraId,
    segments: [
      { startUs, startMs: startUs / 1000, endMs: startUs / 1000 + 50_000, open: false },
      { startUs: endlessUs, open: false },
      { startUs: openUs, endMs: openUs / 1000 + 7_000, open: true, sizeBytes: 5 },
    ],
    gaps: [
      {
        startMs: startUs / 1000 + 50_000,
        endMs: startUs / 1000 + 60_000,
        cause: 'unreachable',
      },
    ],
  });
});

test('a piece that is gone, and a node that is gone, are told apart', async () => {
  const gone = await ask(`/footage/${startUs - 1}.mp4`);
  expect(gone.status).toBe(404);
  expect(await gone.json()).toMatchObject({ error: { code: 'FOOTAGE_UNKNOWN' } });
  footageServer.close();
  footageServer.closeAllConnections();
  const away = await ask(`/footage/${startUs}.mp4`);
  expect(away.status).toBe(503);
  expect(await away.json()).toMatchObject({ error: { code: 'NODE_UNAVAILABLE' } });
});
