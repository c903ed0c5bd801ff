import type {
  AssetView,
  AssignmentEnd,
  AssignmentView,
  HistoryEvent,
  Lifecycle,
  StationCameraAt,
} from '@nigehban/domain/api/lifecycle-types.ts';
import type { CameraId, Placement } from '@nigehban/domain/camera.ts';
import { approvalOf, type ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import type { Queryable } from './database.ts';

/** Who acts in this transaction, and when: the triggers of camera_history write it. */
export async function actAs(sql: Queryable, actor: string | null, nowMs: number): Promise<void> {
  await sql`select set_config('nigehban.actor', ${actor ?? ''}, true),
    set_config('nigehban.at', ${new Date(nowMs).toISOString()}, true)`;
}

/** An asset with its open assignment, locked. */
export interface LockedAsset {
  readonly id: CameraId;
  readonly code: string;
  readonly lifecycle: Lifecycle;
  readonly address: string | null;
  readonly onvifPort: number;
  readonly sealedCredentials: Uint8Array | null;
  readonly assignmentId: number | null;
  readonly stationId: number | null;
  readonly stationCode: string | null;
  readonly placement: Placement | null;
  readonly booth: number | null;
}

/** Locks assets in the order of their ids, so that two that swap do not wait for each other. */
export async function lockAssets(
  sql: Queryable,
  ids: readonly CameraId[],
): Promise<ReadonlyMap<CameraId, LockedAsset>> {
  await sql`select id from camera where id = any(${[...ids]}::int[]) order by id for update`;
  const rows = await sql<LockedAsset[]>`
    select c.id, c.code, c.lifecycle, c.address, c.onvif_port, c.credentials as sealed_credentials,
      a.id as assignment_id, a.station_id, s.code as station_code, a.placement, a.booth
    from camera c
    left join assignment a on a.camera_id = c.id and a.valid_to is null
    left join station s on s.id = a.station_id
    where c.id = any(${[...ids]}::int[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findStationId(sql: Queryable, code: string): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`select id from station where code = ${code}`;
  return row?.id;
}

export async function endAssignment(
  sql: Queryable,
  assignmentId: number,
  end: { readonly by: string; readonly reason: string; readonly how: AssignmentEnd },
  nowMs: number,
): Promise<void> {
  await sql`
    update assignment set valid_to = greatest(${nowMs}::timestamptz,
        valid_from + interval '1 microsecond'),
      ended_by = ${end.by}, end_reason = ${end.reason}, ended_how = ${end.how}
    where id = ${assignmentId}`;
}

export async function openAssignment(
  sql: Queryable,
  assignment: {
    readonly cameraId: CameraId;
    readonly stationId: number;
    readonly placement: Placement;
    readonly booth: number | null;
    readonly approvedBy: string;
    readonly reason: string;
  },
  nowMs: number,
): Promise<number> {
  if (assignment.booth !== null) {
    await sql`insert into booth (station_id, number)
      values (${assignment.stationId}, ${assignment.booth}) on conflict do nothing`;
  }
  const [row] = await sql<{ id: number }[]>`
    insert into assignment (camera_id, station_id, placement, booth, valid_from, approved_by, reason)
    values (${assignment.cameraId}, ${assignment.stationId}, ${assignment.placement},
      ${assignment.booth}, greatest(${nowMs}::timestamptz, (select max(valid_to) from assignment
        where camera_id = ${assignment.cameraId})), ${assignment.approvedBy}, ${assignment.reason})
    returning id`;
  return row?.id ?? 0;
}

/** Sets an asset's lifecycle; one that serves no longer is recorded by no node. */
export async function setLifecycle(
  sql: Queryable,
  cameraId: CameraId,
  lifecycle: Lifecycle,
): Promise<void> {
  await sql`update camera set lifecycle = ${lifecycle} where id = ${cameraId}`;
  if (lifecycle !== 'in-service') await sql`delete from camera_node where camera_id = ${cameraId}`;
}

/** Where a replacement is looked for, and by which credentials: it is registered anew there. */
export async function setPlace(
  sql: Queryable,
  cameraId: CameraId,
  place: {
    readonly address: string | null;
    readonly onvifPort: number;
    readonly sealedCredentials: Uint8Array | null;
  },
): Promise<void> {
  await sql`
    update camera set address = coalesce(${place.address}, address),
      onvif_port = ${place.onvifPort}, registered_at = null, streams = '[]'::jsonb,
      credentials = coalesce(credentials, ${place.sealedCredentials}),
      registration_fault = null, registration_evidence = null
    where id = ${cameraId}`;
}

export async function addHistory(
  sql: Queryable,
  cameraId: CameraId,
  event: Pick<HistoryEvent, 'kind' | 'actor' | 'details'>,
  nowMs: number,
): Promise<void> {
  await sql`
    insert into camera_history (camera_id, at, kind, actor, details)
    values (${cameraId}, ${nowMs}, ${event.kind}, ${event.actor},
      ${sql.json({ ...event.details })})`;
}

/** Adds a spare; undefined when its code, serial or MAC is another asset's. */
export async function addSpare(
  sql: Queryable,
  spare: { readonly code: string; readonly serial: string | null; readonly mac: string | null },
): Promise<CameraId | undefined> {
  const [row] = await sql<{ id: number }[]>`
    insert into camera (code, serial, mac, lifecycle)
    values (${spare.code}, ${spare.serial}, ${spare.mac}, 'spare')
    on conflict do nothing returning id`;
  return row?.id;
}

export interface AssetFilter {
  readonly lifecycle?: Lifecycle;
  readonly id?: CameraId;
}

const mostAssets = 40_000;

export async function readAssetViews(
  sql: Queryable,
  filter: AssetFilter,
): Promise<readonly AssetView[]> {
  return await sql<AssetView[]>`
    select c.id, c.code, c.lifecycle, c.serial, c.mac, c.manufacturer, c.model, c.firmware,
      c.address, c.credentials is not null as has_credentials, s.code as station_code,
      coalesce((select max(greatest(x.valid_from, x.valid_to)) from assignment x
        where x.camera_id = c.id), c.created_at) as since_ms
    from camera c
    left join assignment a on a.camera_id = c.id and a.valid_to is null
    left join station s on s.id = a.station_id
    where true
      ${filter.id === undefined ? sql`` : sql`and c.id = ${filter.id}`}
      ${filter.lifecycle === undefined ? sql`` : sql`and c.lifecycle = ${filter.lifecycle}`}
    order by c.code limit ${mostAssets}`;
}

export interface AssignmentFilter {
  readonly cameraId?: CameraId;
  readonly id?: number;
  readonly stationCode?: string;
  /** Those that touch [fromMs, toMs]. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Assignments, newest first. */
export async function readAssignments(
  sql: Queryable,
  filter: AssignmentFilter,
  viewApproval: ViewApprovalPolicy,
): Promise<readonly AssignmentView[]> {
  type Row = Omit<AssignmentView, 'approval'> & { decided: 'approved' | 'rejected' | null };
  const rows = await sql<Row[]>`
    select a.id, a.camera_id, c.code as camera_code, s.code as station_code,
      s.name as station_name, s.name_ur as station_name_ur, s.district_code, a.placement, a.booth,
      a.valid_from as from_ms, a.valid_to as to_ms, a.approved_by, a.reason, a.ended_by,
      a.end_reason, a.ended_how, v.state as decided
    from assignment a
    join camera c on c.id = a.camera_id
    join station s on s.id = a.station_id
    left join camera_view v on v.assignment_id = a.id and v.state <> 'proposed'
      and v.superseded_at is null
    where true
      ${filter.cameraId === undefined ? sql`` : sql`and a.camera_id = ${filter.cameraId}`}
      ${filter.id === undefined ? sql`` : sql`and a.id = ${filter.id}`}
      ${filter.stationCode === undefined ? sql`` : sql`and s.code = ${filter.stationCode}`}
      ${filter.toMs === undefined ? sql`` : sql`and a.valid_from <= ${filter.toMs}::timestamptz`}
      ${
        filter.fromMs === undefined
          ? sql``
          : sql`and (a.valid_to is null or a.valid_to > ${filter.fromMs}::timestamptz)`
      }
    order by a.valid_from desc, a.id desc limit 2000`;
  return rows.map(({ decided, ...row }) => ({
    ...row,
    approval: approvalOf(row.placement, decided, viewApproval),
  }));
}

export async function readHistory(
  sql: Queryable,
  cameraId: CameraId,
): Promise<readonly HistoryEvent[]> {
  return await sql<HistoryEvent[]>`
    select id, at as at_ms, kind, actor, details from camera_history
    where camera_id = ${cameraId} order by id desc limit 1000`;
}

/** The cameras that served a station at a time, by code. */
export async function readCamerasAt(
  sql: Queryable,
  stationCode: string,
  atMs: number,
): Promise<readonly StationCameraAt[]> {
  return await sql<StationCameraAt[]>`
    select a.camera_id, c.code as camera_code, a.placement, a.booth, a.valid_from as from_ms,
      a.valid_to as to_ms
    from assignment a join station s on s.id = a.station_id join camera c on c.id = a.camera_id
    where s.code = ${stationCode} and a.valid_from <= ${atMs}::timestamptz
      and (a.valid_to is null or a.valid_to > ${atMs}::timestamptz)
    order by c.code`;
}
