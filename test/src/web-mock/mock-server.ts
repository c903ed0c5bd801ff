import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import { Fault, type FaultCode, faultCatalogue, toFaultMessage } from '@nigehban/domain/faults.ts';
import { actionsOf, isRole, type Role } from '@nigehban/domain/permissions.ts';
import { WebSocketServer } from 'ws';
import { createMockAdmin } from './mock-admin.ts';
import { createMockAlerts, type MockAlerts } from './mock-alerts.ts';
import { MockExports } from './mock-exports.ts';
import { MockFleet } from './mock-fleet.ts';
import { createMockHealth, type MockClocks } from './mock-health.ts';
import { createMockListening } from './mock-listening.ts';
import { createMockNotices } from './mock-notices.ts';
import type { MockPart } from './mock-part.ts';
import { createMockPhases } from './mock-phases.ts';
import { createMockPlan } from './mock-plan.ts';
import { answerReports } from './mock-reports.ts';
import { createMockSupplies } from './mock-supplies.ts';
import { createMockTechnician } from './mock-technician.ts';
import { mockTimeline } from './mock-timeline.ts';
import { createMockDiscovery, createMockViews } from './mock-views.ts';
import { makeScene, makeStill } from './scenes.ts';

/**
 * The console's server as tests and screenshots need it: the API's shapes with believable contents,
 * no cameras behind it. Never part of the product.
 */
export interface MockServer {
  readonly url: string;
  readonly fleet: MockFleet;
  readonly alerts: MockAlerts;
  /** As if a row of the audit trail had been changed. */
  breakAuditChain(): void;
  /** Whoever is signed in has a one-time password, or not. */
  requirePasswordChange(required: boolean): void;
  /** Tells every console; a batch's messages are numbered one by one. */
  push(message: object): void;
  /** What the recordings' ages count from. */
  readonly bootMs: number;
  /** As if the camera's state had changed: told to all consoles. */
  setCamera(id: number, state: CameraStateKind, fault: FaultCode | null): void;
  /** Cuts every console's link; `refuse` keeps new ones away too. */
  cutLinks(refuse: boolean): void;
  close(): Promise<void>;
}

export interface MockOptions {
  readonly webRoot: string;
  readonly port?: number;
  readonly extraStations?: number;
  readonly role?: Role;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.mp4': 'video/mp4',
  '.jpg': 'image/jpeg',
};

