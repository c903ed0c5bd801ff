import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { FootageVolumeView, LinkRole, NodeFact } from '@nigehban/domain/link-messages.ts';
import type { App } from '../http/app-type.ts';
import { createMetrics, type MetricsSources } from '../http/metrics.ts';
import { addMachineRoutes } from '../http/routes/machine-routes.ts';
import type { LinkServer } from '../link/link-server.ts';
import type { OutboxQueue } from '../queue/outbox-queue.ts';
import { countOpenAlerts } from '../store/alert-store.ts';
import type { Sql } from '../store/database.ts';
import { countWaiting } from '../store/outbox-store.ts';
import { countCameraStates } from '../store/station-store.ts';
import { type NodeHealth, readHealth } from '../use-cases/read-health.ts';

/** What the media nodes linked here said last of their disks and their recording. */
export interface NodeReports {
  facts(nodeId: string, facts: readonly NodeFact[]): void;
  /** The node is gone, or begins anew: what it said holds no more. */
  forget(nodeId: string): void;
  /** Why a node cannot record; null when it can. */
  recordingFault(nodeId: string): NodeHealth['fault'];
  volumes(): ReadonlyMap<string, readonly FootageVolumeView[]>;
}

export function createNodeReports(log: Logger): NodeReports {
  const faults = new Map<string, NodeHealth['fault']>();
  const volumes = new Map<string, readonly FootageVolumeView[]>();
  return {
    facts(nodeId, facts) {
      for (const fact of facts) {
        if (fact.kind === 'recording-well') faults.delete(nodeId);
        if (fact.kind === 'recording-fault') {
          log.error({ nodeId, code: fact.fault, evidence: fact.evidence }, 'a node cannot record');
          faults.set(nodeId, { code: fact.fault, message: fact.evidence });
        }
        if (fact.kind === 'footage-volumes') volumes.set(nodeId, fact.volumes);
      }
    },
    forget(nodeId) {
      faults.delete(nodeId);
      volumes.delete(nodeId);
    },
    recordingFault: (nodeId) => faults.get(nodeId) ?? null,
    volumes: () => volumes,
  };
}

/** Health and metrics, for load balancers and Prometheus. */
export function addMachineParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly startedAtMs: number;
    readonly version: string;
    readonly metricsKey: string;
    readonly metricsOnLoopback: boolean;
    readonly link: Pick<LinkServer, 'nodes'>;
    readonly reports: NodeReports;
    readonly queue: Pick<OutboxQueue, 'ready' | 'counts'>;
    readonly counters: MetricsSources['counters'];
    readonly wsClients: MetricsSources['wsClients'];
  },
): void {
  const { sql, clock, startedAtMs, version, link, reports, queue } = options;
  const linkedRole = (role: LinkRole): readonly NodeHealth[] =>
    link.nodes(role).map(({ hello, linkedAtMs }) => ({
      nodeId: hello.nodeId,
      state: 'up',
      sinceMs: linkedAtMs,
      version: hello.version,
      fault: role === 'media' ? reports.recordingFault(hello.nodeId) : null,
    }));
  const metrics = createMetrics({
    footageVolumes: reports.volumes,
    counters: options.counters,
    cameraStates: () => countCameraStates(sql),
    openAlerts: () => countOpenAlerts(sql),
    outboxWaiting: () => countWaiting(sql),
    queueCounts: queue.counts,
    wsClients: options.wsClients,
    nodes: () =>
      [...link.nodes('media'), ...link.nodes('gateway')].map(({ hello }) => ({
        role: hello.role,
        nodeId: hello.nodeId,
      })),
  });
  addMachineRoutes(app, {
    health: () => {
      const redisUp = queue.ready();
      return readHealth(sql, {
        ...{ startedAtMs, version, redisUp, linkedRole },
        nowMs: clock.nowMs(),
      });
    },
    metricsKey: options.metricsKey,
    metricsOnLoopback: options.metricsOnLoopback,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
}
