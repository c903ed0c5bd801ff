import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import type { CameraId, Placement } from '@nigehban/domain/camera.ts';
import type { ViewedAssignment, ViewState } from '@nigehban/domain/view-approval.ts';
import type { Queryable } from './database.ts';

/** What a picture's decision needs to know; the row is locked until the transaction ends. */
export interface LockedView {
  readonly id: number;
  readonly cameraId: CameraId;
  readonly cameraCode: string;
  readonly assignmentId: number;
  readonly state: ViewState;
  readonly superseded: boolean;
  readonly approvalsNeeded: 1 | 2;
  readonly firstApprover: string | null;
}

/** The open assignment of a camera, locked against a move; undefined when it serves nowhere. */
export async function lockOpenAssignment(
  sql: Queryable,
  cameraId: CameraId,
): Promise<
  { readonly id: number; readonly placement: Placement; readonly code: string } | undefined
> {
  const [row] = await sql<{ id: number; placement: Placement; code: string }[]>`
    select a.id, a.placement, c.code from assignment a join camera c on c.id = a.camera_id
    where a.camera_id = ${cameraId} and a.valid_to is null for update of a`;
  return row;
}

/** Adds a proposed picture in place of one that waits. Returns its id. */
export async function addView(
  sql: Queryable,
  view: {
    readonly cameraId: CameraId;
    readonly assignmentId: number;
    readonly picture: Buffer;
    readonly sha256: Buffer;
    readonly fingerprint: string | null;
    readonly takenBy: string;
    readonly approvalsNeeded: 1 | 2;
  },
  nowMs: number,
): Promise<number> {
  await sql`
    update camera_view set superseded_at = ${nowMs}
    where assignment_id = ${view.assignmentId} and state = 'proposed' and superseded_at is null`;
  const [row] = await sql<{ id: number }[]>`
    insert into camera_view (camera_id, assignment_id, picture, picture_sha256, fingerprint,
      taken_at, taken_by, approvals_needed)
    values (${view.cameraId}, ${view.assignmentId}, ${view.picture}, ${view.sha256},
      ${view.fingerprint}, ${nowMs}, ${view.takenBy}, ${view.approvalsNeeded})
    returning id`;
  return row?.id ?? 0;
}

/** A picture of that camera, locked. A picture of an assignment that ended counts as superseded. */
export async function lockView(
  sql: Queryable,
  cameraId: CameraId,
  viewId: number,
): Promise<LockedView | undefined> {
  const [row] = await sql<LockedView[]>`
    select v.id, v.camera_id, c.code as camera_code, v.assignment_id, v.state, v.approvals_needed,
      v.first_approver, (v.superseded_at is not null or a.valid_to is not null) as superseded
    from camera_view v join assignment a on a.id = v.assignment_id join camera c on c.id = v.camera_id
    where v.id = ${viewId} and v.camera_id = ${cameraId} for update of v, a`;
  return row;
}

export async function storeFirstApproval(
  sql: Queryable,
  viewId: number,
  approver: string,
  nowMs: number,
): Promise<void> {
  await sql`update camera_view set first_approver = ${approver}, first_approved_at = ${nowMs}
    where id = ${viewId}`;
}

/** Approves for good: the decision before it on this assignment stays known, superseded. */
export async function storeApproved(
  sql: Queryable,
  view: LockedView,
  as: 'first' | 'second',
  approver: string,
  nowMs: number,
): Promise<void> {
  await supersedeDecided(sql, view, nowMs);
  await sql`update camera_view set state = 'approved', decided_at = ${nowMs},
      ${
        as === 'first'
          ? sql`first_approver = ${approver}, first_approved_at = ${nowMs}`
          : sql`second_approver = ${approver}, second_approved_at = ${nowMs}`
      }
    where id = ${view.id}`;
}

export async function storeRejected(
  sql: Queryable,
  view: LockedView,
  rejectedBy: string,
  reason: string,
  nowMs: number,
): Promise<void> {
  await supersedeDecided(sql, view, nowMs);
  await sql`update camera_view set state = 'rejected', decided_at = ${nowMs},
      rejected_by = ${rejectedBy}, rejected_at = ${nowMs}, reject_reason = ${reason}
    where id = ${view.id}`;
}

async function supersedeDecided(sql: Queryable, view: LockedView, nowMs: number): Promise<void> {
  await sql`update camera_view set superseded_at = ${nowMs}
    where assignment_id = ${view.assignmentId} and id <> ${view.id} and state <> 'proposed'
      and superseded_at is null`;
}

type ViewRow = Omit<ReferenceView, 'approvals' | 'rejection'> & {
  firstApprover: string | null;
  firstApprovedAt: number | null;
  secondApprover: string | null;
  secondApprovedAt: number | null;
  rejectedBy: string | null;
  rejectedAt: number | null;
  rejectReason: string | null;
};

