import type { Sql } from './database.ts';

/** Who decides about which cameras, as every server process sees it. */
export interface CameraOwners {
  /** Server processes that live, ascending. */
  readonly servers: readonly string[];
  /** Server process that holds the link of a media node, for the nodes of which one does. */
  readonly serverOfNode: ReadonlyMap<string, string>;
}

/**
 * Renews a process's lease, notes the media nodes that are linked to it and reads who else lives.
 * Times are the database's own: the clocks of the processes need not agree.
 */
export async function beatServerProcess(
  sql: Sql,
  serverId: string,
  linkedNodes: readonly string[],
  leaseMs: number,
): Promise<CameraOwners> {
  return await sql.begin(async (tx) => {
    await tx`
      insert into server_process (id, lease_until)
      values (${serverId}, now() + ${`${leaseMs} milliseconds`}::interval)
      on conflict (id) do update set lease_until = excluded.lease_until`;
    await tx`delete from server_process where lease_until < now() - interval '1 hour'`;
    await tx`
      update node set server_id = ${serverId}
      where role = 'media' and id = any(${[...linkedNodes]}::text[])
        and server_id is distinct from ${serverId}`;
    await tx`
      update node set server_id = null
      where role = 'media' and server_id = ${serverId}
        and id <> all(${[...linkedNodes]}::text[])`;
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

/** The process ends: others take over at once. */
export async function endServerProcess(sql: Sql, serverId: string): Promise<void> {
  await sql`delete from server_process where id = ${serverId}`;
}
