import type { CameraId } from '@nigehban/domain/camera.ts';
import { type FootageSpan, joinSpans, openDoubtEndUs } from '@nigehban/domain/identity-doubt.ts';
import { isoOf, type Queryable, type Sql, toJson } from './database.ts';

/** The session that a camera's pictures come from. */
export interface StreamSessionRow {
  readonly cameraId: CameraId;
  /** When its first picture came, by the node's clock. */
  readonly atMs: number;
  /** Host and port that it comes from; null: the node does not tell. */
  readonly source: string | null;
}

/** A session of which nobody knows yet which camera it is. */
export interface PendingProof {
  readonly cameraId: CameraId;
  readonly sessionMs: number;
  readonly source: string | null;
  readonly fromMs: number;
}

/** Streams broke: what comes next may be another camera's. Taking one twice changes nothing. */
export async function storeBroken(
  sql: Queryable,
  broken: readonly { readonly cameraId: CameraId; readonly atMs: number }[],
): Promise<void> {
  const rows = broken.map(({ cameraId, atMs }) => ({ id: cameraId, at: isoOf(atMs) }));
  await sql`
    insert into identity_doubt (camera_id, from_at, state, evidence)
    select c.id, x.at, 'UNPROVEN', 'The stream broke'
    from jsonb_to_recordset(${sql.json(toJson(rows))}) as x(id int, at timestamptz)
    join camera c on c.id = x.id order by c.id
    on conflict (camera_id) where to_at is null and state <> 'RELEASED'
    do update set session_at = null, session_source = null, changed_at = now()
    where identity_doubt.session_at is not null`;
}

/**
 * Streams flow. A session that began after the camera's last proof is unproven from that proof on;
 * one of which the proof is newer needs none, unless the break before it was noted.
 */
export async function storeSessions(
  sql: Queryable,
  sessions: readonly StreamSessionRow[],
): Promise<void> {
  const rows = sessions.map(({ cameraId, atMs, source }) => ({
    ...{ id: cameraId, at: isoOf(atMs), source },
  }));
  await sql`
    insert into identity_doubt (camera_id, from_at, state, evidence, session_at, session_source)
    select c.id, coalesce(o.from_at, least(p.checked_at, x.at), x.at), 'UNPROVEN',
      'The stream came back', x.at, x.source
    from jsonb_to_recordset(${sql.json(toJson(rows))})
      as x(id int, at timestamptz, source text)
    join camera c on c.id = x.id
    left join identity_proof p on p.camera_id = c.id
    left join identity_doubt o on o.camera_id = c.id and o.to_at is null and o.state <> 'RELEASED'
    where o.id is not null or p.checked_at is null or p.checked_at < x.at
    order by c.id
    on conflict (camera_id) where to_at is null and state <> 'RELEASED'
    do update set session_at = excluded.session_at, session_source = excluded.session_source,
      changed_at = now()
    where (identity_doubt.session_at, identity_doubt.session_source)
      is distinct from (excluded.session_at, excluded.session_source)`;
}

/** Sessions that flow and are unproven, those that wait longest first. */
export async function readPendingProofs(
  sql: Queryable,
  cameraIds: readonly CameraId[] | null,
  limit: number,
): Promise<readonly PendingProof[]> {
  return await sql<PendingProof[]>`
    select camera_id, session_at as session_ms, session_source as source, from_at as from_ms
    from identity_doubt
    where to_at is null and state <> 'RELEASED' and session_at is not null
      ${cameraIds === null ? sql`` : sql`and camera_id = any(${[...cameraIds]}::int[])`}
    order by session_at limit ${limit}`;
}

/** A camera and when the session under way began. */
export type SessionKey = Pick<PendingProof, 'cameraId' | 'sessionMs'>;

/**
 * These cameras proved that their sessions are their own: what was merely unproven is shown again,
 * what another camera was in ends where the session begins. A proof of a session that is over by now
 * proves nothing. `atMs` is the time of the proof.
 */
