import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actions, can, roles } from '@nigehban/domain/permissions.ts';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openBrowser } from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testPassword,
} from '../testing/test-services.ts';
import { wsMethods } from '../ws/ws-methods.ts';

let services: TestServices;
let server: TestServer;
let webRoot: string;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-web-'));
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(webRoot, 'assets', 'app-1a2b.js'), 'export {};');
  services = await startTestServices({ redis: true });
  server = await startTestServer(services, { webRoot });
  await server.importPlan(planOf(2, 3));
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await services?.stop();
  await rm(webRoot, { recursive: true, force: true });
});

/** A request to each route that passes its schema, so that only access decides. */
const examples: Readonly<Record<string, { path: string; body?: string; type?: string }>> = {
  'POST /api/session': { path: '/api/session', body: '{}' },
  'POST /api/cameras/:id/probe': { path: '/api/cameras/1/probe' },
  'POST /api/alerts/:id/acknowledge': {
    path: '/api/alerts/1/acknowledge',
    body: JSON.stringify({ version: 1 }),
  },
  'POST /api/holds': {
    path: '/api/holds',
    body: JSON.stringify({ cameraId: 999_999, fromMs: 0, toMs: 1, reason: 'petition' }),
  },
  'POST /api/cameras/:id/views/:viewId/reject': {
    path: '/api/cameras/1/views/1/reject',
    body: JSON.stringify({ reason: 'a test' }),
  },
  'POST /api/assets': {
    path: '/api/assets',
    body: JSON.stringify({ code: 'ACCESS-1', serial: null, mac: null }),
  },
  'POST /api/cameras/:id/transfer': {
    path: '/api/cameras/999999/transfer',
    body: JSON.stringify({ stationCode: 'X', placement: 'REAR', booth: null, reason: 'a test' }),
  },
  'POST /api/cameras/:id/reinstate': {
    path: '/api/cameras/999999/reinstate',
    body: JSON.stringify({ stationCode: 'X', placement: 'REAR', booth: null, reason: 'a test' }),
  },
  'POST /api/cameras/:id/replace': {
    path: '/api/cameras/999999/replace',
    body: JSON.stringify({ replacementId: 999_998, replacedBecomes: 'spare', reason: 'a test' }),
  },
  'POST /api/cameras/:id/retire': {
    path: '/api/cameras/999999/retire',
    body: JSON.stringify({ becomes: 'spare', reason: 'a test' }),
  },
  'POST /api/credentials': {
    path: '/api/credentials',
    body: JSON.stringify({ username: 'a', password: 'b', cameraIds: [999_999] }),
  },
  'POST /api/cameras/:id/tools/reboot': {
    path: '/api/cameras/999999/tools/reboot',
    body: JSON.stringify({ confirm: true }),
  },
  'POST /api/cameras/:id/tools/credentials': {
    path: '/api/cameras/999999/tools/credentials',
    body: JSON.stringify({ username: 'a', password: 'b', store: false }),
  },
  'POST /api/cameras/:id/policy/apply': {
    path: '/api/cameras/999999/policy/apply',
    body: JSON.stringify({ correct: false }),
  },
  'PUT /api/policies': {
    path: '/api/policies',
    body: JSON.stringify({ scope: 'model', scopeValue: 'none', policy: {} }),
  },
  'DELETE /api/policies/:id': { path: '/api/policies/999999' },
  'GET /api/stations/:code/cameras-at': { path: '/api/stations/X/cameras-at?atMs=1790000000000' },
  'GET /api/stations/:code/assignments': {
    path: '/api/stations/X/assignments?fromMs=1790000000000&toMs=1790000001000',
  },
  'POST /api/discovery': {
    path: '/api/discovery',
    body: JSON.stringify({ cidrs: [], multicast: false }),
  },
  'POST /api/plan': { path: '/api/plan', body: 'nothing', type: 'text/csv' },
  'GET /api/cameras/:id/timeline': { path: '/api/cameras/1/timeline?fromMs=0&toMs=1000' },
  'GET /api/cameras/:id/stream.mp4': {
    path: '/api/cameras/1/stream.mp4?fromMs=1790000000000&toMs=1790000001000',
  },
  'GET /api/cameras/:id/playlist.m3u8': {
    path: '/api/cameras/1/playlist.m3u8?fromMs=1790000000000&toMs=1790000001000',
  },
  'POST /api/exports': {
    path: '/api/exports',
    body: JSON.stringify({ cameras: [1], fromMs: 0, toMs: 1, reason: 'a test' }),
  },
  'GET /api/cameras/:id/still.jpg': { path: '/api/cameras/1/still.jpg?atMs=1790000000000' },
  'GET /api/cameras/:id/hls/:startUs/media.m4s': {
    path: '/api/cameras/1/hls/1770000000000000/media.m4s?atUs=0&bytes=1000',
  },
};

