import type { NodeLink } from '@nigehban/config/link/node-link.ts';
import type { DiscoveryRunView, QuarantineView } from '@nigehban/domain/api/discovery-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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
} from '../testing/test-services.ts';

let services: TestServices;
let server: TestServer;
let gateway: NodeLink;
let node: FakeMediaNode;
/** Which camera (by the address it had in the plan) answers at an address; null: none does. */
const answersAt = new Map<string, string | null>();
const asked: { address: string; credentials: CameraCredentials | null }[] = [];

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  // Swapped cables: the two cameras of the plan answer at each other's address.
  answersAt.set('127.9.1.1', '127.9.1.2');
  answersAt.set('127.9.1.2', '127.9.1.1');
  answersAt.set('127.9.1.3', null);
  await server.importPlan(planOf(1, 4));
  gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint, credentials }) => {
      asked.push({ address: endpoint.address, credentials });
      const who = answersAt.has(endpoint.address)
        ? answersAt.get(endpoint.address)
        : endpoint.address;
      if (who == null) throw new Fault('CAMERA_UNREACHABLE', 'No answer to TCP');
      return probeOf(who);
    },
    'gateway.discover': async () => ({
      cameras: ['127.9.1.30', '127.9.77.7'].map((address) => ({
        address,
        onvifPort: 8000,
        path: '/onvif/device_service',
        endpointReference: `urn:${address}`,
        scopes: [],
      })),
    }),
  });
  node = startFakeMediaNode(server.url);
}, 60_000);

afterAll(async () => {
  await node?.link.stop();
  await gateway?.stop();
  await server?.stop();
  await services?.stop();
});

async function addresses(): Promise<Record<string, string | null>> {
  const rows = await server.sql<{ serial: string; address: string; registeredAt: number | null }[]>`
    select serial, address, registered_at from camera order by serial`;
  return Object.fromEntries(
    rows.map((row) => [row.serial, row.registeredAt === null ? null : row.address]),
  );
}

test('cameras are bound by serial, also when they answer at each other’s address', async () => {
  await vi.waitFor(
    async () =>
      expect(await addresses()).toEqual({
        SN00011: '127.9.1.2',
        SN00012: '127.9.1.1',
        SN00013: null,
        SN00014: '127.9.1.4',
      }),
    { timeout: 10_000 },
  );
  await vi.waitFor(() => expect(node.orders()).toHaveLength(3), { timeout: 10_000 });
  const cookie = await server.signIn('technician');
  const cameras = (await (
    await fetch(`${server.url}/api/cameras`, { headers: { cookie } })
  ).json()) as { registered: boolean; fault: string | null; id: number }[];
  const lost = cameras.find((camera) => !camera.registered);
  expect(lost).toMatchObject({ fault: 'CAMERA_UNREACHABLE', state: 'UNKNOWN' });
  expect(
    await (await fetch(`${server.url}/api/cameras/${lost?.id}`, { headers: { cookie } })).json(),
  ).toMatchObject({
    evidence: 'No answer to TCP',
    nextAction: expect.stringContaining('power'),
  });
});

test('discovery binds the camera that moved to another address, and names the stranger', async () => {
  answersAt.set('127.9.1.30', '127.9.1.3');
  const cookie = await server.signIn('technician');
  const answer = await fetch(`${server.url}/api/discovery`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ cidrs: ['127.9.1.0/24'], multicast: true }),
  });
  expect(await answer.json()).toMatchObject({
    found: [
      { address: '127.9.1.30', boundTo: 'GE24-NA117-PS001-C3', fault: null },
      { address: '127.9.77.7', boundTo: null, fault: { code: 'CAMERA_IDENTITY_MISMATCH' } },
    ],
  });
  // Nobody gave credentials: those that the plan's cameras share are tried.
  expect(asked.find((one) => one.address === '127.9.1.30')?.credentials).toEqual({
    username: 'admin',
    password: 'p,"w',
  });
  expect((await addresses()).SN00013).toBe('127.9.1.30');
  await vi.waitFor(() => expect(node.orders()).toHaveLength(4), { timeout: 10_000 });
});

