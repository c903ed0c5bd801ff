import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { WatchOrder, WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import type { NodeConnection } from '../link/node-connection.ts';
import { forgetFormerLinks } from '../link/node-requests.ts';
import type { Sql } from '../store/database.ts';
import {
  readLivingNodes,
  readWatchPolicy,
  readWatchRows,
  type WatchRow,
} from '../store/watch-store.ts';
import { type CameraDirectory, streamOf } from './camera-directory.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import { eachInSlices } from './in-slices.ts';
import { startWokenLoop } from './woken-loop.ts';

/** Keeps the gateways' watch orders: whole at their hello, then changes. */
export interface GatewayInformer {
  linked(node: NodeConnection): void;
  unlinked(node: NodeConnection): void;
  /** Cameras, their views or the policy changed; the directory is loaded already. */
  changed(): void;
  /** As the gateways know it; null before it was read. */
  policy(): WatchPolicy | null;
  stop(): Promise<void>;
}

const beatEveryMs = 2_000;
const heldLookMs = 10 * 60_000;

export function startGatewayInformer(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: CameraDirectory;
  /** Leases of the time before this process began may look over: so long they are believed to live. */
  readonly nodeLeaseMs: number;
  /** Passwords that cameras refused; null until it is loaded. */
  readonly breaker: () => Pick<CredentialBreaker, 'holds' | 'revision'> | null;
  /** Cameras of which no living media node tells, after each time that they may have changed. */
  readonly onSwept: (cameraIds: readonly CameraId[]) => void;
}): GatewayInformer {
  const { sql, clock, log, directory } = options;
  const startedAtMs = clock.nowMs();
  /** Linked gateways with the version they were told last; null: nothing yet. */
  const told = new Map<NodeConnection, number | null>();
  let orders = new Map<CameraId, { readonly order: WatchOrder; readonly text: string }>();
  let policyText = '';
  let livingText: string | null = null;
  let version = startedAtMs;
  let stale = true;

  const withHeld = (order: WatchOrder): WatchOrder => {
    const { endpoint, credentials } = order;
    const isHeld = credentials !== null && options.breaker()?.holds(endpoint, credentials) === true;
    return isHeld ? { ...order, held: true } : order;
  };

  const build = async (living: ReadonlySet<string>) => {
    const rows = await readWatchRows(sql);
    const settled = clock.nowMs() - startedAtMs >= options.nodeLeaseMs;
    const built = new Map<CameraId, { readonly order: WatchOrder; readonly text: string }>();
    await eachInSlices(rows, (row) => {
      const plain = orderOf(directory, row, living, settled);
      const order = plain === null ? null : withHeld(plain);
      if (order !== null) built.set(order.cameraId, { order, text: JSON.stringify(order) });
    });
    return built;
  };

  const pass = async () => {
    const living = await readLivingNodes(sql, clock.nowMs());
    const settled = clock.nowMs() - startedAtMs >= options.nodeLeaseMs;
    // A refusal also ends by itself, a day after it: looked at now and then.
    const held = (options.breaker()?.revision() ?? 0) + Math.floor(clock.nowMs() / heldLookMs);
    const nowLiving = JSON.stringify([[...living], settled, held]);
    const rebuilt = stale || nowLiving !== livingText;
    let policy: WatchPolicy | null = null;
    const upsert: WatchOrder[] = [];
    let remove: CameraId[] = [];
    let whole = false;
    if (rebuilt) {
      stale = false;
      try {
        policy = await readWatchPolicy(sql);
        const next = await build(living);
        for (const [cameraId, { order, text }] of next) {
          if (orders.get(cameraId)?.text !== text) upsert.push(order);
        }
        remove = [...orders.keys()].filter((id) => !next.has(id));
        orders = next;
        livingText = nowLiving;
      } catch (error) {
        stale = true;
        throw error;
      }
      whole = JSON.stringify(policy) !== policyText;
      policyText = JSON.stringify(policy);
      if (whole || upsert.length + remove.length > 0) version += 1;
      options.onSwept(
        [...orders.values()].flatMap(({ order }) => (order.swept ? [order.cameraId] : [])),
      );
    }
    for (const [node, toldVersion] of told) {
      if (toldVersion === version) continue;
      if (toldVersion === null || whole || toldVersion !== version - 1) {
        node.send({
          type: 'watch',
          version,
          policy: JSON.parse(policyText) as WatchPolicy,
          orders: [...orders.values()].map(({ order }) => order),
        });
      } else {
        node.send({ type: 'watch-change', version, upsert, remove });
      }
      told.set(node, version);
    }
  };

  const loop = startWokenLoop({
    clock,
    log,
    async pass() {
      await pass();
      return beatEveryMs;
    },
    everyMs: beatEveryMs,
    againAfterMs: () => 50,
    failing: 'gateways cannot be informed',
  });

  return {
    linked(node) {
      forgetFormerLinks(told, node);
      told.set(node, null);
      loop.wake();
    },
    unlinked(node) {
      told.delete(node);
    },
    changed() {
      stale = true;
      loop.wake();
    },
    policy: () => (policyText === '' ? null : (JSON.parse(policyText) as WatchPolicy)),
    stop: loop.stop,
  };
}

/** What the gateways are to watch of a camera; null while no address is known. */
function orderOf(
  directory: CameraDirectory,
  row: WatchRow,
  living: ReadonlySet<string>,
  settled: boolean,
): WatchOrder | null {
  const entry = directory.find(row.cameraId);
  if (entry === null || entry.endpoint === null) return null;
  const { asset, endpoint, credentials } = entry;
  const main = streamOf(asset, 'main');
  const delivered =
    asset.registered && asset.nodeId !== null && (living.has(asset.nodeId) || !settled);
  return {
    cameraId: row.cameraId,
    cameraCode: asset.code,
    stationId: row.stationId,
    endpoint,
    credentials,
    serial: asset.registered ? asset.serial : null,
    swept: !delivered,
    view:
      !asset.registered || main === null
        ? null
        : {
            profileToken: main.profileToken,
            reference: row.reference,
            ...(asset.hasSnapshot ? {} : { stills: true }),
          },
    events: asset.registered && row.hasEvents,
  };
}
