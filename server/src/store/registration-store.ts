import type { CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import type { CameraProbe } from '@nigehban/domain/link-messages.ts';
import { announce } from './change-feed.ts';
import { isoOf, type Queryable, type Sql, toJson } from './database.ts';
import { storeConfirmedDoubt } from './identity-doubt-store.ts';

/** What a probe found of a camera of the plan. */
export interface RegistrationWrite {
  readonly cameraId: CameraId;
  readonly endpoint: CameraEndpoint;
  readonly probe: CameraProbe;
  /** Null: those that are stored stay. */
  readonly sealedCredentials: Uint8Array | null;
  readonly atMs: number;
}

/**
 * Binds what probes found to assets, many in one transaction. The plan's serial and MAC stay; what
 * it lacks is learned.
 */
export async function storeRegistrations(
  sql: Sql,
  writes: readonly RegistrationWrite[],
): Promise<void> {
  const rows = writes.map(({ cameraId, endpoint, probe, sealedCredentials, atMs }) => ({
    id: cameraId,
    serial: probe.identity.serial,
    mac: probe.identity.mac,
    address: endpoint.address,
    onvif_port: endpoint.onvifPort,
    manufacturer: probe.identity.manufacturer,
    model: probe.identity.model,
    firmware: probe.identity.firmware,
    streams: probe.streams,
    has_snapshot: probe.hasSnapshot,
    has_synchronization_point: probe.hasSynchronizationPoint,
    has_events: probe.hasEvents ?? null,
    clock_offset_ms: Math.round(probe.clockOffsetMs),
    credentials:
      sealedCredentials === null ? null : Buffer.from(sealedCredentials).toString('base64'),
    at: isoOf(atMs),
  }));
  await sql.begin(async (tx) => {
    await tx`
      update camera c set
        serial = coalesce(c.serial, x.serial), mac = coalesce(c.mac, x.mac),
        address = x.address, onvif_port = x.onvif_port, manufacturer = x.manufacturer,
        model = x.model, firmware = x.firmware, streams = x.streams,
        has_snapshot = x.has_snapshot, has_synchronization_point = x.has_synchronization_point,
        has_events = coalesce(x.has_events, c.has_events),
        clock_offset_ms = x.clock_offset_ms,
        credentials = coalesce(decode(x.credentials, 'base64'), c.credentials),
        registered_at = coalesce(c.registered_at, x.at), registration_fault = null,
        registration_evidence = null
      from jsonb_to_recordset(${tx.json(toJson(rows))}) as x(id int, serial text, mac text,
        address text, onvif_port int, manufacturer text, model text, firmware text, streams jsonb,
        has_snapshot boolean, has_synchronization_point boolean, has_events boolean,
        clock_offset_ms int,
        credentials text, at timestamptz)
      where c.id = x.id`;
    // The order of everybody who holds them: cameras, doubts, proofs.
    await storeIdentityChecked(tx, writes);
    await announce(tx, { topic: 'plan' });
  });
}

/**
 * Another camera answers where this one is registered: nothing of it is recorded until it is found
 * again. What was recorded since its last proof is withheld, until it proves a session of its own.
 */
export async function storeDisplaced(
  sql: Sql,
  cameraId: CameraId,
  evidence: string,
  doubtFromMs: number | null,
  atMs: number,
): Promise<void> {
  await sql.begin(async (tx) => {
    const rows = await tx<{ checkedAt: number | null }[]>`
      update camera set registered_at = null, registration_fault = 'CAMERA_IDENTITY_MISMATCH',
        registration_evidence = ${evidence}
      where id = ${cameraId} and registered_at is not null
      returning (select checked_at from identity_proof where camera_id = ${cameraId})`;
    const [row] = rows;
    if (row === undefined) return;
    const fromMs = Math.min(doubtFromMs ?? row.checkedAt ?? atMs, atMs);
    await storeConfirmedDoubt(tx, cameraId, fromMs, evidence);
    await announce(tx, { topic: 'plan' });
    await announce(tx, { topic: 'cameras', ids: [cameraId] });
  });
}

/** These cameras said who they are, at these times. */
export async function storeIdentityChecked(
  sql: Queryable,
  checked: readonly { readonly cameraId: CameraId; readonly atMs: number }[],
): Promise<void> {
  const rows = checked.map(({ cameraId, atMs }) => ({ id: cameraId, at: isoOf(atMs) }));
  await sql`
    insert into identity_proof (camera_id, checked_at)
    select c.id, max(x.at) from jsonb_to_recordset(${sql.json(toJson(rows))})
      as x(id int, at timestamptz)
    join camera c on c.id = x.id group by c.id order by c.id
    on conflict (camera_id) do update set checked_at = excluded.checked_at`;
}

/** Gives an asset the identity, and the address, of the device that a person put into its place. */
export async function storeIdentity(
  sql: Queryable,
  cameraId: CameraId,
  identity: { readonly serial: string | null; readonly mac: string | null },
  endpoint: CameraEndpoint,
): Promise<void> {
  await sql`update camera set serial = ${identity.serial}, mac = ${identity.mac},
      address = ${endpoint.address}, onvif_port = ${endpoint.onvifPort},
      registered_at = null, registration_fault = null, registration_evidence = null
    where id = ${cameraId}`;
}
