import type { DiscoveryCounts, DiscoveryRunState } from '@nigehban/domain/api/discovery-types.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { Queryable } from './database.ts';

export interface DiscoveryRunRow extends DiscoveryCounts {
  readonly id: number;
  readonly state: DiscoveryRunState;
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
  readonly httpPorts: readonly number[];
  readonly sealedCredentials: Uint8Array | null;
  readonly startedBy: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly chunksDone: number;
  readonly chunks: number;
  readonly addressesAsked: number;
  readonly addresses: number;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
}

export interface NewDiscoveryRun {
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
  readonly httpPorts: readonly number[];
  readonly sealedCredentials: Uint8Array | null;
  readonly startedBy: string;
  readonly chunks: number;
  readonly addresses: number;
}

/** Adds a run that is to begin; gives its id. */
export async function insertDiscoveryRun(
  sql: Queryable,
  run: NewDiscoveryRun,
  atMs: number,
): Promise<number> {
  const rows = await sql<{ id: number }[]>`
    insert into discovery_run (cidrs, multicast, http_ports, credentials, started_by, started_at,
      chunks, addresses)
    values (${[...run.cidrs]}::text[], ${run.multicast}, ${[...run.httpPorts]}::int[],
      ${run.sealedCredentials}, ${run.startedBy}, ${atMs}::timestamptz, ${run.chunks},
      ${run.addresses})
    returning id`;
  return rows[0]?.id ?? 0;
}

/** The newest runs, or those of one id or state. */
export async function readDiscoveryRuns(
  sql: Queryable,
  which: { readonly id?: number; readonly state?: DiscoveryRunState } = {},
): Promise<readonly DiscoveryRunRow[]> {
  return await sql<DiscoveryRunRow[]>`
    select id, state, cidrs, multicast, http_ports, credentials as sealed_credentials, started_by,
      started_at, ended_at, chunks_done, chunks, addresses_asked, addresses, found, bound, known,
      quarantined, refused, failed, fault, evidence
    from discovery_run
    where (${which.id ?? null}::int is null or id = ${which.id ?? null})
      and (${which.state ?? null}::text is null or state = ${which.state ?? null})
    order by id desc limit 100`;
}

/** Notes that a step is done with what it brought; false when the run was ended meanwhile. */
export async function storeChunkDone(
  sql: Queryable,
  id: number,
  chunksDone: number,
  addresses: number,
  counts: DiscoveryCounts,
): Promise<boolean> {
  const rows = await sql`
    update discovery_run set chunks_done = ${chunksDone},
      addresses_asked = addresses_asked + ${addresses}, found = found + ${counts.found},
      bound = bound + ${counts.bound}, known = known + ${counts.known},
      quarantined = quarantined + ${counts.quarantined}, refused = refused + ${counts.refused},
      failed = failed + ${counts.failed}, fault = null, evidence = null
    where id = ${id} and state = 'RUNNING' and chunks_done = ${chunksDone - 1} returning id`;
  return rows.length > 0;
}

export async function storeDiscoveryFault(
  sql: Queryable,
  id: number,
  fault: FaultCode,
  evidence: string,
): Promise<void> {
  await sql`update discovery_run set fault = ${fault}, evidence = ${evidence}
    where id = ${id} and state = 'RUNNING'`;
}

/** Ends a run and forgets its passwords; false when it was ended before. */
export async function endDiscoveryRun(
  sql: Queryable,
  id: number,
  state: Exclude<DiscoveryRunState, 'RUNNING'>,
  atMs: number,
): Promise<boolean> {
  const rows = await sql`
    update discovery_run set state = ${state}, ended_at = ${atMs}::timestamptz, credentials = null
    where id = ${id} and state = 'RUNNING' returning id`;
  return rows.length > 0;
}
