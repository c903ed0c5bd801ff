import type { PolicyReportView } from '@nigehban/domain/api/tool-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { PolicyCamera, PolicyScope } from '@nigehban/domain/camera-policy.ts';
import type { CameraPolicy, CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

export interface PolicyRow {
  readonly id: number;
  readonly scope: PolicyScope;
  readonly scopeValue: string;
  readonly policy: Omit<CameraPolicy, 'newPassword'>;
  readonly sealedPassword: Uint8Array | null;
  readonly changedBy: string;
  readonly changedAtMs: number;
}

export async function readPolicies(sql: Queryable): Promise<readonly PolicyRow[]> {
  return await sql<PolicyRow[]>`
    select id, scope, scope_value, policy, sealed_password, changed_by, changed_at as changed_at_ms
    from camera_policy order by scope, scope_value`;
}

/** Sets the policy of a scope. `sealedPassword` undefined: the one that is there stays. */
export async function storePolicy(
  sql: Queryable,
  policy: Pick<PolicyRow, 'scope' | 'scopeValue' | 'policy' | 'changedBy'> & {
    readonly sealedPassword: Buffer | null | undefined;
  },
  nowMs: number,
): Promise<number> {
  const { scope, scopeValue, changedBy, sealedPassword } = policy;
  const [row] = await sql<{ id: number }[]>`
    insert into camera_policy as p (scope, scope_value, policy, sealed_password, changed_by, changed_at)
    values (${scope}, ${scopeValue}, ${sql.json(toJson(policy.policy))}, ${sealedPassword ?? null},
      ${changedBy}, ${nowMs})
    on conflict (scope, scope_value) do update set policy = excluded.policy,
      changed_by = excluded.changed_by, changed_at = excluded.changed_at,
      sealed_password = ${sealedPassword === undefined ? sql`p.sealed_password` : sql`excluded.sealed_password`}
    returning id`;
  return row?.id ?? 0;
}

export async function deletePolicy(sql: Queryable, id: number): Promise<boolean> {
  return (await sql`delete from camera_policy where id = ${id} returning id`).length > 0;
}

/** Seals policies' passwords again; `reseal` gives null for what is to stay. */
export async function resealPolicies(
  sql: Sql,
  reseal: (row: PolicyRow) => Buffer | null,
): Promise<void> {
  await sql.begin(async (tx) => {
    for (const row of await readPolicies(tx)) {
      const sealed = row.sealedPassword === null ? null : reseal(row);
      if (sealed !== null) {
        await tx`update camera_policy set sealed_password = ${sealed} where id = ${row.id}`;
      }
    }
  });
}

/** A registered camera as a policy sees it. */
export interface PolicyTarget extends PolicyCamera {
  readonly id: CameraId;
  readonly reportedDigest: string | null;
  readonly passwordPending: boolean;
}

export async function readPolicyTargets(
  sql: Queryable,
  ids: readonly CameraId[],
): Promise<readonly PolicyTarget[]> {
  return await sql<PolicyTarget[]>`
    select c.id, c.code, s.code as station_code, s.district_code, c.model,
      r.policy_digest as reported_digest, c.pending_credentials is not null as password_pending
    from camera c
    join assignment a on a.camera_id = c.id and a.valid_to is null
    join station s on s.id = a.station_id
    left join camera_policy_report r on r.camera_id = c.id
    where c.id = any(${[...ids]}::int[])`;
}

/** Gives every registered camera its place in the queue; new ones are due at once. */
export async function queueNewcomers(sql: Queryable, nowMs: number): Promise<void> {
  await sql`
    insert into camera_policy_report (camera_id, due_at)
    select c.id, ${nowMs}::timestamptz from camera c
    where c.registered_at is not null and c.lifecycle = 'in-service'
      and not exists (select from camera_policy_report r where r.camera_id = c.id)
    on conflict do nothing`;
}

/** Policies changed: every camera is due, spread over the given time. */
export async function queueAll(sql: Queryable, nowMs: number, overMs: number): Promise<void> {
  await sql`
    update camera_policy_report
    set due_at = ${nowMs}::timestamptz + random() * ${overMs} * interval '1 ms'`;
}

/** Takes due cameras: nobody else takes them until `untilMs`. */
export async function claimDue(
  sql: Queryable,
  nowMs: number,
  untilMs: number,
  limit: number,
): Promise<readonly CameraId[]> {
  const rows = await sql<{ cameraId: number }[]>`
    update camera_policy_report r set due_at = ${untilMs}
    from (
      select q.camera_id from camera_policy_report q join camera c on c.id = q.camera_id
      where q.due_at <= ${nowMs}::timestamptz and c.registered_at is not null
        and c.lifecycle = 'in-service'
      order by q.due_at limit ${limit} for update of q skip locked
    ) due where r.camera_id = due.camera_id returning r.camera_id`;
  return rows.map((row) => row.cameraId);
}

export async function storePolicyReport(
  sql: Queryable,
  report: {
    readonly cameraId: CameraId;
    readonly digest: string;
    readonly corrected: boolean;
    readonly differs: number;
    readonly items: CameraPolicyReport['items'];
    readonly fault: FaultCode | null;
    readonly evidence: string | null;
    readonly dueAtMs: number;
  },
  nowMs: number,
): Promise<void> {
  const failed = report.fault !== null;
  await sql`
    insert into camera_policy_report as r (camera_id, checked_at, policy_digest, corrected, differs,
      items, fault, evidence, due_at)
    values (${report.cameraId}, ${nowMs}, ${failed ? null : report.digest}, ${report.corrected},
      ${report.differs}, ${sql.json(toJson(report.items))}, ${report.fault}, ${report.evidence},
      ${report.dueAtMs})
    on conflict (camera_id) do update set checked_at = excluded.checked_at,
      policy_digest = coalesce(excluded.policy_digest, r.policy_digest),
      corrected = excluded.corrected, differs = excluded.differs, items = excluded.items,
      fault = excluded.fault, evidence = excluded.evidence, due_at = excluded.due_at`;
}

export interface ReportFilter {
  readonly cameraId?: CameraId;
  readonly differs?: boolean;
  readonly after?: CameraId;
  readonly limit: number;
}

export async function readPolicyReports(
  sql: Queryable,
  filter: ReportFilter,
): Promise<readonly PolicyReportView[]> {
  return await sql<PolicyReportView[]>`
    select r.camera_id, c.code as camera_code, s.code as station_code,
      r.checked_at as checked_at_ms, r.corrected, r.differs, r.items, r.fault, r.evidence,
      r.due_at as next_check_at_ms
    from camera_policy_report r
    join camera c on c.id = r.camera_id
    join assignment a on a.camera_id = c.id and a.valid_to is null
    join station s on s.id = a.station_id
    where r.checked_at is not null
      ${filter.cameraId === undefined ? sql`` : sql`and r.camera_id = ${filter.cameraId}`}
      ${filter.differs === true ? sql`and (r.differs > 0 or r.fault is not null)` : sql``}
      ${filter.after === undefined ? sql`` : sql`and r.camera_id > ${filter.after}`}
    order by r.camera_id limit ${filter.limit}`;
}
