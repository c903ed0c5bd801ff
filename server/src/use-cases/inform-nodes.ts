import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { AssignmentMove } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkRole, StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { NodeConnection } from '../link/node-connection.ts';
import { forgetFormerLinks } from '../link/node-requests.ts';
import type { Sql } from '../store/database.ts';
import { readHoldsInForce } from '../store/hold-store.ts';
import {
  assignCamerasToNodes,
  readLivingMediaNodes,
  renewLeases,
  storeNodeLinked,
  storeNodeUnlinked,
} from '../store/node-store.ts';
import type { CameraDirectory } from './camera-directory.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import { eachInSlices } from './in-slices.ts';
import { readElectionPhase } from './poll-phase.ts';
import { startWokenLoop } from './woken-loop.ts';

/**
 * Keeps the media nodes' desired state: whole at their hello, then changes. A node holds a lease
 * while it is linked; when that has run out, its cameras go to living nodes.
 */
export interface NodeInformer {
  linked(node: NodeConnection): void;
  unlinked(node: NodeConnection): void;
  /** The plan changed: loads it again soon and tells the nodes what changed for them. */
  planChanged(): void;
  /** Legal holds changed: tells them soon. */
  holdsChanged(): void;
  /** The poll-phase clock changed: tells retention soon. */
  phasesChanged(): void;
  stop(): Promise<void>;
}

/** The orders that a node was sent last, of this load of the directory. */
interface Told {
  readonly orders: ReadonlyMap<CameraId, string>;
  readonly loads: number;
  /** What was held then. */
  readonly held: number;
}

/** Leases are renewed at least this often, and three times within their length. */
const longestBeatMs = 2_000;
const heldLookMs = 60_000;
/** Without any news too: what changed while nobody could be told. */
const assignAtLeastEveryMs = 30_000;

