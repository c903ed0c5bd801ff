import { Fault } from '@nigehban/domain/faults.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FakeGateway, startFakeWatchGateway } from './testing/fake-gateway.ts';
import { type FakeMediaNode, probeOf, startFakeMediaNode } from './testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from './testing/test-services.ts';

/** Everything here is told within a second or two; a busy machine takes its time. */
const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000 });

/** Cameras 1 and 2 of every station register; the third one's address answers nobody. */
let services: TestServices;
let databaseUrl = '';
let first: TestServer;
let second: TestServer;
let gateway: FakeGateway;
let node: FakeMediaNode;

const handlers = {
  'gateway.probe': async ({ endpoint }: { endpoint: { address: string } }) => {
    if (endpoint.address.endsWith('.3')) throw new Fault('GATEWAY_UNAVAILABLE', 'not asked');
    return { ...probeOf(endpoint.address), hasEvents: endpoint.address.endsWith('.2') };
  },
  'gateway.check': async () => ({
    kind: 'unreachable' as const,
    fault: 'CAMERA_UNREACHABLE' as const,
    evidence: 'no route',
  }),
};

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  databaseUrl = await services.createDatabase();
  const shared = { databaseUrl, queuePrefix: 'health', nodeLeaseMs: 1_500 };
  first = await startTestServer(services, shared);
  second = await startTestServer(services, shared);
  await first.importPlan(planOf(3, 3));
  gateway = startFakeWatchGateway(first.url, { handlers });
  node = startFakeMediaNode(first.url);
  await soon(() => expect(node.orders()).toHaveLength(6));
  node.flowing(node.orders().map((order) => order.cameraId));
}, 60_000);

afterAll(async () => {
  await node?.link.stop();
  await gateway?.link.stop();
  await first?.stop();
  await second?.stop();
  await services?.stop();
});

const code = (station: number, camera: number) => {
  const placement = camera === 2 ? 'B1-C2' : `C${camera}`;
  return `GE24-NA117-PS00${station}-${placement}`;
};

async function idOf(cameraCode: string): Promise<number> {
  const [row] = await first.sql<{ id: number }[]>`select id from camera where code = ${cameraCode}`;
  return row?.id ?? 0;
}

async function get<T>(path: string, server = first): Promise<T> {
  const cookie = await server.signIn('administrator');
  const answer = await fetch(`${server.url}${path}`, { headers: { cookie } });
  return (await answer.json()) as T;
}

async function stateOf(cameraId: number): Promise<string | undefined> {
  const [row] = await first.sql<{ kind: string }[]>`
    select kind from camera_state where camera_id = ${cameraId}`;
  return row?.kind;
}

async function openAlerts(): Promise<{ stationCode: string; kind: string; down: number }[]> {
  return await get('/api/alerts?state=open');
}

test('every gateway gets all orders: swept without a stream, views of those with snapshots', async () => {
  const delivered = code(1, 1);
  const unreached = code(1, 3);
  await soon(() => {
    const orders = gateway.orders();
    expect(orders.size).toBe(9);
    expect(orders.get(delivered)).toMatchObject({
      swept: false,
      serial: 'SN00011',
      credentials: { username: 'admin', password: 'p,"w' },
      view: { profileToken: 'main', reference: null },
    });
    expect(orders.get(unreached)).toMatchObject({
      swept: true,
      serial: null,
      view: null,
      events: false,
      endpoint: { address: '127.9.1.3', onvifPort: 8000 },
    });
    expect(orders.get(delivered)?.events).toBe(false);
    expect(orders.get(code(1, 2))?.events).toBe(true);
  });
  const one = gateway.orders();
  expect(one.get(delivered)?.stationId).toBe(one.get(unreached)?.stationId);
  const other = startFakeWatchGateway(second.url, { nodeId: 'gateway-2', handlers });
  await soon(() => expect(other.orders()).toEqual(gateway.orders()));
  await other.link.stop();
});

test('a camera that was never reached raises its station’s alert, and closes it when it answers', async () => {
  const camera = await idOf(code(1, 3));
  gateway.lost([camera]);
  await soon(async () => {
    expect(await stateOf(camera)).toBe('UNREACHABLE');
    expect(await openAlerts()).toMatchObject([
      { stationCode: 'GE24-NA117-PS001', kind: 'PARTIAL', down: 1 },
    ]);
  });
  const health = await get<Record<string, unknown>>(`/api/cameras/${camera}/health`);
  expect(health).toMatchObject({
    state: 'UNREACHABLE',
    fault: 'CAMERA_UNREACHABLE',
    evidence: 'no answer in 5 s, twice',
    watchedBy: 'sweep',
    sweep: { answers: false },
  });
  expect(health.nextAction).toContain('power');
  gateway.answered([camera]);
  await soon(async () => expect(await stateOf(camera)).toBe('UNKNOWN'));
  await soon(async () => expect(await openAlerts()).toEqual([]));
});

