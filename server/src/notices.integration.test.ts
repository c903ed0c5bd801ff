import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import type {
  RecipientBody,
  RecipientView,
  TestResult,
} from '@nigehban/domain/api/notice-types.ts';
import { type CameraStateKind, initialCameraState } from '@nigehban/domain/camera-state.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { storeCameraStates } from './store/camera-state-store.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from './testing/test-services.ts';

let services: TestServices;
let server: TestServer;
let hookUrl: string;
const received: { path: string; id: string; subject: string; text: string }[] = [];
const hook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { id, subject, text } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    received.push({ path: request.url ?? '', id, subject, text });
    response.end();
  });
});

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await server.importPlan(planOf(1, 2));
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await services?.stop();
  hook.close();
  hook.closeAllConnections();
});

async function ask<T>(role: Role, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      cookie: await server.signIn(role),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

const recipient = (level: RecipientBody['level']): RecipientBody => ({
  name: level,
  channel: 'webhook',
  target: { kind: 'webhook', url: `${hookUrl}/${level}`, secret: 'a-shared-secret' },
  language: 'en',
  level,
  districtCode: level === 'district' ? 'LHR' : null,
  division: level === 'division' ? 'Lahore' : null,
  minSeverity: 'minor',
  quiet: null,
  limitMessages: 10,
  limitWindowMs: 60_000,
  enabled: true,
  shifts: [],
});

async function setCameras(kind: CameraStateKind): Promise<void> {
  const cameras = await server.sql<{ id: number }[]>`select id from camera order by id`;
  const nowMs = Date.now();
  await storeCameraStates(
    server.sql,
    cameras.map(({ id }) => ({
      cameraId: id,
      state: { ...initialCameraState(nowMs), kind },
      recording: kind === 'ONLINE',
      version: nowMs,
      transitions: [{ atMs: nowMs, from: 'UNKNOWN', to: kind, fault: null, evidence: null }],
    })),
  );
}

const told = (path: string) =>
  received.filter((one) => one.path === path).map((one) => one.subject.split(':')[0]);

test('only administrators manage notices, and a test message goes out at once', async () => {
  await expect(ask('supervisor', 'GET', '/api/notices/recipients')).rejects.toThrow(/403/);
  for (const level of ['district', 'division', 'province'] as const) {
    await ask<RecipientView>('administrator', 'POST', '/api/notices/recipients', recipient(level));
  }
  const list = await ask<RecipientView[]>('administrator', 'GET', '/api/notices/recipients');
  expect(list.map((one) => one.targetHint)).toEqual([hookUrl, hookUrl, hookUrl]);
  expect(JSON.stringify(list)).not.toContain('a-shared-secret');
  const [first] = list;
  const result = await ask<TestResult>(
    'administrator',
    'POST',
    `/api/notices/recipients/${first?.id}/test`,
  );
  expect(result).toMatchObject({ outcome: 'sent', detail: 'HTTP 200' });
  expect(received).toMatchObject([{ path: '/district', subject: 'Nigehban: test message' }]);
});

test('a blind station is told to its district, climbs while nobody acknowledges, and stops when one does', async () => {
  received.length = 0;
  const timers = { divisionAfterMs: 500, provinceAfterMs: 600_000 };
  await ask('administrator', 'PUT', '/api/notices/escalation', {
    ...defaultEscalationPolicy,
    drill: { ...defaultEscalationPolicy.drill, major: timers },
  });
  await setCameras('UNREACHABLE');
  await vi.waitFor(() => expect(told('/district').at(-1)).toBe('Escalated'), {
    timeout: 30_000,
    interval: 100,
  });
  await vi.waitFor(() => expect(told('/division')).toEqual(['Escalated']), { timeout: 20_000 });

  const [alert] = await ask<AlertView[]>('operator', 'GET', '/api/alerts?state=open&limit=10');
  expect(alert).toMatchObject({ kind: 'BLIND', escalationLevel: 1 });
  await ask('operator', 'POST', `/api/alerts/${alert?.id}/acknowledge`, {
    version: alert?.version,
  });
  await vi.waitFor(
    async () => {
      const rows = await server.sql<{ level: string; outcome: string | null }[]>`
        select level, outcome from escalation order by level`;
      expect(rows.map(({ level, outcome }) => [level, outcome])).toEqual([
        ['division', 'escalated'],
        ['province', 'cancelled'],
      ]);
    },
    { timeout: 20_000 },
  );

  await setCameras('ONLINE');
  await vi.waitFor(() => expect(told('/division')).toEqual(['Escalated', 'Over']), {
    timeout: 30_000,
    interval: 100,
  });
  await vi.waitFor(() => expect(told('/district')).toContain('Over'), { timeout: 20_000 });
  expect(told('/province')).toEqual([]);
  const ids = received.map((one) => one.id);
  expect(new Set(ids).size).toBe(ids.length);
}, 120_000);

test('an operator escalates by hand over the API: the division hears who and why, once', async () => {
  received.length = 0;
  await setCameras('UNREACHABLE');
  await vi.waitFor(async () => {
    const [open] = await ask<AlertView[]>('operator', 'GET', '/api/alerts?state=open&limit=1');
    expect(open?.kind).toBe('BLIND');
  }, 10_000);
  const path = async () => {
    const [open] = await ask<AlertView[]>('operator', 'GET', '/api/alerts?state=open&limit=1');
    return { url: `/api/alerts/${open?.id}/escalate`, version: open?.version };
  };
  const { url, version } = await path();
  const reason = 'Crowd at the gate';
  await expect(ask('technician', 'POST', url, { version, reason })).rejects.toThrow(/403/);
  await expect(ask('operator', 'POST', url, { version })).rejects.toThrow(/400/);
  await expect(ask('operator', 'POST', url, { version, reason: '    ' })).rejects.toThrow(/400/);
  const both = await Promise.allSettled(
    (['operator', 'supervisor'] as const).map((role) =>
      ask<AlertView>(role, 'POST', url, { version, reason }),
    ),
  );
  const lost = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatch(/409 .*ALERT_CHANGED.*"step":"escalated","by":"(operator|supervisor)"/);
  await vi.waitFor(() => expect(told('/division')).toEqual(['Escalated']), {
    timeout: 30_000,
    interval: 100,
  });
  const [message] = received.filter((one) => one.path === '/division');
  expect(message?.text).toMatch(/Escalated to the division by: \w+.*\nReason: Crowd at the gate/);
  const now = await path();
  await ask('supervisor', 'POST', now.url, { version: now.version, reason: 'No answer' });
  const top = await path();
  await expect(ask('operator', 'POST', top.url, { version: top.version, reason })).rejects.toThrow(
    /409 .*ESCALATION_TOP_REACHED/,
  );
  const steps = await server.sql<{ level: string; reason: string }[]>`
    select details->>'level' as level, details->>'reason' as reason from alert_event
    where step = 'escalated' and actor is not null order by id`;
  expect([...steps]).toEqual([
    { level: 'division', reason },
    { level: 'province', reason: 'No answer' },
  ]);
  const ids = received.map((one) => one.id);
  expect(new Set(ids).size).toBe(ids.length);
}, 60_000);