test('loading the plan again changes nothing; its credentials are stored sealed', async () => {
  expect(await server.importPlan(planOf(1, 4))).toMatchObject({
    added: 0,
    changed: 0,
    unchanged: 4,
  });
  expect((await addresses()).SN00013).toBe('127.9.1.30');
  const [row] = await server.sql<{ credentials: Uint8Array }[]>`
    select credentials from camera where serial = 'SN00011'`;
  expect(Buffer.from(row?.credentials ?? []).toString('latin1')).not.toContain('p,"w');
});

test('a new password reaches the node; a new address makes the camera register again', async () => {
  const plan = planOf(1, 4)
    .replace('127.9.1.4,8000,admin,"p,""w"', '127.9.1.4,8000,admin,changed')
    .replace('127.9.1.2,8000', '127.9.1.22,8000');
  answersAt.set('127.9.1.22', '127.9.1.2');
  expect(await server.importPlan(plan)).toMatchObject({ added: 0, changed: 2, unchanged: 2 });
  await vi.waitFor(
    async () => {
      const order = node.orders().find((one) => one.cameraCode === 'GE24-NA117-PS001-C4');
      expect(order?.credentials?.password).toBe('changed');
      expect((await addresses()).SN00012).toBe('127.9.1.22');
    },
    { timeout: 10_000 },
  );
});

test('bad rows are named by line and field; the good ones of the same file are taken', async () => {
  const [header = '', ...rows] = planOf(3, 1).trim().split('\r\n');
  const plan = [
    header,
    rows[1]?.replace('LHR', 'XXX'),
    rows[1]?.replace('ENTRANCE', 'ROOF'),
    rows[2]?.replace('SN00031', 'SN00014'),
    rows[1],
  ].join('\n');
  expect(await server.importPlan(plan)).toEqual({
    rows: 4,
    stations: 2,
    cameras: 1,
    added: 1,
    changed: 0,
    unchanged: 0,
    errors: [
      { row: 2, field: 'district_code', message: 'There is no district XXX' },
      { row: 3, field: 'placement', message: 'ROOF is no placement' },
      { row: 4, field: 'serial', message: 'Belongs to camera GE24-NA117-PS001-C4 already' },
    ],
  });
  await expect(server.importPlan('a,b\n1,2\n')).rejects.toMatchObject({ code: 'PLAN_INVALID' });
});

test('a run over HTTP tells its progress; what it found without a place is bound by a technician', async () => {
  const cookie = await server.signIn('technician');
  const send = async <T = unknown>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${server.url}/api/${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const started = await send<DiscoveryRunView>('POST', 'discovery/runs', {
    ...{ cidrs: ['127.9.1.0/24'], multicast: true, httpPorts: [8000] },
    credentials: [{ username: 'admin', password: 'of the batch' }],
  });
  expect(started).toMatchObject({ status: 200, body: { state: 'RUNNING', chunks: 2 } });
  const { id } = started.body;
  await vi.waitFor(
    async () =>
      expect((await send<DiscoveryRunView>('GET', `discovery/runs/${id}`)).body.state).toBe('DONE'),
    { timeout: 10_000 },
  );
  expect((await send<DiscoveryRunView[]>('GET', 'discovery/runs')).body[0]).toMatchObject({
    id,
    startedBy: 'technician',
    chunksDone: 2,
    counts: { found: 4 },
    fault: null,
  });
  const waiting = await send<QuarantineView[]>('GET', 'quarantine');
  const stranger = waiting.body.find((one) => one.address === '127.9.77.7');
  expect(stranger).toMatchObject({ reason: 'not-in-plan', identity: { serial: 'SN00777' } });
  expect(JSON.stringify(waiting.body)).not.toContain('of the batch');
  expect(
    (await send('POST', `quarantine/${stranger?.id}/bind`, { cameraCode: 'X' })).body,
  ).toMatchObject({
    error: { code: 'CAMERA_UNKNOWN' },
  });
  const bound = await send('POST', `quarantine/${stranger?.id}/bind`, {
    cameraCode: 'GE24-NA117-PS001-C3',
  });
  expect(bound.status).toBe(200);
  const [row] = await server.sql<{ serial: string; address: string }[]>`
    select serial, address from camera where code = 'GE24-NA117-PS001-C3'`;
  expect(row).toEqual({ serial: 'SN00777', address: '127.9.77.7' });
  expect((await send('DELETE', 'quarantine/9999')).status).toBe(404);
});
