import type { QuarantineReason } from '@nigehban/domain/api/discovery-types.ts';
import type { CameraEndpoint, CameraIdentity } from '@nigehban/domain/camera.ts';
import type { Queryable } from './database.ts';

export interface QuarantineRow {
  readonly id: number;
  readonly address: string;
  readonly onvifPort: number;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly reason: QuarantineReason;
  readonly evidence: string;
  readonly candidates: readonly string[];
  readonly sealedCredentials: Uint8Array | null;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface QuarantineWrite {
  /** What tells the device from others. */
  readonly device: string;
  readonly endpoint: CameraEndpoint;
  readonly identity: CameraIdentity | null;
  readonly reason: QuarantineReason;
  readonly evidence: string;
  readonly candidates: readonly string[];
  readonly sealedCredentials: Uint8Array | null;
}

/** Notes a device that belongs nowhere, or that it was seen again. An ignored one stays ignored where it is. */
export async function upsertQuarantine(
  sql: Queryable,
  write: QuarantineWrite,
  atMs: number,
): Promise<void> {
  const { endpoint, identity } = write;
  await sql`
    insert into quarantine (device, address, onvif_port, manufacturer, model, firmware, serial, mac,
      reason, evidence, candidates, credentials, first_seen, last_seen)
    values (${write.device}, ${endpoint.address}, ${endpoint.onvifPort},
      ${identity?.manufacturer ?? null}, ${identity?.model ?? null}, ${identity?.firmware ?? null},
      ${identity?.serial ?? null}, ${identity?.mac ?? null}, ${write.reason}, ${write.evidence},
      ${[...write.candidates]}::text[], ${write.sealedCredentials}, ${atMs}::timestamptz,
      ${atMs}::timestamptz)
    on conflict (device) do update set address = excluded.address,
      onvif_port = excluded.onvif_port, manufacturer = excluded.manufacturer,
      model = excluded.model, firmware = excluded.firmware, mac = excluded.mac,
      reason = excluded.reason, evidence = excluded.evidence, candidates = excluded.candidates,
      credentials = coalesce(excluded.credentials, quarantine.credentials),
      last_seen = excluded.last_seen,
      ignored_at = case when quarantine.address = excluded.address then quarantine.ignored_at end`;
}

/** Those that wait for a person, or the one of that id. */
export async function readQuarantine(
  sql: Queryable,
  id?: number,
): Promise<readonly QuarantineRow[]> {
  return await sql<QuarantineRow[]>`
    select id, address, onvif_port, manufacturer, model, firmware, serial, mac, reason, evidence,
      candidates, credentials as sealed_credentials, first_seen, last_seen
    from quarantine
    where ignored_at is null and (${id ?? null}::int is null or id = ${id ?? null})
    order by last_seen desc, id limit 5000`;
}

/** False when there is no such entry. */
export async function ignoreQuarantine(sql: Queryable, id: number, atMs: number): Promise<boolean> {
  const rows = await sql`update quarantine set ignored_at = ${atMs}::timestamptz
    where id = ${id} and ignored_at is null returning id`;
  return rows.length > 0;
}

/** Takes out what was bound in the meantime: by what it says it is, or by where it was. */
export async function clearQuarantine(sql: Queryable, devices: readonly string[]): Promise<void> {
  if (devices.length === 0) return;
  await sql`delete from quarantine where device = any(${[...devices]}::text[])`;
}
