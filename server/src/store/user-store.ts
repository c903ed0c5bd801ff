import type { UserView } from '@nigehban/domain/api/user-types.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import type { Queryable } from './database.ts';

export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly passwordHash: string;
  /** Of a one-time password: when it is good no more. */
  readonly passwordExpiresAtMs?: number | null;
}

/** User names are compared without regard to case. */
export async function findUser(sql: Queryable, username: string): Promise<UserRow | null> {
  const [row] = await sql<UserRow[]>`
    select id, username, display_name, role, password_hash,
      password_expires_at as password_expires_at_ms
    from app_user where username = ${username.toLowerCase()} and disabled_at is null`;
  return row ?? null;
}

export async function countUsers(sql: Queryable): Promise<number> {
  const [row] = await sql<{ users: number }[]>`select count(*) as users from app_user`;
  return row?.users ?? 0;
}

/** False when the name is taken. */
export async function insertUser(sql: Queryable, user: Omit<UserRow, 'id'>): Promise<boolean> {
  const rows = await sql`
    insert into app_user (username, display_name, role, password_hash)
    values (${user.username}, ${user.displayName}, ${user.role}, ${user.passwordHash})
    on conflict (username) do nothing returning id`;
  return rows.length > 0;
}

/** Who holds a session that is still good. */
export interface SessionRow {
  readonly userId: number;
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly expiresAtMs: number;
  /** May do nothing but choose a password. */
  readonly mustChangePassword: boolean;
}

export async function insertSession(
  sql: Queryable,
  session: { tokenSha256: Buffer; userId: number; createdAtMs: number; expiresAtMs: number },
): Promise<void> {
  await sql`delete from session where expires_at < ${session.createdAtMs}::timestamptz`;
  await sql`
    insert into session (token_sha256, user_id, created_at, expires_at)
    values (${session.tokenSha256}, ${session.userId}, ${session.createdAtMs}, ${session.expiresAtMs})`;
  await sql`
    update app_user set last_sign_in_at = ${session.createdAtMs} where id = ${session.userId}`;
}

export async function findSession(
  sql: Queryable,
  tokenSha256: Buffer,
  nowMs: number,
): Promise<SessionRow | null> {
  const [row] = await sql<SessionRow[]>`
    select u.id as user_id, u.username, u.display_name, u.role, s.expires_at as expires_at_ms,
      u.must_change_password
    from session s join app_user u on u.id = s.user_id
    where s.token_sha256 = ${tokenSha256} and s.expires_at > ${nowMs}::timestamptz
      and u.disabled_at is null`;
  return row ?? null;
}

export async function deleteSession(sql: Queryable, tokenSha256: Buffer): Promise<void> {
  await sql`delete from session where token_sha256 = ${tokenSha256}`;
}

/** Failures of this user from this address within the window that runs; 0 when none does. */
export async function countSignInFailures(
  sql: Queryable,
  username: string,
  address: string,
  windowStartMs: number,
): Promise<number> {
  const [row] = await sql<{ failures: number }[]>`
    select failures from sign_in_failure
    where username = ${username.toLowerCase()} and address = ${address}
      and window_started_at > ${windowStartMs}::timestamptz`;
  return row?.failures ?? 0;
}

export async function addSignInFailure(
  sql: Queryable,
  username: string,
  address: string,
  nowMs: number,
  windowMs: number,
): Promise<void> {
  await sql`
    insert into sign_in_failure (username, address, failures, window_started_at)
    values (${username.toLowerCase()}, ${address}, 1, ${nowMs})
    on conflict (username, address) do update set
      failures = case when sign_in_failure.window_started_at > ${nowMs - windowMs}::timestamptz
        then sign_in_failure.failures + 1 else 1 end,
      window_started_at = case when sign_in_failure.window_started_at > ${nowMs - windowMs}::timestamptz
        then sign_in_failure.window_started_at else excluded.window_started_at end`;
  await sql`delete from sign_in_failure where window_started_at < ${nowMs - 60 * windowMs}::timestamptz`;
}

