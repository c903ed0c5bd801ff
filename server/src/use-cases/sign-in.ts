import { randomBytes } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Role, roles } from '@nigehban/domain/permissions.ts';
import { hashPassword, passwordMatches } from '../security/passwords.ts';
import { createToken, sha256 } from '../security/tokens.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import {
  addSignInFailure,
  clearSignInFailures,
  countSignInFailures,
  countUsers,
  deleteSession,
  findSession,
  findUser,
  insertSession,
  insertUser,
  type SessionRow,
} from '../store/user-store.ts';

export const signInThrottle = { failures: 5, windowMs: 60_000 } as const;

/** Verified when there is no such user, so that a name's absence takes as long as a wrong password. */
const absentUserHash = hashPassword(randomBytes(16).toString('hex'));

export interface SignedIn {
  /** Goes into the cookie and nowhere else. */
  readonly token: string;
  readonly session: SessionRow;
}

/**
 * Opens a session. @throws Fault SIGN_IN_THROTTLED after five failures of this user from this
 * address within a minute, PASSWORD_EXPIRED, SIGN_IN_REFUSED without telling whether name or password was wrong.
 */
export async function signIn(
  sql: Sql,
  given: { readonly username: string; readonly password: string; readonly address: string },
  nowMs: number,
  sessionForMs: number,
): Promise<SignedIn> {
  const { username, password, address } = given;
  const failures = await countSignInFailures(
    sql,
    username,
    address,
    nowMs - signInThrottle.windowMs,
  );
  if (failures >= signInThrottle.failures) {
    throw new Fault('SIGN_IN_THROTTLED', 'Too many attempts with this user name');
  }
  const user = await findUser(sql, username);
  const matches = await passwordMatches(user?.passwordHash ?? (await absentUserHash), password);
  if (user === null || !matches) {
    await addSignInFailure(sql, username, address, nowMs, signInThrottle.windowMs);
    const action = 'session.refuse';
    await addAudit(sql, { actor: null, address, action, subject: username.slice(0, 64) }, nowMs);
    throw new Fault('SIGN_IN_REFUSED', 'User name or password is wrong');
  }
  if (user.passwordExpiresAtMs != null && user.passwordExpiresAtMs <= nowMs) {
    throw new Fault('PASSWORD_EXPIRED', 'The one-time password is good no more');
  }
  const token = createToken();
  const expiresAtMs = nowMs + sessionForMs;
  await sql.begin(async (tx) => {
    await clearSignInFailures(tx, username, address);
    await insertSession(tx, {
      tokenSha256: sha256(token),
      userId: user.id,
      createdAtMs: nowMs,
      expiresAtMs,
    });
    const actor = user.username;
    await addAudit(tx, { actor, address, action: 'session.open', subject: actor }, nowMs);
  });
  return {
    token,
    session: {
      userId: user.id,
      username: user.username,
      displayName: user.displayName,
      role: user.role,
      expiresAtMs,
      // Of one's own passwords none expires.
      mustChangePassword: user.passwordExpiresAtMs != null,
    },
  };
}

/** The session of a token; null when there is none that is still good. */
export async function readSession(
  sql: Sql,
  token: string | undefined,
  nowMs: number,
): Promise<SessionRow | null> {
  if (token === undefined || token.length > 128) return null;
  return await findSession(sql, sha256(token), nowMs);
}

export async function signOut(sql: Sql, token: string): Promise<void> {
  await deleteSession(sql, sha256(token));
}

export interface FirstUser {
  readonly username: string;
  readonly role: Role;
  readonly password: string;
}

/**
 * On an empty database: one user for each role, named as the role, with `passwordFor` its password.
 * Returns those created, so that the caller tells the passwords once; nobody else can later.
 */
export async function ensureFirstUsers(
  sql: Sql,
  passwordFor: (role: Role) => string = () => randomBytes(9).toString('base64url'),
): Promise<readonly FirstUser[]> {
  if ((await countUsers(sql)) > 0) return [];
  const created: FirstUser[] = [];
  for (const role of roles) {
    const password = passwordFor(role);
    const inserted = await insertUser(sql, {
      username: role,
      displayName: `${role.charAt(0).toUpperCase()}${role.slice(1)}`,
      role,
      passwordHash: await hashPassword(password),
    });
    if (inserted) created.push({ username: role, role, password });
  }
  return created;
}
