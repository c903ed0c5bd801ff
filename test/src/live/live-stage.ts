import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCameraSessions } from '@nigehban/camera-gateway/probe/camera-sessions.ts';
import { createRefusedCredentials } from '@nigehban/camera-gateway/probe/refused-credentials.ts';
import { askKeyFrame } from '@nigehban/camera-gateway/probe/snapshot.ts';
import { systemClock as gatewayClock } from '@nigehban/config/clock/clock.ts';
import type { ClientMessage, ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { toFaultMessage } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import { type LiveMethod, type Relay, startRelay } from '@nigehban/relay/relay.ts';
import type { RelaySettings } from '@nigehban/relay/relay-settings.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { cameraModelNamed } from '../fleet/camera-models.ts';
import { type Fleet, type FleetOptions, startFleet } from '../fleet/fleet.ts';

const root = join(import.meta.dirname, '../../..');
const chromiumFlags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  // Sound is begun by the test, not by a person's click.
  '--autoplay-policy=no-user-gesture-required',
];

/** A fact that the relay told the node. */
export interface ToldFacts {
  readonly keyFramesWanted: { cameraId: number; quality: StreamQuality; atMs: number }[];
  /** Cameras that refused to make one. */
  readonly keyFrameFaults: unknown[];
  readonly closed: {
    viewerId: string;
    transportId: string;
    reason: string;
    consumerId?: string | undefined;
  }[];
}

/** Simulated cameras → hub → relay → a page in Chromium, with a signalling server as thin as can be. */
export interface LiveStage {
  readonly fleet: Fleet;
  readonly hub: StreamHub;
  readonly relay: Relay;
  readonly told: ToldFacts;
  readonly orders: Map<number, StreamOrder>;
  readonly url: string;
  /** Key-frame wishes are passed on to the cameras (ONVIF SetSynchronizationPoint) while true. */
  answersKeyFrames: boolean;
  newPage(): Promise<Page>;
  stop(): Promise<void>;
}

/** The camera's id among the orders: its place in the fleet's plan, from 1. */
export function orderOf(camera: SimulatedCamera, cameraId: number): StreamOrder {
  const model = cameraModelNamed(camera.plan.modelName);
  const stream = (quality: StreamQuality) => ({
    quality,
    profileToken: model.onvif.profileTokens[quality],
    url: camera.streamUri(quality),
    codec: quality === 'main' ? model.encoder.mainCodec : ('H264' as const),
    widthPx: 320,
    heightPx: 180,
    frameRateFps: 15,
  });
  const { username, password } = camera.plan;
  return {
    cameraId,
    cameraCode: camera.plan.id,
    stationCode: camera.plan.stationId,
    record: false,
    streams: [stream('main'), stream('sub')],
    credentials: { username, password },
  };
}

/** Builds the test page as the console is built: one script. */
async function buildPage(): Promise<string> {
  const result = await build({
    root: join(root, 'web'),
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rollupOptions: { input: join(root, 'web/src/live/testing/live-page.ts') },
    },
  });
  const [bundle] = [result].flat();
  if (bundle === undefined || !('output' in bundle)) throw new Error('vite built nothing');
  return bundle.output[0].code;
}