export async function clearSignInFailures(
  sql: Queryable,
  username: string,
  address: string,
): Promise<void> {
  await sql`delete from sign_in_failure where username = ${username.toLowerCase()}
    and address = ${address}`;
}

/** Adds a person, or gives the one of that name this password again; an administrator's word stays. */
export async function upsertSeededUser(sql: Queryable, user: Omit<UserRow, 'id'>): Promise<void> {
  await sql`
    insert into app_user (username, display_name, role, password_hash)
    values (${user.username}, ${user.displayName}, ${user.role}, ${user.passwordHash})
    on conflict (username) do update set password_hash = excluded.password_hash,
      must_change_password = false, password_expires_at = null
    where app_user.role = excluded.role`;
}

/** Everybody, in the order of names, or one. */
export async function readUsers(
  sql: Queryable,
  nowMs: number,
  username?: string,
): Promise<readonly UserView[]> {
  return await sql<UserView[]>`
    select u.username, u.display_name, u.role, u.disabled_at as disabled_at_ms,
      u.created_at as created_at_ms, u.must_change_password,
      u.password_changed_at as password_changed_at_ms, u.last_sign_in_at as last_sign_in_at_ms,
      (select count(*)::int from session s
        where s.user_id = u.id and s.expires_at > ${nowMs}::timestamptz) as sessions
    from app_user u
    where ${username === undefined ? sql`true` : sql`u.username = ${username.toLowerCase()}`}
    order by u.username`;
}

/** Adds somebody with a one-time password. False when the name is taken. */
export async function addUser(
  sql: Queryable,
  user: Omit<UserRow, 'id' | 'passwordExpiresAtMs'> & { readonly passwordExpiresAtMs: number },
  nowMs: number,
): Promise<boolean> {
  const rows = await sql`
    insert into app_user (username, display_name, role, password_hash, must_change_password,
      password_expires_at, created_at)
    values (${user.username}, ${user.displayName}, ${user.role}, ${user.passwordHash}, true,
      ${user.passwordExpiresAtMs}, ${nowMs})
    on conflict (username) do nothing returning id`;
  return rows.length > 0;
}

/** Changes somebody; what is null stays. */
export async function updateUser(
  sql: Queryable,
  username: string,
  change: { readonly displayName: string | null; readonly role: Role | null },
): Promise<void> {
  await sql`
    update app_user set display_name = coalesce(${change.displayName}, display_name),
      role = coalesce(${change.role}, role)
    where username = ${username}`;
}

export async function setUserDisabled(
  sql: Queryable,
  username: string,
  disabledAtMs: number | null,
): Promise<void> {
  await sql`update app_user set disabled_at = ${disabledAtMs} where username = ${username}`;
}

/** A one-time password when it expires, else somebody's own. */
export async function setPassword(
  sql: Queryable,
  username: string,
  password: { readonly hash: string; readonly expiresAtMs: number | null },
  nowMs: number,
): Promise<void> {
  await sql`
    update app_user set password_hash = ${password.hash},
      must_change_password = ${password.expiresAtMs !== null},
      password_expires_at = ${password.expiresAtMs}, password_changed_at = ${nowMs}
    where username = ${username}`;
}

/** Ends somebody's sessions, but for the one with this token; how many there were. */
export async function endSessions(
  sql: Queryable,
  username: string,
  exceptTokenSha256: Buffer | null,
): Promise<number> {
  const rows = await sql`
    delete from session s using app_user u
    where u.id = s.user_id and u.username = ${username}
      and s.token_sha256 is distinct from ${exceptTokenSha256}::bytea
    returning 1`;
  return rows.length;
}

/** Holds all enabled administrators until the transaction ends, so that two do not disable each other. */
export async function lockAdministrators(sql: Queryable): Promise<readonly string[]> {
  const rows = await sql<{ username: string }[]>`
    select username from app_user
    where role = 'administrator' and disabled_at is null order by id for update`;
  return rows.map((row) => row.username);
}
