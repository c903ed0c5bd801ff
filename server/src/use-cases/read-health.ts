import type { FaultMessage } from '@nigehban/domain/faults.ts';
import type { LinkRole } from '@nigehban/domain/link-messages.ts';
import { databaseAnswers, type Sql } from '../store/database.ts';
import { type NodeRow, readNodes } from '../store/node-store.ts';

export interface HealthView {
  /** People can be served: PostgreSQL answers. Recording goes on without it. */
  readonly serving: boolean;
  readonly version: string;
  readonly nowMs: number;
  readonly databases: {
    readonly postgres: { readonly state: 'up' | 'down' };
    readonly redis: { readonly state: 'up' | 'down' };
  };
  readonly roles: {
    readonly server: { readonly state: 'up'; readonly startedAtMs: number };
    readonly media: readonly NodeHealth[];
    readonly gateway: readonly NodeHealth[];
  };
}

export interface NodeHealth {
  readonly nodeId: string;
  readonly state: 'up' | 'down';
  readonly sinceMs: number;
  readonly version: string;
  /** What the node says of its recording; null when well. */
  readonly fault: Pick<FaultMessage, 'code' | 'message'> | null;
}

/** Nodes that are gone for longer are history, not news. */
const forgottenAfterMs = 24 * 3_600_000;

export async function readHealth(
  sql: Sql,
  given: {
    readonly nowMs: number;
    readonly startedAtMs: number;
    readonly version: string;
    readonly redisUp: boolean;
    readonly linkedRole: (role: LinkRole) => readonly NodeHealth[];
  },
): Promise<HealthView> {
  const { nowMs, startedAtMs, version } = given;
  const postgresUp = await databaseAnswers(sql);
  const stored = postgresUp ? await readNodes(sql).catch(() => []) : [];
  const nodesOf = (role: LinkRole): readonly NodeHealth[] => {
    const here = given.linkedRole(role);
    const others = stored
      .filter((node) => node.role === role && !here.some((other) => other.nodeId === node.id))
      .filter((node) => nowMs - node.leaseUntil < forgottenAfterMs)
      .map((node) => toHealth(node, nowMs));
    return [...here, ...others];
  };
  return {
    serving: postgresUp,
    version,
    nowMs,
    databases: {
      postgres: { state: postgresUp ? 'up' : 'down' },
      redis: { state: given.redisUp ? 'up' : 'down' },
    },
    roles: {
      server: { state: 'up', startedAtMs },
      media: nodesOf('media'),
      gateway: nodesOf('gateway'),
    },
  };
}

/** A node that is linked to another server process, or to none. */
function toHealth(node: NodeRow, nowMs: number): NodeHealth {
  const up = node.unlinkedAt === null && node.leaseUntil > nowMs;
  return {
    nodeId: node.id,
    state: up ? 'up' : 'down',
    sinceMs: up ? node.linkedAt : (node.unlinkedAt ?? node.leaseUntil),
    version: node.version,
    fault: null,
  };
}
