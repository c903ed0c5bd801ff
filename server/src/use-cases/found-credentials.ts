import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import type { DirectoryEntry } from './camera-directory.ts';
import { sameCredentials } from './same-camera.ts';

/** What a sealed list of credentials belongs to: sealed for one it does not open for the other. */
export type FoundContext = 'discovery run' | 'quarantine';

export function sealFound(
  secretKey: SecretKey,
  context: FoundContext,
  credentials: readonly CameraCredentials[],
): Buffer {
  const pairs = credentials.map(({ username, password }) => [username, password]);
  return seal(secretKey, JSON.stringify(pairs), context);
}

/** @throws Fault SETTING_INVALID when they were sealed with another key or for something else. */
export function openFound(
  secretKey: SecretKey,
  context: FoundContext,
  sealed: Uint8Array,
): readonly CameraCredentials[] {
  const value: unknown = JSON.parse(open(secretKey, sealed, context));
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) =>
    Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string'
      ? [{ username: pair[0], password: pair[1] }]
      : [],
  );
}

/** How many of the plan's own passwords a device that nobody expected is asked with. */
const mostGuesses = 2;

/**
 * What to try on a device of which only the address is known, in order: what a person gave, what the
 * plan has for the address, then at most `guessesLeft` of what most cameras of the plan share.
 */
export function chooseCandidates(
  given: readonly CameraCredentials[],
  planned: readonly DirectoryEntry[],
  common: readonly CameraCredentials[],
  guessesLeft: number,
): readonly CameraCredentials[] {
  const own = planned.flatMap(({ credentials }) => (credentials === null ? [] : [credentials]));
  const guesses = own.length > 0 ? [] : common.slice(0, Math.min(mostGuesses, guessesLeft));
  const chosen: CameraCredentials[] = [];
  for (const one of [...given, ...own, ...guesses]) {
    if (!chosen.some((other) => sameCredentials(other, one))) chosen.push(one);
  }
  return chosen;
}

/** The plan's credentials, those that most cameras share first. */
export function commonCredentials(
  entries: readonly DirectoryEntry[],
): readonly CameraCredentials[] {
  const counts = new Map<string, { credentials: CameraCredentials; count: number }>();
  for (const { credentials } of entries) {
    if (credentials === null) continue;
    const key = JSON.stringify([credentials.username, credentials.password]);
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, { credentials, count: 1 });
    else counted.count += 1;
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ credentials }) => credentials);
}
