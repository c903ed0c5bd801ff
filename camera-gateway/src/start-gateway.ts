import { randomBytes, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '@nigehban/config/clock/clock.ts';
import { createLogger, type Logger } from '@nigehban/config/log/logger.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { WatchDown, WatchFact } from '@nigehban/domain/watch-orders.ts';
import { systemClock as mediaClock } from '@nigehban/media/clock.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import { probeRtsp } from '@nigehban/media/rtsp/probe-rtsp.ts';
import { type DiscoverySettings, discoverCameras } from './discovery/discover-cameras.ts';
import { defaultLeaseTimes } from './leases/lease-store.ts';
import { openRedisLeaseStore } from './leases/redis-lease-store.ts';
import { holdAllShards, startShardLeases } from './leases/shard-leases.ts';
import { createWatchDuty } from './leases/watch-duty.ts';
import { startDeadline } from './onvif/deadline.ts';
import { readClockOffset } from './onvif/device-operations.ts';
import { createOnvifClient } from './onvif/onvif-client.ts';
import { createCameraSessions } from './probe/camera-sessions.ts';
import { createCameraWork } from './probe/camera-work.ts';
import { checkCamera } from './probe/check-camera.ts';
import type { CameraPorts, DescribeStream } from './probe/gateway-ports.ts';
import { identifyCamera } from './probe/identify-camera.ts';
import { createKeyFrameRequests } from './probe/key-frame-requests.ts';
import { probeCamera } from './probe/probe-camera.ts';
import { createRefusedCredentials } from './probe/refused-credentials.ts';
import { askKeyFrame, takeSnapshot } from './probe/snapshot.ts';
import { startWatches } from './start-watches.ts';
import { createAskCamera } from './sweep/ask-camera.ts';
import { startCameraSweep } from './sweep/camera-sweep.ts';
import { readFileLimit } from './sweep/socket-budget.ts';
import type { SweepStatus } from './sweep/sweep-status.ts';
import { serveTools } from './tools/serve-tools.ts';

/** Where the gateway's requests come from; the node's link to the server is one. */
export interface GatewayLink {
  handle<M extends LinkMethod>(
    method: M,
    run: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>,
  ): void;
  /** Dropped while there is no link: the next one begins with `snapshot`. */
  sendFacts?(facts: readonly WatchFact[]): void;
}

export interface GatewaySettings {
  readonly discovery: DiscoverySettings;
  /** Refused credentials are not tried again by checks for this long. */
  readonly refusedRetryAfterMs: number;
  /** Where gateways share the cameras out among them; undefined: this one watches all of them. */
  readonly redisUrl?: string | undefined;
  /** Tells gateways apart. */
  readonly nodeId?: string;
  /** The same for the gateways of one system, if systems share a Redis. */
  readonly leasePrefix?: string;
}

export const defaultGatewaySettings: GatewaySettings = {
  discovery: { multicastInterfaces: [], probesPerSecond: 500, httpPorts: [] },
  refusedRetryAfterMs: 24 * 3_600_000,
};

export interface GatewayPorts {
  readonly link: GatewayLink;
  readonly clock?: Clock;
  readonly describeStream?: DescribeStream;
  readonly log?: Logger;
}

export interface Stoppable {
  stop(): Promise<void>;
}

export interface RunningGateway extends Stoppable {
  /** What the server says is to be watched. */
  acceptWatch(message: WatchDown): void;
  /** How the watched cameras stand, for the hello of a new link. */
  snapshot(): WatchFact[];
  sweepStatus(): SweepStatus;
}

const httpProbeTimeoutMs = 2_000;

/**
 * Answers the link's `gateway.…` methods. Each class of requests has its own bound, every request
 * ends by its own deadline, and equal requests for one camera share one run. `stop` ends what runs
 * and waits with GATEWAY_UNAVAILABLE. Beside that it sweeps the cameras that it is told to watch.
 */
export async function startGateway(
  settings: GatewaySettings,
  ports: GatewayPorts,
): Promise<RunningGateway> {
  const stopping = new AbortController();
  // Every exchange under way listens; that is no leak.
  setMaxListeners(0, stopping.signal);
  const cameraPorts: CameraPorts = {
    signal: stopping.signal,
    clock: ports.clock ?? systemClock,
    randomBytes,
    describeStream: ports.describeStream ?? describeByRtsp,
  };
  const { clock } = cameraPorts;
  const refused = createRefusedCredentials(clock, settings.refusedRetryAfterMs);
  const sessions = createCameraSessions(cameraPorts, refused);
  const keyFrames = createKeyFrameRequests(clock);
  const work = {
    discover: createCameraWork(2, 8),
    probe: createCameraWork(64, 40_000),
    identify: createCameraWork(64, 40_000),
    check: createCameraWork(512, 40_000),
    keyFrame: createCameraWork(128, 4_096),
    snapshot: createCameraWork(32, 1_024),
  };

  ports.link.handle('gateway.discover', (params) =>
    work.discover.run(keyOf(params), async () => ({
      cameras: await discoverCameras(params, discoveryOf(settings, params.httpPorts), {
        clock,
        randomUuid: randomUUID,
        askHttp: (address, port) => answersOnvif(address, port, cameraPorts),
        signal: stopping.signal,
      }),
    })),
  );
  ports.link.handle('gateway.probe', (params) =>
    work.probe.run(keyOf(params), () =>
      probeCamera(params.endpoint, params.credentials, cameraPorts, refused),
    ),
  );
  ports.link.handle('gateway.identify', (params) =>
    work.identify.run(keyOf(params), () =>
      identifyCamera(params.endpoint, params.credentials, cameraPorts, refused),
    ),
  );
  ports.link.handle('gateway.check', (params) =>
    work.check.run(keyOf(params), () => checkCamera(params, cameraPorts, refused)),
  );
  ports.link.handle('gateway.synchronization-point', async (params) => {
    const { cameraId, endpoint, credentials, profileToken } = params;
    await keyFrames.request(cameraId, profileToken, () =>
      work.keyFrame.run(keyOf(params), () =>
        sessions.use(endpoint, credentials, (client, deadline) =>
          askKeyFrame(client, profileToken, deadline),
        ),
      ),
    );
    return { done: true };
  });
  ports.link.handle('gateway.snapshot', (params) =>
    work.snapshot.run(keyOf(params), async () => {
      const jpeg = await sessions.use(params.endpoint, params.credentials, (client, deadline) =>
        takeSnapshot(client, params.profileToken, deadline),
      );
      return { jpegBase64: jpeg.toString('base64') };
    }),
  );

  const log = ports.log ?? createLogger('silent', 'gateway');
  const leases =
    settings.redisUrl === undefined
      ? holdAllShards()
      : startShardLeases({
          store: openRedisLeaseStore({
            redisUrl: settings.redisUrl,
            prefix: settings.leasePrefix ?? 'nigehban',
            leaseMs: defaultLeaseTimes.leaseMs,
            log,
          }),
          member: `${settings.nodeId ?? 'gateway'}.${randomUUID().slice(0, 8)}`,
          clock,
          log,
        });
  const duty = createWatchDuty(leases);
  const sweep = startCameraSweep({
    clock,
    monotonicMs: () => performance.now(),
    ask: createAskCamera(clock),
    duty,
    tell: (facts) => ports.link.sendFacts?.(facts),
    fileLimit: readFileLimit(),
    log,
  });

  const watches = startWatches(ports.link, cameraPorts, refused, {
    book: duty.book,
    holds: duty.holds,
    sendFacts: (facts) => ports.link.sendFacts?.(facts),
    random: Math.random,
  });
  const tools = serveTools(ports.link, cameraPorts, refused);

  return {
    acceptWatch: duty.accept,
    snapshot: () => [...sweep.snapshot(), ...watches.standing()],
    sweepStatus: () => sweep.status(),
    async stop() {
      // Before the rest: cameras are told that their pull points are not needed any more.
      const unwatched = watches.stop();
      stopping.abort();
      sweep.stop();
      await unwatched;
      await leases.stop();
      await tools.stop();
      keyFrames.stop();
      await Promise.all(Object.values(work).map((one) => one.stop()));
    },
  };
}

/** OPTIONS and DESCRIBE by the media library; a stream without a track that we play is a fault. */
const describeByRtsp: DescribeStream = async (url, credentials, timeoutMs) => {
  const outcome = await probeRtsp(
    { url, username: credentials?.username, password: credentials?.password },
    mediaClock,
    { timeoutMs },
  );
  if (outcome.kind !== 'answers') throw outcome.error;
  if (outcome.tracks.length === 0) {
    throw new MediaError('CODEC_UNSUPPORTED', 'the description has no track that can be played');
  }
};

function discoveryOf(
  { discovery }: GatewaySettings,
  httpPorts: readonly number[] | undefined,
): DiscoverySettings {
  return httpPorts === undefined ? discovery : { ...discovery, httpPorts };
}

async function answersOnvif(address: string, port: number, ports: CameraPorts): Promise<boolean> {
  const client = createOnvifClient({
    endpoint: { address, onvifPort: port },
    credentials: null,
    clock: ports.clock,
    randomBytes: ports.randomBytes,
    connectTimeoutMs: 1_000,
  });
  try {
    await readClockOffset(client, startDeadline(ports.clock, httpProbeTimeoutMs, ports.signal));
    return true;
  } catch (thrown) {
    // A camera that refuses in SOAP is a camera all the same.
    return thrown instanceof Fault && thrown.details.subcode !== undefined;
  }
}

/** Tells equal requests; kept in memory only while they run. */
function keyOf(params: object): string {
  return JSON.stringify(params);
}
