import { createPublicKey } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { availableParallelism, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { systemClock as configClock } from '@nigehban/config/clock/clock.ts';
import { claimFolder } from '@nigehban/config/embedded/server-processes.ts';
import { startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { keptSigningKey } from '@nigehban/config/secrets/signing-key.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { fingerprintOf } from '@nigehban/recorder/chain/manifest-signature.ts';
import { FootageVolumes, type VolumePlace } from '@nigehban/recorder/disk/footage-volumes.ts';
import { readDiskSpace, VolumeWatch } from '@nigehban/recorder/disk/volume-watch.ts';
import { ExportDesk } from '@nigehban/recorder/export/export-desk.ts';
import { renderStill } from '@nigehban/recorder/ffmpeg/render-still.ts';
import { transcodeToH264 } from '@nigehban/recorder/ffmpeg/transcode-h264.ts';
import { createFootageHandler } from '@nigehban/recorder/footage-http.ts';
import { startIndexClient } from '@nigehban/recorder/index-client/index-client.ts';
import { startRetentionKeeper } from '@nigehban/recorder/retention/retention-keeper.ts';
import { StillMaker } from '@nigehban/recorder/still-maker.ts';
import type { LiveMethod } from '@nigehban/relay/relay.ts';
import { footageFoldersOf } from '../footage-folders.ts';
import { createStoppables, type Stoppable } from '../stoppables.ts';
import { startEngineFleet } from './engine-fleet.ts';
import { holdsInForce, startExportCare } from './export-care.ts';
import { awaitFormerProcesses } from './former-processes.ts';
import { startHourlyManifests } from './hourly-manifest.ts';
import { createKeptHolds } from './kept-holds.ts';
import { createKeptOrders } from './kept-orders.ts';
import { createKeptPhase } from './kept-phase.ts';
import { knowVolumes } from './known-volumes.ts';
import { planListenIps } from './listen-addresses.ts';
import { type EnginePorts, type MediaEngine, startEngine } from './media-engine.ts';
import { planEngines, planProcesses } from './plan-engines.ts';
import { startVolumeTeller } from './tell-volumes.ts';

/** After a start the holds that were kept may be old ones: for so long the server is waited for. */
const serverMayTellForMs = 120_000;

export interface MediaNodeOptions {
  readonly settings: Settings;
  readonly clusterKey: string;
  readonly secretKey: SecretKey;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly version: string;
}

/**
 * A media node: what pulls, records and relays its cameras, in this process or in several, with one
 * link, one index client and one footage HTTP. Records its kept orders at once; the link brings the
 * current ones whenever the server can be reached.
 * @throws Fault PORT_TAKEN, DISK_FULL, DISK_FAILED, WORKER_BINARY_MISSING; SETTING_INVALID when another
 *   node runs on this data folder
 */
export async function startMediaNode(options: MediaNodeOptions): Promise<Stoppable> {
  const { settings, clusterKey, databaseUrl, log } = options;
  const startedAtMs = Date.now();
  const parts = createStoppables();
  let tell: (facts: readonly NodeFact[]) => void = () => {};
  let isTold = false;

  try {
    const signingKey = keptSigningKey(join(settings.dataFolder, 'secrets', 'node-signing-key'));
    // Another node on this folder would write the same chains.
    const mediaFolder = join(settings.dataFolder, 'media');
    mkdirSync(mediaFolder, { recursive: true });
    const release = claimFolder(mediaFolder, 'SETTING_INVALID');
    parts.add({ stop: async () => release() });
    const places = await knowVolumes(footageFoldersOf(settings), {
      noteFile: join(mediaFolder, 'volumes.json'),
      dataFolder: settings.dataFolder,
    });
    const { diskReserve, ...retention } = settings.media.retention;
    const volumes = new FootageVolumes(places, diskReserve, systemClock);
    const root = volumes.folders;
    const kept = createKeptOrders(join(mediaFolder, 'orders'), options.secretKey);
    const keptOrders = kept.load();
    const index = parts.add(
      startIndexClient(
        { databaseUrl, nodeId: settings.nodeId, footageFolder: root },
        { clock: systemClock, log },
      ),
    );
    const engine = parts.add(
      await startEngines(settings, places, keptOrders, {
        log,
        tell: (facts) => tell(facts),
        onEntry: (entry) => index.onEntry(entry),
      }),
    );
    parts.add(
      startHourlyManifests({
        folders: () => volumes.there(),
        nodeId: settings.nodeId,
        signingKey,
        clock: systemClock,
        log,
        heads: () => engine.heads(),
      }),
    );
    const exportFolder = join(settings.dataFolder, 'exports');
    const exports = parts.add(
      new ExportDesk({
        root,
        folder: exportFolder,
        nodeId: settings.nodeId,
        recorder: engine,
        nowMs: () => Date.now(),
        log,
        signingKey,
        keepMs: settings.media.exportKeepDays * 86_400_000,
      }),
    );
    parts.add(
      startExportCare({
        folder: exportFolder,
        reserve: diskReserve,
        clean: (wantFreeBytes) => exports.clean(wantFreeBytes),
        clock: systemClock,
        log,
      }),
    );
    const keptHolds = createKeptHolds(join(mediaFolder, 'holds.json'));
    const keptPhase = createKeptPhase(join(mediaFolder, 'phase.json'));
    parts.add(
      startRetentionKeeper({
        root,
        nodeId: settings.nodeId,
        signingKey,
        policy: retention,
        phase: () => keptPhase.current(),
        // Holds and phase come before the desired state; a server that is away is not waited for.
        ready: () => isTold || Date.now() - startedAtMs > serverMayTellForMs,
        reserve: diskReserve,
        volumes: places.map(
          ({ folder, mark }) => new VolumeWatch(folder, diskReserve, readDiskSpace, mark),
        ),
        clock: systemClock,
        log,
        holds: () => holdsInForce(keptHolds.current(), exports.sources()),
        onRemoved: (cameraId) => index.onRemoved(cameraId),
      }),
    );
    const handler = createFootageHandler({
      root,
      clusterKey,
      recorder: engine,
      stills: new StillMaker({
        root,
        recorder: engine,
        render: renderStill,
        atATime: 2,
        maxWaiting: 32,
      }),
      transcode: transcodeToH264,
      exports,
      publicKey: createPublicKey(signingKey),
    });
    const port = await listen(parts, createServer(handler), settings);
    engine.apply(keptOrders);
    const teller = parts.add(
      startVolumeTeller(volumes, { clock: systemClock, tell: (facts) => tell(facts) }),
    );

    const link = parts.add(
      startNodeLink({
        serverUrl: settings.serverUrl,
        clusterKey,
        clock: configClock,
        random: Math.random,
        log,
        hello: () => ({
          role: 'media',
          nodeId: settings.nodeId,
          version: options.version,
          startedAtMs,
          footageUrl: settings.media.footageUrl ?? `http://${settings.media.host}:${port}`,
          snapshot: [...engine.snapshot(), ...teller.current()],
        }),
        onHolds(holds) {
          try {
            keptHolds.save(holds);
          } catch (error) {
            log.error({ err: error }, 'the legal holds could not be kept on disk');
          }
        },
        onElectionPhase(phase) {
          try {
            keptPhase.save(phase);
          } catch (error) {
            log.error({ err: error }, 'the election phase could not be kept on disk');
          }
        },
        onDesired: (next) => {
          isTold = true;
          engine.apply(next);
          kept.save(next);
        },
      }),
    );
    tell = (facts) => link.sendFacts(facts);
    for (const method of Object.keys(engine.live) as LiveMethod[]) {
      link.handle(method, engine.live[method] as never);
    }
    log.info(
      {
        node: settings.nodeId,
        footage: root,
        cameras: keptOrders.length,
        signingKey: fingerprintOf(createPublicKey(signingKey)),
      },
      'media node runs',
    );
    return parts;
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startEngines(
  settings: Settings,
  places: readonly VolumePlace[],
  orders: readonly StreamOrder[],
  ports: EnginePorts,
): Promise<MediaEngine> {
  const cores = availableParallelism();
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4');
  const listenIps = planListenIps(settings.rtc.addresses, settings.host, own);
  const processes = planProcesses(settings.media.processes, orders.length, cores);
  const engines = planEngines(settings, places, listenIps, processes, cores);
  const processFile = join(settings.dataFolder, 'media', 'processes.json');
  await awaitFormerProcesses(processFile, ports.log);
  const [only] = engines;
  if (only !== undefined && engines.length === 1) return startEngine(only, ports);
  const { logLevel } = settings;
  return startEngineFleet({ settings: engines, logLevel, processFile }, ports);
}

async function listen(
  parts: { add(part: Stoppable): unknown },
  server: Server,
  settings: Settings,
): Promise<number> {
  const { host, port } = settings.media;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE';
      reject(
        taken
          ? new Fault(
              'PORT_TAKEN',
              `Port ${port} (NIGEHBAN_MEDIA_PORT) is taken by another program`,
              { cause },
            )
          : cause,
      );
    });
    server.listen(port, host, resolve);
  });
  parts.add({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
