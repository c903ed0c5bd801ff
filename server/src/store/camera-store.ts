import type { CameraId, CameraStream } from '@nigehban/domain/camera.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { StreamTransport } from '@nigehban/domain/link-messages.ts';
import { announce } from './change-feed.ts';
import type { Queryable, Sql } from './database.ts';

/** A camera asset as registration, orders and its page need it. Credentials stay sealed. */
export interface CameraAsset {
  readonly id: CameraId;
  readonly code: string;
  readonly stationCode: string;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly address: string | null;
  /** Where the plan expects it; the weakest proof of who it is. */
  readonly plannedAddress: string | null;
  readonly onvifPort: number;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly streams: readonly CameraStream[];
  readonly hasSnapshot: boolean;
  readonly hasSynchronizationPoint: boolean;
  readonly clockOffsetMs: number | null;
  readonly sealedCredentials: Uint8Array | null;
  readonly registered: boolean;
  /** What was found at its last failure, of registration or recording; null when well. */
  readonly evidence: string | null;
  readonly nodeId: string | null;
  /** How its packets are to travel; null: nobody wished. */
  readonly transport: StreamTransport | null;
}

const assetsInPart = 1_000;

/** Assets with an open assignment: all, or some by id. */
export async function readAssets(
  sql: Queryable,
  ids?: readonly CameraId[],
): Promise<readonly CameraAsset[]> {
  return await selectAssets(sql, ids);
}

/** All assets with an open assignment as they are at one moment, some at a time. */
export function readAssetsInParts(sql: Queryable): AsyncIterable<readonly CameraAsset[]> {
  return selectAssets(sql).cursor(assetsInPart);
}

function selectAssets(sql: Queryable, ids?: readonly CameraId[]) {
  return sql<CameraAsset[]>`
    select c.id, c.code, s.code as station_code, c.serial, c.mac, c.address, c.planned_address,
      c.onvif_port,
      c.manufacturer, c.model, c.firmware, c.streams, c.has_snapshot, c.has_synchronization_point,
      c.clock_offset_ms, c.credentials as sealed_credentials,
      c.registered_at is not null as registered, n.node_id, c.transport,
      coalesce(cs.evidence, c.registration_evidence) as evidence
    from camera c
    join assignment a on a.camera_id = c.id and a.valid_to is null
    join station s on s.id = a.station_id
    left join camera_node n on n.camera_id = c.id
    left join camera_state cs on cs.camera_id = c.id
    ${ids === undefined ? sql`` : sql`where c.id = any(${[...ids]}::int[])`}
    order by c.id`;
}

/** Notes why a camera could not be registered; tells browsers only when it is news. */
export async function storeRegistrationFault(
  sql: Sql,
  cameraId: CameraId,
  fault: FaultCode,
  evidence: string,
): Promise<void> {
  await sql.begin(async (tx) => {
    const changed = await tx`
      update camera set registration_fault = ${fault}, registration_evidence = ${evidence}
      where id = ${cameraId} and registered_at is null
        and (registration_fault, registration_evidence) is distinct from (${fault}, ${evidence})
      returning id`;
    if (changed.length > 0) await announce(tx, { topic: 'cameras', ids: [cameraId] });
  });
}
