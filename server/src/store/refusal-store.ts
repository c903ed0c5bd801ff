import type { CameraEndpoint } from '@nigehban/domain/camera.ts';
import { announceAll } from './change-feed.ts';
import type { Queryable, Sql } from './database.ts';

/** A user name and password, as a keyed hash in base64, that an address refused or takes again. */
export interface RefusalChange extends CameraEndpoint {
  readonly fingerprint: string;
  /** Null: they were accepted. */
  readonly refusedAtMs: number | null;
}

export interface RefusalRow extends RefusalChange {
  readonly refusedAtMs: number;
}

/** What was refused since then; what is older is forgotten. */
export async function readRefusals(
  sql: Queryable,
  sinceMs: number,
): Promise<readonly RefusalRow[]> {
  await sql`delete from refused_credential where refused_at < ${sinceMs}::timestamptz`;
  return await sql<RefusalRow[]>`
    select address, onvif_port, encode(fingerprint, 'base64') as fingerprint,
      refused_at as refused_at_ms
    from refused_credential`;
}

/** Whether the address refused one of these since then, as every process stored it. */
export async function isRefused(
  sql: Queryable,
  { address, onvifPort }: CameraEndpoint,
  fingerprints: readonly string[],
  sinceMs: number,
): Promise<boolean> {
  const rows = await sql`
    select from refused_credential r
    join unnest(${[...fingerprints]}::text[]) f on r.fingerprint = decode(f, 'base64')
    where address = ${address} and onvif_port = ${onvifPort}
      and refused_at > ${sinceMs}::timestamptz limit 1`;
  return rows.length > 0;
}

/** A notice of PostgreSQL holds 8,000 bytes, a change up to 160. */
const changesPerNotice = 40;

/**
 * Stores changes, each of another address or password, and tells every process of them; `by` names the
 * one that noticed.
 */
export async function storeRefusals(
  sql: Sql,
  changes: readonly RefusalChange[],
  by: string,
): Promise<void> {
  if (changes.length === 0) return;
  const addresses = changes.map(({ address }) => address);
  const ports = changes.map(({ onvifPort }) => onvifPort);
  const fingerprints = changes.map(({ fingerprint }) => fingerprint);
  const times = changes.map(({ refusedAtMs }) => refusedAtMs);
  await sql.begin(async (tx) => {
    await tx`
      insert into refused_credential as r (address, onvif_port, fingerprint, refused_at)
      select address, port, decode(fingerprint, 'base64'), to_timestamp(ms / 1000)
      from unnest(${addresses}::text[], ${ports}::int[], ${fingerprints}::text[], ${times}::float8[])
        as given (address, port, fingerprint, ms)
      where ms is not null order by 1, 2, 3
      on conflict (address, onvif_port, fingerprint) do update
        set refused_at = greatest(r.refused_at, excluded.refused_at)`;
    await tx`
      delete from refused_credential r
      using unnest(${addresses}::text[], ${ports}::int[], ${fingerprints}::text[], ${times}::float8[])
        as given (address, port, fingerprint, ms)
      where ms is null and r.address = given.address and r.onvif_port = given.port
        and r.fingerprint = decode(given.fingerprint, 'base64')`;
    const notices = Array.from(
      { length: Math.ceil(changes.length / changesPerNotice) },
      (_, index) => changes.slice(index * changesPerNotice, (index + 1) * changesPerNotice),
    );
    await announceAll(
      tx,
      notices.map((refusals) => ({ topic: 'refusals' as const, by, refusals })),
    );
  });
}