/** Stricter than the product's: not even inline styles, so that nothing creeps in. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const names: Readonly<Record<Role, string>> = {
  operator: 'Ayesha Siddiqui',
  supervisor: 'Imran Qureshi',
  technician: 'Bilal Hussain',
  administrator: 'Nadia Rehman',
};

const h264 = 'avc1.4D401E';

export async function startMockServer(options: MockOptions): Promise<MockServer> {
  const bootMs = Date.now();
  const fleet = new MockFleet(bootMs, options.extraStations ?? 0);
  let role: Role | null = options.role ?? null;
  let seq = 1;
  let refuse = false;
  const sockets = new WebSocketServer({ noServer: true });
  const exports = new MockExports();
  const notices = createMockNotices(bootMs);
  const admin = createMockAdmin(bootMs);
  let mustChangePassword = false;
  const push = (message: object): void => {
    const { type, messages } = message as { type: string; messages?: readonly object[] };
    const numbered = { ...message, seq: seq + 1, messages: messages?.map(number) };
    if (type !== 'batch') seq += 1;
    const text = JSON.stringify(numbered);
    for (const client of sockets.clients) client.send(text);
  };
  const number = (message: object): object => {
    seq += 1;
    return { ...message, seq };
  };
  const alerts = createMockAlerts(fleet, push);
  const phases = createMockPhases(bootMs);
  const supplies = createMockSupplies();
  const clocks: MockClocks = new Map();
  const cameraParts = [
    createMockListening(),
    createMockHealth(fleet, clocks),
    createMockViews(fleet, bootMs),
    createMockTechnician(fleet, clocks),
  ];
  const ofCameras: MockPart = async (request) => {
    for (const part of cameraParts) {
      const answer = await part(request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  const discovery = createMockDiscovery(bootMs);
  /** First piece of the path below `/api/` → who answers it. */
  const parts = new Map<string, MockPart>([
    ['alerts', alerts.part],
    ['incidents', alerts.part],
    ['phases', phases],
    ['elections', phases],
    ['supplies', supplies.part],
    ['stations', supplies.part],
    ['reports', answerReports],
    ['expected-dark', phases],
    ['notices', notices],
    ['districts', notices],
    ['users', admin],
    ['audit', admin],
    ['cameras', ofCameras],
    ['health', ofCameras],
    ['settings', ofCameras],
    ['assets', ofCameras],
    ['views', ofCameras],
    ['discovery', discovery],
    ['plan', createMockPlan(bootMs)],
    ['quarantine', discovery],
  ]);

  const setCamera: MockServer['setCamera'] = (id, state, fault) => {
    const { camera, station, alert } = fleet.setCamera(id, state, fault, Date.now());
    push({ type: 'camera', ...camera });
    push({ type: 'station', ...station });
    if (alert !== null) push({ type: 'alert', alert });
  };

  const session = (): SessionView => {
    if (role === null) throw new Fault('SIGN_IN_REQUIRED', 'Not signed in');
    return {
      username: role,
      displayName: names[role],
      role,
      actions: actionsOf(role),
      expiresAtMs: Date.now() + 3_600_000,
      mustChangePassword,
    };
  };

  const cameraOf = (text: string | undefined) => {
    const camera = fleet.cameras.find((candidate) => candidate.id === Number(text));
    if (camera === undefined) throw new Fault('CAMERA_UNKNOWN', `No camera ${text}`);
    return camera;
  };

  const answerApi = async (
    request: IncomingMessage,
    url: URL,
    response: ServerResponse,
  ): Promise<unknown> => {
    const [, , resource, key, action, file] = url.pathname.split('/');
    const nowMs = Date.now();
    if (resource === 'session') {
      if (request.method === 'DELETE') {
        role = null;
        return {};
      }
      if (request.method === 'POST') {
        const body = JSON.parse(await readText(request));
        if (!isRole(body.username) || body.password !== 'nigehban') {
          throw new Fault('SIGN_IN_REFUSED', 'User name or password is wrong');
        }
        role = body.username;
      }
      if (request.method === 'PUT') {
        const body = JSON.parse(await readText(request));
        if (body.password !== 'nigehban') throw new Fault('PASSWORD_REFUSED', 'Not the password');
        mustChangePassword = false;
      }
      return session();
    }
    const signedIn = session();
    const [, , ...path] = url.pathname.split('/');
    if (parts.has(path[0] ?? '')) {
      const isJson = request.headers['content-type']?.startsWith('application/json') === true;
      const text = isJson ? await readText(request) : '';
      const answer = await parts.get(path[0] ?? '')?.({
        method: request.method ?? 'GET',
        path,
        query: url.searchParams,
        body: text === '' ? null : JSON.parse(text),
        role: signedIn.role,
        nowMs,
      });
      if (answer !== undefined) return answer;
    }
    switch (resource) {
      case 'stations': {
        if (key === undefined) return fleet.stations;
        const station = fleet.stations.find((candidate) => candidate.code === key);
        if (station === undefined) throw new Fault('STATION_UNKNOWN', `No station ${key}`);
        return {
          ...station,
          ...supplies.of(station.code),
          cameraList: fleet.cameras.filter((camera) => camera.stationCode === key),
          alerts: fleet.alerts.filter((alert) => alert.stationCode === key),
        };
      }
      case 'cameras': {
        if (key === undefined) return fleet.cameras;
        const camera = cameraOf(key);
        switch (action) {
          case undefined:
            return fleet.describeCamera(camera, nowMs);
          case 'still.jpg':
          case 'snapshot.jpg':
            await sendFile(await makeStill(camera.id - 1), request, response);
            return undefined;
          case 'timeline':
            return mockTimeline(
              camera.id,
              Number(url.searchParams.get('fromMs')),
              Number(url.searchParams.get('toMs')),
              bootMs,
              nowMs,
              camera.live.includes('main') ? h264 : 'hvc1.1.6.L93.B0',
            );
          case 'footage':
            if (file === undefined) throw new Fault('FOOTAGE_UNKNOWN', 'No piece');
            await sendFile(await makeScene(camera.id - 1), request, response);
            return undefined;
          case 'tools':
          case 'views':
            await sendFile(await makeStill(camera.id - 1), request, response);
            return undefined;
        }
        break;
      }
      case 'exports': {
        if (!session().actions.includes('footage.export')) {
          throw new Fault('PERMISSION_DENIED', 'Not for this role');
        }
        if (request.method === 'DELETE') return exports.cancel(key, nowMs);
        if (request.method === 'GET') return exports.list(nowMs);
        return exports.request(JSON.parse(await readText(request)), session().username, nowMs);
      }
    }
    throw new Fault('NOT_FOUND', url.pathname);
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    response.setHeader('content-security-policy', contentSecurityPolicy);
    const answer = async (): Promise<void> => {
      if (url.pathname.startsWith('/mock/scene-')) {
        const index = Number(/\d+/.exec(url.pathname)?.[0] ?? 0);
        await sendFile(await makeScene(index), request, response);
      } else if (url.pathname.startsWith('/mock/play/')) {
        const camera = cameraOf(url.pathname.split('/').at(-1));
        response.end(camera.state === 'ONLINE' ? 'moving' : 'refused');
      } else if (url.pathname.startsWith('/api/')) {
        const body = await answerApi(request, url, response);
        if (body === undefined) return;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(body));
      } else {
        const path = join(options.webRoot, normalize(url.pathname));
        const found = (await stat(path).catch(() => null))?.isFile() === true;
        await sendFile(found ? path : join(options.webRoot, 'index.html'), request, response);
      }
    };
    answer().catch((thrown: unknown) => {
      const fault = thrown instanceof Fault ? thrown : new Fault('INTERNAL', String(thrown));
      response.statusCode = faultCatalogue[fault.code].status;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ error: { ...toFaultMessage(fault), requestId: 'mock-7f3a' } }));
    });
  });

  server.on('upgrade', (request, socket, head) => {
    if (refuse || role === null) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify({ type: 'welcome', seq, nowMs: Date.now() }));
    });
  });
  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      client.send(JSON.stringify({ type: 'heartbeat', nowMs: Date.now(), seq }));
    }
  }, 5_000);

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    fleet,
    alerts,
    push,
    bootMs,
    setCamera,
    breakAuditChain: admin.breakChain,
    requirePasswordChange: (required) => {
      mustChangePassword = required;
    },
    cutLinks: (refuseNew) => {
      refuse = refuseNew;
      for (const client of sockets.clients) client.terminate();
    },
    close: async () => {
      clearInterval(heartbeat);
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function sendFile(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { size } = await stat(path);
  response.setHeader('content-type', mediaTypes[extname(path)] ?? 'application/octet-stream');
  response.setHeader('accept-ranges', 'bytes');
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
  if (range === null) {
    response.setHeader('content-length', size);
    if (size < 1_000_000) response.end(await readFile(path));
    else createReadStream(path).pipe(response);
    return;
  }
  const start = Number(range[1]);
  const end = range[2] === '' ? size - 1 : Math.min(Number(range[2]), size - 1);
  if (start >= size) {
    response.statusCode = 416;
    response.setHeader('content-range', `bytes */${size}`);
    response.end();
    return;
  }
  response.statusCode = 206;
  response.setHeader('content-range', `bytes ${start}-${end}/${size}`);
  response.setHeader('content-length', end - start + 1);
  createReadStream(path, { start, end }).pipe(response);
}
