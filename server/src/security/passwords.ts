import { hash, verify } from '@node-rs/argon2';

/** argon2id, 19 MiB, two passes, one lane (OWASP Password Storage, RFC 9106). */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A PHC string of the password; the salt is the library's own random. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password, options);
}

/** True when the password made the hash; false too for a hash that is none. */
export async function passwordMatches(passwordHash: string, password: string): Promise<boolean> {
  try {
    return await verify(passwordHash, password);
  } catch {
    return false;
  }
}
