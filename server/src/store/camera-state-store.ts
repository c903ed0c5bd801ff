import type { CameraId } from '@nigehban/domain/camera.ts';
import type {
  CameraState,
  CameraStateDetail,
  CameraStateKind,
} from '@nigehban/domain/camera-state.ts';
import { downStates, restoreCameraState } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { announce } from './change-feed.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

/** What the monitor remembers of one camera over a restart. */
export interface StoredCameraState {
  readonly cameraId: CameraId;
  readonly state: CameraState;
  readonly recording: boolean;
  /** Grows with every store; 0: nothing is stored. An older one never overwrites a newer one. */
  readonly version: number;
}

export interface CameraTransitionRow {
  readonly atMs: number;
  readonly from: CameraStateKind;
  readonly to: CameraStateKind;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
}

/** A camera's newest state with the transitions that led to it since it was stored last. */
export interface CameraStateChange extends StoredCameraState {
  readonly transitions: readonly CameraTransitionRow[];
}

interface StateRow {
  cameraId: number;
  kind: CameraStateKind;
  since: number;
  fault: FaultCode | null;
  evidence: string | null;
  streamFault: FaultCode | null;
  streamEvidence: string | null;
  lastFrameAt: number | null;
  recording: boolean;
  version: number;
  detail: Partial<CameraStateDetail>;
}

/** All stored states. What was under way (a probe, flowing frames) begins anew. */
export async function loadCameraStates(
  sql: Queryable,
  ids?: readonly CameraId[],
): Promise<readonly StoredCameraState[]> {
  const rows = await sql<StateRow[]>`
    select * from camera_state
    ${ids === undefined ? sql`` : sql`where camera_id = any(${[...ids]}::int[])`}`;
  return rows.map((row) => ({
    cameraId: row.cameraId,
    recording: row.recording,
    version: row.version,
    state: restoreCameraState(
      {
        kind: row.kind,
        sinceMs: row.since,
        fault: row.fault,
        evidence: row.evidence,
        streamFault: row.streamFault,
        streamEvidence: row.streamEvidence,
        lastFrameMs: row.lastFrameAt,
      },
      row.detail,
    ),
  }));
}

/**
 * Stores states and transitions, and for every station that one of them makes or unmakes an outage
 * an outbox entry, in one transaction. Cameras that are not in the plan any more are left out, and
 * those of which a newer version is stored already, with their transitions: they are returned.
 */
export async function storeCameraStates(
  sql: Sql,
  changes: readonly CameraStateChange[],
): Promise<readonly CameraId[]> {
  const states = changes.map(({ cameraId, state, recording, version }) => ({
    camera_id: cameraId,
    kind: state.kind,
    since: toIso(state.sinceMs),
    fault: state.fault,
    evidence: state.evidence,
    stream_fault: state.streamFault,
    stream_evidence: state.streamEvidence,
    last_frame_at: state.lastFrameMs === null ? null : toIso(state.lastFrameMs),
    recording,
    version,
    detail: state.detail,
  }));
  const transitions = changes.flatMap(({ cameraId, transitions: list }) =>
    list.map((transition) => ({
      camera_id: cameraId,
      at: toIso(transition.atMs),
      from_kind: transition.from,
      to_kind: transition.to,
      fault: transition.fault,
      evidence: transition.evidence,
    })),
  );
  return await sql.begin(async (tx) => {
    const stored = await tx<{ cameraId: CameraId }[]>`
      insert into camera_state (camera_id, kind, since, fault, evidence, stream_fault,
        stream_evidence, last_frame_at, recording, version, detail)
      select x.* from jsonb_to_recordset(${tx.json(toJson(states))}) as x(camera_id int, kind text,
        since timestamptz, fault text, evidence text, stream_fault text, stream_evidence text,
        last_frame_at timestamptz, recording boolean, version bigint,
        detail jsonb)
      where exists (select from camera c where c.id = x.camera_id)
      order by x.camera_id
      on conflict (camera_id) do update set
        kind = excluded.kind, since = excluded.since, fault = excluded.fault,
        evidence = excluded.evidence, stream_fault = excluded.stream_fault,
        stream_evidence = excluded.stream_evidence, last_frame_at = excluded.last_frame_at,
        recording = excluded.recording, version = excluded.version, detail = excluded.detail
      where camera_state.version < excluded.version
      returning camera_id`;
    const taken = new Set(stored.map((row) => row.cameraId));
    const overtaken = changes.map((change) => change.cameraId).filter((id) => !taken.has(id));
    if (transitions.length > 0) {
      const stations = await tx<{ stationId: number; lastId: number }[]>`
        with moved as (
          insert into camera_transition (camera_id, at, from_kind, to_kind, fault, evidence)
          select x.* from jsonb_to_recordset(${tx.json(toJson(transitions.filter((row) => taken.has(row.camera_id))))}) as x(camera_id int,
            at timestamptz, from_kind text, to_kind text, fault text, evidence text)
          where exists (select from camera c where c.id = x.camera_id)
          returning id, camera_id, from_kind, to_kind
        )
        select a.station_id, max(m.id) as last_id
        from moved m join assignment a on a.camera_id = m.camera_id and a.valid_to is null
        where m.from_kind = any(${[...downKinds]}::text[]) or m.to_kind = any(${[...downKinds]}::text[])
        group by a.station_id`;
      await putStationOutages(
        tx,
        stations.map(({ stationId, lastId }) => ({ stationId, occasion: `t${lastId}` })),
      );
    }
    await announce(tx, { topic: 'cameras', ids: [...taken] });
    return overtaken;
  });
}

const downKinds: readonly CameraStateKind[] = downStates;

/** Asks for the evaluation of stations, once for each occasion. */
export async function putStationOutages(
  sql: Queryable,
  stations: readonly { readonly stationId: number; readonly occasion: string }[],
): Promise<void> {
  if (stations.length === 0) return;
  const rows = stations.map(({ stationId, occasion }) => ({
    key: `station-outage-${stationId}-${occasion}`,
    payload: { stationId },
  }));
  await sql`
    insert into outbox (key, topic, payload)
    select x.key, 'station-outage', x.payload
    from jsonb_to_recordset(${sql.json(toJson(rows))}) as x(key text, payload jsonb)
    on conflict (key) do nothing`;
  await announce(sql, { topic: 'outbox' });
}

/** A camera's last transitions, newest first. */
export async function readTransitions(
  sql: Queryable,
  cameraId: CameraId,
  limit: number,
): Promise<readonly CameraTransitionRow[]> {
  const rows = await sql<
    {
      at: number;
      fromKind: CameraStateKind;
      toKind: CameraStateKind;
      fault: FaultCode | null;
      evidence: string | null;
    }[]
  >`select at, from_kind, to_kind, fault, evidence from camera_transition
    where camera_id = ${cameraId} order by at desc, id desc limit ${limit}`;
  return rows.map((row) => ({
    atMs: row.at,
    from: row.fromKind,
    to: row.toKind,
    fault: row.fault,
    evidence: row.evidence,
  }));
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
