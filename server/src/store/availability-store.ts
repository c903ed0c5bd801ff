import type { AvailabilityHistory, AvailabilityTransition } from '@nigehban/domain/availability.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import { type FaultCode, isFaultCode } from '@nigehban/domain/faults.ts';
import type { Queryable } from './database.ts';

/** What is needed to say how available a camera was; null when there is no such camera. */
export async function readAvailabilityHistory(
  sql: Queryable,
  cameraId: CameraId,
  fromMs: number,
  toMs: number,
): Promise<AvailabilityHistory | null> {
  const [camera] = await sql<
    { nodeId: string | null; kind: string | null; since: number | null }[]
  >`
    select n.node_id, s.kind, s.since from camera c
    left join camera_node n on n.camera_id = c.id
    left join camera_state s on s.camera_id = c.id
    where c.id = ${cameraId}`;
  if (camera === undefined) return null;
  const [former] = await sql<{ toKind: CameraStateKind; fault: string | null }[]>`
    select to_kind, fault from camera_transition
    where camera_id = ${cameraId} and at <= ${fromMs}::timestamptz
    order by at desc, id desc limit 1`;
  const rows = await sql<
    { at: number; fromKind: CameraStateKind; toKind: CameraStateKind; fault: string | null }[]
  >`
    select at, from_kind, to_kind, fault from camera_transition
    where camera_id = ${cameraId} and at > ${fromMs}::timestamptz and at < ${toMs}::timestamptz
    order by at, id`;
  const gaps = await sql<{ fromAt: number; toAt: number | null }[]>`
    select from_at, to_at from watch_gap
    where (node_id is null or node_id = ${camera.nodeId})
      and from_at < ${toMs}::timestamptz and coalesce(to_at, 'infinity') > ${fromMs}::timestamptz`;
  const transitions: AvailabilityTransition[] = rows.map((row) => ({
    atMs: row.at,
    from: row.fromKind,
    to: row.toKind,
    fault: faultOf(row.fault),
  }));
  return {
    before:
      former === undefined
        ? { state: transitions[0]?.from ?? 'UNKNOWN', fault: null }
        : { state: former.toKind, fault: faultOf(former.fault) },
    transitions,
    unwatched: gaps.map((gap) => ({ fromMs: gap.fromAt, toMs: gap.toAt ?? toMs })),
  };
}

function faultOf(text: string | null): FaultCode | null {
  return isFaultCode(text) ? text : null;
}
