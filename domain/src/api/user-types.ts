import type { Role } from '../permissions.ts';

/**
 * People and their roles. `user.manage` but for the last, which anybody signed in may do.
 *
 *   GET    /api/users                          UserView[]
 *   POST   /api/users                          UserBody → NewPassword
 *   PATCH  /api/users/:username                UserChange → UserView
 *   POST   /api/users/:username/password       → NewPassword: one-time, ends the user's sessions
 *   DELETE /api/users/:username/sessions       → UserView: signs the user out everywhere
 *   PUT    /api/session/password               OwnPasswordBody → SessionView: ends the other sessions
 *
 * Somebody who has a one-time password may do nothing but change it (PASSWORD_CHANGE_REQUIRED).
 */
export interface UserView {
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly disabledAtMs: number | null;
  readonly createdAtMs: number;
  /** Has a one-time password and did not change it yet. */
  readonly mustChangePassword: boolean;
  readonly passwordChangedAtMs: number | null;
  readonly lastSignInAtMs: number | null;
  /** Sessions that are good now. */
  readonly sessions: number;
}

export interface UserBody {
  /** Lower case letters, digits, `.`, `_`, `-`; 2 to 64. Never given to somebody else. */
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
}

/** What is absent stays. */
export interface UserChange {
  readonly displayName?: string;
  readonly role?: Role;
  readonly disabled?: boolean;
}

export interface NewPassword {
  readonly user: UserView;
  /** Told this once; good for one sign-in, then it has to be changed. */
  readonly password: string;
}

export interface OwnPasswordBody {
  readonly password: string;
  readonly newPassword: string;
}

export const passwordLimits = { shortest: 12, longest: 256 } as const;