test('a covered view is COVERED and raises the alert; a recorded camera goes on recording', async () => {
  const camera = await idOf(code(2, 1));
  await soon(async () => expect(await stateOf(camera)).toBe('ONLINE'));
  gateway.judged(camera, 'COVERED');
  await soon(async () => {
    expect(await stateOf(camera)).toBe('COVERED');
    expect(await openAlerts()).toMatchObject([{ stationCode: 'GE24-NA117-PS002', down: 1 }]);
  });
  expect(await get(`/api/cameras/${camera}/health`)).toMatchObject({
    state: 'COVERED',
    fault: 'CAMERA_COVERED',
    watchedBy: 'stream',
    view: { verdict: 'COVERED', evidence: 'judged COVERED' },
  });
  const table = await get<{
    states: string[];
    counts: number[];
    districts: string[];
    cameras: { code: string[]; state: number[]; district: number[] };
  }>('/api/health/cameras?state=COVERED,FROZEN&district=LHR');
  expect(table.cameras.code).toEqual([code(2, 1)]);
  expect(table.states[table.cameras.state[0] ?? -1]).toBe('COVERED');
  expect(table.districts[table.cameras.district[0] ?? -1]).toBe('LHR');
  gateway.judged(camera, 'WELL');
  await soon(async () => expect(await openAlerts()).toEqual([]));
  const states = await get<{ from: string; to: string }[]>(`/api/cameras/${camera}/states`);
  expect(states.map((step) => step.to)).toEqual(['ONLINE', 'COVERED', 'ONLINE']);
});

test('a full memory card degrades, with the reason and what to do; it is no outage', async () => {
  const camera = await idOf(code(2, 2));
  const event = { kind: 'camera-event', cameraId: camera, event: 'storage-failure' } as const;
  gateway.tell({ ...event, atMs: Date.now(), active: true, evidence: 'card full' });
  await soon(async () => expect(await stateOf(camera)).toBe('DEGRADED'));
  expect(await get(`/api/cameras/${camera}/health`)).toMatchObject({
    fault: 'CAMERA_STORAGE_FAILED',
    reasons: [{ kind: 'storage', evidence: 'card full' }],
  });
  const detail = await get<Record<string, unknown>>(`/api/cameras/${camera}`);
  expect(detail).toMatchObject({ flappingSinceMs: null, reasons: [{ kind: 'storage' }] });
  expect(JSON.stringify(detail.reasons)).toContain('memory card');
  expect(await openAlerts()).toEqual([]);
  const table = await get<{ reasonKinds: string[]; cameras: { reasons: number[] } }>(
    '/api/health/cameras?station=GE24-NA117-PS002&state=DEGRADED',
  );
  expect(table.cameras.reasons).toEqual([1 << table.reasonKinds.indexOf('storage')]);
});

test('facts that reach the other process take effect once, where the camera is decided about', async () => {
  const [recorded, swept] = [await idOf(code(3, 1)), await idOf(code(3, 3))];
  const other = startFakeWatchGateway(second.url, { nodeId: 'gateway-2', handlers });
  await soon(() => expect(other.orders().size).toBe(9));
  other.judged(recorded, 'DARK');
  other.judged(recorded, 'DARK');
  other.lost([swept]);
  gateway.lost([swept]);
  await soon(async () => {
    expect(await stateOf(recorded)).toBe('DARK');
    expect(await stateOf(swept)).toBe('UNREACHABLE');
  });
  const steps = await first.sql<{ cameraId: number; toKind: string }[]>`
    select camera_id, to_kind from camera_transition
    where camera_id = any(${[recorded, swept]}::int[]) and to_kind in ('DARK', 'UNREACHABLE')`;
  expect([...steps].map((row) => row.toKind).sort()).toEqual(['DARK', 'UNREACHABLE']);
  // Both processes tell the same of it.
  expect(await get(`/api/cameras/${recorded}/health`, second)).toMatchObject({ state: 'DARK' });
  other.judged(recorded, 'WELL');
  other.answered([swept]);
  await soon(async () => expect(await openAlerts()).toEqual([]));
  await other.link.stop();
});

