import type { Role } from '@nigehban/domain/permissions.ts';
import { hashPassword } from '../security/passwords.ts';
import type { Sql } from '../store/database.ts';
import { upsertSeededUser } from '../store/user-store.ts';

export interface SeededPerson {
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly password: string;
}

/** Adds a person of an exercise, whose password is new at every start and known to nobody else. */
export async function seedPerson(sql: Sql, person: SeededPerson): Promise<void> {
  const { username, displayName, role, password } = person;
  const passwordHash = await hashPassword(password);
  await upsertSeededUser(sql, { username, displayName, role, passwordHash });
}