/** Starts all of it. `cameras` and `scenes` as the fleet's; settings over the relay's defaults. */
export async function startLiveStage(
  options: {
    readonly cameras?: FleetOptions['cameras'];
    readonly scenes?: FleetOptions['scenes'];
    readonly settings?: Partial<RelaySettings>;
  } = {},
): Promise<LiveStage> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const script = await buildPage();
    const fleet = await startFleet({
      cameras: options.cameras ?? 'exercise',
      scenes: options.scenes ?? 'tiny',
      multicast: false,
    });
    closers.push(() => fleet.stop());
    const hub = createStreamHub({ clock: systemClock, random: Math.random });
    closers.push(() => hub.stop());
    const orders = new Map(
      fleet.cameras.map((camera, index) => [index + 1, orderOf(camera, index + 1)]),
    );
    const told: ToldFacts = { keyFramesWanted: [], keyFrameFaults: [], closed: [] };
    const ending = new AbortController();
    closers.push(async () => ending.abort());
    const gateway = createCameraSessions(
      { clock: gatewayClock, randomBytes, signal: ending.signal },
      createRefusedCredentials(gatewayClock, 60_000),
    );
    const sockets = new Map<string, WebSocket>();
    const stage = { answersKeyFrames: true };
    const relay = await startRelay(
      {
        nodeId: 'node-1',
        rtc: { listenIps: [{ ip: '127.0.0.1' }], minPort: 42_000, maxPort: 42_999 },
        workerBin: process.env.MEDIASOUP_WORKER_BIN ?? join(root, '.cache/mediasoup-worker-3.27.1'),
        ...options.settings,
      },
      {
        hub,
        clock: systemClock,
        log: { info: () => {}, warn: () => {}, error: () => {} },
        orders: (cameraId) => orders.get(cameraId),
        wantKeyFrame(cameraId, quality) {
          told.keyFramesWanted.push({ cameraId, quality, atMs: performance.now() });
          const camera = fleet.cameras[cameraId - 1];
          if (!stage.answersKeyFrames || camera === undefined) return;
          const { address, httpPort, username, password, modelName } = camera.plan;
          const token = cameraModelNamed(modelName).onvif.profileTokens[quality];
          gateway
            .use({ address, onvifPort: httpPort }, { username, password }, (client, deadline) =>
              askKeyFrame(client, token, deadline),
            )
            .then(
              () => {},
              (fault: unknown) => told.keyFrameFaults.push(fault),
            );
        },
        closed(viewerId, transportId, reason, consumerId) {
          told.closed.push({ viewerId, transportId, reason, consumerId });
          const view = consumerId === undefined ? {} : { consumerId };
          send(sockets.get(viewerId), { type: 'live-closed', transportId, ...view, reason });
        },
      },
    );
    closers.push(() => relay.stop());
    const server = createServer((request, response) => {
      if (request.url === '/live.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(script);
        return;
      }
      response.setHeader('content-type', 'text/html');
      response.end(
        '<!doctype html><title>live</title><script type="module" src="/live.js"></script>',
      );
    });
    signal(server, relay, sockets);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      for (const socket of sockets.values()) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    let browser: Promise<Browser> | undefined;
    closers.push(async () => (await browser)?.close());
    return Object.assign(stage, {
      fleet,
      hub,
      relay,
      told,
      orders,
      url,
      async newPage() {
        browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags });
        const page = await (await browser).newPage();
        page.on('pageerror', (error) => console.error('page:', error));
        await page.goto(url);
        await page.waitForFunction(() => 'livePage' in globalThis);
        return page;
      },
      stop,
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

function send(socket: WebSocket | undefined, message: ServerMessage): void {
  if (socket?.readyState === 1) socket.send(JSON.stringify(message));
}

/** The server's part of live views: names the viewer, passes requests on, closes with the socket. */
function signal(server: Server, relay: Relay, sockets: Map<string, WebSocket>): void {
  const webSockets = new WebSocketServer({ server, path: '/api/ws' });
  webSockets.on('connection', (socket) => {
    const viewerId = randomUUID();
    sockets.set(viewerId, socket);
    send(socket, { type: 'welcome', seq: 0, nowMs: Date.now() });
    const heartbeat = setInterval(
      () => send(socket, { type: 'heartbeat', nowMs: Date.now(), seq: 0 }),
      10_000,
    );
    socket.on('close', () => {
      clearInterval(heartbeat);
      sockets.delete(viewerId);
      void relay.handlers['live.close']({ viewerId });
    });
    socket.on('message', async (data) => {
      const message = JSON.parse(String(data)) as ClientMessage;
      const handle = relay.handlers[message.method as LiveMethod] as (
        params: object,
      ) => Promise<unknown>;
      try {
        const result = await handle({ ...(message.params as object), viewerId });
        send(socket, { type: 'reply', id: message.id, result });
      } catch (thrown) {
        send(socket, { type: 'reply', id: message.id, fault: toFaultMessage(thrown) });
      }
    });
  });
}
