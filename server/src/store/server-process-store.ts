import type { Sql } from './database.ts';

/** Who decides about which cameras, as every server process sees it. */
export interface CameraOwners {
  /** Server processes that live, ascending. */
  readonly servers: readonly string[];
  /** Server process that holds the link of a media node, for the nodes of which one does. */
  readonly serverOfNode: ReadonlyMap<string, string>;
}

/**
 * Renews a process's lease, notes the media nodes that are linked to it and when nobody watched, and
 * reads who else lives. One statement: it runs every two seconds, also while PostgreSQL comes and goes.
 */
export async function beatServerProcess(
  sql: Sql,
  serverId: string,
  linkedNodes: readonly string[],
  leaseMs: number,
): Promise<CameraOwners> {
  const [row] = await sql<{ owners: { servers: string[]; nodes: [string, string][] } }[]>`
    select beat_server_process(${serverId}, ${[...linkedNodes]}::text[],
      ${leaseMs} * interval '1 ms') as owners`;
  if (row === undefined) throw new Error('beat_server_process returned no row');
  return { servers: row.owners.servers, serverOfNode: new Map(row.owners.nodes) };
}

/** The process ends: others take over at once. */
export async function endServerProcess(sql: Sql, serverId: string): Promise<void> {
  await sql`
    update server_process set beat_at = now(), lease_until = now() where id = ${serverId}`;
}
