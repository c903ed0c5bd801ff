import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Queryable } from './database.ts';

/** Everything of one camera that is sealed with the secret key. */
export interface SealedRow {
  readonly id: CameraId;
  readonly code: string;
  readonly sealedCredentials: Uint8Array | null;
  readonly pendingCredentials: Uint8Array | null;
}

export interface CredentialScope {
  readonly cameraIds?: readonly CameraId[];
  readonly stationCode?: string;
  readonly districtCode?: string;
}

/** The cameras of a scope, locked in the order of their ids. */
export async function lockScope(
  sql: Queryable,
  scope: CredentialScope,
): Promise<readonly SealedRow[]> {
  const served = (of: ReturnType<Queryable>) => sql`c.id in (select a.camera_id from assignment a
    join station s on s.id = a.station_id where a.valid_to is null and ${of})`;
  return await sql<SealedRow[]>`
    select c.id, c.code, c.credentials as sealed_credentials, c.pending_credentials
    from camera c where
      ${
        scope.cameraIds !== undefined
          ? sql`c.id = any(${[...scope.cameraIds]}::int[])`
          : scope.stationCode !== undefined
            ? served(sql`s.code = ${scope.stationCode}`)
            : served(sql`s.district_code = ${scope.districtCode ?? ''}`)
      }
    order by c.id for update of c`;
}

/** The next cameras with something sealed after an id, locked. */
export async function lockSealed(
  sql: Queryable,
  afterId: number,
  limit: number,
): Promise<readonly SealedRow[]> {
  return await sql<SealedRow[]>`
    select id, code, credentials as sealed_credentials, pending_credentials from camera
    where id > ${afterId} and (credentials is not null or pending_credentials is not null)
    order by id limit ${limit} for update`;
}

export interface SealedWrite {
  readonly id: CameraId;
  readonly credentials: Buffer | null;
  readonly pending: Buffer | null;
}

/** New credentials: what refused the former ones is forgotten, and so is a change under way. */
export async function storeCredentials(
  sql: Queryable,
  writes: readonly { readonly id: CameraId; readonly credentials: Buffer }[],
): Promise<void> {
  await sql`
    update camera c set credentials = decode(x.credentials, 'base64'),
      pending_credentials = null, pending_since = null,
      registration_fault = null, registration_evidence = null
    from jsonb_to_recordset(${sql.json(
      writes.map(({ id, credentials }) => ({ id, credentials: credentials.toString('base64') })),
    )}) as x(id int, credentials text)
    where c.id = x.id`;
}

/** The same secrets under another key: no change of credentials. */
export async function storeResealed(sql: Queryable, writes: readonly SealedWrite[]): Promise<void> {
  await sql`select set_config('nigehban.resealing', 'on', true)`;
  const rows = writes.map(({ id, credentials, pending }) => ({
    id,
    credentials: credentials?.toString('base64') ?? null,
    pending: pending?.toString('base64') ?? null,
  }));
  await sql`
    update camera c set credentials = coalesce(decode(x.credentials, 'base64'), c.credentials),
      pending_credentials = coalesce(decode(x.pending, 'base64'), c.pending_credentials)
    from jsonb_to_recordset(${sql.json(rows)}) as x(id int, credentials text, pending text)
    where c.id = x.id`;
}

/** Notes a new password before the camera is told of it. */
export async function storePending(
  sql: Queryable,
  cameraId: CameraId,
  pending: Buffer,
  nowMs: number,
): Promise<void> {
  await sql`update camera set pending_credentials = ${pending}, pending_since = ${nowMs}
    where id = ${cameraId}`;
}

/** The new password is proved: it takes the old one's place, if it is still the one that was noted. */
export async function promotePending(
  sql: Queryable,
  cameraId: CameraId,
  pending: Uint8Array,
): Promise<boolean> {
  const rows = await sql`
    update camera set credentials = pending_credentials, pending_credentials = null,
      pending_since = null
    where id = ${cameraId} and pending_credentials = ${Buffer.from(pending)} returning id`;
  return rows.length > 0;
}

/** The camera did not take the new password. */
export async function dropPending(
  sql: Queryable,
  cameraId: CameraId,
  pending: Uint8Array,
): Promise<void> {
  await sql`update camera set pending_credentials = null, pending_since = null
    where id = ${cameraId} and pending_credentials = ${Buffer.from(pending)}`;
}

/** Changes of a password whose end is not known: of one camera, or all that began before a time. */
export async function readPending(
  sql: Queryable,
  which: { readonly cameraId: CameraId } | { readonly beforeMs: number },
): Promise<readonly SealedRow[]> {
  return await sql<SealedRow[]>`
    select id, code, credentials as sealed_credentials, pending_credentials from camera
    where pending_credentials is not null
      and ${'cameraId' in which ? sql`id = ${which.cameraId}` : sql`pending_since < ${which.beforeMs}::timestamptz`}
    order by id`;
}

/** What is sealed of one camera, as it is now; undefined when there is no such camera. */
export async function readSealed(
  sql: Queryable,
  cameraId: CameraId,
): Promise<SealedRow | undefined> {
  const [row] = await sql<SealedRow[]>`
    select id, code, credentials as sealed_credentials, pending_credentials from camera
    where id = ${cameraId}`;
  return row;
}