export interface ViewFilter {
  readonly cameraId?: CameraId;
  readonly id?: number;
  /** Pictures that wait for a decision, oldest first. */
  readonly waiting?: boolean;
  /** With `waiting`: those with a greater id. */
  readonly after?: number;
  readonly limit: number;
}

/** Pictures as people see them, newest first; the pictures themselves are read one by one. */
export async function readViews(
  sql: Queryable,
  filter: ViewFilter,
): Promise<readonly ReferenceView[]> {
  const rows = await sql<ViewRow[]>`
    select v.id, v.camera_id, c.code as camera_code, s.code as station_code, s.name as station_name,
      s.name_ur as station_name_ur, s.district_code, a.placement, a.booth, v.state,
      (v.superseded_at is not null or a.valid_to is not null) as superseded,
      v.taken_at as taken_at_ms, v.taken_by, encode(v.picture_sha256, 'hex') as picture_sha256,
      v.fingerprint is not null as comparable, v.approvals_needed, v.first_approver,
      v.first_approved_at, v.second_approver, v.second_approved_at, v.rejected_by, v.rejected_at,
      v.reject_reason, approved.id as approved_view_id
    from camera_view v
    join camera c on c.id = v.camera_id
    join assignment a on a.id = v.assignment_id
    join station s on s.id = a.station_id
    left join camera_view approved on approved.assignment_id = v.assignment_id
      and approved.state = 'approved' and approved.superseded_at is null
    where true
      ${filter.cameraId === undefined ? sql`` : sql`and v.camera_id = ${filter.cameraId}`}
      ${filter.id === undefined ? sql`` : sql`and v.id = ${filter.id}`}
      ${filter.after === undefined ? sql`` : sql`and v.id > ${filter.after}`}
      ${
        filter.waiting === true
          ? sql`and v.state = 'proposed' and v.superseded_at is null and a.valid_to is null`
          : sql``
      }
    order by v.id ${filter.waiting === true ? sql`` : sql`desc`} limit ${filter.limit}`;
  return rows.map((row) => {
    const { firstApprover, firstApprovedAt, secondApprover, secondApprovedAt, ...rest } = row;
    const { rejectedBy, rejectedAt, rejectReason, ...view } = rest;
    const approvals = [
      { by: firstApprover, atMs: firstApprovedAt },
      { by: secondApprover, atMs: secondApprovedAt },
    ].flatMap(({ by, atMs }) => (by === null || atMs === null ? [] : [{ by, atMs }]));
    const rejection =
      rejectedBy === null || rejectedAt === null
        ? null
        : { by: rejectedBy, atMs: rejectedAt, reason: rejectReason ?? '' };
    return { ...view, approvals, rejection };
  });
}

export async function readViewPicture(
  sql: Queryable,
  cameraId: CameraId,
  viewId: number,
): Promise<Buffer | undefined> {
  const [row] = await sql<{ picture: Buffer }[]>`
    select picture from camera_view where id = ${viewId} and camera_id = ${cameraId}`;
  return row?.picture;
}

/** Pictures without a fingerprint that could still matter, for the gateway to measure. */
export async function readUnmeasuredViews(
  sql: Queryable,
  limit: number,
): Promise<readonly { readonly id: number; readonly picture: Buffer }[]> {
  return await sql<{ id: number; picture: Buffer }[]>`
    select id, picture from camera_view
    where fingerprint is null and state <> 'rejected' and superseded_at is null
    order by id limit ${limit}`;
}

/** Stores a picture's measure; true when it is of the picture that is approved now. */
export async function storeFingerprint(
  sql: Queryable,
  viewId: number,
  fingerprint: string,
): Promise<boolean> {
  const rows = await sql<{ approved: boolean }[]>`
    update camera_view set fingerprint = ${fingerprint} where id = ${viewId}
    returning (state = 'approved' and superseded_at is null) as approved`;
  return rows[0]?.approved ?? false;
}

/** Every assignment of a camera with the newest decision on its view. */
export async function readViewedAssignments(
  sql: Queryable,
  cameraId: CameraId,
): Promise<readonly ViewedAssignment[]> {
  return await sql<ViewedAssignment[]>`
    select a.placement, a.valid_from as from_ms, a.valid_to as to_ms, v.state as decided
    from assignment a
    left join camera_view v on v.assignment_id = a.id and v.state <> 'proposed'
      and v.superseded_at is null
    where a.camera_id = ${cameraId} order by a.valid_from`;
}

/** Which of these cameras stand inside a station without an approved view. */
export async function readUnapproved(
  sql: Queryable,
  cameraIds: readonly CameraId[],
  inside: readonly Placement[],
): Promise<ReadonlySet<CameraId>> {
  const rows = await sql<{ cameraId: CameraId }[]>`
    select a.camera_id from assignment a
    where a.valid_to is null and a.camera_id = any(${[...cameraIds]}::int[])
      and a.placement = any(${[...inside]}::text[])
      and not exists (select from camera_view v where v.assignment_id = a.id
        and v.state = 'approved' and v.superseded_at is null)`;
  return new Set(rows.map((row) => row.cameraId));
}
