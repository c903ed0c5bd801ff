import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An opaque session token: 256 random bits, base64url. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token: who reads the database cannot sign in with it. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares secrets in a time that tells nothing of where they differ. */
export function secretsEqual(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}
