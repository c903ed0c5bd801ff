import type { HoldView } from '@nigehban/domain/api/http-types.ts';
import type { LegalHold } from '@nigehban/domain/retention.ts';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type FakeMediaNode, startFakeMediaNode } from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../testing/test-services.ts';

let services: TestServices;
let server: TestServer;
let cameraId: number;
const nodes: FakeMediaNode[] = [];

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await server.importPlan(planOf(1, 1));
  const [camera] = await server.sql<{ id: number }[]>`select id from camera`;
  cameraId = camera?.id ?? 0;
}, 60_000);

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.link.stop()));
});

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      cookie: await server.signIn('supervisor'),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

/** A media node that notes what it is told, in order. */
function startNode(): { told: (readonly LegalHold[])[]; node: FakeMediaNode } {
  const told: (readonly LegalHold[])[] = [];
  const node = startFakeMediaNode(server.url, { onHolds: (holds) => told.push(holds) });
  nodes.push(node);
  return { told, node };
}

test('a hold is told to nodes when it is placed, when they link and when it is released', async () => {
  const { told, node } = startNode();
  await vi.waitFor(() => expect(told).toEqual([[]]), { timeout: 10_000 });
  const body = { cameraId, fromMs: 1_790_000_000_000, toMs: 1_790_000_060_000, reason: 'petition' };
  const placed = await ask('POST', '/api/holds', body);
  expect(placed).toMatchObject({ status: 200, body: { ...body, placedBy: 'supervisor' } });
  const hold = placed.body as HoldView;
  const inForce = { id: hold.id, cameraId, fromUs: body.fromMs * 1000, toUs: body.toMs * 1000 };
  await vi.waitFor(() => expect(told.at(-1)).toEqual([inForce]), { timeout: 10_000 });

  await node.link.stop();
  const later = startNode();
  await vi.waitFor(() => expect(later.told[0]).toEqual([inForce]), { timeout: 10_000 });
  const released = await ask('DELETE', `/api/holds/${hold.id}`);
  expect(released.body).toMatchObject({ id: hold.id, releasedBy: 'supervisor' });
  await vi.waitFor(() => expect(later.told.at(-1)).toEqual([]), { timeout: 10_000 });
  expect((await ask('DELETE', `/api/holds/${hold.id}`)).status).toBe(404);
  expect((await ask('GET', '/api/holds')).body).toEqual([released.body]);
  const audit = await server.sql<{ action: string; actor: string }[]>`
    select action, actor from audit_log where action like 'footage.hold%' order by id`;
  expect([...audit]).toEqual([
    { action: 'footage.hold', actor: 'supervisor' },
    { action: 'footage.hold-release', actor: 'supervisor' },
  ]);
});

test('a hold on nothing is refused', async () => {
  const range = { fromMs: 2000, toMs: 1000, reason: 'petition' };
  expect((await ask('POST', '/api/holds', { ...range, cameraId })).status).toBe(400);
  const unknown = { ...range, toMs: 3000, cameraId: 999_999 };
  expect(await ask('POST', '/api/holds', unknown)).toMatchObject({
    status: 404,
    body: { error: { code: 'CAMERA_UNKNOWN' } },
  });
});
