import { type AssignmentMove, planAssignments } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkRole } from '@nigehban/domain/link-messages.ts';
import { advisoryLocks } from './advisory-locks.ts';
import { announce } from './change-feed.ts';
import type { Queryable, Sql } from './database.ts';

export interface NodeRow {
  readonly id: string;
  readonly role: LinkRole;
  readonly version: string;
  readonly footageUrl: string | null;
  readonly linkedAt: number;
  readonly leaseUntil: number;
  readonly unlinkedAt: number | null;
}

export async function storeNodeLinked(
  sql: Queryable,
  node: {
    readonly id: string;
    readonly role: LinkRole;
    readonly version: string;
    readonly footageUrl: string | null;
    readonly startedAtMs: number;
  },
  nowMs: number,
  leaseUntilMs: number,
): Promise<void> {
  await sql`
    insert into node (id, role, version, footage_url, started_at, linked_at, lease_until)
    values (${node.id}, ${node.role}, ${node.version}, ${node.footageUrl}, ${node.startedAtMs},
      ${nowMs}, ${leaseUntilMs})
    on conflict (role, id) do update set version = excluded.version,
      footage_url = excluded.footage_url, started_at = excluded.started_at,
      linked_at = excluded.linked_at, lease_until = excluded.lease_until, unlinked_at = null`;
}

export async function renewLeases(
  sql: Queryable,
  role: LinkRole,
  nodeIds: readonly string[],
  leaseUntilMs: number,
): Promise<void> {
  await sql`
    update node set lease_until = ${leaseUntilMs}
    where role = ${role} and id = any(${[...nodeIds]}::text[])`;
}

export async function storeNodeUnlinked(
  sql: Queryable,
  role: LinkRole,
  nodeId: string,
  nowMs: number,
): Promise<void> {
  await sql`update node set unlinked_at = ${nowMs} where role = ${role} and id = ${nodeId}`;
}

export async function readNodes(sql: Queryable): Promise<readonly NodeRow[]> {
  return await sql<NodeRow[]>`
    select id, role, version, footage_url, linked_at, lease_until, unlinked_at from node order by id`;
}

/** Media nodes whose lease holds, in order. */
export async function readLivingMediaNodes(
  sql: Queryable,
  nowMs: number,
): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from node where role = 'media' and lease_until > ${nowMs}::timestamptz order by id`;
  return rows.map(({ id }) => id);
}

/** Gives every registered camera a living media node and returns the moves made. */
export async function assignCamerasToNodes(
  sql: Sql,
  nowMs: number,
): Promise<readonly AssignmentMove[]> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${advisoryLocks.cameraNodes})`;
    const nodes = await tx<{ nodeId: string; alive: boolean }[]>`
      select id as node_id, lease_until > ${nowMs}::timestamptz as alive from node
      where role = 'media'`;
    const living = nodes.flatMap(({ nodeId, alive }) => (alive ? [nodeId] : []));
    // Looked for often: of the cameras that have a living node none is joined with anything.
    const cameras = await tx<{ cameraId: CameraId; nodeId: string | null }[]>`
      select c.id as camera_id, x.node_id
      from (
        select camera_id, node_id from camera_node where node_id <> all(${living}::text[])
        union all
        select a.camera_id, null from assignment a
        where a.valid_to is null
          and not exists (select from camera_node n where n.camera_id = a.camera_id)
      ) x
      join camera c on c.id = x.camera_id and c.registered_at is not null
      where exists (select from assignment a where a.camera_id = c.id and a.valid_to is null)
      order by c.id`;
    const moves = planAssignments(cameras, nodes);
    if (moves.length > 0) {
      await tx`
        insert into camera_node (camera_id, node_id, assigned_at)
        select camera_id, node_id, ${nowMs}::timestamptz
        from unnest(${moves.map((move) => move.cameraId)}::int[],
          ${moves.map((move) => move.to)}::text[]) as x(camera_id, node_id)
        on conflict (camera_id) do update set node_id = excluded.node_id,
          assigned_at = excluded.assigned_at`;
      await announce(tx, { topic: 'plan' });
    }
    return moves;
  });
}
