import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { StreamDifferences } from '@nigehban/domain/camera-health-measure.ts';
import type { FailedOutcome, ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import type { WatchFact, WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import type { App } from '../http/app-type.ts';
import { addHealthRoutes } from '../http/routes/health-routes.ts';
import type { LinkServer } from '../link/link-server.ts';
import type { NodeConnection } from '../link/node-connection.ts';
import { openFactExchange } from '../queue/fact-exchange.ts';
import type { CameraDelta } from '../store/camera-delta-store.ts';
import { loadCameraStates, storeCameraStates } from '../store/camera-state-store.ts';
import type { Sql } from '../store/database.ts';
import { beatServerProcess, endServerProcess } from '../store/server-process-store.ts';
import { readStateVersions } from '../store/state-version-store.ts';
import { readRegistrationFailures, readStreamDifferences } from '../store/watch-store.ts';
import { type CameraDirectory, perLoad, streamOf } from '../use-cases/camera-directory.ts';
import type { CameraMonitor } from '../use-cases/camera-monitor.ts';
import type { CredentialBreaker } from '../use-cases/credential-breaker.ts';
import { startGatewayInformer } from '../use-cases/inform-gateways.ts';
import type { StillCameras } from '../use-cases/judge-stills.ts';
import { startCameraMonitor } from '../use-cases/monitor-cameras.ts';
import { serverLeaseMs, startCameraOwnership } from '../use-cases/own-cameras.ts';
import { createFactRouter } from '../use-cases/route-facts.ts';
import { startWokenLoop } from '../use-cases/woken-loop.ts';

/** What knows the state of every camera: monitor, gateways' orders, and who of several processes decides. */
export interface HealthParts {
  readonly monitor: CameraMonitor;
  linked(node: NodeConnection): void;
  unlinked(node: NodeConnection): void;
  /** Facts of a gateway, its hello's snapshot included. */
  gatewayFacts(facts: readonly NodeFact[]): void;
  /** The directory was loaded again. */
  planLoaded(): void;
  addRoutes(app: App): void;
  readonly stillCameras: StillCameras;
  /**
   * What browsers are told of a camera, from memory; null of one that another process decides about, or
   * that is not registered: its row tells.
   */
  delta(cameraId: CameraId): CameraDelta | null;
  /** Null before it was read. */
  watchPolicy(): WatchPolicy | null;
  stop(): Promise<void>;
}

const lookForFailuresEveryMs = 5_000;
/** Two processes that both believed to own a camera for a moment are at one again after this. */
const compareEveryMs = 30_000;

export async function startHealthParts(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly serverId: string;
  readonly redisUrl: string;
  readonly queuePrefix: string;
  readonly nodeLeaseMs: number;
  readonly directory: CameraDirectory;
  readonly link: Pick<LinkServer, 'nodes'>;
  readonly breaker: () => CredentialBreaker | null;
  readonly probe: (cameraId: CameraId) => Promise<ProbeOutcome>;
}): Promise<HealthParts> {
  const { sql, clock, log, serverId, directory } = options;
  const nodeOf = (cameraId: CameraId) => directory.find(cameraId)?.asset.nodeId ?? null;
  let siblingIndex: ReadonlyMap<string, readonly CameraId[]> | null = null;
  let differences: ReadonlyMap<CameraId, StreamDifferences> = new Map();
  const siblings = (stationCode: string) => {
    siblingIndex ??= new Map(
      [...Map.groupBy(directory.all(), (entry) => entry.asset.stationCode)].map(
        ([code, entries]) => [code, entries.map((entry) => entry.asset.id)],
      ),
    );
    return siblingIndex.get(stationCode) ?? [];
  };

  const ownership = startCameraOwnership({
    serverId,
    clock,
    log,
    nodeOf,
    linkedNodes: () => options.link.nodes('media').map((node) => node.hello.nodeId),
    beat: (linkedNodes) => beatServerProcess(sql, serverId, linkedNodes, serverLeaseMs),
    end: () => endServerProcess(sql, serverId),
    onChanged: () => ownersChanged(),
  });
  let owned = new Set<CameraId>(directory.all().map((entry) => entry.asset.id));
  const ownersChanged = () => {
    const all = directory.all().map((entry) => entry.asset.id);
    const now = new Set(all.filter((cameraId) => ownership.owns(cameraId)));
    const gained = [...now].filter((cameraId) => !owned.has(cameraId));
    owned = now;
    if (gained.length === 0) return;
    monitor.takeOver(gained).then(
      () => gateways.changed(),
      (error: unknown) => log.warn({ err: error }, 'cameras could not be taken over'),
    );
  };

  const monitor = await startCameraMonitor({
    clock,
    log,
    load: (cameraIds) => loadCameraStates(sql, cameraIds),
    store: (changes) => storeCameraStates(sql, changes),
    probe: options.probe,
    nodeOf,
    owns: ownership.owns,
    siblings,
    find(cameraId) {
      const entry = directory.find(cameraId);
      if (entry === null) return null;
      const { asset } = entry;
      return {
        registered: asset.registered,
        stationCode: asset.stationCode,
        main: streamOf(asset, 'main'),
        differences: differences.get(cameraId) ?? null,
      };
    },
  });

  const exchange = openFactExchange({
    redisUrl: options.redisUrl,
    prefix: options.queuePrefix,
    serverId,
    log,
    onFacts: (facts) => router.takeForwarded(facts),
  });
  const router = createFactRouter({
    serverId,
    clock,
    ownerOf: ownership.ownerOf,
    send: exchange.send,
    apply: (facts) => monitor.watchFacts(facts),
  });
  const gateways = startGatewayInformer({
    sql,
    clock,
    log,
    directory,
    nodeLeaseMs: options.nodeLeaseMs,
    breaker: options.breaker,
    onSwept: (cameraIds) => monitor.swept(cameraIds),
  });

  /** What was told of each camera whose registration fails. */
  let failuresTold = new Map<CameraId, string>();
  const lookForFailures = async () => {
    const rows = await readRegistrationFailures(sql, clock.nowMs());
    const next = new Map(rows.map((row) => [row.cameraId, `${row.fault}/${row.evidence}`]));
    monitor.registrationFailed(
      rows
        .filter((row) => failuresTold.get(row.cameraId) !== next.get(row.cameraId))
        .map(({ cameraId, fault, evidence }) => ({
          cameraId,
          outcome: { kind: outcomeOf(fault), fault, evidence },
        })),
    );
    failuresTold = next;
  };
  let comparedAtMs = clock.nowMs() - compareEveryMs;
  const compare = async () => {
    if (clock.nowMs() - comparedAtMs < compareEveryMs) return;
    comparedAtMs = clock.nowMs();
    monitor.compareVersions(await readStateVersions(sql));
    differences = await readStreamDifferences(sql);
  };
  const failureLoop = startWokenLoop({
    clock,
    log,
    async pass() {
      await lookForFailures();
      await compare();
      return lookForFailuresEveryMs;
    },
    everyMs: lookForFailuresEveryMs,
    failing: 'failed registrations or versions cannot be read',
  });

  return {
    monitor,
    linked(node) {
      if (node.hello.role === 'media') {
        ownership.linksChanged();
        monitor.nodeLinked(node.hello.nodeId);
      } else gateways.linked(node);
    },
    unlinked(node) {
      if (node.hello.role === 'media') {
        ownership.linksChanged();
        monitor.nodeUnlinked(node.hello.nodeId);
      } else gateways.unlinked(node);
    },
    gatewayFacts(facts) {
      const told = facts.filter(isWatchFact);
      if (told.length > 0) router.take(told);
    },
    planLoaded() {
      siblingIndex = null;
      monitor.planLoaded();
      ownersChanged();
      gateways.changed();
    },
    addRoutes(app) {
      addHealthRoutes(app, {
        sql,
        clock,
        monitor,
        owns: ownership.owns,
        known: (cameraId) => directory.find(cameraId) !== null,
      });
    },
    stillCameras: {
      all: perLoad(directory, () =>
        directory
          .all()
          .filter(({ asset }) => !asset.hasSnapshot && asset.registered && asset.nodeId !== null)
          .map(({ asset }) => asset.id),
      ),
      isRecorded: (id) =>
        monitor.state(id)?.detail.connection.kind === 'ONLINE' && ownership.owns(id),
    },
    delta(id) {
      const state = monitor.state(id);
      const isOurs = state !== null && ownership.owns(id);
      if (!isOurs || directory.find(id)?.asset.registered !== true) return null;
      const { kind, sinceMs, fault } = state;
      const { lastFrameMs, recording } = monitor.status(id);
      return { id, state: kind, sinceMs, fault, lastFrameMs, recording };
    },
    watchPolicy: gateways.policy,
    async stop() {
      router.stop();
      await failureLoop.stop();
      await gateways.stop();
      await exchange.stop();
      await monitor.stop();
      await ownership.stop();
    },
  };
}

function isWatchFact(fact: NodeFact): fact is WatchFact {
  return (
    fact.kind === 'camera-answered' ||
    fact.kind === 'camera-lost' ||
    fact.kind === 'view-judged' ||
    fact.kind === 'camera-event'
  );
}

const nobodyThere: readonly FaultCode[] = [
  'CAMERA_UNREACHABLE',
  'CAMERA_TIMEOUT',
  'CAMERA_NOT_FOUND',
];

/** A registration's fault as what it says of the camera. */
function outcomeOf(fault: FaultCode): FailedOutcome['kind'] {
  if (nobodyThere.includes(fault)) return 'unreachable';
  return fault === 'CAMERA_AUTH_REFUSED' ? 'refused' : 'failed';
}
