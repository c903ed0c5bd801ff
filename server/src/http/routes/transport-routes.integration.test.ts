import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FakeMediaNode, startFakeMediaNode } from '../../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../../testing/test-services.ts';

let services: TestServices;
let server: TestServer;
let node: FakeMediaNode | undefined;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await server.importPlan(planOf(1, 1));
}, 60_000);

afterAll(async () => {
  await node?.link.stop();
  await server?.stop();
  await services?.stop();
});

async function wish(
  id: number,
  transport: string,
  as: 'operator' | 'technician' = 'technician',
): Promise<number> {
  const answer = await fetch(`${server.url}/api/cameras/${id}/transport`, {
    method: 'PUT',
    headers: { cookie: await server.signIn(as), 'content-type': 'application/json' },
    body: JSON.stringify({ transport }),
  });
  return answer.status;
}

test("a technician's wish reaches the media node with the camera's order", async () => {
  const [camera] = await server.sql<{ id: number }[]>`
    update camera set registered_at = now(), address = '127.0.0.9', streams = ${server.sql.json([
      {
        ...{ quality: 'main', profileToken: 'P', url: 'rtsp://127.0.0.9/main', codec: 'H264' },
        ...{ widthPx: 1280, heightPx: 720, frameRateFps: 25 },
      },
    ])} returning id`;
  const id = camera?.id ?? 0;
  expect(await wish(id, 'udp', 'operator')).toBe(403);
  expect(await wish(id, 'carrier pigeon')).toBe(400);
  expect(await wish(id + 1, 'udp')).toBe(404);
  expect(await wish(id, 'udp')).toBe(200);
  const media = startFakeMediaNode(server.url);
  node = media;
  const orderOf = (): StreamOrder | undefined => media.orders()[0];
  await vi.waitFor(() => expect(orderOf()?.transport).toBe('udp'), { timeout: 15_000 });
  expect(await wish(id, 'tcp')).toBe(200);
  await vi.waitFor(() => expect(orderOf()?.transport).toBe('tcp'), { timeout: 15_000 });
});
