import { systemClock } from '@nigehban/config/clock/clock.ts';
import { type NodeLink, startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { CameraStream } from '@nigehban/domain/camera.ts';
import type {
  CameraProbe,
  LinkMethod,
  LinkMethods,
  NodeFact,
  StreamOrder,
} from '@nigehban/domain/link-messages.ts';
import type { LegalHold } from '@nigehban/domain/retention.ts';
import { WebSocket } from 'ws';
import { testClusterKey, testLog } from './test-services.ts';

type Handlers = {
  readonly [M in LinkMethod]?: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>;
};

function dial(
  serverUrl: string,
  role: 'media' | 'gateway',
  nodeId: string,
  handlers: Handlers,
  options: {
    readonly footageUrl?: string;
    readonly snapshot?: readonly NodeFact[];
    readonly onDesired?: (orders: readonly StreamOrder[]) => void;
    readonly onHolds?: (holds: readonly LegalHold[]) => void;
  } = {},
): NodeLink {
  const link = startNodeLink({
    serverUrl,
    clusterKey: testClusterKey,
    clock: systemClock,
    random: Math.random,
    log: testLog,
    hello: () => ({
      role,
      nodeId,
      version: 'test',
      startedAtMs: Date.now(),
      footageUrl: options.footageUrl ?? null,
      snapshot: options.snapshot ?? [],
    }),
    ...(options.onDesired === undefined ? {} : { onDesired: options.onDesired }),
    ...(options.onHolds === undefined ? {} : { onHolds: options.onHolds }),
  });
  for (const [method, handle] of Object.entries(handlers)) {
    link.handle(method as LinkMethod, handle as never);
  }
  return link;
}

/** A media node that is only its link: it keeps its orders and tells what the test says. */
export interface FakeMediaNode {
  readonly link: NodeLink;
  readonly orders: () => readonly StreamOrder[];
  flowing(cameraIds: readonly number[]): void;
  down(
    cameraIds: readonly number[],
    fault?: Extract<NodeFact, { kind: 'stream-down' }>['fault'],
  ): void;
  recording(cameraIds: readonly number[], recording: boolean): void;
}

export function startFakeMediaNode(
  serverUrl: string,
  options: {
    readonly nodeId?: string;
    readonly footageUrl?: string;
    readonly snapshot?: readonly NodeFact[];
    readonly handlers?: Handlers;
    readonly onHolds?: (holds: readonly LegalHold[]) => void;
  } = {},
): FakeMediaNode {
  let orders: readonly StreamOrder[] = [];
  const link = dial(serverUrl, 'media', options.nodeId ?? 'media-1', options.handlers ?? {}, {
    ...options,
    onDesired: (desired) => {
      orders = desired;
    },
  });
  return {
    link,
    orders: () => orders,
    flowing(cameraIds) {
      link.sendFacts(
        cameraIds.map((cameraId) => ({
          kind: 'stream-flowing',
          cameraId,
          quality: 'main',
          atMs: Date.now(),
        })),
      );
    },
    down(cameraIds, fault = 'CAMERA_SILENT') {
      link.sendFacts(
        cameraIds.map((cameraId) => ({
          kind: 'stream-down',
          cameraId,
          quality: 'main',
          atMs: Date.now(),
          lastFrameMs: Date.now() - 5_000,
          fault,
          evidence: 'no packet for 5 s',
        })),
      );
    },
    recording(cameraIds, recording) {
      link.sendFacts([
        {
          kind: 'stream-counters',
          cameras: cameraIds.map((cameraId) => ({
            cameraId,
            quality: 'main',
            packets: 1_000,
            lost: 1,
            bytes: 1_000_000,
            jitterMs: 1.5,
            sessions: 1,
            viewers: 0,
            lastPacketMs: Date.now(),
            clockOffsetMs: 12,
            recording,
          })),
        },
      ]);
    },
  };
}

export function startFakeGateway(serverUrl: string, handlers: Handlers): NodeLink {
  return dial(serverUrl, 'gateway', 'gateway-1', handlers);
}

export const testStreams: readonly CameraStream[] = [
  {
    quality: 'main',
    profileToken: 'main',
    url: 'rtsp://127.9.1.1:8554/main',
    codec: 'H264',
    widthPx: 1280,
    heightPx: 720,
    frameRateFps: 15,
  },
  {
    quality: 'sub',
    profileToken: 'sub',
    url: 'rtsp://127.9.1.1:8554/sub',
    codec: 'H264',
    widthPx: 640,
    heightPx: 360,
    frameRateFps: 15,
  },
];

/** What a camera of `planOf` answers: its serial comes from its address. */
export function probeOf(address: string): CameraProbe {
  const [, , station = '0', camera = '0'] = address.split('.');
  return {
    identity: {
      manufacturer: 'Test',
      model: 'T1',
      firmware: '1.10',
      serial: `SN${station.padStart(4, '0')}${camera}`,
      mac: null,
    },
    streams: testStreams,
    hasSnapshot: true,
    hasSynchronizationPoint: true,
    clockOffsetMs: 3,
    calls: [{ operation: 'GetDeviceInformation', durationMs: 2, fault: null }],
  };
}

/** A signed-in browser's WebSocket with all that it heard. */
export async function openBrowser(
  serverUrl: string,
  cookie: string,
  origin: string = serverUrl,
): Promise<{
  readonly socket: WebSocket;
  readonly heard: Record<string, unknown>[];
  request(method: string, params: unknown): Promise<Record<string, unknown>>;
}> {
  const socket = new WebSocket(`${serverUrl.replace('http', 'ws')}/api/ws`, {
    headers: { cookie, origin },
  });
  const heard: Record<string, unknown>[] = [];
  const waiting = new Map<number, (reply: Record<string, unknown>) => void>();
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Record<string, unknown>;
    if (Array.isArray(message.messages)) heard.push(...message.messages);
    else heard.push(message);
    if (message.type === 'reply') waiting.get(Number(message.id))?.(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let nextId = 1;
  return {
    socket,
    heard,
    request(method, params) {
      const id = nextId++;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ type: 'request', id, method, params }));
      });
    },
  };
}
