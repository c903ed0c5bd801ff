import type { CameraId } from '@nigehban/domain/camera.ts';
import type { StreamDifferences } from '@nigehban/domain/camera-health-measure.ts';
import type { CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import { type FaultCode, isFaultCode } from '@nigehban/domain/faults.ts';
import { defaultWatchPolicy, type WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import { announce } from './change-feed.ts';
import { type Queryable, toJson } from './database.ts';

/** What a watch order needs beyond the directory. */
export interface WatchRow {
  readonly cameraId: CameraId;
  readonly stationId: number;
  readonly hasEvents: boolean;
  /** Fingerprint of the approved reference picture of the present assignment. */
  readonly reference: string | null;
}

export async function readWatchRows(sql: Queryable): Promise<readonly WatchRow[]> {
  return await sql<WatchRow[]>`
    select c.id as camera_id, a.station_id, c.has_events, v.fingerprint as reference
    from camera c
    join assignment a on a.camera_id = c.id and a.valid_to is null
    left join camera_view v on v.assignment_id = a.id and v.state = 'approved'
      and v.superseded_at is null
    order by c.id`;
}

/** Media nodes whose lease has not run out. */
export async function readLivingNodes(sql: Queryable, nowMs: number): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from node where role = 'media' and lease_until > ${nowMs}::timestamptz order by id`;
  return new Set(rows.map((row) => row.id));
}

export interface RegistrationFailure {
  readonly cameraId: CameraId;
  readonly fault: FaultCode;
  readonly evidence: string;
}

/** So long after it was planned a camera may be looked for before it counts as not found. */
const findWithin = '30 minutes';

/**
 * Cameras that are not registered although it was tried, with what was found, and those that nobody
 * can try: the plan gives no address, and no discovery has found them.
 */
export async function readRegistrationFailures(
  sql: Queryable,
  nowMs: number,
): Promise<readonly RegistrationFailure[]> {
  const rows = await sql<{ cameraId: CameraId; fault: string; evidence: string | null }[]>`
    select c.id as camera_id, coalesce(c.registration_fault, 'CAMERA_NOT_FOUND') as fault,
      case when c.registration_fault is null then 'no address is known'
        else c.registration_evidence end as evidence
    from camera c join assignment a on a.camera_id = c.id and a.valid_to is null
    where c.registered_at is null and (c.registration_fault is not null
      or (c.address is null and c.planned_address is null
        and a.valid_from < ${nowMs}::timestamptz - ${findWithin}::interval))`;
  return rows.map(({ cameraId, fault, evidence }) => ({
    cameraId,
    fault: isFaultCode(fault) ? fault : 'INTERNAL',
    evidence: evidence ?? '',
  }));
}

/** Items that are reasons of their own. */
const ownReasons = ['main.codec', 'main.resolution'];

/** Cameras that the policy's last check found otherwise than they are wanted. */
export async function readStreamDifferences(
  sql: Queryable,
): Promise<ReadonlyMap<CameraId, StreamDifferences>> {
  const rows = await sql<{ cameraId: CameraId; items: CameraPolicyReport['items'] }[]>`
    select camera_id, items from camera_policy_report where differs > 0`;
  const differences = new Map<CameraId, StreamDifferences>();
  for (const { cameraId, items } of rows) {
    const wordsOf = (name: string) => {
      const item = items.find((one) => one.item === name && one.outcome !== 'as-wanted');
      return item === undefined || item.outcome === 'set'
        ? null
        : `${item.found ?? 'nothing'} instead of ${item.wanted}`;
    };
    // What a camera does not know nobody can put right.
    const names = items
      .filter(({ outcome }) => outcome === 'differs' || outcome === 'refused')
      .map(({ item }) => item)
      .filter((name) => !ownReasons.includes(name));
    const found = {
      codec: wordsOf('main.codec'),
      resolution: wordsOf('main.resolution'),
      others: names.length === 0 ? null : names.join(', '),
    };
    if (Object.values(found).some((one) => one !== null)) differences.set(cameraId, found);
  }
  return differences;
}

const policyKey = 'watch-policy';

/** How often the gateways look; what nobody set is the default. */
export async function readWatchPolicy(sql: Queryable): Promise<WatchPolicy> {
  const [row] = await sql<{ value: Partial<WatchPolicy> }[]>`
    select value from setting where key = ${policyKey}`;
  return { ...defaultWatchPolicy, ...row?.value };
}

/** Stores and announces it, in the caller's transaction. */
export async function storeWatchPolicy(
  tx: Queryable,
  policy: WatchPolicy,
  nowMs: number,
): Promise<void> {
  await tx`
    insert into setting (key, value, changed_at)
    values (${policyKey}, ${tx.json(toJson(policy))}, ${nowMs}::timestamptz)
    on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at`;
  await announce(tx, { topic: 'plan' });
}
