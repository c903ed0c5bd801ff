import { randomInt } from 'node:crypto';
import {
  type NewPassword,
  passwordLimits,
  type UserBody,
  type UserChange,
  type UserView,
} from '@nigehban/domain/api/user-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { hashPassword, passwordMatches } from '../security/passwords.ts';
import { sha256 } from '../security/tokens.ts';
import { type AuditEntry, addAudit } from '../store/audit-store.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  addSignInFailure,
  addUser,
  clearSignInFailures,
  countSignInFailures,
  endSessions,
  findUser,
  lockAdministrators,
  readUsers,
  setPassword,
  setUserDisabled,
  updateUser,
} from '../store/user-store.ts';
import type { Person } from './approve-view.ts';
import { signInThrottle } from './sign-in.ts';

/** A one-time password that nobody used in this time is good no more. */
const oneTimeForMs = 72 * 3_600_000;

/** Without letters and digits that are mistaken for each other when read out. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Sixteen characters in groups of four, to be read out or copied. */
export function createOneTimePassword(): string {
  const group = () =>
    Array.from({ length: 4 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
  return [group(), group(), group(), group()].join('-');
}

export async function listUsers(sql: Queryable, nowMs: number): Promise<readonly UserView[]> {
  return await readUsers(sql, nowMs);
}

/** Adds somebody with a one-time password, which is told this once. @throws Fault USER_EXISTS */
export async function createUser(
  sql: Sql,
  body: UserBody,
  person: Person,
  nowMs: number,
): Promise<NewPassword> {
  const username = body.username.toLowerCase();
  const { displayName, role } = body;
  const password = createOneTimePassword();
  const passwordHash = await hashPassword(password);
  const passwordExpiresAtMs = nowMs + oneTimeForMs;
  return await sql.begin(async (tx) => {
    const added = await addUser(
      tx,
      { username, displayName: displayName.trim(), role, passwordHash, passwordExpiresAtMs },
      nowMs,
    );
    if (!added) throw new Fault('USER_EXISTS', `The user name ${username} is taken`);
    await note(tx, person, 'user.add', username, { role, displayName: displayName.trim() }, nowMs);
    return { user: await oneUser(tx, username, nowMs), password };
  });
}

/**
 * Changes name, role, or whether somebody may sign in. Another role and being disabled end all sessions.
 * @throws Fault USER_UNKNOWN, LAST_ADMINISTRATOR
 */
export async function changeUser(
  sql: Sql,
  username: string,
  change: UserChange,
  person: Person,
  nowMs: number,
): Promise<UserView> {
  return await sql.begin(async (tx) => {
    const administrators = await lockAdministrators(tx);
    const former = await oneUser(tx, username, nowMs);
    const isDisabled = former.disabledAtMs !== null;
    const role = change.role ?? former.role;
    const disabled = change.disabled ?? isDisabled;
    const staysAdministrator = role === 'administrator' && !disabled;
    if (administrators.length === 1 && administrators[0] === username && !staysAdministrator) {
      throw new Fault('LAST_ADMINISTRATOR', `${username} is the last administrator`);
    }
    const displayName = change.displayName?.trim() ?? former.displayName;
    if (role !== former.role || displayName !== former.displayName) {
      await updateUser(tx, username, { displayName, role });
      const details = {
        ...(role === former.role ? {} : { role, formerRole: former.role }),
        ...(displayName === former.displayName
          ? {}
          : { displayName, formerDisplayName: former.displayName }),
      };
      await note(tx, person, 'user.change', username, details, nowMs);
    }
    if (disabled !== isDisabled) {
      await setUserDisabled(tx, username, disabled ? nowMs : null);
      await note(tx, person, disabled ? 'user.disable' : 'user.enable', username, {}, nowMs);
    }
    if (role !== former.role || disabled) await endSessions(tx, username, null);
    return await oneUser(tx, username, nowMs);
  });
}

/** Gives somebody a one-time password and ends all sessions. @throws Fault USER_UNKNOWN */
export async function resetPassword(
  sql: Sql,
  username: string,
  person: Person,
  nowMs: number,
): Promise<NewPassword> {
  const password = createOneTimePassword();
  const hash = await hashPassword(password);
  return await sql.begin(async (tx) => {
    await oneUser(tx, username, nowMs);
    await setPassword(tx, username, { hash, expiresAtMs: nowMs + oneTimeForMs }, nowMs);
    await endSessions(tx, username, null);
    await note(tx, person, 'user.reset-password', username, {}, nowMs);
    return { user: await oneUser(tx, username, nowMs), password };
  });
}

/** Signs somebody out everywhere. @throws Fault USER_UNKNOWN */
export async function signOutEverywhere(
  sql: Sql,
  username: string,
  person: Person,
  nowMs: number,
): Promise<UserView> {
  return await sql.begin(async (tx) => {
    await oneUser(tx, username, nowMs);
    const sessions = await endSessions(tx, username, null);
    await note(tx, person, 'user.end-sessions', username, { sessions }, nowMs);
    return await oneUser(tx, username, nowMs);
  });
}

/**
 * Gives oneself a password and ends one's other sessions.
 * @throws Fault PASSWORD_REFUSED, SIGN_IN_THROTTLED after five of them within a minute, PASSWORD_WEAK
 */
export async function changeOwnPassword(
  sql: Sql,
  given: { readonly password: string; readonly newPassword: string; readonly token: string },
  person: Person,
  nowMs: number,
): Promise<void> {
  const { username, address } = person;
  const windowStartMs = nowMs - signInThrottle.windowMs;
  if (
    (await countSignInFailures(sql, username, address, windowStartMs)) >= signInThrottle.failures
  ) {
    throw new Fault('SIGN_IN_THROTTLED', 'Too many attempts with this user name');
  }
  const user = await findUser(sql, username);
  if (user === null) throw new Fault('USER_UNKNOWN', `No user ${username}`);
  if (!(await passwordMatches(user.passwordHash, given.password))) {
    await addSignInFailure(sql, username, address, nowMs, signInThrottle.windowMs);
    throw new Fault('PASSWORD_REFUSED', 'This is not the present password');
  }
  requireStrong(given.newPassword, given.password, username);
  const hash = await hashPassword(given.newPassword);
  await sql.begin(async (tx) => {
    await clearSignInFailures(tx, username, address);
    await setPassword(tx, username, { hash, expiresAtMs: null }, nowMs);
    await endSessions(tx, username, sha256(given.token));
    await note(tx, person, 'user.change-password', username, {}, nowMs);
  });
}

/** Length is what counts (NIST SP 800-63B, section 5.1.1); what everybody would try first is out. */
function requireStrong(fresh: string, former: string, username: string): void {
  const repeats = new Set(fresh.toLowerCase()).size < 5;
  const short = [...fresh].length < passwordLimits.shortest;
  const namesUser = fresh.toLowerCase().includes(username);
  if (short || repeats || namesUser || fresh === former) {
    throw new Fault('PASSWORD_WEAK', 'The new password is short, repeats itself or is no new one');
  }
}

async function oneUser(sql: Queryable, username: string, nowMs: number): Promise<UserView> {
  const [user] = await readUsers(sql, nowMs, username);
  if (user === undefined) throw new Fault('USER_UNKNOWN', `No user ${username}`);
  return user;
}

async function note(
  sql: Queryable,
  person: Person,
  action: string,
  subject: string,
  details: NonNullable<AuditEntry['details']>,
  nowMs: number,
): Promise<void> {
  const { username: actor, address } = person;
  await addAudit(sql, { actor, address, action, subject, details }, nowMs);
}