function exampleOf(method: string, url: string) {
  const path = url
    .replace(':startUs', '1770000000000000')
    .replace('exports/:id', 'exports/0f8fad5b-d9cb-469f-a165-70867728950e')
    .replace(':cameraId', '1')
    .replace(':viewId', '1')
    .replace(':id', '1')
    .replace(':code', 'GE24-NA117-PS001')
    .replace('*', 'index.html');
  return examples[`${method} ${url}`] ?? { path };
}

async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; code: string | undefined }> {
  const example = exampleOf(method, url);
  const answer = await fetch(`${server.url}${example.path}`, {
    method,
    headers: {
      ...(example.body === undefined ? {} : { 'content-type': example.type ?? 'application/json' }),
      ...headers,
    },
    ...(example.body === undefined ? {} : { body: example.body }),
  });
  const text = await answer.text();
  const body: unknown =
    /json/.test(answer.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : null;
  const error = (body as { error?: { code: string } } | null)?.error;
  return { status: answer.status, code: error?.code };
}

test('every route declares who may use it, and few are public', () => {
  expect(server.routes.length).toBeGreaterThan(15);
  const open = server.routes.filter(
    (route) => route.access === 'public' && route.method !== 'HEAD',
  );
  expect(open.map((route) => `${route.method} ${route.url}`).sort()).toEqual([
    'DELETE /api/session',
    'GET /*',
    'GET /api/openapi.json',
    'GET /api/time',
    'GET /healthz',
    'GET /metrics',
    'POST /api/session',
  ]);
});

test('routes × roles: exactly those may whom the table allows, and nobody without a session', async () => {
  for (const { method, url, access } of server.routes) {
    if (access === 'public') continue;
    const route = `${method} ${url}`;
    const anonymous = await send(method, url, {});
    expect([route, anonymous.status]).toEqual([route, 401]);
    const forged = await send(method, url, { cookie: `nigehban_session=${'A'.repeat(43)}` });
    expect([route, forged.status]).toEqual([route, 401]);
    for (const role of roles) {
      const { status } = await send(method, url, { cookie: await server.signIn(role) });
      const allowed = access === 'signed-in' || can(role, access);
      expect([route, role, status === 403]).toEqual([route, role, !allowed]);
      expect([route, role, status]).not.toEqual([route, role, 401]);
    }
  }
});

test('ws methods × roles: exactly those may whom the table allows', async () => {
  for (const role of roles) {
    const browser = await openBrowser(server.url, await server.signIn(role));
    for (const [method, { access }] of Object.entries(wsMethods)) {
      const { fault } = (await browser.request(method, {})) as { fault?: { code: string } };
      const expected = can(role, access) ? 'REQUEST_INVALID' : 'PERMISSION_DENIED';
      expect([role, method, fault?.code]).toEqual([role, method, expected]);
    }
    browser.socket.close();
  }
  expect(actions).toContain('live.watch');
});

test('a request or socket from another site is refused; our own is served', async () => {
  const cookie = await server.signIn('administrator');
  const foreign = { cookie, origin: 'http://evil.example' };
  expect(await send('POST', '/api/discovery', foreign)).toEqual({
    status: 403,
    code: 'ORIGIN_REFUSED',
  });
  const own = await send('POST', '/api/discovery', { cookie, origin: server.url });
  expect(own.code).toBe('GATEWAY_UNAVAILABLE');
  const refused = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/ws`, { headers });
    return await new Promise<string>((resolve) => {
      socket.on('error', (error) => resolve(error.message));
      socket.on('open', () => resolve('open'));
    });
  };
  expect(await refused(foreign)).toContain('403');
  expect(await refused({ origin: server.url })).toContain('401');
  expect(await refused({ cookie: 'nigehban_session=x', origin: server.url })).toContain('401');
});

test('the sixth wrong password within a minute is throttled, for that user and address only', async () => {
  const attempt = async (username: string, password: string) => {
    const answer = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    const body = (await answer.json()) as { error?: { code: string } };
    return [answer.status, body.error?.code];
  };
  for (let count = 0; count < 5; count++) {
    expect(await attempt('Technician', 'wrong')).toEqual([401, 'SIGN_IN_REFUSED']);
  }
  expect(await attempt('technician', testPassword)).toEqual([429, 'SIGN_IN_THROTTLED']);
  expect(await attempt('nobody', 'wrong')).toEqual([401, 'SIGN_IN_REFUSED']);
  expect(await attempt('operator', testPassword)).toEqual([200, undefined]);
  await server.sql`update sign_in_failure set window_started_at = now() - interval '61 seconds'`;
  expect(await attempt('technician', testPassword)).toEqual([200, undefined]);
});

test('sign-out ends the session and its sockets; the cookie is HttpOnly and strict', async () => {
  const answer = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'supervisor', password: testPassword }),
  });
  const [set = ''] = answer.headers.getSetCookie();
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/SameSite=Strict/);
  const cookie = set.split(';', 1)[0] ?? '';
  const stored = await server.sql<{ token: string }[]>`
    select encode(token_sha256, 'hex') as token from session`;
  expect(stored.some((row) => cookie.includes(row.token))).toBe(false);
  const browser = await openBrowser(server.url, cookie);
  const closed = new Promise<number>((resolve) => browser.socket.once('close', resolve));
  await fetch(`${server.url}/api/session`, { method: 'DELETE', headers: { cookie } });
  expect(await closed).toBe(4401);
  expect(await send('GET', '/api/session', { cookie })).toMatchObject({ status: 401 });
});

test('answers are as the API document says', async () => {
  const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<
        string,
        { responses: Record<string, { content?: Record<string, { schema: TSchema }> }> }
      >
    >;
  };
  const cookie = await server.signIn('supervisor');
  const camera = await server.sql<{ id: number }[]>`select min(id) as id from camera`;
  const paths: [string, string][] = [
    ['/api/session', '/api/session'],
    ['/api/stations', '/api/stations'],
    ['/api/stations/{code}', '/api/stations/GE24-NA117-PS001'],
    ['/api/cameras', '/api/cameras'],
    ['/api/cameras/{id}', `/api/cameras/${camera[0]?.id}`],
    ['/api/alerts', '/api/alerts'],
    ['/api/exports', '/api/exports'],
    ['/api/cameras/{id}/timeline', '/api/cameras/1/timeline?fromMs=0&toMs=1000'],
  ];
  for (const [documented, path] of paths) {
    const schema =
      document.paths[documented]?.get?.responses['200']?.content?.['application/json']?.schema;
    if (schema === undefined) throw new Error(`${documented} is not documented`);
    const body: unknown = await (
      await fetch(`${server.url}${path}`, { headers: { cookie } })
    ).json();
    expect([path, Compile(schema).Errors(body)]).toEqual([path, []]);
  }
});

test.each([
  ['GET', '/api/cameras/x', 400, 'REQUEST_INVALID'],
  ['GET', '/api/cameras/99999', 404, 'CAMERA_UNKNOWN'],
  ['GET', '/api/stations/nowhere', 404, 'STATION_UNKNOWN'],
  ['GET', '/api/alerts?limit=many', 400, 'REQUEST_INVALID'],
  ['GET', '/api/alerts?foo=1', 400, 'REQUEST_INVALID'],
  ['GET', '/api/cameras/1/timeline?fromMs=5&toMs=5', 400, 'REQUEST_INVALID'],
  ['GET', '/api/cameras/1/footage/1770000000000000.mp4', 404, 'FOOTAGE_UNKNOWN'],
  ['GET', '/api/cameras/1/stream.mp4?fromMs=5&toMs=5', 400, 'REQUEST_INVALID'],
  [
    'GET',
    '/api/cameras/1/stream.mp4?fromMs=1790000000000&toMs=1790000001000',
    404,
    'FOOTAGE_UNKNOWN',
  ],
  [
    'GET',
    '/api/cameras/1/playlist.m3u8?fromMs=1790000000000&toMs=1800000000000',
    400,
    'REQUEST_INVALID',
  ],
  ['GET', '/api/cameras/1/still.jpg?atMs=1790000000000', 404, 'FOOTAGE_UNKNOWN'],
  ['GET', '/api/exports/0f8fad5b-d9cb-469f-a165-70867728950e', 404, 'EXPORT_UNKNOWN'],
  ['GET', '/api/exports/0f8fad5b-d9cb-469f-a165-70867728950e/files/1.mp4', 404, 'EXPORT_UNKNOWN'],
  ['GET', '/api/exports/1', 400, 'REQUEST_INVALID'],
  ['POST', '/api/alerts/1/acknowledge', 404, 'ALERT_UNKNOWN'],
  ['GET', '/api/nothing', 404, 'NOT_FOUND'],
  ['PUT', '/api/stations', 404, 'NOT_FOUND'],
])('%s %s is answered %d %s in the one shape', async (method, path, status, code) => {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      cookie: await server.signIn('supervisor'),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
    ...(method === 'POST' ? { body: JSON.stringify({ version: 1 }) } : {}),
  });
  const body = (await answer.json()) as { error: Record<string, unknown> };
  expect(answer.status).toBe(status);
  expect(body.error).toMatchObject({ code, requestId: answer.headers.get('x-request-id') });
  expect(body.error.nextAction).toBeTruthy();
});

test('a body of another type, too large or with other types of values is refused', async () => {
  const post = async (body: string, type = 'application/json') => {
    const answer = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
  };
  expect(await post('{')).toEqual([400, 'REQUEST_INVALID']);
  expect(await post('{"username": 5, "password": "x"}')).toEqual([400, 'REQUEST_INVALID']);
  expect(await post('{"username":"a","password":"b","more":1}')).toEqual([400, 'REQUEST_INVALID']);
  expect(await post('a=b', 'application/x-www-form-urlencoded')).toEqual([415, 'REQUEST_INVALID']);
  expect(await post(JSON.stringify({ username: 'x'.repeat(1_200_000) }))).toEqual([
    413,
    'REQUEST_INVALID',
  ]);
});

test('the console is served with a strict policy; its pages are one page', async () => {
  const page = await fetch(`${server.url}/stations/GE24-NA117-PS001`);
  expect(await page.text()).toContain('console');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(page.headers.get('content-security-policy')).not.toContain("script-src 'self' 'unsafe");
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const script = await fetch(`${server.url}/assets/app-1a2b.js`);
  expect(script.headers.get('content-type')).toContain('javascript');
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect((await fetch(`${server.url}/assets/gone.js`)).status).toBe(404);
  // fetch would clean the path; the server must not leave its folder for one that does not.
  const climbing = await new Promise<number>((resolve, reject) => {
    const url = new URL(server.url);
    const { hostname: host, port } = url;
    request({ host, port, path: '/../../../../etc/hosts.txt' }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
  expect([400, 403, 404]).toContain(climbing);
});

test('too many requests of one address are told to slow down', async () => {
  const strict = await startTestServer(services, { requestsPerMinute: 5 });
  try {
    const statuses: number[] = [];
    for (let count = 0; count < 8; count++) {
      statuses.push((await fetch(`${strict.url}/api/time`)).status);
    }
    expect(statuses).toContain(200);
    expect(statuses.at(-1)).toBe(429);
    expect((await fetch(`${strict.url}/healthz`)).status).toBe(200);
  } finally {
    await strict.stop();
  }
});
