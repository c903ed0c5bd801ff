import type { Queryable, Sql } from './database.ts';

/** Who decides about which cameras, as every server process sees it. */
export interface CameraOwners {
  /** Server processes that live, ascending. */
  readonly servers: readonly string[];
  /** Server process that holds the link of a media node, for the nodes of which one does. */
  readonly serverOfNode: ReadonlyMap<string, string>;
}

/** Any number of our own: of processes that begin at once, one finds the gap before them. */
const beatLock = 4_206_119;

/**
 * Renews a process's lease, notes the media nodes that are linked to it, when nobody watched, and
 * reads who else lives. Times are the database's own: the clocks of the processes need not agree.
 */
export async function beatServerProcess(
  sql: Sql,
  serverId: string,
  linkedNodes: readonly string[],
  leaseMs: number,
): Promise<CameraOwners> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${beatLock})`;
    // Nobody lived until this moment: from the last word of the last process on nobody watched.
    await tx`
      insert into watch_gap (node_id, from_at, to_at)
      select null, last.beat_at, now()
      from (select max(beat_at) as beat_at, max(lease_until) as lease_until from server_process) last
      where last.lease_until < now()`;
    await tx`
      insert into server_process (id, beat_at, lease_until)
      values (${serverId}, now(), now() + ${`${leaseMs} milliseconds`}::interval)
      on conflict (id) do update set beat_at = excluded.beat_at, lease_until = excluded.lease_until`;
    await tx`delete from server_process where lease_until < now() - interval '1 hour'`;
    await tx`
      update node set server_id = ${serverId}
      where role = 'media' and id = any(${[...linkedNodes]}::text[])
        and server_id is distinct from ${serverId}`;
    await tx`
      update node set server_id = null
      where role = 'media' and server_id = ${serverId}
        and id <> all(${[...linkedNodes]}::text[])`;
    await noteNodeGaps(tx);
    const servers = await tx<{ id: string }[]>`
      select id from server_process where lease_until > now() order by id`;
    const nodes = await tx<{ id: string; serverId: string }[]>`
      select n.id, n.server_id from node n
      join server_process s on s.id = n.server_id and s.lease_until > now()
      where n.role = 'media'`;
    return {
      servers: servers.map((row) => row.id),
      serverOfNode: new Map(nodes.map((row) => [row.id, row.serverId])),
    };
  });
}

/** Nobody tells of an unlinked node's cameras until it is back, or its lease is over and others do. */
async function noteNodeGaps(sql: Queryable): Promise<void> {
  await sql`
    insert into watch_gap (node_id, from_at)
    select id, unlinked_at from node
    where role = 'media' and unlinked_at is not null and lease_until > now()
    on conflict (coalesce(node_id, '')) where to_at is null do nothing`;
  await sql`
    update watch_gap g
    set to_at = greatest(g.from_at,
      case when n.unlinked_at is null then n.linked_at else n.lease_until end)
    from node n
    where g.to_at is null and n.role = 'media' and n.id = g.node_id
      and (n.unlinked_at is null or n.lease_until <= now())`;
}

/** The process ends: others take over at once. */
export async function endServerProcess(sql: Sql, serverId: string): Promise<void> {
  await sql`
    update server_process set beat_at = now(), lease_until = now() where id = ${serverId}`;
}