export function startNodeInformer(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: CameraDirectory;
  readonly nodeLeaseMs: number;
  /** Passwords that cameras refused: they are ordered not to be offered. */
  readonly breaker: Pick<CredentialBreaker, 'holdsStream' | 'revision'>;
  /** The directory was loaded again. */
  readonly onLoaded: () => void;
}): NodeInformer {
  const { sql, clock, log, directory } = options;
  /** Every linked node, with what it was sent last; null: it gets the whole state next. */
  const told = new Map<NodeConnection, Told | null>();
  const beatEveryMs = Math.min(longestBeatMs, options.nodeLeaseMs / 3);
  let version = clock.nowMs();
  let stale = false;
  /** The plan changed since cameras were last given to nodes. */
  let planNews = true;
  let assigned = { living: '', atMs: Number.NEGATIVE_INFINITY };
  let holdsStale = false;
  let phasesStale = false;
  let unlinkedNews: NodeConnection[] = [];
  let linkedNews: NodeConnection[] = [];

  const idsOf = (role: LinkRole) =>
    [...told.keys()].filter((node) => node.hello.role === role).map((node) => node.hello.nodeId);

  const { breaker } = options;
  /** A refusal also ends by itself, a day after it: looked at once a minute. */
  const heldRevision = () => breaker.revision() + Math.floor(clock.nowMs() / heldLookMs);
  const withHeld = (order: StreamOrder): StreamOrder => {
    const { credentials, streams } = order;
    if (credentials === null) return order;
    const isHeld = streams.some(({ url }) => breaker.holdsStream(url, credentials));
    return isHeld ? { ...order, held: true } : order;
  };

  const tell = async (node: NodeConnection) => {
    if (node.hello.role !== 'media') return;
    const loads = directory.loads();
    const held = heldRevision();
    const last = told.get(node);
    if (last?.loads === loads && last.held === held) return;
    const orders = directory.ordersFor(node.hello.nodeId).map(withHeld);
    const after = new Map<CameraId, string>();
    await eachInSlices(orders, (order) => after.set(order.cameraId, JSON.stringify(order)));
    const before = told.get(node);
    if (before === undefined) return;
    version += 1;
    if (before === null) {
      node.send({ type: 'desired', version, orders });
    } else {
      const upsert = orders.filter(
        (order) => before.orders.get(order.cameraId) !== after.get(order.cameraId),
      );
      const remove = [...before.orders.keys()].filter((id) => !after.has(id));
      if (upsert.length + remove.length > 0) {
        node.send({ type: 'desired-change', version, upsert, remove });
      }
    }
    told.set(node, { orders: after, loads, held });
  };

  /** Before a node's first orders: it deletes nothing until it knows them. */
  const tellHolds = async () => {
    const media = [...told].filter(([node]) => node.hello.role === 'media');
    const untold = media.filter(([, orders]) => holdsStale || orders === null);
    holdsStale = false;
    if (untold.length === 0) return;
    try {
      const holds = await readHoldsInForce(sql);
      for (const [node] of untold) node.send({ type: 'holds', holds });
    } catch (error) {
      holdsStale = true;
      throw error;
    }
  };

  /** As holds: what a running poll or count spares is known before anything may go. */
  const tellPhase = async () => {
    const media = [...told].filter(([node]) => node.hello.role === 'media');
    const untold = media.filter(([, orders]) => phasesStale || orders === null);
    phasesStale = false;
    if (untold.length === 0) return;
    try {
      const phase = await readElectionPhase(sql, clock.nowMs());
      for (const [node] of untold) node.send({ type: 'election-phase', phase });
    } catch (error) {
      phasesStale = true;
      throw error;
    }
  };

  /** Looks through all cameras when nodes came or went, the plan changed, or now and then. */
  const assign = async (nowMs: number): Promise<readonly AssignmentMove[]> => {
    const living = (await readLivingMediaNodes(sql, nowMs)).join(' ');
    const sinceMs = nowMs - assigned.atMs;
    const isRecent = sinceMs >= 0 && sinceMs < assignAtLeastEveryMs;
    if (!planNews && isRecent && living === assigned.living) return [];
    // Before it is read: what changes from here on is looked at again.
    planNews = false;
    try {
      const moves = await assignCamerasToNodes(sql, nowMs);
      assigned = { living, atMs: nowMs };
      return moves;
    } catch (error) {
      planNews = true;
      throw error;
    }
  };

  const pass = async () => {
    const nowMs = clock.nowMs();
    const leaseUntilMs = nowMs + options.nodeLeaseMs;
    for (const node of linkedNews.splice(0)) {
      const { nodeId: id, role, version: release, footageUrl, startedAtMs } = node.hello;
      await storeNodeLinked(
        sql,
        { id, role, version: release, footageUrl, startedAtMs },
        nowMs,
        leaseUntilMs,
      );
    }
    for (const { hello } of unlinkedNews.splice(0)) {
      const back = idsOf(hello.role).includes(hello.nodeId);
      if (!back) await storeNodeUnlinked(sql, hello.role, hello.nodeId, nowMs);
    }
    for (const role of ['media', 'gateway'] as const) {
      await renewLeases(sql, role, idsOf(role), leaseUntilMs);
    }
    const moves = await assign(nowMs);
    if (moves.length > 0) log.info({ cameras: moves.length }, 'cameras were given to media nodes');
    if (stale || moves.length > 0) {
      stale = false;
      await directory.load();
      options.onLoaded();
    }
    // Who links from here on waits for the next pass: orders come after holds and phase.
    const nodes = [...told.keys()];
    await tellHolds();
    await tellPhase();
    for (const node of nodes) await tell(node);
  };

  const attempt = async () => {
    const linkedBefore = [...linkedNews];
    const unlinkedBefore = [...unlinkedNews];
    const staleBefore = stale;
    try {
      await pass();
    } catch (error) {
      linkedNews = [...linkedBefore.filter((node) => told.has(node)), ...linkedNews];
      unlinkedNews = [...unlinkedBefore, ...unlinkedNews];
      stale ||= staleBefore;
      throw error;
    }
    return beatEveryMs;
  };
  const loop = startWokenLoop({
    clock,
    log,
    pass: attempt,
    everyMs: beatEveryMs,
    // While cameras are registered the plan changes all the time: half of it is left to everything else.
    againAfterMs: (tookMs) => Math.max(50, tookMs),
    failing: 'media nodes cannot be informed',
  });

  return {
    linked(node) {
      forgetFormerLinks(told, node);
      told.set(node, null);
      linkedNews.push(node);
      loop.wake();
    },
    unlinked(node) {
      told.delete(node);
      unlinkedNews.push(node);
      loop.wake();
    },
    planChanged() {
      stale = true;
      planNews = true;
      loop.wake();
    },
    holdsChanged() {
      holdsStale = true;
      loop.wake();
    },
    phasesChanged() {
      phasesStale = true;
      loop.wake();
    },
    stop: loop.stop,
  };
}