export async function storeSessionsProved(
  sql: Sql,
  proved: readonly SessionKey[],
  atMs: number,
): Promise<void> {
  const rows = rowsOf(proved);
  await sql.begin(async (tx) => {
    await holdOpenDoubts(tx, proved);
    await tx`
      with x as (select * from jsonb_to_recordset(${tx.json(toJson(rows))})
          as x(id int, session timestamptz)),
        shown as (
          delete from identity_doubt d using x
          where d.camera_id = x.id and d.state = 'UNPROVEN' and d.session_at = x.session
          returning d.camera_id, x.session),
        ended as (
          update identity_doubt d set to_at = greatest(d.from_at, x.session) from x
          where d.camera_id = x.id and d.state = 'CONFIRMED' and d.to_at is null
            and d.session_at = x.session
          returning d.camera_id, x.session),
        proofs as (select * from shown union select * from ended),
        forgotten as (
          delete from identity_doubt d using proofs p
          where d.camera_id = p.camera_id and d.state = 'RELEASED')
      insert into identity_proof (camera_id, checked_at)
      select camera_id, greatest(${atMs}::timestamptz, session) from proofs order by camera_id
      on conflict (camera_id) do update set checked_at = excluded.checked_at`;
  });
}

/**
 * Who they are could not be learned in time: cameras that tell nothing of themselves are shown as
 * well. The slow round asks them again, and remembers since when.
 */
export async function storeSessionsReleased(
  sql: Sql,
  released: readonly SessionKey[],
): Promise<void> {
  const rows = rowsOf(released);
  await sql.begin(async (tx) => {
    await holdOpenDoubts(tx, released);
    await tx`
      with x as (select * from jsonb_to_recordset(${tx.json(toJson(rows))})
          as x(id int, session timestamptz)),
        shown as (
          delete from identity_doubt d using x
          where d.camera_id = x.id and d.state = 'UNPROVEN' and d.session_at = x.session
          returning d.camera_id, d.from_at, x.session),
        ended as (
          update identity_doubt d set to_at = greatest(d.from_at, x.session) from x
          where d.camera_id = x.id and d.state = 'CONFIRMED' and d.to_at is null
            and d.session_at = x.session),
        kept as (
          insert into identity_doubt (camera_id, from_at, state, evidence)
          select camera_id, from_at, 'RELEASED', 'It could not be asked in time' from shown
          on conflict (camera_id) where state = 'RELEASED' do nothing)
      insert into identity_proof as p (camera_id, checked_at)
      select camera_id, session from shown order by camera_id
      on conflict (camera_id) do update set
        checked_at = greatest(p.checked_at, excluded.checked_at)`;
  });
}

/** In the order in which breaks and sessions are stored: nobody waits in a ring. */
async function holdOpenDoubts(tx: Queryable, keys: readonly SessionKey[]): Promise<void> {
  const ids = keys.map(({ cameraId }) => cameraId);
  await tx`
    select from identity_doubt
    where camera_id = any(${ids}::int[]) and to_at is null and state <> 'RELEASED'
    order by camera_id for update`;
}

function rowsOf(keys: readonly SessionKey[]) {
  return keys.map(({ cameraId, sessionMs }) => ({ id: cameraId, session: isoOf(sessionMs) }));
}

/**
 * Another camera is where this one is registered: everything since the last proof is doubted, until
 * the camera proves a session of its own.
 */
export async function storeConfirmedDoubt(
  tx: Queryable,
  cameraId: CameraId,
  fromMs: number,
  evidence: string,
): Promise<void> {
  await tx`
    with released as (
      delete from identity_doubt where camera_id = ${cameraId} and state = 'RELEASED'
      returning from_at)
    insert into identity_doubt (camera_id, from_at, state, evidence)
    select ${cameraId}, least(${fromMs}::timestamptz, (select min(from_at) from released)),
      'CONFIRMED', ${evidence}
    on conflict (camera_id) where to_at is null and state <> 'RELEASED'
    do update set state = 'CONFIRMED', evidence = excluded.evidence, changed_at = now(),
      from_at = least(identity_doubt.from_at, excluded.from_at),
      session_at = null, session_source = null`;
}

/** Spans of a camera's footage that are withheld and touch a range, joined, in order of time. */
export async function readDoubts(
  sql: Queryable,
  cameraId: CameraId,
  fromMs: number,
  toMs: number,
): Promise<readonly FootageSpan[]> {
  const rows = await sql<{ fromAt: number; toAt: number | null }[]>`
    select from_at, to_at from identity_doubt
    where camera_id = ${cameraId} and state <> 'RELEASED' and from_at < ${toMs}::timestamptz
      and (to_at is null or to_at > ${fromMs}::timestamptz)
    order by from_at`;
  return joinSpans(
    rows.map(({ fromAt, toAt }) => ({
      fromUs: fromAt * 1_000,
      toUs: toAt === null ? openDoubtEndUs : toAt * 1_000,
    })),
  );
}
