import type { CameraId } from '@nigehban/domain/camera.ts';
import type {
  CameraState,
  CameraStateDetail,
  CameraStateKind,
} from '@nigehban/domain/camera-state.ts';
import { detailToStore, restoreCameraState } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { readReopenWithinMs } from './alert-store.ts';
import { announceAll } from './change-feed.ts';
import { isoOf, type Queryable, type Sql, toJson } from './database.ts';

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
 * Takes in states, in transactions of up to 2,000: the newest version of each camera stays, whatever
 * the order and however often a change comes; the stations' states and alerts follow in the same
 * transaction. Cameras that are not in the plan any more are left out, and those of which this or a
 * newer version is stored already, with their transitions: they are returned.
 */
export async function storeCameraStates(
  sql: Sql,
  changes: readonly CameraStateChange[],
  nowMs: number = changes.reduce((latest, change) => Math.max(latest, lastChangeMs(change)), 0),
): Promise<readonly CameraId[]> {
  if (changes.length === 0) return [];
  const reopenMs = await readReopenWithinMs(sql);
  const taken = new Set<CameraId>();
  // Cameras of one station were planned together: in order, a station is judged in one batch.
  const ordered = changes.toSorted((a, b) => a.cameraId - b.cameraId);
  const batches = Array.from({ length: Math.ceil(ordered.length / batchSize) }, (_, index) =>
    ordered.slice(index * batchSize, (index + 1) * batchSize),
  );
  const work = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      for (const id of await ingest(sql, batch, nowMs, reopenMs)) taken.add(id);
    }
  };
  const lanes = Array.from({ length: batchesAtOnce }, () =>
    work().catch((error: unknown) => {
      batches.length = 0;
      throw error;
    }),
  );
  // Of a failure is told when nothing is under way any more.
  const [failed] = (await Promise.allSettled(lanes)).filter((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return changes.map((change) => change.cameraId).filter((id) => !taken.has(id));
}

/** scale.md: beyond this a batch gains little, and holds its locks for longer. */
const batchSize = 2_000;
/** Each on a connection, and on a processor of PostgreSQL's, of its own. */
const batchesAtOnce = 2;

async function ingest(
  sql: Sql,
  changes: readonly CameraStateChange[],
  nowMs: number,
  reopenMs: number,
): Promise<readonly CameraId[]> {
  const states = changes.map(({ cameraId, state, recording, version }) => ({
    camera_id: cameraId,
    kind: state.kind,
    since: isoOf(state.sinceMs),
    fault: state.fault,
    evidence: state.evidence,
    stream_fault: state.streamFault,
    stream_evidence: state.streamEvidence,
    last_frame_at: state.lastFrameMs === null ? null : isoOf(state.lastFrameMs),
    recording,
    detail: detailToStore(state),
    version,
  }));
  const transitions = changes.flatMap(({ cameraId, transitions: list }) =>
    list.map((transition) => ({
      camera_id: cameraId,
      at: isoOf(transition.atMs),
      from_kind: transition.from,
      to_kind: transition.to,
      fault: transition.fault,
      evidence: transition.evidence,
    })),
  );
  return await sql.begin(async (tx) => {
    const [touched] = await tx<{ cameras: number[]; stations: number[]; alerts: number[] }[]>`
      select * from ingest_camera_states(${tx.json(toJson(states))}, ${tx.json(toJson(transitions))},
        ${nowMs}::timestamptz, ${reopenMs} * interval '1 ms')`;
    if (touched === undefined) throw new Error('ingest_camera_states returned no row');
    await announceAll(tx, [
      { topic: 'cameras', ids: touched.cameras },
      { topic: 'alerts', ids: touched.alerts },
      ...(touched.alerts.length > 0 ? [{ topic: 'outbox' } as const] : []),
    ]);
    return touched.cameras;
  });
}

/** The moment a change tells of, where nobody says when it is stored. */
function lastChangeMs({ state, transitions }: CameraStateChange): number {
  return Math.max(state.sinceMs, ...transitions.map((transition) => transition.atMs));
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