test('the period is set by administrators only, told to gateways and audited', async () => {
  const put = async (role: 'administrator' | 'technician', body: unknown) =>
    await fetch(`${first.url}/api/settings/watch`, {
      method: 'PUT',
      headers: { cookie: await first.signIn(role), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const policy = { sweepEveryMs: 30_000, viewEveryMs: 120_000 };
  expect((await put('technician', policy)).status).toBe(403);
  expect((await put('administrator', { ...policy, sweepEveryMs: 10 })).status).toBe(400);
  expect((await put('administrator', { ...policy, viewEveryMs: 5 })).status).toBe(400);
  expect((await put('administrator', policy)).status).toBe(200);
  await soon(() => expect(gateway.policy()).toEqual(policy));
  expect(gateway.orders().size).toBe(9);
  expect(await get('/api/settings/watch')).toEqual(policy);
  const audits = await first.sql`select actor from audit_log where action = 'setting.watch'`;
  expect([...audits]).toEqual([{ actor: 'administrator' }]);
});

test('availability tells ours from theirs, by day', async () => {
  const camera = await idOf(code(2, 1));
  const now = Date.now();
  const fromMs = now - 3_600_000;
  await first.sql`
    insert into watch_gap (node_id, from_at, to_at)
    values (null, ${fromMs}::timestamptz, ${now - 1_800_000}::timestamptz)`;
  const told = await get<Record<string, number>>(
    `/api/cameras/${camera}/availability?fromMs=${fromMs}&toMs=${now + 60_000}`,
  );
  expect(told.oursMs).toBe(1_800_000);
  expect(told.outages).toBe(1);
  expect(told.downByCauseMs).toMatchObject({ network: 0, camera: 0 });
  expect(told.downMs).toBeGreaterThan(0);
  expect(told.downMs).toBe((told.downByCauseMs as unknown as { view: number }).view);
  expect(told.availabilityPercent).toBeGreaterThan(0);
  expect(told.availabilityPercent).toBeLessThan(100);
  const whole = Number(told.toMs) - Number(told.fromMs);
  expect(Number(told.upMs) + Number(told.downMs) + 1_800_000 + Number(told.unknownMs)).toBe(whole);
  const refused = await fetch(`${first.url}/api/cameras/${camera}/availability?fromMs=5&toMs=2`, {
    headers: { cookie: await first.signIn('operator') },
  });
  expect(refused.status).toBe(400);
});

test('a media node that is gone for its lease leaves its cameras to the sweep', async () => {
  const camera = await idOf(code(1, 1));
  await node.link.stop();
  await soon(() => expect(gateway.orders().get(code(1, 1))?.swept).toBe(true));
  expect(await stateOf(camera)).toBe('ONLINE');
  gateway.lost([camera]);
  await soon(async () => expect(await stateOf(camera)).toBe('UNREACHABLE'));
  gateway.answered([camera], 12_000);
  await soon(async () => expect(await stateOf(camera)).toBe('ONLINE'));
  await soon(async () => {
    const [gap] = await first.sql<{ lastedMs: number }[]>`
      select extract(epoch from to_at - from_at) * 1000 as lasted_ms
      from watch_gap where node_id = 'media-1'`;
    expect(gap?.lastedMs ?? null).not.toBeNull();
  });
});

test('a process that ends leaves its cameras to the other, with all that was known of them', async () => {
  const camera = await idOf(code(2, 2));
  expect(await stateOf(camera)).toBe('DEGRADED');
  await gateway.link.stop();
  await first.stop();
  const other = startFakeWatchGateway(second.url, { handlers });
  await soon(() => expect(other.orders().get(code(2, 2))?.swept).toBe(true));
  other.judged(camera, 'COVERED');
  const [row] = await soon(async () => {
    const rows = await second.sql<{ kind: string; detail: Record<string, unknown> }[]>`
        select kind, detail from camera_state where camera_id = ${camera}`;
    expect(rows[0]?.kind).toBe('COVERED');
    return rows;
  });
  expect(row?.detail.conditions).toHaveProperty('storage');
  await other.link.stop();
});

test('a camera that no discovery found is not seen: it is lost with what to do, and its station alerted', async () => {
  const [header = '', ...rows] = planOf(4, 1).trimEnd().split('\r\n');
  const unplaced = rows.at(-1)?.replace('127.9.4.1', '') ?? '';
  await second.importPlan(`${header}\r\n${unplaced}\r\n`);
  const [camera] = await second.sql<{ id: number }[]>`
    update assignment set valid_from = now() - interval '1 hour'
    where camera_id = (select id from camera where code = ${code(4, 1)}) returning camera_id as id`;
  await vi.waitFor(
    async () => {
      expect(await get(`/api/cameras/${camera?.id}/health`, second)).toMatchObject({
        state: 'UNREACHABLE',
        fault: 'CAMERA_NOT_FOUND',
        nextAction: expect.stringContaining('discovery'),
      });
      const alerts = await get<{ stationCode: string }[]>('/api/alerts?state=open', second);
      expect(alerts.map(({ stationCode }) => stationCode)).toContain('GE24-NA117-PS004');
    },
    { timeout: 30_000, interval: 200 },
  );
}, 40_000);
